"""What a metric is, and how values are written in SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, Literal

from msgspec import Struct

from batchsql.values import literal

Columns = Sequence[str]
"""Quoted names of the columns a metric looks at: one, a pair, or several."""

Arguments = Mapping[str, Any]
"""The arguments of an expectation by their own names; what is absent or None has its default."""


class ArgumentError(ValueError):
    """An argument of an expectation that makes no sense; the text continues after the name of the check."""


class MapMetric(Struct, frozen=True, kw_only=True):
    """A condition that each row meets, or not.

    domain: whether it looks at one column, a pair (A, then B) or several.
    unexpected(columns, arguments, rows): the SQL condition of an unexpected row. It may be NULL, which is: expected.
    ignored(columns, arguments): the SQL condition of a row that is not looked at, as `"a" is null`; empty: none is.
    reads: what the condition depends on. `row`: that row alone. `rows`: scalar subqueries in it read `rows` as well, so
        that this text must be what follows `from`, the rows ignored by other conditions left out. `window`: window
        functions in it look at other rows, so that it can only stand in a select list, over the rows not ignored.

    Functions raise ArgumentError where an argument makes no sense.
    """

    name: str
    domain: Literal["column", "pair", "columns"]
    unexpected: Callable[[Columns, Arguments, str], str]
    ignored: Callable[[Columns, Arguments], str]
    reads: Literal["row", "rows", "window"] = "row"


class AggregateMetric(Struct, frozen=True, kw_only=True):
    """A value of a whole column or table.

    sql(columns, arguments, rows): where `reads` is `shared`, an aggregate to stand in `select ... from rows`, together
        with others; where it is `again`, a scalar subquery in parentheses that reads `rows`, what follows `from`, by
        itself. Lists come as LIST, value counts as a LIST of {value, count}, ordered by value.

    Raises ArgumentError where an argument makes no sense.
    """

    name: str
    domain: Literal["column", "table"]
    sql: Callable[[Columns, Arguments, str], str]
    reads: Literal["shared", "again"] = "shared"


def sql_literal(value: Any) -> str:
    """A value of an argument as SQL. Text is a literal that takes the type of what it is compared with.

    Raises ArgumentError for what has no SQL form, such as a mapping.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return str(value) if value.is_finite() else f"'{value}'::double"
    if isinstance(value, float):
        return repr(value) if isfinite(value) else f"'{value}'::double"
    if isinstance(value, datetime):
        kind = "timestamptz" if value.tzinfo else "timestamp"
        return f"{kind} '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, time):
        return f"time '{value.isoformat()}'"
    if isinstance(value, timedelta):
        return f"to_microseconds({value // timedelta(microseconds=1)})"
    if isinstance(value, str):
        return literal(value)
    raise ArgumentError(f"{value!r} is not a value that a column can hold")


def sql_list(values: Iterable[Any]) -> str:
    """`1, 2, 3`, without what is null."""
    return ", ".join(sql_literal(value) for value in values if value is not None)


def required(arguments: Arguments, name: str) -> Any:
    """An argument that has no default. Raises ArgumentError where it is absent."""
    value = arguments.get(name)
    if value is None:
        raise ArgumentError(f"needs the argument '{name}'")
    return value


def outside(value: str, arguments: Arguments) -> str:
    """The condition that an SQL value lies outside of min_value and max_value, `strict_*` leaving out the bound itself.

    Raises ArgumentError where there is no bound, or where no value can lie between them.
    """
    low, high = arguments.get("min_value"), arguments.get("max_value")
    if low is None and high is None:
        raise ArgumentError("needs 'min_value', 'max_value' or both")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        raise ArgumentError(f"'min_value' {low} is above 'max_value' {high}")
    below, above = "<=" if arguments.get("strict_min") else "<", ">=" if arguments.get("strict_max") else ">"
    bounds = [f"{value} {below} {sql_literal(low)}"] if low is not None else []
    return " or ".join([*bounds, f"{value} {above} {sql_literal(high)}"] if high is not None else bounds)


def deviation_of(column: str) -> str:
    """The standard deviation of a sample, NULL where there are less than two values, or one that is not finite."""
    finite = f"isfinite({column}::double)"
    return f"case when bool_and({finite}) then stddev_samp({column}) filter ({finite}) end"
