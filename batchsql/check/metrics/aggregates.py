"""Aggregate metrics: for each, the SQL that computes it over a table's rows.

Statistics of an empty column are NULL, but for counts and the sum, which are 0. NaN is a value, greater than all
others.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Literal

from batchsql.check.metrics.base import (
    AggregateMetric,
    ArgumentError,
    Arguments,
    Columns,
    deviation_of,
    outside,
    required,
    sql_list,
    sql_literal,
)

MOST_VALUES = 20
"""How many values are named where the metric is a list of values that should not be there, or should."""


def _of(expression: str) -> Callable[[Columns, Arguments, str], str]:
    """An expression with `{}` in the column's place."""

    def sql(columns: Columns, _arguments: Arguments, _rows: str) -> str:
        return expression.format(*columns)

    return sql


# --- values that occur ----------------------------------------------------------------------------------------------


def _distinct(columns: Columns, _arguments: Arguments, rows: str) -> str:
    known = _known(columns[0], rows)
    return (
        f"coalesce((select list(value order by value) from (select distinct {columns[0]} as value from {known})), [])"
    )


def _known(column: str, rows: str) -> str:
    return f"(select {column} from {rows}) where {column} is not null"


def _counts(column: str, rows: str) -> str:
    return f"select {column} as value, count(*) as count from {_known(column, rows)} group by {column}"


def _value_counts(columns: Columns, arguments: Arguments, rows: str) -> str:
    sort = arguments.get("sort") or "value"
    if sort not in ("value", "count", "none"):
        raise ArgumentError(f"'sort' must be value, count or none, not {sort!r}")
    order = {"value": " order by value", "count": " order by count", "none": ""}[sort]
    counted = f"select {{'value': value, 'count': count}} as one, value, count from ({_counts(columns[0], rows)})"
    return f"coalesce((select list(one{order}) from ({counted})), [])"


def _most_common(columns: Columns, _arguments: Arguments, rows: str) -> str:
    ranked = f"select value, count = max(count) over () as top from ({_counts(columns[0], rows)})"
    return f"coalesce((select list(value order by value) from ({ranked}) where top), [])"


def _under_threshold(columns: Columns, arguments: Arguments, _rows: str) -> str:
    return f"count(distinct {columns[0]}) < {sql_literal(required(arguments, 'threshold'))}"


def _not_in_set(columns: Columns, arguments: Arguments, rows: str) -> str:
    """A FROM clause: the distinct values of the column that are not in `value_set`."""
    column, listed = columns[0], sql_list(arguments.get("value_set") or ())
    others = f" and {column} not in ({listed})" if listed else ""
    return f"(select distinct {column} as value from (select {column} from {rows}) where {column} is not null{others})"


def _missing(columns: Columns, arguments: Arguments, rows: str) -> str:
    """A FROM clause: the values of `value_set` that the column does not hold."""
    column, listed = columns[0], sql_list(arguments.get("value_set") or ())
    if not listed:
        return "(select 1 as value where false)"
    wanted = (
        f"select {column} as value from (select {column} from {rows}) where false union all select unnest([{listed}])"
    )
    held = f"select distinct {column} from (select {column} from {rows}) where {column} in ({listed})"
    return f"(select distinct value from ({wanted}) where value is not null and value not in ({held}))"


def _counted(values: Callable[[Columns, Arguments, str], str]) -> Callable[[Columns, Arguments, str], str]:
    def sql(columns: Columns, arguments: Arguments, rows: str) -> str:
        return f"(select count(*) from {values(columns, arguments, rows)})"

    return sql


def _named(values: Callable[[Columns, Arguments, str], str]) -> Callable[[Columns, Arguments, str], str]:
    def sql(columns: Columns, arguments: Arguments, rows: str) -> str:
        limit = int(arguments.get("limit") or MOST_VALUES)
        first = f"select value from {values(columns, arguments, rows)} order by value limit {limit}"
        return f"coalesce((select list(value order by value) from ({first})), [])"

    return sql


def _sample_values(columns: Columns, arguments: Arguments, rows: str) -> str:
    limit = int(arguments.get("count") or MOST_VALUES)
    return f"coalesce((select list(value) from (select {columns[0]} as value from {rows} limit {limit})), [])"


# --- how values are distributed -------------------------------------------------------------------------------------


def _quantiles(columns: Columns, arguments: Arguments, rows: str) -> str:
    """Quantiles as pandas has them: of n sorted values the one at q * (n - 1), the nearest, half to even.

    `allow_relative_error` may name another way: linear, lower, higher, midpoint.
    """
    quantiles, way = required(arguments, "quantiles"), arguments.get("allow_relative_error") or "nearest"
    if any(isinstance(q, bool) or not isinstance(q, int | float) or not 0 <= q <= 1 for q in quantiles):
        raise ArgumentError("quantiles must be numbers from 0 to 1")
    column = columns[0]
    if way == "linear":
        return f"(select quantile_cont({column}, [{sql_list(quantiles)}]) from {_known(column, rows)})"
    position = "q * (len(v) - 1)"
    lower, higher = f"v[1 + floor({position})::bigint]", f"v[1 + ceil({position})::bigint]"
    ways = {
        "nearest": f"v[1 + round_even({position}, 0)::bigint]",
        "lower": lower,
        "higher": higher,
        "midpoint": f"({lower} + {higher}) / 2",
    }
    if way not in ways:
        raise ArgumentError(f"'allow_relative_error' must be one of {', '.join(ways)}, linear, or false, not {way!r}")
    picked = f"list_transform([{sql_list(map(float, quantiles))}]::double[], lambda q: {ways[way]})"
    return f"(select {picked} from (select list({column} order by {column}) as v from {_known(column, rows)}))"


