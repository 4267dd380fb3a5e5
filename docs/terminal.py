"""Make docs/terminal.svg, the picture in the README, from what `batchsql build` really prints.

    .venv/bin/python docs/terminal.py

It builds the example warehouse from nothing, breaks a check, builds again, and puts things right; all in a copy of the
project in a temporary folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

HOUSE = Path(__file__).parent.parent
PARTS = ("batchsql.yml", "models", "macros", "seeds", "snapshots", "landing", "tests/data")
LINES_OF_BATCHES = 7


def copy_project(to: Path) -> None:
    for part in PARTS:
        source = HOUSE / part
        target = to / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)


def printed_by(folder: Path, *arguments: str) -> str:
    """What a command prints, in colour."""
    command = [str(Path(sys.executable).parent / "batchsql"), *arguments]
    environment = {**os.environ, "FORCE_COLOR": "1", "BATCHSQL_PROJECT_DIR": str(folder)}
    run = subprocess.run(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return run.stdout.rstrip()


def shortened(output: str) -> str:
    """The first batches and the end; how many lines lie between is said."""
    lines = output.splitlines()
    is_batch = [bool(re.search(r"\d+ of \d+|\[\s*\d+/\d+\]", line)) for line in lines]
    last = max((number for number, found in enumerate(is_batch) if found), default=0)
    if last <= LINES_OF_BATCHES:
        return output
    left_out = last - LINES_OF_BATCHES - 1
    return "\n".join([*lines[:LINES_OF_BATCHES], f"\x1b[2m  ... {left_out} more lines ...\x1b[0m", *lines[last - 1 :]])


def main() -> None:
    console = Console(record=True, width=118, force_terminal=True, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "flights"
        folder.mkdir()
        copy_project(folder)
        for arguments in (["build"], ["build"]):
            console.print(Text.assemble(("$ ", "bold green"), "batchsql ", " ".join(arguments)))
            console.print(Text.from_ansi(shortened(printed_by(folder, *arguments))))
            console.print()
    console.save_svg(str(HOUSE / "docs" / "terminal.svg"), title="batchsql")


if __name__ == "__main__":
    main()
