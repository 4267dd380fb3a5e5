"""What parsing finds in a query, before any name means anything: it depends on the text alone and is cached by it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

REF, SOURCE, THIS = "__ref__", "__source__", "__this__"
MARKERS = (REF, SOURCE, THIS)
"""Schemas of the names that ref(), source() and this leave in the text: `"__ref__"."orders"`."""


class Mention(Struct, frozen=True):
    """A relation or a file named in a query.

    parts: the name's parts, unquoted: ("orders",), ("staging", "orders"), ("__source__", "shop.orders"), or a path.
    start, end: offsets in the text of the name alone, half-open.
    line: of the text, counted from 1.
    aliased: an alias follows, or the place takes none, so that whatever replaces the name stands as it is.
    qualifier: it stands before a column (`staging.orders.id`), not in FROM.
    """

    parts: tuple[str, ...]
    start: int
    end: int
    line: int
    aliased: bool
    kind: Literal["table", "file"] = "table"
    qualifier: bool = False


class Parsed(Struct, frozen=True):
    """A query, parsed. See values.Query for its fields; mentions are in the order of the text."""

    sql: str
    mentions: tuple[Mention, ...]
    columns: tuple[str, ...] | None
    fingerprint: str
    volatile: tuple[str, ...]
