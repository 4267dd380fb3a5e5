"""Expectations that a project has written in Python, run by Great Expectations in the transaction of a batch."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("great_expectations")

sys.path.insert(0, str(Path(__file__).parent.parent / "pipeline"))
from pipeline_folder import Folder

from batchsql.pipeline.explaining import explain_checks, export_suite
from batchsql.values import Outcome

PRIMES = """
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import ColumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)


class ColumnValuesOfPrimes(ColumnMapMetricProvider):
    condition_metric_name = "column_values.of_primes"

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column, **_):
        return column.apply(lambda n: n > 1 and all(n % d for d in range(2, int(n**0.5) + 1)))


class ExpectColumnValuesToBeOfPrimes(ColumnMapExpectation):
    map_metric = "column_values.of_primes"
"""
ON_TOP = """
import great_expectations.expectations as gxe


class ExpectColumnValuesToBeSmall(gxe.ExpectColumnValuesToBeBetween):
    max_value: int = 10
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.write("expectations/primes.py", PRIMES)
    made.write("expectations/small.py", ON_TOP)
    made.write("models/n.sql", "{{ config(materialized='table') }} select unnest([2, 3, 5, 7, 11]) as n, 1 as k")
    return made


def judged(folder: Folder, check: str) -> Outcome:
    folder.write("models/n.yml", f"models:\n- name: n\n  columns:\n  - name: n\n    checks: [{check}]\n")
    (outcome,) = folder.build().outcomes
    return outcome


def test_a_custom_expectation_judges_the_batch_before_it_is_committed(folder: Folder) -> None:
    check = "expect_column_values_to_be_of_primes: {from: expectations/primes.py}"
    passed = judged(folder, check)
    assert passed.state == "committed"
    assert (passed.verdicts[0].state, passed.verdicts[0].kind) == ("pass", "custom")
    folder.write("models/n.sql", "{{ config(materialized='table') }} select unnest([2, 4, 6, 7]) as n, 1 as k")
    outcome = judged(folder, check)
    (found,) = outcome.verdicts
    assert outcome.state == "check_failed"
    assert (found.state, found.failures, found.sample) == ("fail", 2, ({"n": 4}, {"n": 6}))
    assert found.message == "2 of 4 rows: expect column values to be of primes of n"
    assert found.result["unexpected_percent"] == 50.0
    assert folder.query("select count(*) from n") == [(5,)]


def test_all_that_other_checks_take(folder: Folder) -> None:
    folder.write("models/n.sql", "select unnest([2, 4, 6, 7]) as n, 1 as k")
    for given, state in (
        ("mostly: 0.5", "pass"),
        ("severity: warn", "warn"),
        ("error_if: '> 2'", "warn"),
        ("where: 'n not in (4, 6)'", "pass"),
        ("severity: info, name: noted", "pass"),
    ):
        outcome = judged(folder, f"ExpectColumnValuesToBeOfPrimes: {{from: expectations/primes.py, {given}}}")
        assert [found.state for found in outcome.verdicts] == [state], (given, outcome.error)


def test_an_expectation_on_top_of_a_core_one_is_computed_by_the_engine(folder: Folder) -> None:
    outcome = judged(
        folder, "expect_column_values_to_be_small: {from: expectations/small.py, severity: warn}, not_null"
    )
    states = {found.kind: (found.state, found.failures) for found in outcome.verdicts}
    assert states == {"not_null": ("pass", 0), "custom": ("warn", 1)}


def test_it_judges_the_interval_alone(folder: Folder) -> None:
    folder.write("seeds/s.csv", "day,n\n2024-01-01,2\n2024-01-02,4\n")
    folder.write("seeds/s.yml", "seeds:\n- name: s\n  config: {event_time: day}\n")
    folder.write(
        "models/n.sql",
        "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day', batch_size='day', "
        "begin='2024-01-01', end='2024-01-03') }} select day, n from s",
    )
    folder.write(
        "models/n.yml",
        "models:\n- name: n\n  columns:\n  - name: n\n    checks:\n"
        "    - expect_column_values_to_be_of_primes: {from: expectations/primes.py}\n",
    )
    states = {str(each.batch): each.state for each in folder.build().outcomes}
    assert states == {"s": "committed", "n 2024-01-01": "committed", "n 2024-01-02": "check_failed"}
    assert folder.query("select n from n") == [(2,)]


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("expect_nothing: {from: expectations/primes.py}", "expectations/primes.py defines no expect_nothing"),
        ("expect_nothing: {from: expectations/none.py}", "cannot be imported: FileNotFoundError"),
        ("expect_nothing: {from: no_such.module}", "no_such.module cannot be imported: ModuleNotFoundError"),
        ("expect_column_values_to_be_of_primes: {from: expectations/primes.py, mostly: 7}", "arguments of"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(folder: Folder, check: str, said: str) -> None:
    outcome = judged(folder, check)
    assert outcome.state == "failed"
    assert said in outcome.error
    assert (outcome.error_report["path"], outcome.error_report["line"]) == ("models/n.yml", 5)


def test_what_raises_in_it_is_a_check_that_could_not_be_evaluated(folder: Folder) -> None:
    folder.write("models/n.sql", "select 'a' as n")
    outcome = judged(folder, "expect_column_values_to_be_of_primes: {from: expectations/primes.py}")
    assert outcome.verdicts[0].state == "error"
    assert "could not be evaluated" in outcome.verdicts[0].message


def test_it_is_exported_and_has_no_sql(folder: Folder) -> None:
    judged(folder, "expect_column_values_to_be_of_primes: {from: expectations/primes.py, mostly: 0.5}, not_null")
    compiled = folder.compile()
    entry = next(e for e in export_suite(compiled, "n")["expectations"] if "primes" in e["type"])
    assert entry["kwargs"] == {"column": "n", "mostly": 0.5}
    assert entry["meta"]["batchsql"]["from"] == "expectations/primes.py"
    assert not any("primes" in each.sql for each in explain_checks(compiled, "n"))
