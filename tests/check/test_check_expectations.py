"""Expectations on real rows in DuckDB: what has no counterpart in pandas, and what batchsql adds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from batchsql.check import compile_checks, judge, sample_statements, with_samples
from batchsql.engines.duckdb import DuckdbSession, open_engine
from batchsql.errors import ProjectError
from batchsql.values import Check, Scope, Target, Verdict

RELATIONS = {"other": "(select * from t where id < 3)"}


@pytest.fixture(scope="module")
def session() -> Iterator[DuckdbSession]:
    engine = open_engine(Target(name="test", database=":memory:"), ())
    session = engine.session()
    session.execute(
        """create table t as select i as id, case when i <> 4 then 'N' || i % 5 end as code, (i / 4)::decimal(6, 2) as
        price, date '2013-01-01' + i::integer as day, case when i = 7 then 'nan'::double else i end as x, i <> 3 as good
        from range(9) r(i)"""
    )
    session.execute("create view seen as select * from t")
    yield session
    session.close()
    engine.close()


def verdict(session: DuckdbSession, kind: str, *columns: str, **given: Any) -> Verdict:
    """The verdict of one check. given: its arguments, and fields of the check or scope by their names."""
    scope = given.pop("scope", Scope(relation="t"))
    fields = {name: given.pop(name) for name in ("where", "severity", "warn_if", "error_if") if name in given}
    check = Check(name="it", kind=kind, columns=columns, arguments=given, **fields)
    plan = compile_checks([check], scope, RELATIONS)
    for preparation in plan.prepare:
        session.query(preparation)
    judged = judge(plan, [session.query(statement.sql)[0] for statement in plan.statements])
    found = with_samples(plan, judged, [session.query(sample.sql) for sample in sample_statements(plan, judged)])[0]
    json.dumps(found.result, allow_nan=False)
    return found


def test_the_result_is_what_great_expectations_reports(session: DuckdbSession) -> None:
    found = verdict(session, "expect_column_values_to_be_in_set", "code", value_set=["N0", "N1", "N2"])
    assert (found.state, found.failures) == ("fail", 2)
    assert found.result == {
        "success": False,
        "element_count": 9,
        "unexpected_count": 2,
        "unexpected_percent": 25.0,
        "missing_count": 1,
        "missing_percent": 100 / 9,
        "unexpected_percent_total": 200 / 9,
        "unexpected_percent_nonmissing": 25.0,
        "partial_unexpected_list": ["N3", "N3"],
    }
    assert found.message == ("2 of 9 rows: expect values of code to be in set (value_set 'N0', 'N1', 'N2')")


def test_mostly_and_severities(session: DuckdbSession) -> None:
    found = verdict(session, "expect_column_values_to_not_be_null", "code", mostly=0.8)
    assert (found.state, found.failures, found.result["success"]) == ("pass", 1, True)
    assert found.message.endswith("(tolerated: mostly 0.8)")
    assert verdict(session, "expect_column_values_to_not_be_null", "code", severity="warn").state == "warn"
    noted = verdict(session, "expect_column_values_to_not_be_null", "code", severity="info")
    assert (noted.state, noted.result["success"]) == ("pass", False)
    assert verdict(session, "expect_column_values_to_not_be_null", "code", error_if="> 1").state == "warn"


@pytest.mark.parametrize(
    ("type_", "column", "success"),
    [
        ("INTEGER", "id", False),
        ("bigint", "id", True),
        ("INT64", "id", True),
        ("decimal", "price", True),
        ("DECIMAL(6, 2)", "price", True),
        ("NUMERIC(6,3)", "price", False),
        ("TEXT", "code", True),
        ("VARCHAR(20)", "CODE", True),
        ("DATE", "nothing", False),
    ],
)
def test_types_go_by_any_of_their_names(session: DuckdbSession, type_: str, column: str, success: bool) -> None:
    for kind in ("expect_column_values_to_be_of_type", "expect_column_type_to_be"):
        assert verdict(session, kind, column, type_=type_).result["success"] is success
    listed = verdict(session, "expect_column_values_to_be_in_type_list", column, type_list=["TIME", type_])
    assert listed.result["success"] is success


@pytest.mark.parametrize(
    ("name", "arguments", "unexpected"),
    [
        ("match_like_pattern", {"like_pattern": "N_"}, 0),
        ("not_match_like_pattern", {"like_pattern": "%3"}, 2),
        ("match_like_pattern_list", {"like_pattern_list": ["%0", "%1"]}, 4),
        ("match_like_pattern_list", {"like_pattern_list": ["N%", "%1"], "match_on": "all"}, 6),
        ("not_match_like_pattern_list", {"like_pattern_list": ["%0", "%1"]}, 4),
    ],
)
def test_like_patterns(session: DuckdbSession, name: str, arguments: dict[str, Any], unexpected: int) -> None:
    assert verdict(session, f"expect_column_values_to_{name}", "code", **arguments).failures == unexpected


@pytest.mark.parametrize(
    ("keys", "unexpected"),
    [
        ("(1, 1), (1, 2), (1, null), (2, null), (null, 1), (null, null)", 0),  # each greater than the one before
        ("(1, 2), (1, 1), (null, 1), (2, null)", 0),
        ("(1, 1), (1, null), (1, null), (null, 1)", 2),
        ("(null, 1), (1, 1), (2, 2), (null, 1), (null, null), (null, null)", 2),
    ],
)
def test_keys_of_several_columns_with_nulls(session: DuckdbSession, keys: str, unexpected: int) -> None:
    of_keys = Scope(relation="k")
    session.execute(f"create or replace table k as from (values {keys}) as r(a, b)")
    assert verdict(session, "expect_compound_columns_to_be_unique", "a", "b", scope=of_keys).failures == unexpected


@pytest.mark.parametrize(("listed", "success"), [(["N0", "N3"], True), (["N0", "N9"], False), (["N0", None], True)])
def test_values_that_a_column_lacks(session: DuckdbSession, listed: list[Any], success: bool) -> None:
    found = verdict(session, "expect_column_distinct_values_to_contain_set", "code", value_set=listed)
    assert found.result["success"] is success


def test_queries(session: DuckdbSession) -> None:
    query = "select * from {batch} where price > 1.5;"
    found = verdict(session, "unexpected_rows_expectation", unexpected_rows_query=query, where="id < 8")
    assert (found.failures, found.result["observed_value"], len(found.sample)) == (1, 1, 1)
    assert found.message.startswith("1 row: expect no row from")
    same = {"base_query": "select id % 2 as a from {batch}", "comparison_query": "select 1 as a from range(9)"}
    found = verdict(session, "expect_query_results_to_match_comparison", **same, mostly=0.5)
    assert (found.state, found.result["unexpected_count"]) == ("fail", 5)
    found = verdict(session, "expect_query_results_to_match_comparison", **same, mostly=0.4)
    assert found.state == "pass"


def test_the_rows_of_another_relation(session: DuckdbSession) -> None:
    found = verdict(session, "expect_table_row_count_to_equal_other_table", other_table_name="other")
    assert found.result == {"success": False, "observed_value": {"self": 9, "other": 3}}
    assert found.message.startswith("9 rows, and 3 rows there: expect as many rows as in other")


def test_conditions_narrow_the_rows(session: DuckdbSession) -> None:
    given: dict[str, Any] = {"where": "id > 2", "row_condition": 'col("good") == True', "max_value": 5}
    found = verdict(session, "expect_column_values_to_be_between", "id", **given)
    assert (found.result["element_count"], found.failures) == (5, 3)
    found = verdict(session, "expect_column_max_to_be_between", "day", min_value="2013-01-05", row_condition="id < 4")
    assert (found.state, found.result["observed_value"]) == ("fail", "2013-01-04")


def test_nan_is_a_value_greater_than_all(session: DuckdbSession) -> None:
    assert verdict(session, "expect_column_values_to_not_be_null", "x").failures == 0
    assert verdict(session, "expect_column_values_to_be_between", "x", max_value=100).failures == 1
    assert verdict(session, "expect_column_mean_to_be_between", "x", max_value=100).result["observed_value"] is None


def test_keys_are_compared_with_history(session: DuckdbSession) -> None:
    for rows in (None, 5):
        batch = Scope(relation="t", predicate="id > 4", history="t", history_predicate="id <= 4", rows=rows)
        found = verdict(session, "expect_column_values_to_be_unique", "code", scope=batch)
        assert (found.failures, found.result["element_count"]) == (4, 4)
        assert sorted(found.result["partial_unexpected_list"]) == ["N0", "N1", "N2", "N3"]
        inner = verdict(session, "expect_column_values_to_be_unique", "code", scope=Scope(relation="t", rows=rows))
        assert inner.failures == 8
        both = verdict(session, "expect_compound_columns_to_be_unique", "code", "day", scope=batch)
        assert both.state == "pass"


def test_a_view_gives_the_same_as_its_table(session: DuckdbSession) -> None:
    seen = Scope(relation="seen", kind="view")
    for kind, columns, given in (
        ("expect_column_values_to_be_unique", ("code",), {}),
        ("expect_column_value_z_scores_to_be_less_than", ("id",), {"threshold": 1, "double_sided": True}),
        ("expect_column_values_to_be_decreasing", ("id",), {}),
        ("expect_column_most_common_value_to_be_in_set", ("code",), {"value_set": ["N0"]}),
    ):
        assert verdict(session, kind, *columns, **given) == verdict(session, kind, *columns, scope=seen, **given)


@pytest.mark.parametrize(("column", "bound"), [("day", 5), ("code", 5), ("id", "many"), ("day", "soon")])
def test_what_cannot_be_compared_is_no_pass(session: DuckdbSession, column: str, bound: Any) -> None:
    found = verdict(session, "expect_column_max_to_be_between", column, min_value=bound)
    assert found.state == "error"
    assert found.message.startswith(f"could not be evaluated: expect max of {column} to be between")


def test_order_by_a_column_and_within_groups(session: DuckdbSession) -> None:
    assert verdict(session, "expect_column_values_to_be_decreasing", "id").failures == 8
    by = {"order_by_column": "day", "group_by_columns": ["code"]}
    assert verdict(session, "expect_column_values_to_be_increasing", "id", strictly=True, **by).failures == 0


@pytest.mark.parametrize(
    ("kind", "columns", "arguments", "message"),
    [
        ("expect_column_values_to_be_between", (), {"min_value": 1}, "names no column"),
        ("expect_column_values_to_be_between", ("id",), {}, "needs 'min_value'"),
        ("expect_column_values_to_be_in_set", ("id",), {}, "needs the argument 'value_set'"),
        ("expect_column_kl_divergence_to_be_less_than", ("id",), {}, "needs a 'partition_object'"),
        ("expect_table_row_count_to_equal_other_table", (), {"other_table_name": "othr"}, "refers to 'othr'"),
        (
            "expect_column_values_to_not_be_null",
            ("id",),
            {"row_condition": "__import__('os')", "condition_parser": "pandas"},
            "calls what is not understood",
        ),
    ],
)
def test_what_cannot_be_asked(kind: str, columns: tuple[str, ...], arguments: dict[str, Any], message: str) -> None:
    check = Check(name="it", kind=kind, columns=columns, arguments=arguments, path="models/m.yml", line=3)
    with pytest.raises(ProjectError) as raised:
        compile_checks([check], Scope(relation="t"), RELATIONS)
    assert message in raised.value.message
    assert (raised.value.path, raised.value.line) == ("models/m.yml", 3)
