"""The names and arguments of checks that follow Great Expectations: data, known wherever checks are read or run.

A signature says how an expectation names its columns, and of what kind each of its own arguments is:

bound     a number, or a date or time as text         number     a number
count     a whole number, 0 or more                   truth      true or false
text      text                                        texts      a list of texts
values    a list of values                            pairs      a list of pairs of values
table     the name of a model, seed, snapshot or source
mapping   a mapping, whose keys the expectation itself looks at
choice    one of the words that follow: `choice any all`

An argument that must be given has a `!` behind its kind.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Domain = Literal["column", "pair", "columns", "table"]


class Signature(Struct, frozen=True):
    """How an expectation is written.

    domain: it looks at one column (`column`), a pair (`column_A`, `column_B`), several (`column_list`), or the table.
    arguments: its own arguments and their kinds.
    mostly: whether it takes `mostly`, the share of the rows that must pass.
    rows: whether it takes `row_condition`, which narrows the rows it looks at.
    """

    domain: Domain
    arguments: dict[str, str] = {}
    mostly: bool = False
    rows: bool = True


_BETWEEN = {"min_value": "bound", "max_value": "bound", "strict_min": "truth", "strict_max": "truth"}
_PAIR_IGNORE = {"ignore_row_if": "choice both_values_are_missing either_value_is_missing neither"}
_ROWS_IGNORE = {"ignore_row_if": "choice all_values_are_missing any_value_is_missing never"}
_ORDER = {"strictly": "truth", "order_by_column": "text", "group_by_columns": "texts"}


def _each_value(arguments: dict[str, str] | None = None) -> Signature:
    return Signature("column", arguments or {}, mostly=True)


def _of_column(arguments: dict[str, str]) -> Signature:
    return Signature("column", arguments)


def _of_table(arguments: dict[str, str], *, rows: bool = False) -> Signature:
    return Signature("table", arguments, rows=rows)


SIGNATURES: dict[str, Signature] = {
    # each value of a column
    "expect_column_values_to_be_null": _each_value(),
    "expect_column_values_to_not_be_null": _each_value(),
    "expect_column_values_to_be_unique": _each_value(),
    "expect_column_values_to_be_between": _each_value(_BETWEEN),
    "expect_column_values_to_be_in_set": _each_value({"value_set": "values!"}),
    "expect_column_values_to_not_be_in_set": _each_value({"value_set": "values!"}),
    "expect_column_values_to_be_increasing": _each_value(_ORDER),
    "expect_column_values_to_be_decreasing": _each_value(_ORDER),
    "expect_column_values_to_be_of_type": _each_value({"type_": "text!"}),
    "expect_column_values_to_be_in_type_list": _each_value({"type_list": "texts"}),
    "expect_column_value_lengths_to_be_between": _each_value(_BETWEEN),
    "expect_column_value_lengths_to_equal": _each_value({"value": "number!"}),
    "expect_column_values_to_match_regex": _each_value({"regex": "text"}),
    "expect_column_values_to_not_match_regex": _each_value({"regex": "text!"}),
    "expect_column_values_to_match_regex_list": _each_value({"regex_list": "texts!", "match_on": "choice any all"}),
    "expect_column_values_to_not_match_regex_list": _each_value({"regex_list": "texts!"}),
    "expect_column_values_to_match_like_pattern": _each_value({"like_pattern": "text!", "escape": "text"}),
    "expect_column_values_to_not_match_like_pattern": _each_value({"like_pattern": "text!", "escape": "text"}),
    "expect_column_values_to_match_like_pattern_list": _each_value(
        {"like_pattern_list": "texts!", "match_on": "choice any all", "escape": "text"}
    ),
    "expect_column_values_to_not_match_like_pattern_list": _each_value(
        {"like_pattern_list": "texts!", "escape": "text"}
    ),
    "expect_column_values_to_match_strftime_format": _each_value({"strftime_format": "text!"}),
    "expect_column_values_to_be_json_parseable": _each_value(),
    "expect_column_values_to_be_dateutil_parseable": _each_value(),
    "expect_column_values_to_match_json_schema": _each_value({"json_schema": "mapping!"}),
    "expect_column_value_z_scores_to_be_less_than": _each_value({"threshold": "number!", "double_sided": "truth!"}),
    "expect_column_values_to_not_be_outliers": _each_value({"method": "choice iqr std", "multiplier": "number"}),
    # a column as a whole
    "expect_column_max_to_be_between": _of_column(_BETWEEN),
    "expect_column_min_to_be_between": _of_column(_BETWEEN),
    "expect_column_mean_to_be_between": _of_column(_BETWEEN),
    "expect_column_median_to_be_between": _of_column(_BETWEEN),
    "expect_column_sum_to_be_between": _of_column(_BETWEEN),
    "expect_column_stdev_to_be_between": _of_column(_BETWEEN),
    "expect_column_unique_value_count_to_be_between": _of_column(_BETWEEN),
    "expect_column_proportion_of_unique_values_to_be_between": _of_column(_BETWEEN),
    "expect_column_proportion_of_non_null_values_to_be_between": _of_column(_BETWEEN),
    "expect_column_quantile_values_to_be_between": _of_column(
        {"quantile_ranges": "mapping!", "allow_relative_error": "choice linear lower higher midpoint nearest false"}
    ),
    "expect_column_distinct_values_to_be_in_set": _of_column({"value_set": "values!"}),
    "expect_column_distinct_values_to_contain_set": _of_column({"value_set": "values!"}),
    "expect_column_distinct_values_to_equal_set": _of_column({"value_set": "values!"}),
    "expect_column_most_common_value_to_be_in_set": _of_column({"value_set": "values!", "ties_okay": "truth"}),
    "expect_column_kl_divergence_to_be_less_than": _of_column(
        {
            "partition_object": "mapping",
            "threshold": "number",
            "internal_weight_holdout": "number",
            "tail_weight_holdout": "number",
            "bucketize_data": "truth",
        }
    ),
    "expect_column_to_exist": Signature("column", {"column_index": "count"}, rows=False),
    "expect_column_type_to_be": Signature("column", {"type_": "text!"}, rows=False),
    # pairs, and several columns
    "expect_column_pair_values_a_to_be_greater_than_b": Signature(
        "pair", {"or_equal": "truth", **_PAIR_IGNORE}, mostly=True
    ),
    "expect_column_pair_values_to_be_equal": Signature("pair", _PAIR_IGNORE, mostly=True),
    "expect_column_pair_values_to_be_in_set": Signature(
        "pair", {"value_pairs_set": "pairs!", **_PAIR_IGNORE}, mostly=True
    ),
    "expect_compound_columns_to_be_unique": Signature("columns", _ROWS_IGNORE, mostly=True),
    "expect_multicolumn_sum_to_equal": Signature("columns", {"sum_total": "number!", **_ROWS_IGNORE}, mostly=True),
    "expect_multicolumn_values_to_be_equal": Signature("columns", _ROWS_IGNORE, mostly=True),
    "expect_multicolumn_values_to_be_unique": Signature("columns", _ROWS_IGNORE, mostly=True),
    "expect_select_column_values_to_be_unique_within_record": Signature("columns", _ROWS_IGNORE, mostly=True),
    # the table
    "expect_table_row_count_to_be_between": _of_table(_BETWEEN, rows=True),
    "expect_table_row_count_to_equal": _of_table({"value": "count!"}, rows=True),
    "expect_table_row_count_to_equal_other_table": _of_table({"other_table_name": "table!"}, rows=True),
    "expect_table_column_count_to_be_between": _of_table({"min_value": "count", "max_value": "count"}),
    "expect_table_column_count_to_equal": _of_table({"value": "count!"}),
    "expect_table_columns_to_match_ordered_list": _of_table({"column_list": "texts"}),
    "expect_table_columns_to_match_set": _of_table({"column_set": "texts", "exact_match": "truth"}),
    # queries
    "unexpected_rows_expectation": _of_table({"unexpected_rows_query": "text!"}),
    "expect_query_results_to_match_comparison": Signature(
        "table",
        {"base_query": "text!", "comparison_query": "text!", "comparison_data_source_name": "text"},
        mostly=True,
        rows=False,
    ),
}

DBT_EXPECTATIONS = "dbt_expectations."
"""What the names of dbt_expectations begin with; behind it they are, mostly, those of Great Expectations."""
