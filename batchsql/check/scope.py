"""What a check looks at: the rows that one batch wrote."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct


class Scope(Struct, frozen=True, kw_only=True):
    """The rows that the batch wrote, and where the model's other rows are.

    relation: SQL of the relation that holds the batch's rows, quoted: the table itself, or one it was staged in.
    predicate: an SQL condition that picks the batch's rows in it; None when all are.
    history: SQL of the relation with the model's other rows, which keys must not repeat; None when there are none.
    history_predicate: which rows of it are history, that is, not replaced by this batch; None when all are.
    kind: a view is executed each time it is read, so its rows are kept where they are needed more than once.
    rows: how many rows the batch has, where known. It decides which statement is cheapest, never what it answers.
    """

    relation: str
    predicate: str | None = None
    history: str | None = None
    history_predicate: str | None = None
    kind: Literal["table", "view"] = "table"
    rows: int | None = None

    def read(self, *conditions: str) -> str:
        """The batch's rows that satisfy the conditions: what follows `from`."""
        return read(self.relation, enclosed(self.predicate), *conditions)

    def read_history(self, *conditions: str) -> str:
        """The rows of history that satisfy the conditions; only where there is history."""
        return read(self.history or "", enclosed(self.history_predicate), *conditions)


def enclosed(sql: str | None) -> str:
    """An expression somebody wrote, in parentheses that a line comment in it cannot swallow; nothing for nothing."""
    if sql is None or not (text := without_semicolon(sql)):
        return ""
    return f"({text}\n)" if "--" in text else f"({text})"


def read(relation: str, *conditions: str) -> str:
    """`"s"."t" where a and b`: what follows `from`. Empty conditions are left out."""
    given = " and ".join(filter(None, conditions))
    return f"{relation} where {given}" if given else relation


_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | (?P<dollar>\$\w*\$).*?(?P=dollar)
      | (?P<blank>--[^\n]* | /\*.*?\*/ | \s+) | (?P<semicolon>;) | .""",
    re.VERBOSE | re.DOTALL,
)


def without_semicolon(sql: str) -> str:
    """A query or expression without the semicolon that ends it, and what comments come after that."""
    text = sql.strip()
    if ";" not in text:
        return text
    end: int | None = None
    for token in _TOKEN.finditer(text):
        if token["semicolon"]:
            end = token.start() if end is None else end
        elif not token["blank"]:
            end = None
    return text[:end].rstrip()
