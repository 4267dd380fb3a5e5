"""Verdicts as Great Expectations' results: it loads them, says the same of them, and its pages show them offline."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import great_expectations.expectations as gxe
import msgspec
import pytest

from batchsql.check import compile_checks, judge, sample_statements, with_samples
from batchsql.engines.duckdb import DuckdbSession
from batchsql.errors import ProjectError
from batchsql.gx.datadocs import load, page, write_data_docs
from batchsql.gx.results import validation_result
from batchsql.values import Check, Scope, Verdict

TABLE = """
create table flights as
select i as id, i % 5 as day, case when i % 10 = 0 then null else 'N' || i end as tail,
    case when i < 37 then -5 else i end as distance, ['EWR', 'JFK', 'XXX'][1 + i % 3] as origin
from range(200) as r(i)
"""
CHECKS = (
    Check(name="not_null_tail", kind="not_null", columns=("tail",), severity="warn", description="planes have numbers"),
    Check(name="not_null_both", kind="not_null", columns=("tail", "id")),
    Check(name="unique_day", kind="unique", columns=("day",)),
    Check(name="unique_both", kind="unique", columns=("day", "origin"), where="id < 100"),
    Check(name="origins", kind="accepted_values", columns=("origin",), arguments={"values": ["EWR", "JFK", "LGA"]}),
    Check(name="distances", kind="accepted_range", columns=("distance",), arguments={"min_value": 0}),
    Check(name="rows", kind="row_count", arguments={"min": 1, "max": 1000}),
    Check(name="enough", kind="row_count", arguments={"equals": 200}),
    Check(name="positive", kind="expression", arguments={"expression": "distance >= 0"}),
    Check(name="far", kind="sql", arguments={"sql": "select * from flights where distance > 10000"}),
    Check(
        name="between",
        kind="expect_column_values_to_be_between",
        columns=("distance",),
        arguments={"min_value": 0, "mostly": 0.5},
        meta={"owner": "ops"},
        notes="As the **airport** has it.",
    ),
    Check(name="mean", kind="expect_column_mean_to_be_between", columns=("distance",), arguments={"max_value": 10}),
    Check(
        name="pairs",
        kind="expect_column_pair_values_a_to_be_greater_than_b",
        columns=("id", "distance"),
        arguments={"or_equal": True},
    ),
)


def judged(connection: duckdb.DuckDBPyConnection, checks: tuple[Check, ...] = CHECKS) -> tuple[Verdict, ...]:
    connection.execute(TABLE)
    session = DuckdbSession(connection)
    plan = compile_checks(checks, Scope(relation='"flights"'), {})
    verdicts = judge(plan, [session.query(statement.sql)[0] for statement in plan.statements])
    return with_samples(plan, verdicts, [session.query(each.sql) for each in sample_statements(plan, verdicts)])


def result_of(verdicts: tuple[Verdict, ...]) -> dict[str, Any]:
    checks = {check.name: check for check in CHECKS}
    moment = datetime(2026, 1, 2, 3, 4, 5)
    result = validation_result("marts.flights", verdicts, checks, judged_at=moment, batch_id=7, rows=200)
    decoded: dict[str, Any] = json.loads(msgspec.json.encode(result))
    return decoded


def test_great_expectations_loads_what_was_judged(gx_context: Any, connection: duckdb.DuckDBPyConnection) -> None:
    loaded = load(result_of(judged(connection)))
    assert not loaded.success
    assert loaded.suite_name == "marts.flights"
    assert loaded.statistics["evaluated_expectations"] == len(CHECKS)
    by_check = {each.meta["batchsql"]["check"]: each for each in loaded.results}
    assert {name: each.success for name, each in by_check.items()} == {
        "not_null_tail": False,
        "not_null_both": False,
        "unique_day": False,
        "unique_both": False,
        "origins": False,
        "distances": False,
        "rows": True,
        "enough": True,
        "positive": False,
        "far": True,
        "between": True,
        "mean": False,
        "pairs": True,
    }
    assert by_check["distances"].result["unexpected_count"] == 37
    assert by_check["distances"].result["partial_unexpected_list"] == [-5] * 5
    assert by_check["unique_both"].result["partial_unexpected_list"][0].keys() == {"day", "origin"}
    assert by_check["enough"].result["observed_value"] == 200
    assert by_check["between"].result["element_count"] == 200
    assert by_check["not_null_tail"].expectation_config.severity.value == "warning"
    assert by_check["between"].expectation_config.notes == "As the **airport** has it."
    assert json.loads(json.dumps(loaded.to_json_dict()))["meta"]["run_id"]["run_name"] == "7"


def test_each_expectation_of_a_result_is_one_that_can_be_made(
    gx_context: Any, connection: duckdb.DuckDBPyConnection
) -> None:
    for each in load(result_of(judged(connection))).results:
        assert each.expectation_config.to_domain_obj().expectation_type == each.expectation_config.type


def test_an_expectation_has_the_result_that_the_engine_gives(validating: Any) -> None:
    ours = {each["meta"]["batchsql"]["check"]: each for each in result_of(judged(validating.connection))["results"]}
    between = gxe.ExpectColumnValuesToBeBetween(column="distance", min_value=0, mostly=0.5)
    mean = gxe.ExpectColumnMeanToBeBetween(column="distance", max_value=10)
    wanted = {"result_format": "BASIC", "partial_unexpected_count": 5}
    for name, theirs in zip(
        ("between", "mean"), validating.on_duckdb([between, mean], table="flights", **wanted), strict=True
    ):
        assert ours[name]["success"] == theirs.success
        assert ours[name]["result"] == theirs.to_json_dict()["result"]


def test_a_check_that_could_not_be_evaluated_is_an_exception(gx_context: Any) -> None:
    verdict = Verdict(
        check="origins", kind="accepted_values", columns=("origin",), state="error", message="no such column"
    )
    [loaded] = load(result_of((verdict,))).results
    assert not loaded.success
    assert loaded.exception_info["raised_exception"]
    assert loaded.exception_info["exception_message"] == "no such column"


def test_a_check_that_is_no_longer_there_keeps_its_verdict(gx_context: Any) -> None:
    verdict = Verdict(check="gone", kind="accepted_values", columns=("a",), state="fail", failures=3, severity="error")
    [loaded] = load(result_of((verdict,))).results
    assert loaded.expectation_config.type == "unexpected_rows_expectation"
    assert loaded.result["observed_value"] == 3


def test_nothing_is_a_success(gx_context: Any) -> None:
    assert load(result_of(())).success


def test_what_is_no_result_is_refused(gx_context: Any) -> None:
    with pytest.raises(ProjectError, match="does not load this result"):
        load({"results": []})


def test_pages_ask_nothing_of_the_internet(
    gx_context: Any, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    bad = result_of(judged(connection))
    good = result_of(tuple(each for each in judged_again(connection) if not each.failures))
    index = write_data_docs([bad, good], tmp_path / "docs")
    written = sorted(index.parent.glob("*.html"))
    assert [each.name for each in written] == ["0001-marts.flights.html", "0002-marts.flights.html", "index.html"]
    for each in written:
        text = each.read_text(encoding="utf-8")
        assert not re.findall(r"""<(?:script|link|img)\b[^>]*(?:src|href)=["']?(?:https?:)?//""", text)
        for name in re.findall(r'<(?:script|link)\b[^>]*(?:src|href)="([^"]+)"', text):
            assert (index.parent / name).is_file(), name
    text = written[0].read_text(encoding="utf-8")
    assert "values must be greater than or equal to" in text
    assert 'class="fas fa-times text-danger"' in text
    assert "0002-marts.flights.html" in index.read_text(encoding="utf-8")


