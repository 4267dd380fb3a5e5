"""Make docs/terminal.svg, the picture in the README, from what `batchsql build` really prints.

    .venv/bin/python docs/terminal.py

It builds a model of the example and all it reads, from nothing, on a terminal of its own, in a copy of the project in a
temporary folder; then lets a wrong row arrive and builds once more.
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
from collections.abc import Iterator
from html import escape, unescape
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

HOUSE = Path(__file__).parent.parent
PARTS = ("batchsql.yml", "models", "macros", "seeds", "snapshots", "landing", "tests/data")
COLUMNS = 100
SHOWN = (
    "batchsql build --select +delays_daily",
    "echo 'UA,Untied Air Lines' >> seeds/airlines.csv",
    "batchsql build --select +delays_daily",
)
PLACE = 12.2  # the width that rich gives a character, in the units of the picture
PIECE = re.compile(r'<text class="(.*?)" x="(.*?)" y="(.*?)" textLength="(.*?)" clip-path="(.*?)">(.*?)</text>')
GAP = "\xa0"
COLUMN = re.compile(rf"[^{GAP}]+(?:{GAP}[^{GAP}]+)*")
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


def set_apart(picture: str) -> str:
    """The picture with a piece of text for each column, at its own place.

    Rich draws gaps as spaces within one text. With a font that is wider or narrower than the one it reckons with, or
    where leading spaces do not count, columns would run into one another.
    """
    return PIECE.sub(lambda piece: "".join(_columns(*piece.groups())), picture)


def _columns(style: str, x: str, y: str, _length: str, clip: str, content: str) -> Iterator[str]:
    written = unescape(content)
    for column in COLUMN.finditer(written):
        left, length = float(x) + column.start() * PLACE, len(column[0]) * PLACE
        text = escape(column[0], quote=False).replace(GAP, "&#160;")
        place = f'x="{left:.1f}" y="{y}" textLength="{length:.1f}"'
        yield f'<text class="{style}" {place} clip-path="{clip}">{text}</text>'


def main() -> None:
    picture = Console(record=True, width=COLUMNS, force_terminal=True, color_system="truecolor", file=StringIO())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "flights"
        folder.mkdir()
        copy_project(folder)
        for command in SHOWN:
            picture.print(Text.assemble(("$ ", "bold green"), command))
            said = screen(on_a_terminal(["env", f"PATH={path}", "bash", "-c", command], folder))
            if said:
                picture.print(Text.from_ansi(said))
                picture.print()
    drawn = picture.export_svg(title="New York City flights, 2013")
    (HOUSE / "docs" / "terminal.svg").write_text(set_apart(drawn), encoding="utf-8")


if __name__ == "__main__":
    main()
