"""An error as a block of text: what, where, the line as written, and what to try."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from batchsql.errors import BatchsqlError
from batchsql.report.words import Paint, indent, plain

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


def error_block(error: BatchsqlError, paint: Paint = plain) -> str:
    """The error as it is shown to a person."""
    where = {"path": error.path, "line": error.line, "source_line": error.source_line, "hint": error.hint}
    return block(error.label, error.message, where, paint)


def block(label: str, message: str, where: Mapping[str, Any], paint: Paint = plain) -> str:
    """A label and message, and as far as `where` knows them: path, line, source_line, column (from 1), hint."""
    lines = [f"{paint(label + ':', 'bad')} {message.rstrip()}"]
    lines += _place(where, message, paint)
    hint = where.get("hint")
    if hint:
        lines.append(f"  {paint('help:', 'good')} {indent(str(hint), '        ').lstrip()}")
    return "\n".join(lines)


def _place(where: Mapping[str, Any], message: str, paint: Paint) -> list[str]:
    path, line, source_line = where.get("path"), where.get("line"), where.get("source_line")
    if not path:
        return []
    lines = [f"  {paint('-->', 'dim')} {path}:{line}" if line else f"  {paint('-->', 'dim')} {path}"]
    if not line or source_line is None or not source_line.strip():
        return lines
    gutter = " " * len(str(line))
    shown = source_line.rstrip().expandtabs(4)
    lines += [f"  {gutter} {paint('|', 'dim')}", f"  {paint(f'{line} |', 'dim')} {shown}"]
    marked = _marked(where.get("column"), source_line.rstrip(), message)
    if marked:
        start, length = marked
        before = " " * len(source_line[:start].expandtabs(4))
        lines.append(f"  {gutter} {paint('|', 'dim')} {before}{paint('^' * length, 'bad')}")
    return lines


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