def judged_again(connection: duckdb.DuckDBPyConnection) -> tuple[Verdict, ...]:
    connection.execute("drop table flights")
    return judged(connection)


ATTACK = "<script>alert(1)</script>"


def test_nothing_that_is_shown_can_become_part_of_the_page(gx_context: Any) -> None:
    checks = {
        kind: Check(name=kind, kind=kind, columns=(ATTACK,), arguments=arguments, where=ATTACK, description=ATTACK)
        for kind, arguments in (
            ("accepted_values", {"values": [ATTACK]}),
            ("expect_column_max_to_be_between", {"min_value": 1}),
            ("expect_column_values_to_match_regex", {"regex": ATTACK}),
            ("expect_column_distinct_values_to_be_in_set", {"value_set": [ATTACK]}),
            ("expression", {"expression": ATTACK + "{"}),
        )
    }
    of_row = {"success": False, "unexpected_count": 1, "partial_unexpected_list": [ATTACK]}
    of_column = {"success": False, "observed_value": [ATTACK]}
    verdicts = tuple(
        Verdict(check=kind, kind=kind, columns=(ATTACK,), state=state, failures=1, message=ATTACK, result=result)
        for kind, state, result in (
            ("accepted_values", "error", {}),
            ("expect_column_max_to_be_between", "fail", of_column),
            ("expect_column_values_to_match_regex", "fail", of_row),
            ("expect_column_distinct_values_to_be_in_set", "fail", of_column),
            ("expression", "fail", {}),
        )
    )
    shown = page(validation_result(ATTACK, verdicts, checks, judged_at=datetime(2026, 1, 2)))
    assert ATTACK not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "&amp;lt;" not in shown
    assert "\\u" not in shown


@pytest.mark.parametrize(
    ("bound", "shown"), [("date '2026-01-31'", "2026-01-31"), (5, 5), ("(current_date)", None)], ids=str
)
def test_a_bound_that_no_expectation_takes_becomes_a_query(gx_context: Any, bound: Any, shown: Any) -> None:
    check = Check(name="late", kind="accepted_range", columns=("at",), arguments={"max_value": bound})
    verdict = Verdict(check="late", kind="accepted_range", columns=("at",), state="fail", failures=2)
    result = validation_result("m", (verdict,), {"late": check}, judged_at=datetime(2026, 1, 2))
    configuration = result["results"][0]["expectation_config"]
    assert configuration["kwargs"].get("max_value") == shown
    assert configuration["type"] == ("expect_column_values_to_be_between" if shown else "unexpected_rows_expectation")
    page(result)


def test_failures_are_shown_where_nobody_counted_the_rows(gx_context: Any, caplog: pytest.LogCaptureFixture) -> None:
    verdict = Verdict(
        check="gone",
        kind="unique",
        columns=("a",),
        failures=12,
        state="fail",
        sample=({"a": "twice"},),
        message="In words.",
    )
    check = Check(name="gone", kind="unique", columns=("a",))
    result = validation_result("m", (verdict,), {"gone": check}, judged_at=datetime(2026, 1, 2))
    assert result["results"][0]["result"]["unexpected_count"] == 12
    shown = page(result)
    assert "12 unexpected" in shown
    assert "twice" in shown
    assert "In words." in shown
    assert not caplog.records
