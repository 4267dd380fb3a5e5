"""Compiling 1,000 models of 60 lines: cold, with nothing changed, after one edit; and `build` with nothing due.

Usage: python benchmarks/compile_time.py [MODELS] [ROUNDS]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from measure import BATCHSQL, compile_bytecode, cpu_seconds, interleaved, report
from projects import write_project


def main() -> None:
    models = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    compile_bytecode()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        write_project(project, models, lines=60)
        edited = project / "models" / "layer_3" / f"model_{models // 10 * 3:04d}.sql"
        edits = 0

        def compile_cold() -> float:
            shutil.rmtree(project / ".batchsql", ignore_errors=True)
            return cpu_seconds([*BATCHSQL, "list"], cwd=project)

        def compile_edited() -> float:
            nonlocal edits
            edits += 1
            edited.write_text(
                edited.read_text() + f"-- edit {edits}\nlimit {edits + 1000}\n".replace("limit", "-- limit")
            )
            return cpu_seconds([*BATCHSQL, "list"], cwd=project)

        def build_nothing() -> float:
            cpu_seconds([*BATCHSQL, "build", "--quiet"], cwd=project)  # binds what compile_cold made it forget
            return cpu_seconds([*BATCHSQL, "build", "--quiet"], cwd=project)

        cpu_seconds([*BATCHSQL, "build", "--quiet"], cwd=project)
        figures = interleaved(
            rounds,
            {
                "batchsql --help": lambda: cpu_seconds([*BATCHSQL, "--help"]),
                "list, nothing cached": compile_cold,
                "list, nothing changed": lambda: cpu_seconds([*BATCHSQL, "list"], cwd=project),
                "list, one file edited": compile_edited,
                "build, nothing due": build_nothing,
            },
        )
        report(f"{models} models of 60 lines, medians of {rounds} rounds", figures)


if __name__ == "__main__":
    main()
