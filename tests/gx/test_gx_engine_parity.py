"""Every core expectation, on our engine and on Great Expectations' own for pandas: the same verdict, counts, lists."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import great_expectations.expectations as gxe
import pytest
from great_expectations.expectations import core
from great_expectations.expectations.registry import list_registered_expectation_implementations
from great_expectations.expectations.row_conditions import Column
from gx_comparing import comparable, raised, with_order_left_out

TABLE = """
create table t as
select i::bigint as id, i // 10 as tens, i % 7 as weekday, (i * 37 % 101) / 4 as amount, (i * 13 % 97) - 40 as delta,
    case when i % 9 = 0 then null else (i * 7 % 50)::double end as gappy,
    case when i % 11 = 0 then null else 'name ' || (i % 23) end as name,
    ['red', 'green', 'blue', 'Grün', ''][1 + i % 5] as colour,
    timestamp '2024-01-01' + to_hours((i * 5)::int) as at, date '2024-01-01' + (i % 60)::int as day,
    (i % 17)::decimal(9, 2) as price, i % 3 = 0 as flag,
    case i % 4 when 0 then '{"a": 1}' when 1 then '{"a": "x"}' when 2 then '[1, 2' else '3' end as json,
    case i % 3 when 0 then '2024-01-0' || (1 + i % 9) when 1 then '03 Jan 2024' else 'soon' end as written,
    null::double as nothing, 5 as constant
