"""Row conditions as SQL: a comparison with NULL is not true, so rows without a value are left out, as SQL does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from batchsql.check.metrics import ArgumentError, sql_literal
from batchsql.values import quote

_SIGNS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def comparison(column: str, operator: str, value: Any) -> str:
    """`"a" >= 5`, or `"a" in (1, 2)` where the operator is IN or NOT_IN. Raises ArgumentError for another operator."""
    if operator in ("IN", "NOT_IN"):
        values = ", ".join(sql_literal(each) for each in value)
        if not values:
            return "false" if operator == "IN" else "true"
        return f"{quote(column)} {'in' if operator == 'IN' else 'not in'} ({values})"
    if operator not in _SIGNS:
        raise ArgumentError(f"the operator of a row condition must be one of {', '.join(_SIGNS)}, IN or NOT_IN")
    return f"{quote(column)} {_SIGNS[operator]} {sql_literal(value)}"


def nullity(column: str, is_null: bool) -> str:
    """Whether a column has a value."""
    return f"{quote(column)} is {'null' if is_null else 'not null'}"


def junction(word: str, conditions: Sequence[str]) -> str:
    """All of the conditions (`and`) or any (`or`)."""
    return "(" + f" {word} ".join(f"({condition})" for condition in conditions) + ")"
