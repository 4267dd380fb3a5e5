"""The checks with short names: which there are, the arguments each takes, and how they are read from YAML.

The arguments a Check holds are these:

not_null            {}
unique              {}                                     the columns together are unique
accepted_values     {"values": [...], "quote": bool}       quote: compare as text
relationships       {"to": name or group.table, "field": column}
accepted_range      {"min_value", "max_value": number or SQL expression, where given; "inclusive": bool}
row_count           {"min", "max", "equals": int, where given}
expression          {"expression": SQL condition that every row satisfies}
within_history, volume, freshness, no_new_values: see history_checks.py
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from batchsql.project.fields import boolean, fail, text
from batchsql.project.history_checks import HISTORY_KEYS
from batchsql.project.relations import relation_key
from batchsql.project.wording import describe
from batchsql.project.yaml import Block, plain
from batchsql.values import literal
from batchsql.values.history import HISTORY_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

_OF_ROWS = ("not_null", "unique", "accepted_values", "relationships", "accepted_range", "row_count", "expression")
KINDS: tuple[str, ...] = (*_OF_ROWS, *HISTORY_KINDS)


def _none(_: Block) -> dict[str, Any]:
    return {}


def _accepted_values(arguments: Block) -> dict[str, Any]:
    values = plain(arguments.get("values"))
    if not isinstance(values, list) or not values or any(isinstance(each, dict | list) for each in values):
        fail(arguments, "values", "accepted_values needs a list of values", "write `accepted_values: {values: [a, b]}`")
    if None in values:
        fail(arguments, "values", "null is not a value that can be accepted", "rows without a value always pass")
    return {"values": values, "quote": boolean(arguments, "quote", True)}


def _relationships(arguments: Block) -> dict[str, Any]:
    to, field = text(arguments, "to"), text(arguments, "field")
    if not to or not field:
        fail(
            arguments, "to", "relationships needs 'to' and 'field'", "write `relationships: {to: ref('x'), field: id}`"
        )
    return {"to": relation_key(arguments, "to"), "field": field}


def _accepted_range(arguments: Block) -> dict[str, Any]:
    bounds = {key: _bound(arguments, key) for key in ("min_value", "max_value") if arguments.get(key) is not None}
    if not bounds:
        fail(arguments, "min_value", "accepted_range needs 'min_value' or 'max_value'", None)
    low, high = bounds.get("min_value"), bounds.get("max_value")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        fail(arguments, "min_value", f"'min_value' {low} is above 'max_value' {high}: no row can pass")
    return {**bounds, "inclusive": boolean(arguments, "inclusive", True)}


def _bound(arguments: Block, key: str) -> Any:
    """A number as it is; a date or time as a SQL literal; any other text is an SQL expression."""
    value = arguments[key]
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value == "":
        fail(arguments, key, f"'{key}' must be a number, a date or an SQL expression, not {describe(value)}")
    if not isinstance(value, str):
        return value
    for kind, read in (("date", date.fromisoformat), ("timestamp", datetime.fromisoformat)):
        try:
            read(value)
        except ValueError:
            continue
        return f"{kind} {literal(value)}" if "-" in value else value
    return value


def _row_count(arguments: Block) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for key in ("min", "min_value", "max", "max_value", "equals"):
        value = arguments.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            fail(arguments, key, f"'{key}' of row_count must be a whole number, 0 or more, not {describe(value)}")
        if counts.setdefault(key.removesuffix("_value"), value) is not value:
            fail(arguments, key, f"'{key}' and '{key.removesuffix('_value')}' are two names of one thing")
    if not counts:
        fail(arguments, "min", "row_count needs 'min', 'max' or 'equals'", "write `row_count: {min: 1}`")
    if "equals" in counts and len(counts) > 1:
        fail(arguments, "equals", "row_count takes either 'equals', or 'min' and 'max'")
    if counts.get("min", 0) > counts.get("max", counts.get("min", 0)):
        fail(arguments, "min", "'min' is above 'max': no count can pass")
    return counts


def _expression(arguments: Block) -> dict[str, Any]:
    expression = text(arguments, "expression").strip()
    if not expression:
        fail(arguments, "expression", "expression needs an SQL condition", 'write `expression: "a >= b"`')
    return {"expression": expression}


ARGUMENTS: dict[str, Callable[[Block], dict[str, Any]]] = {
    "not_null": _none,
    "unique": _none,
    "accepted_values": _accepted_values,
    "relationships": _relationships,
    "accepted_range": _accepted_range,
    "row_count": _row_count,
    "expression": _expression,
}
OWN_KEYS = {
    "not_null": ("column",),
    "unique": ("columns",),
    "accepted_values": ("values", "quote"),
    "relationships": ("to", "field"),
    "accepted_range": ("min_value", "max_value", "inclusive"),
    "row_count": ("min", "max", "equals", "min_value", "max_value"),
    "expression": ("expression",),
    **HISTORY_KEYS,
}
