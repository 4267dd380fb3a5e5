"""The data source and the engine as people use them: suites, checkpoints, open transactions, errors, custom metrics."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import duckdb
import great_expectations as gx
import great_expectations.expectations as gxe
import pytest
from great_expectations.exceptions.exceptions import NoAvailableBatchesError
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import ColumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.row_conditions import Column

from batchsql.errors import UsageError

TABLE = """
create table t as
select i as id, i % 7 as k, case when i % 10 = 0 then null else 'name ' || i end as name, i * 1.5 as amount,
    timestamp '2024-01-30' + to_hours((i * 12)::int) as at
from range(100) as r(i)
"""


class ColumnValuesArePrime(ColumnMapMetricProvider):
    """A metric that someone wrote, for pandas only."""

    condition_metric_name = "column_values.are_prime"

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: Any, **_: Any) -> Any:  # noqa: N805
        return column.apply(lambda n: n > 1 and all(n % d for d in range(2, int(n**0.5) + 1)))


class ExpectColumnValuesToBePrimeNumbers(ColumnMapExpectation):
    map_metric = "column_values.are_prime"


def the_suite() -> list[Any]:
    return [
        gxe.ExpectColumnValuesToNotBeNull(column="name"),
        gxe.ExpectColumnValuesToBeUnique(column="id"),
        gxe.ExpectColumnValuesToBeBetween(column="id", min_value=0, max_value=99),
        gxe.ExpectColumnMeanToBeBetween(column="amount", min_value=70, max_value=80),
        gxe.ExpectTableRowCountToEqual(value=100),
    ]


def run(validating: Any, definition: Any, expectations: list[Any], **options: Any) -> Any:
    suite = validating.context.suites.add(gx.ExpectationSuite(name=str(uuid4()), expectations=expectations))
    validation = gx.ValidationDefinition(name=str(uuid4()), data=definition, suite=suite)
    return validating.context.validation_definitions.add(validation).run(**options)


def verdicts(result: Any) -> dict[str, bool]:
    return {each.expectation_config.type: each.success for each in result.results}


def message(result: Any) -> str:
    info = result.exception_info
    return info["exception_message"] if "exception_message" in info else next(iter(info.values()))["exception_message"]


def test_a_suite_is_one_statement_and_one_for_each_failure(validating: Any) -> None:
    validating.connection.execute(TABLE)
    source = validating.source()
    whole = source.add_table_asset("t").add_batch_definition_whole_table("all")
    result = run(validating, whole, the_suite())
    assert verdicts(result) == {
        "expect_column_values_to_not_be_null": False,
        "expect_column_values_to_be_unique": True,
        "expect_column_values_to_be_between": True,
        "expect_column_mean_to_be_between": True,
        "expect_table_row_count_to_equal": True,
    }
    statements = source.get_execution_engine().statements
    assert len(statements) == 2
    assert statements[1] == 'select "name" from "t" where ("name" is null) limit 20'


def test_rows_that_are_not_committed_are_judged(validating: Any) -> None:
    connection = validating.connection
    connection.execute(TABLE)
    whole = validating.source().add_table_asset("t").add_batch_definition_whole_table("all")
    connection.execute("begin")
    connection.execute("insert into t values (-1, 0, 'late', 0, null)")
    assert verdicts(run(validating, whole, the_suite()))["expect_column_values_to_be_between"] is False
    connection.execute("rollback")
    assert verdicts(run(validating, whole, the_suite()))["expect_column_values_to_be_between"] is True


def test_an_expectation_that_cannot_be_asked_fails_alone_and_leaves_the_transaction(validating: Any) -> None:
    connection = validating.connection
    connection.execute("begin")
    connection.execute(TABLE)
    whole = validating.source().add_table_asset("t").add_batch_definition_whole_table("all")
    result = run(
        validating,
        whole,
        [
            gxe.ExpectColumnValuesToBeInSet(column="id", value_set=["a", "b"]),
            gxe.ExpectColumnValuesToMatchRegex(column="name", regex="(unclosed"),
            gxe.ExpectColumnMeanToBeBetween(column="name", min_value=1),
            gxe.ExpectColumnValuesToBeUnique(column="idd"),
            gxe.ExpectTableRowCountToEqualOtherTable(other_table_name="nowhere"),
            gxe.ExpectColumnValuesToBeUnique(column="k", row_condition="missing > 5", condition_parser="pandas"),
            *the_suite(),
        ],
    )
    by_type = {each.expectation_config.type: each for each in result.results if not each.success}
    assert "Could not convert string 'a' to INT64" in message(by_type["expect_column_values_to_be_in_set"])
    assert "missing )" in message(by_type["expect_column_values_to_match_regex"])
    assert "avg(VARCHAR)" in message(by_type["expect_column_mean_to_be_between"])
    assert 'the table "nowhere" does not exist' in message(by_type["expect_table_row_count_to_equal_other_table"])
    unique = [message(each) for each in result.results if each.expectation_config.kwargs.get("column") == "idd"]
    assert "the column \"idd\" does not exist; did you mean 'id'?" in unique[0]
    assert sum(each.success for each in result.results) == 4
    connection.execute("commit")
    assert connection.execute("select count(*) from t").fetchall() == [(100,)]


def test_a_broken_expectation_outside_of_a_transaction_fails_alone(validating: Any) -> None:
    validating.connection.execute(TABLE)
    whole = validating.source().add_table_asset("t").add_batch_definition_whole_table("all")
    broken = gxe.ExpectColumnValuesToBeInSet(column="id", value_set=["a"])
    result = run(validating, whole, [broken, *the_suite()])
    failed = {name for name, success in verdicts(result).items() if not success}
    assert failed == {"expect_column_values_to_be_in_set", "expect_column_values_to_not_be_null"}


def test_a_query_as_an_asset(validating: Any) -> None:
    validating.connection.execute(TABLE)
    asset = validating.source().add_query_asset("late", 'select *, id as "Id 2" from t where id >= 90;')
    whole = asset.add_batch_definition_whole_table("all")
    result = run(
        validating,
        whole,
        [
            gxe.ExpectTableRowCountToEqual(value=10),
            gxe.ExpectColumnValuesToBeUnique(column="k"),
            gxe.ExpectColumnValueZScoresToBeLessThan(column="Id 2", threshold=1, double_sided=True),
        ],
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["id"]},
    )
    found = {each.expectation_config.type: each.result for each in result.results}
    assert found["expect_table_row_count_to_equal"]["observed_value"] == 10
    assert found["expect_column_values_to_be_unique"]["unexpected_index_list"] == [
        {"id": id_, "k": id_ % 7} for id_ in (90, 91, 92, 97, 98, 99)
    ]
    again = found["expect_column_values_to_be_unique"]["unexpected_index_query"]
    assert len(validating.connection.execute(again).fetchall()) == 6
    assert found["expect_column_value_z_scores_to_be_less_than"]["unexpected_count"] == 4


def test_a_view_runs_once_a_statement(validating: Any) -> None:
    validating.connection.execute(TABLE)
    validating.connection.execute('create view "the ""view""" as select *, row_number() over () as n from t')
    source = validating.source()
    whole = source.add_table_asset("v", table_name='the "view"').add_batch_definition_whole_table("all")
    assert run(validating, whole, [gxe.ExpectColumnValuesToBeUnique(column="n"), *the_suite()[1:]]).success
    [statement] = source.get_execution_engine().statements
    assert statement.count('"the ""view"""') == 1


