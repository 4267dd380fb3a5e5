"""Map metrics of one column: for each, the SQL condition of an unexpected row."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from batchsql.check.metrics.base import (
    ArgumentError,
    Arguments,
    Columns,
    MapMetric,
    deviation_of,
    outside,
    required,
    sql_list,
    sql_literal,
)
from batchsql.values import literal


def _is_null(columns: Columns, _arguments: Arguments) -> str:
    return f"{columns[0]} is null"


def _nothing(_columns: Columns, _arguments: Arguments) -> str:
    return ""


# --- values -------------------------------------------------------------------------------------------------------


def _in_set(column: str, arguments: Arguments) -> str:
    values = arguments.get("value_set")
    if values is None:
        return "false"
    listed = sql_list(_listed(values, "value_set"))
    return f"{column} not in ({listed})" if listed else f"{column} is not null"


def _not_in_set(column: str, arguments: Arguments) -> str:
    listed = sql_list(_listed(arguments.get("value_set") or (), "value_set"))
    return f"{column} in ({listed})" if listed else "false"


def _listed(values: Any, name: str) -> list[Any]:
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise ArgumentError(f"'{name}' must be a list of values")
    return list(values)


# --- texts --------------------------------------------------------------------------------------------------------


def _length(column: str) -> str:
    return f"length({column}::varchar)"


def _length_equals(column: str, arguments: Arguments) -> str:
    return f"{_length(column)} <> {sql_literal(required(arguments, 'value'))}"


_NOT_IN_RE2 = re.compile(r"(?<!\\)(?:\\\\)*(\(\?<?[=!]|\\[1-9])")


def _regex(column: str, pattern: Any) -> str:
    if not isinstance(pattern, str):
        raise ArgumentError(f"a regular expression must be text, not {pattern!r}")
    if found := _NOT_IN_RE2.search(pattern):
        raise ArgumentError(f"has '{found[1]}' in '{pattern}': RE2, DuckDB's expressions, look neither around nor back")
    return f"regexp_matches({column}::varchar, {literal(pattern)})"


def _like(column: str, pattern: Any, arguments: Arguments) -> str:
    escape = arguments.get("escape")
    if not isinstance(pattern, str) or (escape is not None and (not isinstance(escape, str) or len(escape) != 1)):
        raise ArgumentError("a pattern must be text, and 'escape' one character")
    return f"{column}::varchar like {literal(pattern)}" + (f" escape {literal(escape)}" if escape else "")


def _match_regex(column: str, arguments: Arguments) -> str:
    return f"not {_regex(column, arguments.get('regex') or '(?s).*')}"


def _not_match_regex(column: str, arguments: Arguments) -> str:
    return _regex(column, required(arguments, "regex"))


def _match_like(column: str, arguments: Arguments) -> str:
    return f"not ({_like(column, required(arguments, 'like_pattern'), arguments)})"


def _not_match_like(column: str, arguments: Arguments) -> str:
    return _like(column, required(arguments, "like_pattern"), arguments)


def _match_regexes(column: str, arguments: Arguments) -> str:
    matches = [_regex(column, pattern) for pattern in _listed(required(arguments, "regex_list"), "regex_list")]
    return f"not ({_joined(matches, arguments)})"


def _not_match_regexes(column: str, arguments: Arguments) -> str:
    matches = [_regex(column, pattern) for pattern in _listed(required(arguments, "regex_list"), "regex_list")]
    return _joined(matches, {})


def _match_likes(column: str, arguments: Arguments) -> str:
    patterns = _listed(required(arguments, "like_pattern_list"), "like_pattern_list")
    return f"not ({_joined([_like(column, pattern, arguments) for pattern in patterns], arguments)})"


def _not_match_likes(column: str, arguments: Arguments) -> str:
    patterns = _listed(required(arguments, "like_pattern_list"), "like_pattern_list")
    return _joined([_like(column, pattern, arguments) for pattern in patterns], {})


def _joined(matches: list[str], arguments: Arguments) -> str:
    """All of the matches, or any, as `match_on` says."""
    match_on = arguments.get("match_on") or "any"
    if match_on not in ("any", "all"):
        raise ArgumentError(f"'match_on' must be any or all, not {match_on!r}")
    if not matches:
        raise ArgumentError("the list of patterns is empty")
    return (" or " if match_on == "any" else " and ").join(matches)


def _strftime(column: str, arguments: Arguments) -> str:
    pattern = required(arguments, "strftime_format")
    if not isinstance(pattern, str):
        raise ArgumentError("'strftime_format' must be text")
    return f"{column} is not null and try_strptime({column}::varchar, {literal(pattern)}) is null"


def _json(column: str, _arguments: Arguments) -> str:
    return f"not json_valid({column}::varchar)"


# --- one value among all ------------------------------------------------------------------------------------------


def _unique(columns: Columns, _arguments: Arguments, _rows: str) -> str:
    return f"count(*) over (partition by {', '.join(columns)}) > 1"


def _order(comparison: str) -> Callable[[Columns, Arguments, str], str]:
    """Rows that do not follow the one before, in the order of the table, or of `sort_column`, within `group_by`."""

    def unexpected(columns: Columns, arguments: Arguments, _rows: str) -> str:
        equal = "=" if arguments.get("strictly") else ""
        over = []
        if group := arguments.get("group_by_columns"):
            over.append(f"partition by {', '.join(group)}")
        if sort := arguments.get("order_by_column"):
            over.append(f"order by {sort}")
        return f"{columns[0]} {comparison}{equal} lag({columns[0]}) over ({' '.join(over)})"

    return unexpected


def _z_score(columns: Columns, arguments: Arguments, rows: str) -> str:
    threshold = required(arguments, "threshold")
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        raise ArgumentError("'threshold' must be a number")
    column = columns[0]
    mean, deviation = f"(select avg({column}) from {rows})", f"(select {deviation_of(column)} from {rows})"
    score = f"({column} - {mean}) / nullif({deviation}, 0)"
    if arguments.get("double_sided", True) is False:
        return f"{score} >= {sql_literal(threshold)}"
    return f"abs({score}) >= {sql_literal(abs(threshold))}"


def _outliers(columns: Columns, arguments: Arguments, rows: str) -> str:
    """What lies outside of Tukey's fences (`iqr`), or `multiplier` standard deviations or more from the mean (`std`).

    Where there is no spread to measure by (no value, one value, infinities) nothing is unexpected.
    """
    method, multiplier = arguments.get("method") or "iqr", arguments.get("multiplier")
    multiplier = 1.5 if multiplier is None else multiplier
    column = columns[0]
    if method == "iqr":
        quartiles = f"(select quantile_cont({column}::double, [0.25, 0.75]) from {rows})"
        low, high = f"{quartiles}[1]", f"{quartiles}[2]"
        reach = f"{sql_literal(multiplier)} * ({high} - {low})"
        return f"isfinite({low}) and isfinite({high}) and ({column} < {low} - {reach} or {column} > {high} + {reach})"
    if method != "std":
        raise ArgumentError(f"'method' must be iqr or std, not {method!r}")
    finite = f"bool_and(isfinite({column}::double)) and count({column}) > 1"
    center = f"(select case when {finite} then avg({column}) end from {rows})"
    reach = f"{sql_literal(multiplier)} * (select {deviation_of(column)} from {rows})"
    return f"case when {reach} <= 0 then {column} <> {center} else abs({column} - {center}) >= {reach} end"


# --- the table ----------------------------------------------------------------------------------------------------


def _alone(condition: Callable[[str, Arguments], str]) -> Callable[[Columns, Arguments, str], str]:
    def unexpected(columns: Columns, arguments: Arguments, _rows: str) -> str:
        return condition(columns[0], arguments)

    return unexpected


def _metric(
    name: str,
    unexpected: Callable[[Columns, Arguments, str], str],
    *,
    ignored: Callable[[Columns, Arguments], str] = _is_null,
    reads: Literal["row", "rows", "window"] = "row",
) -> MapMetric:
    return MapMetric(name=name, domain="column", unexpected=unexpected, ignored=ignored, reads=reads)


COLUMN_METRICS = (
    _metric("column_values.nonnull", _alone(lambda column, _: f"{column} is null"), ignored=_nothing),
    _metric("column_values.null", _alone(lambda column, _: f"{column} is not null"), ignored=_nothing),
    _metric("column_values.between", _alone(outside)),
    _metric("column_values.in_set", _alone(_in_set)),
    _metric("column_values.not_in_set", _alone(_not_in_set)),
    _metric("column_values.value_length.between", _alone(lambda column, given: outside(_length(column), given))),
    _metric("column_values.value_length.equals", _alone(_length_equals)),
    _metric("column_values.match_regex", _alone(_match_regex)),
    _metric("column_values.not_match_regex", _alone(_not_match_regex)),
    _metric("column_values.match_regex_list", _alone(_match_regexes)),
    _metric("column_values.not_match_regex_list", _alone(_not_match_regexes)),
    _metric("column_values.match_like_pattern", _alone(_match_like)),
    _metric("column_values.not_match_like_pattern", _alone(_not_match_like)),
    _metric("column_values.match_like_pattern_list", _alone(_match_likes)),
    _metric("column_values.not_match_like_pattern_list", _alone(_not_match_likes)),
    _metric("column_values.match_strftime_format", _alone(_strftime)),
    _metric("column_values.json_parseable", _alone(_json)),
    _metric("column_values.unique", _unique, reads="window"),
    _metric("column_values.increasing", _order("<"), reads="window"),
    _metric("column_values.decreasing", _order(">"), reads="window"),
    _metric("column_values.z_score.under_threshold", _z_score, reads="rows"),
    _metric("column_values.not_outliers", _outliers, reads="rows"),
)
