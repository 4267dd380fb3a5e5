"""Map metrics of a pair of columns, and of several: for each, the SQL condition of an unexpected row.

A comparison with NULL is not true, so a row with a value on one side only is unexpected, unless `ignore_row_if` leaves
it out.
"""

from __future__ import annotations

from typing import Any

from batchsql.check.metrics.base import ArgumentError, Arguments, Columns, MapMetric, required, sql_literal

PAIR_IGNORES = {"both_values_are_missing": " and ", "either_value_is_missing": " or ", "neither": ""}
SEVERAL_IGNORE = {"all_values_are_missing": " and ", "any_value_is_missing": " or ", "never": ""}


def _ignored_pair(columns: Columns, arguments: Arguments) -> str:
    return _ignored(columns, arguments.get("ignore_row_if") or "both_values_are_missing", PAIR_IGNORES)


def _ignored_rows(columns: Columns, arguments: Arguments) -> str:
    return _ignored(columns, arguments.get("ignore_row_if") or "all_values_are_missing", SEVERAL_IGNORE)


def _ignored(columns: Columns, rule: Any, rules: dict[str, str]) -> str:
    if rule not in rules:
        raise ArgumentError(f"'ignore_row_if' must be one of {', '.join(rules)}, not {rule!r}")
    return rules[rule].join(f"{column} is null" for column in columns) if rules[rule] else ""


# --- pairs --------------------------------------------------------------------------------------------------------


def _greater(columns: Columns, arguments: Arguments, _rows: str) -> str:
    a, b = columns
    return f"({a} >{'=' if arguments.get('or_equal') else ''} {b}) is not true"


def _equal_pair(columns: Columns, _arguments: Arguments, _rows: str) -> str:
    a, b = columns
    return f"({a} = {b}) is not true"


def _pair_in_set(columns: Columns, arguments: Arguments, _rows: str) -> str:
    """A pair with a null in it is in the set where the set has that pair."""
    a, b = columns
    pairs = arguments.get("value_pairs_set")
    if pairs is None:
        return "false"
    if any(isinstance(pair, str) or len(pair) != 2 for pair in pairs):
        raise ArgumentError("'value_pairs_set' must be a list of pairs")
    whole = ", ".join(f"({sql_literal(x)}, {sql_literal(y)})" for x, y in pairs if x is not None and y is not None)
    found = [f"({a}, {b}) in ({whole}) and {a} is not null and {b} is not null"] if whole else []
    found += [f"{a} {_is(x)} and {b} {_is(y)}" for x, y in pairs if x is None or y is None]
    return f"({' or '.join(found)}) is not true" if found else "true"


def _is(value: Any) -> str:
    return "is null" if value is None else f"= {sql_literal(value)}"


# --- several columns ----------------------------------------------------------------------------------------------


def _equal(columns: Columns, _arguments: Arguments, _rows: str) -> str:
    first, *others = columns
    return " or ".join(f"{first} is distinct from {other}" for other in others) or "false"


def _distinct_within(columns: Columns, _arguments: Arguments, _rows: str) -> str:
    pairs = [(a, b) for index, a in enumerate(columns) for b in columns[index + 1 :]]
    return " or ".join(f"{a} is not distinct from {b}" for a, b in pairs) or "false"


def _sum(columns: Columns, arguments: Arguments, _rows: str) -> str:
    return f"(0::bigint + {' + '.join(columns)}) is distinct from {sql_literal(required(arguments, 'sum_total'))}"


def _unique(columns: Columns, _arguments: Arguments, _rows: str) -> str:
    return f"count(*) over (partition by {', '.join(columns)}) > 1"


SEVERAL_METRICS = (
    *(
        MapMetric(name=name, domain="pair", unexpected=unexpected, ignored=_ignored_pair)
        for name, unexpected in (
            ("column_pair_values.equal", _equal_pair),
            ("column_pair_values.a_greater_than_b", _greater),
            ("column_pair_values.in_set", _pair_in_set),
        )
    ),
    *(
        MapMetric(name=name, domain="columns", unexpected=unexpected, ignored=_ignored_rows)
        for name, unexpected in (
            ("multicolumn_values.equal", _equal),
            ("multicolumn_sum.equal", _sum),
            ("select_column_values.unique.within_record", _distinct_within),
        )
    ),
    MapMetric(
        name="compound_columns.unique",
        domain="columns",
        unexpected=_unique,
        ignored=_ignored_rows,
        reads="window",
    ),
)
