"""An error as a block of text: what, where, the line as written, and what to try."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from batchsql.errors import BatchsqlError
from batchsql.report.words import Paint, fold, plain

_INDENT = 2
_HELP = len("  help: ")
_QUOTED = re.compile(r"""'([^']+)'|"([^"]+)\"""")


def error_record(error: BatchsqlError) -> dict[str, Any]:
    """The error as one JSON object."""
    return {
        "event": "error",
        "kind": error.label,
        "message": error.message,
        "path": error.path,
        "line": error.line,
        "source_line": error.source_line,
        "hint": error.hint,
        "exit_code": error.exit_code,
    }


def error_block(error: BatchsqlError, paint: Paint = plain, *, width: int | None = None) -> str:
    """The error as it is shown to a person. width: characters a line may have."""
    where = {"path": error.path, "line": error.line, "source_line": error.source_line, "hint": error.hint}
    return block(error.label, error.message, where, paint, width=width)


def block(label: str, message: str, where: Mapping[str, Any], paint: Paint = plain, *, width: int | None = None) -> str:
    """A label and message, and as far as `where` knows them: path, line, source_line, column (from 1), hint."""
    parts = [fold(f"{paint(label + ':', 'bad')} {message.rstrip()}", width, _INDENT)]
    parts += _place(where, message, paint, width)
    hint = where.get("hint")
    if hint:
        said = str(hint).replace("\n", "\n" + " " * _HELP)
        parts.append(fold(f"  {paint('help:', 'good')} {said}", width, _HELP))
    return "\n".join(parts)


def _place(where: Mapping[str, Any], message: str, paint: Paint, width: int | None) -> list[str]:
    path, line, source_line = where.get("path"), where.get("line"), where.get("source_line")
    if not path:
        return []
    lines = [f"  {paint('-->', 'dim')} {path}:{line}" if line else f"  {paint('-->', 'dim')} {path}"]
    if not line or source_line is None or not source_line.strip():
        return lines
    gutter = " " * len(str(line))
    marked = _marked(where.get("column"), source_line.rstrip(), message)
    room = width - len(gutter) - 5 if width else None
    shown, before, length = _window(source_line.rstrip(), marked, room)
    lines += [f"  {gutter} {paint('|', 'dim')}", f"  {paint(f'{line} |', 'dim')} {shown}"]
    if marked:
        lines.append(f"  {gutter} {paint('|', 'dim')} {' ' * before}{paint('^' * length, 'bad')}")
    return lines


def _window(line: str, marked: tuple[int, int] | None, room: int | None) -> tuple[str, int, int]:
    """As much of a line as there is room for, around what is marked; where the mark then begins, and its length."""
    offset, length = marked or (0, 0)
    before = len(line[:offset].expandtabs(4))
    shown = line.expandtabs(4)
    if room is None or len(shown) <= room:
        return shown, before, length
    start = min(max(0, before + min(length, room // 2) - room * 2 // 3), len(shown) - room)
    part = shown[start : start + room]
    if start:
        part = "…" + part[1:]
    if start + room < len(shown):
        part = part[:-1] + "…"
    return part, before - start, min(length, room - (before - start))


def _marked(column: int | None, source_line: str, message: str) -> tuple[int, int] | None:
    """Offset and length of what to underline.

    Where no column is known, it is a name that the message quotes, if it stands in the line just once.
    """
    if column and column <= len(source_line):
        word = re.match(r"\w+", source_line[column - 1 :])
        return column - 1, len(word[0]) if word else 1
    for single, double in _QUOTED.findall(message):
        name = single or double
        alone = rf"(?<!\w){re.escape(name)}(?!\w)" if re.search(r"\w", name) else re.escape(name)
        found = list(re.finditer(alone, source_line))
        if len(found) == 1:
            return found[0].start(), len(found[0][0])
    return None
