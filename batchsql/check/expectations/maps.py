"""Expectations that each row meets or not: which metric each rests on, and what follows from the counts."""

from __future__ import annotations

from typing import Any

from batchsql.check.expectations.finding import Finding
from batchsql.values import Check

METRICS = {
    "expect_column_values_to_be_null": "column_values.null",
    "expect_column_values_to_not_be_null": "column_values.nonnull",
    "expect_column_values_to_be_unique": "column_values.unique",
    "expect_column_values_to_be_between": "column_values.between",
    "expect_column_values_to_be_in_set": "column_values.in_set",
    "expect_column_values_to_not_be_in_set": "column_values.not_in_set",
    "expect_column_values_to_be_increasing": "column_values.increasing",
    "expect_column_values_to_be_decreasing": "column_values.decreasing",
    "expect_column_value_lengths_to_be_between": "column_values.value_length.between",
    "expect_column_value_lengths_to_equal": "column_values.value_length.equals",
    "expect_column_values_to_match_regex": "column_values.match_regex",
    "expect_column_values_to_not_match_regex": "column_values.not_match_regex",
    "expect_column_values_to_match_regex_list": "column_values.match_regex_list",
    "expect_column_values_to_not_match_regex_list": "column_values.not_match_regex_list",
    "expect_column_values_to_match_like_pattern": "column_values.match_like_pattern",
    "expect_column_values_to_not_match_like_pattern": "column_values.not_match_like_pattern",
    "expect_column_values_to_match_like_pattern_list": "column_values.match_like_pattern_list",
    "expect_column_values_to_not_match_like_pattern_list": "column_values.not_match_like_pattern_list",
    "expect_column_values_to_match_strftime_format": "column_values.match_strftime_format",
    "expect_column_values_to_be_json_parseable": "column_values.json_parseable",
    "expect_column_value_z_scores_to_be_less_than": "column_values.z_score.under_threshold",
    "expect_column_values_to_not_be_outliers": "column_values.not_outliers",
    "expect_column_pair_values_a_to_be_greater_than_b": "column_pair_values.a_greater_than_b",
    "expect_column_pair_values_to_be_equal": "column_pair_values.equal",
    "expect_column_pair_values_to_be_in_set": "column_pair_values.in_set",
    "expect_compound_columns_to_be_unique": "compound_columns.unique",
    "expect_multicolumn_sum_to_equal": "multicolumn_sum.equal",
    "expect_multicolumn_values_to_be_equal": "multicolumn_values.equal",
    "expect_multicolumn_values_to_be_unique": "select_column_values.unique.within_record",
    "expect_select_column_values_to_be_unique_within_record": "select_column_values.unique.within_record",
}
_ABOUT_NULL = ("column_values.null", "column_values.nonnull")


def counts_missing(metric: str) -> bool:
    """Whether missing values are left out, and counted apart; not where they are what is asked about."""
    return metric not in _ABOUT_NULL


def judge_rows(check: Check, elements: int, missing: int | None, unexpected: int) -> Finding:
    """The finding from the number of rows, of those that are not looked at, and of those that are unexpected.

    It is met where at least the share `mostly` of the rows that are looked at is as expected; and where there are none.
    """
    looked_at = elements - (missing or 0)
    mostly = check.arguments.get("mostly")
    success = not looked_at or (looked_at - unexpected) / looked_at >= (1 if mostly is None else mostly)
    of_all = _percent(unexpected, elements)
    of_looked_at = _percent(unexpected, looked_at)
    result: dict[str, Any] = {
        "element_count": elements,
        "unexpected_count": unexpected,
        "unexpected_percent": of_looked_at,
    }
    if missing is not None:
        result["missing_count"] = missing
        result["missing_percent"] = _percent(missing, elements)
        result["unexpected_percent_total"] = of_all
        result["unexpected_percent_nonmissing"] = of_looked_at
    return Finding(success=success, failures=unexpected, result=result)


def _percent(part: int, of: int) -> float | None:
    return part / of * 100 if of else None