def test_batches_by_day_month_and_year(validating: Any) -> None:
    validating.connection.execute(TABLE)
    asset = validating.source().add_table_asset("t")
    daily = asset.add_batch_definition_daily("daily", "at")
    monthly = asset.add_batch_definition_monthly("monthly", "at", sort_ascending=False)
    yearly = asset.add_batch_definition_yearly("yearly", "at")
    count = gxe.ExpectTableRowCountToEqual(value=2)
    assert run(validating, daily, [count]).success
    assert daily.get_batch(batch_parameters={"year": 2024, "month": 2, "day": 1}).validate(count).success
    first = monthly.get_batch()
    assert first.metadata == {"year": 2024, "month": 1}
    assert first.validate(gxe.ExpectTableRowCountToEqual(value=4)).success
    assert yearly.get_batch().validate(gxe.ExpectTableRowCountToEqual(value=100)).success
    with pytest.raises(NoAvailableBatchesError):
        daily.get_batch(batch_parameters={"year": 1999, "month": 2, "day": 1})


def test_a_checkpoint(validating: Any) -> None:
    validating.connection.execute(TABLE)
    whole = validating.source().add_table_asset("t").add_batch_definition_whole_table("all")
    suite = validating.context.suites.add(gx.ExpectationSuite(name="for a checkpoint", expectations=the_suite()))
    definition = gx.ValidationDefinition(name="for a checkpoint", data=whole, suite=suite)
    definition = validating.context.validation_definitions.add(definition)
    checkpoint = gx.Checkpoint(name="gate", validation_definitions=[definition], result_format="SUMMARY")
    result = validating.context.checkpoints.add(checkpoint).run()
    assert not result.success
    [run_result] = result.run_results.values()
    assert run_result.statistics["successful_expectations"] == 4


