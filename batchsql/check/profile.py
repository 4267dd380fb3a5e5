"""A small profile of each column, as expressions of the statement that a batch's checks share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from batchsql.values import quote
from batchsql.values.history import ColumnProfile, Profile

LONGEST_TEXT = 80
"""Characters that are kept of a least or greatest value."""

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBERS = (*_WHOLE, *(f"U{name}" for name in _WHOLE), "FLOAT", "DOUBLE", "DECIMAL", "BIGNUM")
_ORDERED = ("VARCHAR", "UUID", "DATE", "TIME", "INTERVAL", "ENUM", "BOOLEAN", *_NUMBERS)
_NESTED = ("STRUCT", "MAP", "UNION", "JSON", "VARIANT", "GEOMETRY")
_FIGURES = 6

Columns = Sequence[tuple[str, str]]


def profile_expressions(columns: Columns) -> tuple[str, ...]:
    """Six aggregates for each column, given with its type: values, distinct, least, greatest, mean, deviation."""
    return tuple(expression for name, kind in columns for expression in _figures(quote(name), kind))


def _figures(column: str, kind: str) -> tuple[str, ...]:
    nested = kind.endswith("]") or kind.startswith(_NESTED)
    ordered = not nested and kind.startswith(_ORDERED)
    mean, stdev = "NULL", "NULL"
    if kind == "BOOLEAN":
        mean = f"avg({column}::INTEGER)"
    elif not nested and kind.startswith(_NUMBERS):
        mean, stdev = f"avg({column}::DOUBLE)", f"stddev_samp({column}::DOUBLE)"
    distinct = "NULL" if nested else f"approx_count_distinct({column})"
    return (f"count({column})", distinct, *(_end(each, column, kind, ordered) for each in ("min", "max")), mean, stdev)


def _end(function: str, column: str, kind: str, ordered: bool) -> str:
    if not ordered:
        return "NULL"
    value = f"{function}({column})::VARCHAR"
    return f"left({value}, {LONGEST_TEXT})" if kind == "VARCHAR" else value


def read_profile(columns: Columns, rows: int, found: Sequence[Any]) -> Profile:
    """The profile, from the values that `profile_expressions` gave."""
    profiles = []
    for number, (name, kind) in enumerate(columns):
        present, distinct, low, high, mean, stdev = found[number * _FIGURES : (number + 1) * _FIGURES]
        profiles.append(
            ColumnProfile(
                name=name,
                type=kind,
                nulls=rows - int(present or 0),
                distinct=None if distinct is None else min(int(distinct), int(present or 0)),
                low=low,
                high=high,
                mean=_finite(mean),
                stdev=_finite(stdev),
            )
        )
    return Profile(rows=rows, columns=tuple(profiles))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
