"""Make docs/terminal.svg, the picture in the README, from what `batchsql build` really prints.

    .venv/bin/python docs/terminal.py

It builds the example warehouse from nothing, twice, on a terminal of its own, in a copy of the project in a temporary
folder.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

HOUSE = Path(__file__).parent.parent
PARTS = ("batchsql.yml", "models", "macros", "seeds", "snapshots", "landing", "tests/data")
COLUMNS = 124
CONTROL = re.compile(r"\x1b\[(\d*)([AK])|\x1b\[\?25[hl]|\r\n|\n|\r")


def copy_project(to: Path) -> None:
    for part in PARTS:
        source, target = HOUSE / part, to / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)


def on_a_terminal(command: list[str], folder: Path) -> str:
    """All that a command sends to a terminal, with its control codes."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    environment |= {"TERM": "xterm-256color"}
    running = subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    received = b""
    while True:
        try:
            received += (chunk := os.read(ours, 65536))
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
    running.wait()
    os.close(ours)
    return received.decode()


def screen(sent: str) -> str:
    """What stands on the terminal in the end. Lines that are drawn again are erased first, as rich does."""
    lines, row, position = [""], 0, 0
    for code in CONTROL.finditer(sent):
        lines[row] += sent[position : code.start()]
        position = code.end()
        if code[2] == "A":
            row = max(0, row - int(code[1] or 1))
        elif code[2] == "K":
            lines[row] = ""
        elif "\n" in code[0]:
            row += 1
            lines += [""] * (row + 1 - len(lines))
    lines[row] += sent[position:]
    return "\n".join(lines).rstrip()


def main() -> None:
    picture = Console(record=True, width=COLUMNS, force_terminal=True, color_system="truecolor", file=StringIO())
    batchsql = str(Path(sys.executable).parent / "batchsql")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "flights"
        folder.mkdir()
        copy_project(folder)
        for _ in range(2):
            picture.print(Text.assemble(("$ ", "bold green"), "batchsql build"))
            picture.print(Text.from_ansi(screen(on_a_terminal([batchsql, "build"], folder))))
            picture.print()
    picture.save_svg(str(HOUSE / "docs" / "terminal.svg"), title="New York City flights, 2013")


if __name__ == "__main__":
    main()