from range(200) as r(i)
"""
OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
CATEGORIES = {"values": ["red", "green", "blue", "Grün", ""], "weights": [0.2] * 5}
BINS = {"bins": [0, 5, 10, 20, 30], "weights": [0.25] * 4}
LATE = Column("id") > 150

CASES: list[Any] = [
    gxe.ExpectColumnDistinctValuesToBeInSet(column="colour", value_set=["red", "green"]),
    gxe.ExpectColumnDistinctValuesToContainSet(column="weekday", value_set=[0, 1, 9]),
    gxe.ExpectColumnDistinctValuesToEqualSet(column="weekday", value_set=[0, 1, 2, 3, 4, 5, 6]),
    gxe.ExpectColumnDistinctValuesToEqualSet(column="weekday", value_set=[0, 1, 2, 8]),
    gxe.ExpectColumnKLDivergenceToBeLessThan(column="colour", partition_object=CATEGORIES, threshold=0.01),
    gxe.ExpectColumnKLDivergenceToBeLessThan(
        column="amount", partition_object=BINS, threshold=0.1, tail_weight_holdout=0.01, internal_weight_holdout=0.01
    ),
    gxe.ExpectColumnKLDivergenceToBeLessThan(column="amount", partition_object=None, threshold=0.1),
    gxe.ExpectColumnMaxToBeBetween(column="amount", min_value=0, max_value=25),
    gxe.ExpectColumnMaxToBeBetween(column="id", min_value=0, max_value=25),
    gxe.ExpectColumnMeanToBeBetween(column="gappy", min_value=20, max_value=30),
    gxe.ExpectColumnMeanToBeBetween(column="delta", min_value=100),
    gxe.ExpectColumnMedianToBeBetween(column="amount", min_value=10, max_value=15),
    gxe.ExpectColumnMinToBeBetween(column="delta", min_value=-40, max_value=-40, strict_min=True),
    gxe.ExpectColumnMostCommonValueToBeInSet(column="colour", value_set=["red"], ties_okay=True),
    gxe.ExpectColumnMostCommonValueToBeInSet(column="weekday", value_set=[0]),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="id", column_B="delta"),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="gappy", column_B="delta", or_equal=True),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="gappy", column_B="delta", ignore_row_if="either_value_is_missing"
    ),
    gxe.ExpectColumnPairValuesToBeEqual(column_A="weekday", column_B="tens"),
    gxe.ExpectColumnPairValuesToBeEqual(column_A="gappy", column_B="nothing"),
    gxe.ExpectColumnPairValuesToBeInSet(
        column_A="weekday", column_B="colour", value_pairs_set=[(0, "red"), (1, "green"), (2, "blue")]
    ),
    gxe.ExpectColumnProportionOfNonNullValuesToBeBetween(column="gappy", min_value=0.9),
    gxe.ExpectColumnProportionOfUniqueValuesToBeBetween(column="name", min_value=0.1, max_value=0.2),
    gxe.ExpectColumnQuantileValuesToBeBetween(
        column="amount",
        quantile_ranges={"quantiles": [0.1, 0.5, 0.9], "value_ranges": [[0, 5], [10, 15], [20, 22]]},
    ),
    gxe.ExpectColumnStdevToBeBetween(column="amount", min_value=5, max_value=8),
    gxe.ExpectColumnSumToBeBetween(column="gappy", min_value=0, max_value=100),
    gxe.ExpectColumnToExist(column="amount"),
    gxe.ExpectColumnToExist(column="missing"),
    gxe.ExpectColumnUniqueValueCountToBeBetween(column="name", min_value=23, max_value=23),
    gxe.ExpectColumnValueLengthsToBeBetween(column="colour", min_value=1, max_value=4),
    gxe.ExpectColumnValueLengthsToEqual(column="colour", value=4),
    gxe.ExpectColumnValueZScoresToBeLessThan(column="amount", threshold=1, double_sided=True),
    gxe.ExpectColumnValueZScoresToBeLessThan(column="gappy", threshold=1.2, double_sided=False),
    gxe.ExpectColumnValueZScoresToBeLessThan(column="constant", threshold=1, double_sided=True),
    gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=1, max_value=20),
    gxe.ExpectColumnValuesToBeBetween(column="gappy", min_value=5, strict_min=True, mostly=0.8),
    gxe.ExpectColumnValuesToBeBetween(column="at", max_value=datetime(2024, 1, 20), strict_max=True),
    gxe.ExpectColumnValuesToBeBetween(column="nothing", min_value=0, max_value=1),
    gxe.ExpectColumnValuesToBeDateutilParseable(column="written"),
    gxe.ExpectColumnValuesToBeIncreasing(column="id", strictly=True),
    gxe.ExpectColumnValuesToBeIncreasing(column="weekday"),
    gxe.ExpectColumnValuesToBeDecreasing(column="tens"),
    gxe.ExpectColumnValuesToBeDecreasing(column="gappy", strictly=True),
    gxe.ExpectColumnValuesToBeInSet(column="colour", value_set=["red", "green", "blue"]),
    gxe.ExpectColumnValuesToBeInSet(column="gappy", value_set=list(range(0, 50, 2)), mostly=0.5),
    gxe.ExpectColumnValuesToBeInSet(column="name", value_set=[]),
    gxe.ExpectColumnValuesToBeJsonParseable(column="json"),
    gxe.ExpectColumnValuesToBeNull(column="gappy"),
    gxe.ExpectColumnValuesToBeNull(column="nothing"),
    gxe.ExpectColumnValuesToBeUnique(column="id"),
    gxe.ExpectColumnValuesToBeUnique(column="gappy"),
    gxe.ExpectColumnValuesToBeUnique(column="day"),
    gxe.ExpectColumnValuesToMatchJsonSchema(
        column="json", json_schema=OBJECT, row_condition=Column("id").is_in([0, 1, 4, 5, 8]), mostly=0.6
    ),
    gxe.ExpectColumnValuesToMatchJsonSchema(column="name", json_schema=OBJECT, row_condition=Column("id") < 0),
    gxe.ExpectColumnValuesToMatchRegex(column="name", regex="name 1"),
    gxe.ExpectColumnValuesToMatchRegexList(column="name", regex_list=["1", "2$"], match_on="all"),
    gxe.ExpectColumnValuesToMatchRegexList(column="name", regex_list=["1", "2$"], match_on="any"),
    gxe.ExpectColumnValuesToMatchStrftimeFormat(column="written", strftime_format="%Y-%m-%d"),
    gxe.ExpectColumnValuesToNotBeInSet(column="colour", value_set=["red"]),
    gxe.ExpectColumnValuesToNotBeNull(column="gappy", mostly=0.9),
    gxe.ExpectColumnValuesToNotBeNull(column="name", mostly=0.9),
    gxe.ExpectColumnValuesToNotBeOutliers(column="amount", method="iqr", multiplier=0.5),
    gxe.ExpectColumnValuesToNotBeOutliers(column="gappy", method="std", multiplier=1.5),
    gxe.ExpectColumnValuesToNotMatchRegex(column="name", regex="^name 2"),
    gxe.ExpectColumnValuesToNotMatchRegexList(column="name", regex_list=["3", "4"]),
    gxe.ExpectCompoundColumnsToBeUnique(column_list=["weekday", "tens"]),
    gxe.ExpectCompoundColumnsToBeUnique(column_list=["gappy", "colour"], ignore_row_if="any_value_is_missing"),
    gxe.ExpectCompoundColumnsToBeUnique(column_list=["gappy", "colour"], ignore_row_if="never"),
    gxe.ExpectMulticolumnSumToEqual(column_list=["weekday", "tens"], sum_total=7),
    gxe.ExpectMulticolumnValuesToBeEqual(column_list=["weekday", "tens", "gappy"]),
    gxe.ExpectSelectColumnValuesToBeUniqueWithinRecord(column_list=["weekday", "tens", "gappy"]),
    gxe.ExpectTableColumnCountToBeBetween(min_value=5, max_value=20),
    gxe.ExpectTableColumnCountToEqual(value=5),
    gxe.ExpectTableColumnsToMatchOrderedList(column_list=["id", "tens"]),
    gxe.ExpectTableColumnsToMatchSet(column_set=["id", "tens"], exact_match=False),
    gxe.ExpectTableRowCountToBeBetween(min_value=1, max_value=199),
    gxe.ExpectTableRowCountToEqual(value=200),
    gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=1, max_value=20, row_condition=LATE),
    gxe.ExpectColumnMeanToBeBetween(column="amount", min_value=12, max_value=13, row_condition=LATE),
    gxe.ExpectColumnValuesToBeUnique(column="weekday", row_condition=LATE & (Column("colour") == "red")),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["weekday", "colour"], row_condition=Column("id").is_in([1, 36, 71])
    ),
    gxe.ExpectColumnValuesToBeIncreasing(column="weekday", row_condition=LATE),
    gxe.ExpectColumnValueZScoresToBeLessThan(column="amount", threshold=1, double_sided=True, row_condition=LATE),
    gxe.ExpectColumnMedianToBeBetween(column="amount", min_value=5, row_condition=Column("gappy").is_null()),
    gxe.ExpectTableRowCountToEqual(value=49, row_condition=LATE),
]
NO_PANDAS = {
    "expect_column_values_to_match_like_pattern",
    "expect_column_values_to_match_like_pattern_list",
    "expect_column_values_to_not_match_like_pattern",
    "expect_column_values_to_not_match_like_pattern_list",
    "expect_query_results_to_match_comparison",
    "expect_table_row_count_to_equal_other_table",
    "unexpected_rows_expectation",
}
TYPES = {
    "expect_column_type_to_be",
    "expect_column_values_to_be_in_type_list",
    "expect_column_values_to_be_of_type",
}


@pytest.mark.parametrize("expectation", CASES, ids=lambda each: each.expectation_type.removeprefix("expect_"))
def test_a_core_expectation_says_what_it_says_on_pandas(validating: Any, expectation: Any) -> None:
    validating.connection.execute(TABLE)
    [ours], [theirs] = validating.on_duckdb([expectation]), validating.on_pandas([expectation])
    assert not raised(theirs), theirs.exception_info
    assert not raised(ours), ours.exception_info
    assert ours.success == theirs.success
    assert comparable(with_order_left_out(ours)) == comparable(with_order_left_out(theirs))


def test_every_core_expectation_is_compared() -> None:
    known = {name for name in list_registered_expectation_implementations() if name in dir_of_core()}
    compared = {case.expectation_type for case in CASES}
    assert known - compared == NO_PANDAS | TYPES


def dir_of_core() -> set[str]:
    classes = [each for each in vars(core).values() if isinstance(each, type) and hasattr(each, "expectation_type")]
    return {each.expectation_type for each in classes}