def _histogram(columns: Columns, arguments: Arguments, rows: str) -> str:
    """How many values lie between neighbouring `bins`: a bin holds its lower edge, the last one its upper edge too."""
    bins = list(required(arguments, "bins"))
    if len(bins) < 2:
        raise ArgumentError("'bins' must have two edges or more")
    last = len(bins) - 2
    counts = [
        f"coalesce(count_if({columns[0]} >= {sql_literal(low)} and {columns[0]} <{'=' if number == last else ''} "
        f"{sql_literal(high)}), 0)"
        for number, (low, high) in enumerate(pairwise(bins))
    ]
    return f"(select [{', '.join(counts)}] from {rows})"


def _partition(columns: Columns, arguments: Arguments, rows: str) -> str:
    """The edges of `n_bins` bins, of one width (`uniform`) or one number of values (`ntile`)."""
    bins, count = arguments.get("bins") or "uniform", int(arguments.get("n_bins") or 10)
    column = columns[0]
    if bins in ("ntile", "quantile", "percentile"):
        quantiles = [number / count for number in range(count + 1)]
        return _quantiles(columns, {"quantiles": quantiles}, rows)
    if bins != "uniform":
        raise ArgumentError(f"'bins' must be uniform, ntile, quantile or percentile, not {bins!r}")
    edge = f"lo + i * (hi - lo) / {count}"
    ends = f"select min({column})::double as lo, max({column})::double as hi from {rows}"
    return f"(select list_transform(range({count + 1}), lambda i: {edge}) from ({ends}))"


def _outlier_statistics(columns: Columns, arguments: Arguments, rows: str) -> str:
    """{lower_reference, upper_reference, spread}: quartiles and their distance, or the mean and standard deviation."""
    column = columns[0]
    if (arguments.get("method") or "iqr") == "iqr":
        quartiles = f"select quantile_cont({column}::double, [0.25, 0.75]) as q from {rows}"
        return f"(select {_statistics('q[1]', 'q[2]', 'q[2] - q[1]')} from ({quartiles}))"
    moments = f"select avg({column}) as mean, {deviation_of(column)} as deviation from {rows}"
    return f"(select {_statistics('mean', 'mean', 'deviation')} from ({moments}))"


def _statistics(lower: str, upper: str, spread: str) -> str:
    return f"{{'lower_reference': {lower}, 'upper_reference': {upper}, 'spread': {spread}}}"


def _between_count(columns: Columns, arguments: Arguments, _rows: str) -> str:
    return f"coalesce(count_if(not ({outside(columns[0], arguments)})), 0)"


# --- the table --------------------------------------------------------------------------------------------------------


def _columns_of(rows: str) -> str:
    return f"(describe select * from {rows})"


def _names(_columns: Columns, _arguments: Arguments, rows: str) -> str:
    return f"(select list(column_name) from {_columns_of(rows)})"


def _types(_columns: Columns, _arguments: Arguments, rows: str) -> str:
    return f"(select list({{'name': column_name, 'type': column_type}}) from {_columns_of(rows)})"


def _column_count(_columns: Columns, _arguments: Arguments, rows: str) -> str:
    return f"(select count(*) from {_columns_of(rows)})"


_Sql = Callable[[Columns, Arguments, str], str]


def _shared(sqls: dict[str, str | _Sql]) -> list[AggregateMetric]:
    return [
        AggregateMetric(name=name, domain="column", sql=_of(sql) if isinstance(sql, str) else sql)
        for name, sql in sqls.items()
    ]


def _again(domain: Literal["column", "table"], sqls: dict[str, Any]) -> list[AggregateMetric]:
    return [AggregateMetric(name=name, domain=domain, sql=sql, reads="again") for name, sql in sqls.items()]


AGGREGATE_METRICS = (
    *_shared(
        {
            "column.mean": "avg({0})",
            "column.sum": "coalesce(sum({0}), 0)",
            "column.min": "min({0})",
            "column.max": "max({0})",
            "column.median": "median({0})",
            "column.standard_deviation": lambda columns, _arguments, _rows: deviation_of(columns[0]),
            "column.non_null_count": "count({0})",
            "column.non_null_proportion": "coalesce(count({0}) / nullif(count(*), 0), 0)",
            "column.distinct_values.count": "count(distinct {0})",
            "column.distinct_values.count.under_threshold": _under_threshold,
            "column.unique_proportion": "coalesce(count(distinct {0}) / nullif(count({0}), 0), 0)",
            "column_values.length.min": "min(length({0}::varchar))",
            "column_values.length.max": "max(length({0}::varchar))",
            "column_values.between.count": _between_count,
            "column_values.null.count": "count(*) - count({0})",
            "column_values.nonnull.count": "count({0})",
        }
    ),
    AggregateMetric(name="table.row_count", domain="table", sql=lambda _columns, _arguments, _rows: "count(*)"),
    *_again(
        "column",
        {
            "column.distinct_values": _distinct,
            "column.distinct_values.not_in_set": _named(_not_in_set),
            "column.distinct_values.not_in_set.count": _counted(_not_in_set),
            "column.distinct_values.missing_from_column": _named(_missing),
            "column.distinct_values.missing_from_column.count": _counted(_missing),
            "column.value_counts": _value_counts,
            "column.most_common_value": _most_common,
            "column.sample_values": _sample_values,
            "column.quantile_values": _quantiles,
            "column.histogram": _histogram,
            "column.partition": _partition,
            "column.outlier_statistics": _outlier_statistics,
        },
    ),
    *_again("table", {"table.columns": _names, "table.column_types": _types, "table.column_count": _column_count}),
)
