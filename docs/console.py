"""Run the commands of a document and put what they print below them.

    .venv/bin/python docs/console.py docs/quickstart.md

Blocks of ```console hold commands, after `$ ` (`> ` where they go on), and under each what it printed. All commands of
a document run one after another in one empty folder. tests/test_house_quickstart.py compares, so that it stays true.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[str]:
    """The commands of a block, without what they printed."""
    found: list[str] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(line[2:])
        elif line.startswith("> ") or line == ">":
            found[-1] += "\n" + line[2:]
    return found


class Shell:
    """Runs one command after another; remembers the folder that `cd` goes to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "110"}

    def run(self, command: str) -> str:
        if command.startswith("cd "):
            self.folder = self.folder / command[3:]
            return ""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.stdout


def fresh(document: str) -> str:
    """The document with everything that its commands print printed anew."""
    with tempfile.TemporaryDirectory() as temporary:
        shell = Shell(Path(temporary))

        def printed_anew(block: re.Match[str]) -> str:
            parts = []
            for command in commands(block[0]):
                first, *more = command.split("\n")
                shown = "\n".join([f"$ {first}", *(f"> {line}".rstrip() for line in more)])
                printed = "\n".join(line.rstrip() for line in shell.run(command).splitlines())
                parts.append(f"{shown}\n{printed}".rstrip())
            return "\n".join(parts) + "\n"

        return BLOCK.sub(printed_anew, document)


def main() -> None:
    for name in sys.argv[1:]:
        file = Path(name)
        file.write_text(fresh(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