@pytest.mark.parametrize("level", ["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"])
def test_a_result_has_what_its_format_says(validating: Any, level: str) -> None:
    validating.connection.execute(TABLE)
    expectation = gxe.ExpectColumnValuesToBeBetween(column="id", max_value=29)
    wanted = {"result_format": level, "partial_unexpected_count": 5}
    [ours] = validating.on_duckdb([expectation], **wanted)
    [theirs] = validating.on_pandas([expectation], **wanted)
    own = {"partial_unexpected_index_list", "unexpected_index_list"}
    assert set(ours.result) | own == set(theirs.result) | own
    if level != "BOOLEAN_ONLY":
        assert ours.result["partial_unexpected_list"] == theirs.result["partial_unexpected_list"]


def test_unexpected_rows(validating: Any) -> None:
    validating.connection.execute(TABLE)
    expectation = gxe.ExpectColumnValuesToBeBetween(column="id", max_value=96)
    [result] = validating.on_duckdb([expectation], result_format="BASIC", include_unexpected_rows=True)
    assert list(result.result["unexpected_rows"]["id"]) == [97, 98, 99]


@pytest.mark.parametrize(
    ("expectation", "unexpected"),
    [
        (gxe.ExpectColumnValuesToMatchLikePattern(column="name", like_pattern="name 1%"), 80),
        (gxe.ExpectColumnValuesToNotMatchLikePattern(column="name", like_pattern="name 1%"), 10),
        (gxe.ExpectColumnValuesToMatchLikePatternList(column="name", like_pattern_list=["%1", "%2"]), 70),
        (gxe.ExpectColumnValuesToNotMatchLikePatternList(column="name", like_pattern_list=["%1", "%2"]), 20),
    ],
    ids=lambda each: getattr(each, "expectation_type", None),
)
def test_like_patterns(validating: Any, expectation: Any, unexpected: int) -> None:
    validating.connection.execute(TABLE)
    [result] = validating.on_duckdb([expectation])
    assert result.result["unexpected_count"] == unexpected


@pytest.mark.parametrize(
    ("name", "fits"),
    [("BIGINT", True), ("int64", True), ("int", True), ("INT8", True), ("INTEGER", False), ("VARCHAR", False)],
)
def test_types(validating: Any, name: str, fits: bool) -> None:
    validating.connection.execute(TABLE)
    results = validating.on_duckdb(
        [
            gxe.ExpectColumnValuesToBeOfType(column="id", type_=name),
            gxe.ExpectColumnTypeToBe(column="id", type_=name),
            gxe.ExpectColumnValuesToBeInTypeList(column="id", type_list=["DATE", name]),
        ]
    )
    assert [result.success for result in results] == [fits] * 3
    assert {result.result["observed_value"] for result in results} == {"BIGINT"}


def test_types_mean_on_pandas_what_they_meant(validating: Any) -> None:
    validating.connection.execute(TABLE)
    [result] = validating.on_pandas([gxe.ExpectColumnValuesToBeOfType(column="id", type_="int64")])
    assert result.success
    assert result.result["observed_value"] == "int64"


