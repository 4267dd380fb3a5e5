"""Whatever the rows: the same verdicts as on pandas; and whatever is asked: an open transaction stays as it was."""

from __future__ import annotations

from typing import Any

import duckdb
import great_expectations.expectations as gxe
from gx_comparing import comparable, raised, with_order_left_out
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NUMBERS = st.none() | st.integers(-5, 5)
FLOATS = st.none() | st.floats(-4, 4, width=16)
TEXTS = st.none() | st.text("aé %_1'\"", max_size=3)
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS, FLOATS, TEXTS), max_size=12)
EXAMPLES = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def fill(connection: duckdb.DuckDBPyConnection, rows: list[Any]) -> None:
    connection.execute("create or replace table t (n bigint, i bigint, j bigint, x double, s varchar)")
    for number, row in enumerate(rows):
        connection.execute("insert into t values (?, ?, ?, ?, ?)", [number, *row])


def some_expectations(low: int, high: int, values: list[int], word: str) -> list[Any]:
    pair = {"column_A": "i", "column_B": "j"}
    several = {"column_list": ["i", "j"]}
    return [
        gxe.ExpectColumnValuesToNotBeNull(column="i", mostly=0.5),
        gxe.ExpectColumnValuesToBeNull(column="s", mostly=0.5),
        gxe.ExpectColumnValuesToBeBetween(column="x", min_value=low, max_value=high, strict_max=True, mostly=0.7),
        gxe.ExpectColumnValuesToBeInSet(column="i", value_set=values),
        gxe.ExpectColumnValuesToNotBeInSet(column="s", value_set=[word]),
        gxe.ExpectColumnValuesToBeUnique(column="x"),
        gxe.ExpectColumnValueLengthsToBeBetween(column="s", min_value=1, max_value=2),
        gxe.ExpectColumnValuesToMatchRegex(column="s", regex="^[aé]"),
        gxe.ExpectColumnPairValuesToBeEqual(**pair, ignore_row_if="either_value_is_missing"),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(**pair, ignore_row_if="either_value_is_missing", or_equal=True),
        gxe.ExpectCompoundColumnsToBeUnique(**several, ignore_row_if="any_value_is_missing"),
        gxe.ExpectMulticolumnSumToEqual(**several, sum_total=low, ignore_row_if="any_value_is_missing"),
        gxe.ExpectColumnMaxToBeBetween(column="x", min_value=low, max_value=high),
        gxe.ExpectColumnSumToBeBetween(column="i", min_value=low, max_value=high),
        gxe.ExpectColumnUniqueValueCountToBeBetween(column="s", min_value=1, max_value=2),
        gxe.ExpectTableRowCountToBeBetween(min_value=1, max_value=5),
    ]


@EXAMPLES
@given(ROWS, st.integers(-5, 0), st.integers(0, 5), st.lists(st.integers(-5, 5), max_size=4), st.sampled_from("aé"))
def test_the_same_as_on_pandas(
    validating: Any, rows: list[Any], low: int, high: int, values: list[int], word: str
) -> None:
    fill(validating.connection, rows)
    expectations = some_expectations(low, high, values, word)
    wanted = {"result_format": "COMPLETE", "unexpected_index_column_names": ["n"]}
    for ours, theirs in zip(
        validating.on_duckdb(expectations, **wanted), validating.on_pandas(expectations, **wanted), strict=True
    ):
        if raised(theirs):  # on columns without any value, for which pandas has no type
            continue
        assert not raised(ours), ours
        assert ours.success == theirs.success, ours.expectation_config
        assert comparable(with_order_left_out(ours)) == comparable(with_order_left_out(theirs)), ours.expectation_config
        indexes = [{"n": each["n"]} for each in theirs.result.get("unexpected_index_list") or []]
        assert [{"n": each["n"]} for each in ours.result.get("unexpected_index_list") or []] == indexes


SENSE_OR_NOT = st.one_of(
    st.builds(gxe.ExpectColumnValuesToBeInSet, column=st.sampled_from("ijxsz"), value_set=st.just(["a", "b"])),
    st.builds(gxe.ExpectColumnValuesToBeBetween, column=st.sampled_from("ixsz"), min_value=st.just(0)),
    st.builds(
        gxe.ExpectColumnValuesToMatchRegex, column=st.sampled_from("isz"), regex=st.sampled_from(["a", "(", "[é"])
    ),
    st.builds(gxe.ExpectColumnMeanToBeBetween, column=st.sampled_from("ixsz"), min_value=st.just(0)),
    st.builds(gxe.ExpectColumnValuesToBeUnique, column=st.sampled_from("ixsz")),
    st.builds(gxe.ExpectColumnStdevToBeBetween, column=st.sampled_from("ixsz"), min_value=st.just(0)),
    st.builds(
        gxe.ExpectColumnQuantileValuesToBeBetween,
        column=st.sampled_from("ixsz"),
        quantile_ranges=st.just({"quantiles": [0.5], "value_ranges": [[0, 1]]}),
    ),
    st.builds(
        gxe.ExpectColumnPairValuesAToBeGreaterThanB, column_A=st.sampled_from("isz"), column_B=st.sampled_from("jxs")
    ),
    st.builds(
        gxe.ExpectMulticolumnSumToEqual,
        column_list=st.sampled_from([["i", "j"], ["i", "s"], ["i", "z"]]),
        sum_total=st.just(1),
    ),
    st.builds(gxe.ExpectTableRowCountToEqualOtherTable, other_table_name=st.sampled_from(["t", "u", "v"])),
)


@EXAMPLES
@given(ROWS, st.lists(SENSE_OR_NOT, min_size=1, max_size=5))
def test_a_transaction_stays_open_whatever_is_asked(validating: Any, rows: list[Any], expectations: list[Any]) -> None:
    connection = validating.connection = duckdb.connect()
    connection.execute("create table u as select 1 as a; create table written as select 1 as a")
    fill(connection, rows)
    outside = validating.together_on_duckdb(expectations)
    connection.execute("begin")
    connection.execute("insert into written values (2)")
    inside = validating.together_on_duckdb(expectations)
    assert connection.execute("select count(*) from written").fetchall() == [(2,)]
    connection.close()
    for each, same in zip(inside, outside, strict=True):  # inside, what some value could make fail is refused
        assert raised(each) or (not raised(same) and each.success == same.success)
