"""The names and arguments of checks known from dbt_utils and dbt_expectations: data, as vocabulary.py has it."""

from __future__ import annotations

from batchsql.values.vocabulary import Signature

_GROUPS = {"group_by_columns": "texts"}
_PERIOD = {"datepart": "choice second minute hour day week month quarter year"}
_SINCE = {"datepart": f"{_PERIOD['datepart']}!", "interval": "count!"}
_OTHER = {"to": "table!", "field": "text!"}
AGGREGATES = "min max mean median sum stdev unique_value_count proportion_of_unique_values"


def _column(arguments: dict[str, str]) -> Signature:
    return Signature("column", arguments, rows=False)


def _table(arguments: dict[str, str]) -> Signature:
    return Signature("table", arguments, rows=False)


UTILITIES: dict[str, Signature] = {
    "not_constant": _column(_GROUPS),
    "at_least_one": _column(_GROUPS),
    "not_null_proportion": _column({"at_least": "number", "at_most": "number", **_GROUPS}),
    "not_empty_string": _column({"trim_whitespace": "truth"}),
    "not_accepted_values": _column({"values": "values!", "quote": "truth"}),
    "cardinality_equality": _column(_OTHER),
    "relationships_where": _column({**_OTHER, "from_condition": "text", "to_condition": "text"}),
    "sequential_values": _column({"interval": "count", **_PERIOD, **_GROUPS}),
    "equal_rowcount": _table({"compare_model": "table!", **_GROUPS}),
    "fewer_rows_than": _table({"compare_model": "table!", **_GROUPS}),
    "recency": _table({**_SINCE, "field": "text!", "ignore_time_component": "truth", **_GROUPS}),
    "mutually_exclusive_ranges": _table(
        {
            "lower_bound_column": "text!",
            "upper_bound_column": "text!",
            "partition_by": "text",
            "gaps": "choice allowed not_allowed required",
            "zero_length_range_allowed": "truth",
        }
    ),
    "expect_column_values_to_be_within_n_stdevs": _column({"group_by": "texts", "sigma_threshold": "number"}),
    "expect_row_values_to_have_recent_data": _column({**_SINCE, "row_condition": "text"}),
    "aggregate_by_group": _column(
        {
            "aggregate": f"choice {AGGREGATES}!",
            "group_by": "texts!",
            "min_value": "bound",
            "max_value": "bound",
            "strictly": "truth",
            "row_condition": "text",
        }
    ),
}
"""Of one column, or of the table. `aggregate_by_group` is what `group_by` of an aggregate is in dbt_expectations."""
