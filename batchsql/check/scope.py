"""The rows that a check looks at, and the expressions that people write, as pieces of SQL."""

from __future__ import annotations

import re

from batchsql.values import Scope


def enclosed(sql: str | None) -> str:
    """An expression somebody wrote, in parentheses that a line comment in it cannot swallow; nothing for nothing."""
    if sql is None or not (text := without_semicolon(sql)):
        return ""
    return f"({text}\n)" if "--" in text else f"({text})"


def read(relation: str, *conditions: str) -> str:
    """`"s"."t" where a and b`: what follows `from`. Empty conditions are left out."""
    given = " and ".join(filter(None, conditions))
    return f"{relation} where {given}" if given else relation


def of_batch(scope: Scope, *conditions: str) -> str:
    """The batch's rows that satisfy the conditions: what follows `from`."""
    return read(scope.relation, enclosed(scope.predicate), *conditions)


def of_history(scope: Scope, *conditions: str) -> str:
    """The rows of history that satisfy the conditions; only where there is history."""
    return read(scope.history or "", enclosed(scope.history_predicate), *conditions)


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
