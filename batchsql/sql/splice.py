"""Put physical names, subqueries and file readers in the places of the names that a query reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from batchsql.sql.parsed import MARKERS
from batchsql.sql.scan import flatten
from batchsql.values import Read, quote

_PART = r'(?:"(?:[^"]|"")*"|\w+)'
_NAME = re.compile(rf"{_PART}(?:\s*\.\s*{_PART})*")
_LAST_PART = re.compile(rf"{_PART}$")


def splice(sql: str, reads: Sequence[Read], replacement: Callable[[Read], str | None]) -> str:
    """The query with each read's name replaced; None leaves it as it is. No line of the query moves.

    A replacement is a name, a subquery in parentheses, a table function, or for a file a string. Where the query
    gives no alias, one is added so that columns stay known by the name as written (`orders.id`). What ref() or
    source() wrote and a name replaces needs none: the new name's last part is what the columns go by.
    """
    parts: list[str] = []
    position = 0
    for read in sorted(reads, key=lambda read: read.start):
        new = replacement(read)
        if new is None:
            continue
        written = sql[read.start : read.end]
        parts += (sql[position : read.start], _in_place(read, written, new), "\n" * written.count("\n"))
        position = read.end
    parts.append(sql[position:])
    return "".join(parts)


def _in_place(read: Read, written: str, new: str) -> str:
    """What stands instead of the name as written."""
    is_name = _NAME.fullmatch(new) is not None
    visible = _visible_name(read, written, new if is_name else None)
    if read.qualifier:
        return quote(visible)
    text = flatten(new) if "\n" in new else new
    keeps_its_name = read.aliased or new.startswith("'") or (is_name and _last_part(new).lower() == visible.lower())
    return text if keeps_its_name else f"{text} as {quote(visible)}"


def _visible_name(read: Read, written: str, new_name: str | None) -> str:
    """The name that columns of the relation go by in the query, where it gives no alias."""
    if read.kind == "file":
        return PurePosixPath(read.key).name.partition(".")[0]
    if not written.startswith(tuple(f'"{marker}"' for marker in MARKERS)):
        return _last_part(written)
    if new_name is not None:
        return _last_part(new_name)
    return read.key.partition(".")[2] if read.kind == "source" else read.key


def _last_part(name: str) -> str:
    """The last part of a dotted name, unquoted."""
    found = _LAST_PART.search(name)
    last = found[0] if found else name
    return last[1:-1].replace('""', '"') if last.startswith('"') else last
