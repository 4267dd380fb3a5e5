"""The static check of a large project: the first time, again, and after one edit. CPU seconds, and by the clock.

Arguments: number of models (1000), rounds (3).
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from projects import write_project

from batchsql.compiler import compile_project
from batchsql.pipeline.static import check_statically


def timed(folder: Path) -> tuple[float, float, int]:
    """CPU seconds and seconds of the check alone, and how many queries were bound."""
    compiled = compile_project(folder)
    started, clock = time.process_time(), time.perf_counter()
    found = check_statically(compiled)
    if found.findings or found.unchecked:
        sys.exit(f"the project should be well: {found.findings[:1]} {found.unchecked[:1]}")
    return time.process_time() - started, time.perf_counter() - clock, found.bound


def edit(folder: Path, change: Callable[[str], str]) -> None:
    """Change the first model."""
    path = next((folder / "models" / "layer_0").glob("*.sql"))
    path.write_text(change(path.read_text()))


def main(models: int, rounds: int) -> None:
    """Print the medians."""
    found: dict[str, list[tuple[float, float, int]]] = {}
    for _ in range(rounds):
        with TemporaryDirectory() as name:
            folder = Path(name) / "project"
            write_project(folder, models)
            found.setdefault("nothing known", []).append(timed(folder))
            found.setdefault("nothing changed", []).append(timed(folder))
            edit(folder, lambda text: text + "\n-- a comment\n")
            found.setdefault("a comment in one model", []).append(timed(folder))
            edit(folder, lambda text: text.replace("coalesce(base.amount, 0)", "coalesce(base.amount, 0.5)", 1))
            found.setdefault("an expression of one model", []).append(timed(folder))
    print(f"{models:,} models, medians of {rounds}\n")
    print("| | CPU s | s | bound |\n| --- | --- | --- | --- |")
    for what, times in found.items():
        cpu, clock, bound = (statistics.median(each[i] for each in times) for i in range(3))
        print(f"| {what} | {cpu:.2f} | {clock:.2f} | {bound:.0f} |")


if __name__ == "__main__":
    main(*(int(word) for word in (*sys.argv[1:], *("1000", "3")[len(sys.argv) - 1 :])))
