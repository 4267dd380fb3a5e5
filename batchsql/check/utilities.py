"""The generic tests of dbt_utils, and what dbt_expectations adds to Great Expectations: each lists what fails.

They count what dbt counts: groups, values, or rows; and of two tables compared by their rows, the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from batchsql.check.question import ROWS_TO_SHOW, Question, Relations, as_json, wrong
from batchsql.check.scope import enclosed, of_batch
from batchsql.errors import did_you_mean
from batchsql.values import Check, Scope, literal, quote

_NOW = "(now() at time zone 'UTC')"
_AGGREGATES = {
    "min": "min({column})",
    "max": "max({column})",
    "mean": "avg({column})",
    "median": "median({column})",
    "sum": "sum({column})",
    "stdev": "stddev_samp({column})",
    "unique_value_count": "count(distinct {column})",
    "proportion_of_unique_values": "count(distinct {column}) / count(*)",
}

Listing = Callable[[Check, str, Relations], str]
"""A check, the rows it looks at as they stand behind FROM, and other relations, to a query of what fails."""


def _listed(listing: Listing, total: str = "count(*)") -> Callable[[Check, Scope, Relations], Question]:
    """total: the number of failures, where it is not that of what is listed."""

    def ask(check: Check, scope: Scope, relations: Relations) -> Question:
        where = [enclosed(check.where), enclosed(check.arguments.get("row_condition"))]
        failing = listing(check, f"(select * from {of_batch(scope, *where)})", relations)
        return Question(
            check=check,
            count=f"(select {total} from ({failing}))",
            sample=as_json(f"select * from ({failing}) limit {ROWS_TO_SHOW}"),
            failing=failing,
            reads="again",
        )

    return ask


# --- values of a column ---------------------------------------------------------------------------------------------


def _by_group(select: str, fails: str) -> Listing:
    """One row a group, or one in all, where a condition on the group holds. {column}: the column."""

    def listing(check: Check, rows: str, _relations: Relations) -> str:
        groups = _names(check, "group_by_columns")
        column = quote(check.columns[0])
        listed = ", ".join([*groups, select.format(column=column)])
        grouped = f" group by {', '.join(groups)}" if groups else ""
        return f"select {listed} from {rows}{grouped} having {fails.format(column=column)}"

    return listing


def _not_null_proportion(check: Check, rows: str, relations: Relations) -> str:
    low, high = check.arguments.get("at_least", 0), check.arguments.get("at_most", 1)
    share = "count({column}) / count(*)"
    fails = f"{share} < {low} or {share} > {high}"
    return _by_group(f"{share} as not_null_proportion", fails)(check, rows, relations)


def _not_empty_string(check: Check, rows: str, _relations: Relations) -> str:
    column = quote(check.columns[0])
    looked_at = f"trim({column}, chr(32) || chr(9) || chr(10) || chr(13))"
    trimmed = looked_at if check.arguments.get("trim_whitespace", True) else column
    return f"select * from {rows} where {trimmed} = ''"


def _not_accepted_values(check: Check, rows: str, _relations: Relations) -> str:
    column, quoted = quote(check.columns[0]), check.arguments.get("quote", True)
    listed = ", ".join(literal(str(value)) if quoted else str(value) for value in check.arguments["values"])
    return f"select {column} as value_field, count(*) as n_records from {rows} where {column} in ({listed}) group by 1"


def _sequential_values(check: Check, rows: str, _relations: Relations) -> str:
    column, groups = quote(check.columns[0]), _names(check, "group_by_columns")
    step, part = int(check.arguments.get("interval", 1)), check.arguments.get("datepart")
    expected = f"{quote('the one before')} + {_interval(step, part) if part else step}"
    over = f"partition by {', '.join(groups)} order by {column}" if groups else f"order by {column}"
    windowed = f"select *, lag({column}) over ({over}) as {quote('the one before')} from {rows}"
    return f"select * from ({windowed}) where {column} <> {expected}"


def _within_n_stdevs(check: Check, rows: str, _relations: Relations) -> str:
    column, groups = quote(check.columns[0]), _names(check, "group_by")
    most = check.arguments.get("sigma_threshold", 3)
    value = f"sum({column})" if groups else column
    grouped = f" group by {', '.join(groups)}" if groups else ""
    values = f"select {', '.join([*groups, f'{value} as metric_value'])} from {rows}{grouped}"
    sigma = "(metric_value - avg(metric_value) over ()) / nullif(stddev_samp(metric_value) over (), 0)"
    return f"select * from (select *, {sigma} as metric_sigma from ({values})) where abs(metric_sigma) > {most}"


def _aggregate_by_group(check: Check, rows: str, _relations: Relations) -> str:
    arguments = check.arguments
    value = _AGGREGATES[arguments["aggregate"]].format(column=quote(check.columns[0]))
    equal = "=" if arguments.get("strictly") else ""
    bounds = [
        f"{value} {sign}{equal} {_bound(arguments[name])}"
        for name, sign in (("min_value", "<"), ("max_value", ">"))
        if arguments.get(name) is not None
    ]
    if not bounds:
        raise wrong(check, "needs min_value, max_value or both")
    groups = ", ".join(_names(check, "group_by"))
    return f"select {groups}, {value} as metric_value from {rows} group by {groups} having {' or '.join(bounds)}"


# --- time -----------------------------------------------------------------------------------------------------------


def _recency(check: Check, rows: str, _relations: Relations) -> str:
    kind = "date" if check.arguments.get("ignore_time_component") else "timestamp"
    newest = f"max({quote(check.arguments['field'])})::{kind}"
    threshold = f"({_NOW} - {_interval(check.arguments['interval'], check.arguments['datepart'])})::{kind}"
    listed = f"{newest} as most_recent, {threshold} as threshold"
    groups = _names(check, "group_by_columns")
    grouped = f" group by {', '.join(groups)}" if groups else ""
    return f"select {', '.join([*groups, listed])} from {rows}{grouped} having {newest} < {threshold}"


def _recent_data(check: Check, rows: str, _relations: Relations) -> str:
    newest = f"max({quote(check.columns[0])}::timestamp)"
    threshold = f"{_NOW} - {_interval(check.arguments['interval'], check.arguments['datepart'])}"
    past = f"{quote(check.columns[0])}::timestamp <= {_NOW}"
    return f"select {newest} as max_timestamp from {rows} where {past} having {newest} < {threshold}"


def _exclusive_ranges(check: Check, rows: str, _relations: Relations) -> str:
    arguments = check.arguments
    lower, upper = quote(arguments["lower_bound_column"]), quote(arguments["upper_bound_column"])
    part = f"partition by {enclosed(arguments['partition_by'])} " if arguments.get("partition_by") else ""
    over = f"({part}order by {lower}, {upper})"
    after = {"allowed": "<=", "not_allowed": "=", "required": "<"}[arguments.get("gaps", "allowed")]
    least = "<=" if arguments.get("zero_length_range_allowed") else "<"
    windowed = f"select *, lead({lower}) over {over} as next_lower_bound from {rows}"
    kept = f"coalesce({lower} {least} {upper}, false) and coalesce({upper} {after} next_lower_bound, "
    return f"select * from ({windowed}) where not ({kept}next_lower_bound is null and {upper} is not null))"


# --- other relations ------------------------------------------------------------------------------------------------


def _cardinality_equality(check: Check, rows: str, relations: Relations) -> str:
    own, field = quote(check.columns[0]), quote(check.arguments["field"])
    here = f"select {own} as value_field, count(*) as num_rows from {rows} group by 1"
    there = f"select {field} as value_field, count(*) as num_rows from {_other(check, relations)} group by 1"
    return f"({here} except {there}) union all ({there} except {here})"


def _relationships_where(check: Check, rows: str, relations: Relations) -> str:
    own, field = quote(check.columns[0]), quote(check.arguments["field"])
    here = enclosed(check.arguments.get("from_condition")) or "true"
    there = enclosed(check.arguments.get("to_condition")) or "true"
    parents = f"(select {field} as parent_field from {_other(check, relations)} where {there})"
    children = f"(select {own} as from_field, * from {rows} where {own} is not null and {here})"
    return f"select child.* from {children} as child anti join {parents} as parent on from_field = parent_field"


def _rows_of_both(difference: str) -> Listing:
    """The rows of both relations, in all or by group, where the difference between a and b is not 0."""

    def listing(check: Check, rows: str, relations: Relations) -> str:
        groups = _names(check, "group_by_columns")
        listed, grouped = "".join(f"{name}, " for name in groups), f" group by {', '.join(groups)}" if groups else ""
        here, there = (
            f"(select {listed}count(*) as {name} from {relation}{grouped})"
            for name, relation in (("count_a", rows), ("count_b", _other(check, relations)))
        )
        joined = f"{here} full join {there} using ({', '.join(groups)})" if groups else f"{here} cross join {there}"
        counts = f"select {listed}coalesce(count_a, 0) as count_a, coalesce(count_b, 0) as count_b from {joined}"
        return f"select *, {difference} as difference from ({counts}) where {difference} > 0"

    return listing


def _other(check: Check, relations: Relations) -> str:
    name = str(check.compared_with)
    if name not in relations:
        raise wrong(check, f"refers to '{name}', which is not known", did_you_mean(name, relations))
    return relations[name]


def _names(check: Check, argument: str) -> list[str]:
    return [quote(name) for name in check.arguments.get(argument) or ()]


def _interval(number: Any, part: str) -> str:
    return f"to_{'months' if part == 'quarter' else f'{part}s'}({int(number) * (3 if part == 'quarter' else 1)})"


def _bound(value: Any) -> str:
    return literal(value) if isinstance(value, str) else str(value)


QUESTIONS: dict[str, Callable[[Check, Scope, Relations], Question]] = {
    "not_constant": _listed(_by_group("count(distinct {column}) as distinct_values", "count(distinct {column}) = 1")),
    "at_least_one": _listed(_by_group("count({column}) as values", "count({column}) = 0")),
    "not_null_proportion": _listed(_not_null_proportion),
    "not_empty_string": _listed(_not_empty_string),
    "not_accepted_values": _listed(_not_accepted_values),
    "cardinality_equality": _listed(_cardinality_equality),
    "relationships_where": _listed(_relationships_where),
    "sequential_values": _listed(_sequential_values),
    "equal_rowcount": _listed(_rows_of_both("abs(count_a - count_b)"), "coalesce(sum(difference), 0)"),
    "fewer_rows_than": _listed(
        _rows_of_both("greatest(count_a - count_b + (count_a = count_b)::int, 0)"), "coalesce(sum(difference), 0)"
    ),
    "recency": _listed(_recency),
    "mutually_exclusive_ranges": _listed(_exclusive_ranges),
    "expect_column_values_to_be_within_n_stdevs": _listed(_within_n_stdevs),
    "expect_row_values_to_have_recent_data": _listed(_recent_data),
    "aggregate_by_group": _listed(_aggregate_by_group),
}
