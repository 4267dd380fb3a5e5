"""What the documents tell people to type exists: commands with their options, targets of make, linked files."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from batchsql.cli.app import batchsql

HOUSE = Path(__file__).parent.parent
DOCUMENTS = [
    HOUSE / "README.md",
    HOUSE / "CONTRIBUTING.md",
    HOUSE / "CHANGELOG.md",
    *sorted((HOUSE / "docs").glob("*.md")),
]
DOCUMENTS += [HOUSE / "landing" / "README.md", HOUSE / "benchmarks" / "README.md"]
COMMAND = re.compile(r"^(?:\$ )?(batchsql [a-z].*)$|`(batchsql [a-z][^`]*)`", re.MULTILINE)
MAKE = re.compile(r"^(?:\$ )?make ([a-z]+)|`make ([a-z]+)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def commands(text: str) -> list[str]:
    return [(plain or quoted).strip() for plain, quoted in COMMAND.findall(text)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_command_that_is_shown_exists(document: Path) -> None:
    for line in commands(document.read_text(encoding="utf-8")):
        name, *arguments = shlex.split(line.split(" | ")[0], comments=True)[1:]
        command = batchsql.commands.get(name)
        if isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
            command = command.commands.get(arguments.pop(0))
        assert command is not None, f"{document.name}: there is no command in `{line}`"
        known = {option for parameter in [*command.params, *batchsql.params] for option in parameter.opts}
        for argument in arguments:
            option = argument.split("=")[0]
            assert not option.startswith("-") or option in known | {"--help", "-h"}, f"{document.name}: {line}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in LINK.findall(document.read_text(encoding="utf-8")):
        assert (document.parent / link).exists(), f"{document.name}: {link}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_target_of_make_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (HOUSE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {plain or quoted for plain, quoted in MAKE.findall(document.read_text(encoding="utf-8"))}
    assert named <= targets


def test_the_picture_has_no_text_that_spaces_hold_in_its_place() -> None:
    drawn = (HOUSE / "docs" / "terminal.svg").read_text(encoding="utf-8")
    pieces = re.findall(r"<text [^>]*clip-path[^>]*>([^<]*)</text>", drawn)
    assert "delays_daily" in pieces
    assert any("Check&#160;failed" in piece for piece in pieces)
    assert not [piece for piece in pieces if "&#160;&#160;" in piece or piece.startswith("&#160;")]


def test_every_command_and_option_has_help() -> None:
    groups = [command for command in batchsql.commands.values() if isinstance(command, click.Group)]
    for command in [batchsql, *batchsql.commands.values(), *(each for g in groups for each in g.commands.values())]:
        assert command.help, command.name
        for parameter in command.params:
            assert not isinstance(parameter, click.Option) or parameter.help, f"{command.name} {parameter.name}"
