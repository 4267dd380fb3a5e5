"""`{% snapshot name %} ... {% endsnapshot %}` blocks out of a file of snapshots."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from batchsql.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TAG = re.compile(r"\{%[-+]?\s*(snapshot|endsnapshot)\b\s*(.*?)\s*[-+]?%\}", re.DOTALL)
_NOT_NEWLINE = re.compile(r"[^\n]")


class SnapshotBlock(Struct, frozen=True):
    """One block: its name, the text inside, and the line of the file where that text begins."""

    name: str
    text: str
    first_line: int


def snapshot_blocks(text: str, path: str) -> Iterator[SnapshotBlock]:
    """The blocks of a file, none when it has none. Raises ProjectError when they are not closed or have no name."""
    visible = _COMMENT.sub(lambda found: _NOT_NEWLINE.sub(" ", found[0]), text)
    opened: re.Match[str] | None = None
    for tag in _TAG.finditer(visible):
        if tag[1] == "endsnapshot":
            if opened is None:
                raise _error(
                    "this endsnapshot closes nothing", text, path, tag.start(), "add {% snapshot name %} above"
                )
            yield SnapshotBlock(opened[2], text[opened.end() : tag.start()], _line(text, opened.end()))
            opened = None
        elif opened is not None:
            raise _error("a snapshot inside of a snapshot", text, path, tag.start(), "add {% endsnapshot %} before it")
        elif not re.fullmatch(r"\w+", tag[2]):
            raise _error(
                "this snapshot has no valid name", text, path, tag.start(), "write {% snapshot orders_history %}"
            )
        else:
            opened = tag
    if opened is not None:
        raise _error(f"the snapshot '{opened[2]}' is not closed", text, path, opened.start(), "add {% endsnapshot %}")


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _error(message: str, text: str, path: str, position: int, hint: str) -> ProjectError:
    return ProjectError(message, path=path, line=_line(text, position), hint=hint)
