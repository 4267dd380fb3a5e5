"""A query without one of its columns, so that the binder goes on to what else is wrong with it."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.expressions import Expr

from batchsql.sql.dialect import ParserStoppedError, parse_tokens, tokenize
from batchsql.values import quote


def null_in_place(sql: str, start: int, end: int, kind: str | None = None) -> str | None:
    """The query with NULL where a column is named; no line moves. None where nothing can be put in its place.

    start, end: offsets of the column's name, its qualifier included. Its name stays that of the output column.
    kind: the type that it had, where one is known.
    """
    try:
        tree = parse_tokens(tokenize(sql), sql)[0]
    except (ParseError, TokenError, ParserStoppedError, RecursionError, ValueError):
        return None
    column = next((each for each in tree.find_all(exp.Column) if _stands(each, start, end)), None) if tree else None
    if column is None or isinstance(column.this, exp.Star):
        return None
    parent = column.parent
    new = f"CAST(NULL AS {kind})" if kind else "NULL"
    if isinstance(parent, exp.Ordered | exp.Group):
        new = "nullif(1, 1)"  # those take no literal
    if isinstance(parent, exp.Select) and column.arg_key == "expressions":
        new = f"{new} AS {quote(column.name)}"
    lines = "\n" * sql.count("\n", start, end)
    return f"{sql[:start]}{new}{lines}{sql[end:]}"


def _stands(column: Expr, start: int, end: int) -> bool:
    """Whether the column's name is within these offsets."""
    name = column.this
    return isinstance(name, exp.Identifier) and start <= name.meta.get("start", -1) < end