def test_queries_of_ones_own(validating: Any) -> None:
    validating.connection.execute(TABLE)
    rows = gxe.UnexpectedRowsExpectation(unexpected_rows_query="select id, k from {batch} where id > 97;")
    [result] = validating.on_duckdb([rows])
    assert result.result["observed_value"] == 2
    assert result.result["details"]["unexpected_rows"] == [{"id": 98, "k": 0}, {"id": 99, "k": 1}]


def test_two_connections_compared(validating: Any) -> None:
    validating.connection.execute(TABLE)
    other = duckdb.connect()
    other.execute("create table u as select i as id from range(99) as r(i)")
    source = validating.context.data_sources.add_duckdb("another").bind(other)
    comparison = gxe.ExpectQueryResultsToMatchComparison(
        base_query="select count(*) as n from {batch}",
        comparison_data_source_name=source.name,
        comparison_query="select count(*) + 1 as n from u",
    )
    assert validating.on_duckdb([comparison])[0].success
    other.close()


def test_a_metric_written_for_pandas_runs_on_the_batch(validating: Any) -> None:
    validating.connection.execute(TABLE)
    late = Column("id") >= 90
    expectation = ExpectColumnValuesToBePrimeNumbers(column="id", mostly=0.1, row_condition=late)
    [result] = validating.on_duckdb([expectation])
    assert result.success
    assert result.result["unexpected_list"] == [90, 91, 92, 93, 94, 95, 96, 98, 99]


def test_of_a_wide_table_only_the_columns_that_are_needed_become_a_frame(validating: Any) -> None:
    validating.connection.execute(TABLE)
    source = validating.source()
    batch = source.add_table_asset("t").add_batch_definition_whole_table("all").get_batch()
    expectation = ExpectColumnValuesToBePrimeNumbers(column="k")
    wanted = {"result_format": "COMPLETE", "unexpected_index_column_names": ["id"]}
    result = batch.validate(expectation, result_format=wanted)
    assert result.result["unexpected_index_list"][0] == {"k": 0, "id": 0}
    frames = [
        sql for sql in source.get_execution_engine().statements if sql.startswith("select") and "count" not in sql
    ]
    assert frames == ['select "k" from "t"', 'select "k", "id" from "t"']
    rows = batch.validate(expectation, result_format={"result_format": "BASIC", "include_unexpected_rows": True})
    assert list(rows.result["unexpected_rows"].columns) == ["id", "k", "name", "amount", "at"]


def test_the_first_rows(validating: Any) -> None:
    validating.connection.execute(TABLE)
    batch = validating.source().add_table_asset("t").add_batch_definition_whole_table("all").get_batch()
    assert list(batch.head(n_rows=3).data["id"]) == [0, 1, 2]
    assert batch.columns() == ["id", "k", "name", "amount", "at"]


def test_an_asset_that_cannot_be_read_is_refused(validating: Any) -> None:
    with pytest.raises(ConnectionError, match="nowhere"):
        validating.source().add_table_asset("nowhere")


def test_a_source_without_a_connection_says_how_to_bind_one(gx_context: Any) -> None:
    source = gx_context.data_sources.add_duckdb("unbound")
    definition = source.add_table_asset("t").add_batch_definition_whole_table("all")
    with pytest.raises(UsageError, match="no connection is bound to the data source 'unbound'"):
        definition.get_batch()


def test_names_that_need_quotation_marks(validating: Any) -> None:
    validating.connection.execute(
        'create schema "a b"; create table "a b"."select" as select 1 as "order""s", 2 as "É"'
    )
    source = validating.source()
    whole = source.add_table_asset("odd", table_name="select", schema_name="a b").add_batch_definition_whole_table("x")
    checks = [
        gxe.ExpectColumnValuesToBeUnique(column='order"s'),
        gxe.ExpectColumnMaxToBeBetween(column="É", max_value=1),
    ]
    assert [each.success for each in run(validating, whole, checks).results] == [True, False]


def test_what_was_answered_is_not_kept_for_the_next_validation(validating: Any) -> None:
    validating.connection.execute(TABLE)
    batch = validating.source().add_table_asset("t").add_batch_definition_whole_table("all").get_batch()
    assert batch.validate(gxe.ExpectTableRowCountToEqual(value=100)).success
    validating.connection.execute("delete from t where id = 0")
    assert batch.validate(gxe.ExpectTableRowCountToEqual(value=99)).success
