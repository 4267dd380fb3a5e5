"""Expectations about a whole column or table: which metrics each asks for, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from math import isclose
from typing import Any

from msgspec import Struct

from batchsql.check.expectations.divergence import divergence_requests, judge_divergence
from batchsql.check.expectations.finding import Finding, comparable, is_missing, plain, whole, within
from batchsql.check.expectations.request import Request
from batchsql.check.expectations.types import is_one_of
from batchsql.check.metrics.base import ArgumentError
from batchsql.values import Check


class Whole(Struct, frozen=True):
    """An expectation about the whole.

    requests(check): the metrics it asks for. judge(check, values): the finding, from their values in that order.
    """

    requests: Callable[[Check], tuple[Request, ...]]
    judge: Callable[[Check, Sequence[Any]], Finding]


def _asks(*metrics: str, **arguments: str) -> Callable[[Check], tuple[Request, ...]]:
    """Requests of metrics with arguments of the check, by the metric's name: the check's name."""

    def requests(check: Check) -> tuple[Request, ...]:
        given = {name: check.arguments.get(argument) for name, argument in arguments.items()}
        return tuple(Request(metric, given) for metric in metrics)

    return requests


# --- one value between two bounds -----------------------------------------------------------------------------------


def _between(metric: str) -> Whole:
    def requests(check: Check) -> tuple[Request, ...]:
        low, high = check.arguments.get("min_value"), check.arguments.get("max_value")
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            raise ArgumentError(f"'min_value' {low} is above 'max_value' {high}")
        return (Request(metric),)

    def judge(check: Check, values: Sequence[Any]) -> Finding:
        value = values[0]
        if is_missing(value):
            return whole(False, observed_value=None)
        return whole(within(value, check.arguments), observed_value=plain(value))

    return Whole(requests, judge)


def _equals(metric: str) -> Whole:
    def judge(check: Check, values: Sequence[Any]) -> Finding:
        return whole(values[0] == check.arguments["value"], observed_value=values[0])

    return Whole(_asks(metric), judge)


def _judge_other_table(_check: Check, values: Sequence[Any]) -> Finding:
    own, other = values
    return whole(own == other, observed_value={"self": own, "other": other})


# --- sets of values ---------------------------------------------------------------------------------------------------


def _judge_in_set(_check: Check, values: Sequence[Any]) -> Finding:
    count, named = values
    return whole(not count, observed_value=None, unexpected_count=count, partial_unexpected_list=plain(named))


def _judge_contains(_check: Check, values: Sequence[Any]) -> Finding:
    count, named = values
    return whole(not count, observed_value=None, missing_count=count, partial_missing_list=plain(named))


def _judge_equals_set(_check: Check, values: Sequence[Any]) -> Finding:
    unexpected, named_unexpected, missing, named_missing = values
    return whole(
        not unexpected and not missing,
        observed_value=None,
        unexpected_count=unexpected,
        missing_count=missing,
        partial_unexpected_list=plain(named_unexpected),
        partial_missing_list=plain(named_missing),
    )


_NOT_IN_SET = ("column.distinct_values.not_in_set.count", "column.distinct_values.not_in_set")
_MISSING = ("column.distinct_values.missing_from_column.count", "column.distinct_values.missing_from_column")


def _judge_most_common(check: Check, values: Sequence[Any]) -> Finding:
    top = values[0]
    accepted = {comparable(top[0], value) for value in check.arguments["value_set"]} if top else set()
    found = len(accepted.intersection(top))
    success = found > 0 if check.arguments.get("ties_okay") else len(top) == 1 and found == 1
    return whole(success, observed_value=plain(top))


# --- quantiles --------------------------------------------------------------------------------------------------------


def _quantile_requests(check: Check) -> tuple[Request, ...]:
    quantiles, ranges = _quantile_ranges(check)
    if len(quantiles) != len(ranges) or any(not isinstance(each, list | tuple) or len(each) != 2 for each in ranges):
        raise ArgumentError("'quantile_ranges' needs as many value_ranges, each of two bounds, as quantiles")
    way = check.arguments.get("allow_relative_error") or "nearest"
    return (Request("column.quantile_values", {"quantiles": quantiles, "allow_relative_error": way}),)


def _quantile_ranges(check: Check) -> tuple[list[Any], list[Any]]:
    given = check.arguments["quantile_ranges"]
    return list(given.get("quantiles") or ()), list(given.get("value_ranges") or ())


def _judge_quantiles(check: Check, values: Sequence[Any]) -> Finding:
    quantiles, ranges = _quantile_ranges(check)
    found = values[0] or [None] * len(quantiles)
    inside = [_in_range(value, low, high) for value, (low, high) in zip(found, ranges, strict=True)]
    return whole(
        all(inside),
        observed_value={"quantiles": quantiles, "values": plain(found)},
        details={"success_details": inside},
    )


def _in_range(value: Any, low: Any, high: Any) -> bool:
    """Within the bounds, or nearly at one of them: a quantile is as exact as the data are many."""
    if is_missing(value):
        return False
    return any(_close(value, bound) for bound in (low, high)) or within(value, {"min_value": low, "max_value": high})


def _close(value: Any, bound: Any) -> bool:
    if not isinstance(bound, int | float) or isinstance(bound, bool):
        return False
    return isclose(float(value), bound, rel_tol=0, abs_tol=1e-8 + 1e-4 * abs(bound))


# --- columns ----------------------------------------------------------------------------------------------------------


def _judge_exists(check: Check, values: Sequence[Any]) -> Finding:
    names, index = values[0], check.arguments.get("column_index")
    if index:
        return whole(index < len(names) and names[index] == check.columns[0])
    return whole(check.columns[0] in names)


def _judge_type(check: Check, values: Sequence[Any]) -> Finding:
    types = {each["name"].lower(): each["type"] for each in values[0]}
    found = types.get(check.columns[0].lower())
    arguments = check.arguments
    expected = [arguments["type_"]] if "type_" in arguments else arguments.get("type_list")
    if found is None:
        return whole(False, observed_value=None)
    return whole(expected is None or is_one_of(found, expected), observed_value=found)


def _judge_ordered_list(check: Check, values: Sequence[Any]) -> Finding:
    names, expected = values[0], check.arguments.get("column_list")
    if expected is None or list(expected) == names:
        return whole(True, observed_value=names)
    mismatched = [
        {"Expected Column Position": position, "Expected": wanted, "Found": found}
        for position, (wanted, found) in enumerate(zip_longest(expected, names))
        if wanted != found
    ]
    return whole(False, observed_value=names, details={"mismatched": mismatched})


def _judge_column_set(check: Check, values: Sequence[Any]) -> Finding:
    names, expected = set(values[0]), set(check.arguments.get("column_set") or ())
    exact = check.arguments.get("exact_match", True) is not False
    unexpected, missing = sorted(names - expected), sorted(expected - names)
    if not unexpected and not missing:
        return whole(True, observed_value=sorted(names))
    mismatched = {name: found for name, found in (("unexpected", unexpected), ("missing", missing)) if found}
    return whole(not exact and not missing, observed_value=sorted(names), details={"mismatched": mismatched})


# --- queries ----------------------------------------------------------------------------------------------------------


def _judge_unexpected_rows(_check: Check, values: Sequence[Any]) -> Finding:
    return Finding(success=not values[0], failures=values[0], result={"observed_value": values[0]})


def _judge_comparison(check: Check, values: Sequence[Any]) -> Finding:
    """Rows of two queries as bags: what share of the longer has its like in the other."""
    own, other, only_own = values
    longest, matching = max(own, other), own - only_own
    unexpected = longest - matching
    percent = (1 - matching / longest) * 100 if longest else 0.0
    mostly = check.arguments.get("mostly")
    success = 100 - percent >= (1 if mostly is None else mostly) * 100
    result = {"unexpected_count": unexpected, "unexpected_percent": percent}
    return Finding(success=success, failures=unexpected, result=result)


_TYPES = Whole(_asks("table.column_types"), _judge_type)

WHOLES: Mapping[str, Whole] = {
    "expect_column_max_to_be_between": _between("column.max"),
    "expect_column_min_to_be_between": _between("column.min"),
    "expect_column_mean_to_be_between": _between("column.mean"),
    "expect_column_median_to_be_between": _between("column.median"),
    "expect_column_sum_to_be_between": _between("column.sum"),
    "expect_column_stdev_to_be_between": _between("column.standard_deviation"),
    "expect_column_unique_value_count_to_be_between": _between("column.distinct_values.count"),
    "expect_column_proportion_of_unique_values_to_be_between": _between("column.unique_proportion"),
    "expect_column_proportion_of_non_null_values_to_be_between": _between("column.non_null_proportion"),
    "expect_column_quantile_values_to_be_between": Whole(_quantile_requests, _judge_quantiles),
    "expect_column_distinct_values_to_be_in_set": Whole(_asks(*_NOT_IN_SET, value_set="value_set"), _judge_in_set),
    "expect_column_distinct_values_to_contain_set": Whole(_asks(*_MISSING, value_set="value_set"), _judge_contains),
    "expect_column_distinct_values_to_equal_set": Whole(
        _asks(*_NOT_IN_SET, *_MISSING, value_set="value_set"), _judge_equals_set
    ),
    "expect_column_most_common_value_to_be_in_set": Whole(_asks("column.most_common_value"), _judge_most_common),
    "expect_column_kl_divergence_to_be_less_than": Whole(divergence_requests, judge_divergence),
    "expect_column_to_exist": Whole(_asks("table.columns"), _judge_exists),
    "expect_column_type_to_be": _TYPES,
    "expect_column_values_to_be_of_type": _TYPES,
    "expect_column_values_to_be_in_type_list": _TYPES,
    "expect_table_row_count_to_be_between": _between("table.row_count"),
    "expect_table_row_count_to_equal": _equals("table.row_count"),
    "expect_table_row_count_to_equal_other_table": Whole(
        lambda _check: (Request("table.row_count"), Request("table.row_count", of_other=True)), _judge_other_table
    ),
    "expect_table_column_count_to_be_between": _between("table.column_count"),
    "expect_table_column_count_to_equal": _equals("table.column_count"),
    "expect_table_columns_to_match_ordered_list": Whole(_asks("table.columns"), _judge_ordered_list),
    "expect_table_columns_to_match_set": Whole(_asks("table.columns"), _judge_column_set),
    "unexpected_rows_expectation": Whole(_asks("unexpected_rows_query.row_count"), _judge_unexpected_rows),
    "expect_query_results_to_match_comparison": Whole(_asks("query_comparison"), _judge_comparison),
}
"""By the expectation's name. The last two ask for what is no metric of a table: their queries are put in asking.py."""
