"""What a build makes of unit tests: models that are new, or whose code changed, pass them before anything is loaded."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from unit_tests_project import Shop

from batchsql import pipeline
from batchsql.cli.boundary import run
from batchsql.engines.duckdb import open_engine
from batchsql.pipeline import Options
from batchsql.values import RunResult, Target

SEEDS = {
    "seeds/orders.csv": "id,country,price\n1,PE,10\n2,DE,20\n",
    "models/upper.sql": "select id, country, price from orders",
    "models/inner.sql": "{{ config(materialized='ephemeral') }} select * from upper where price > 10",
    "models/total.sql": "{{ config(materialized='table') }} select sum(price) as total from {{ ref('inner') }}",
    "models/after.sql": "select * from total",
    "models/apart.sql": "select 1 as one",
}
TOTAL = """
    - name: adds_up
      model: total
      given: [{input: inner, rows: [{price: 1}, {price: 2}]}]
      expect: {rows: [{total: %s}]}
"""
INNER = """
    - name: dear_ones
      model: inner
      given: [{input: upper, rows: [{price: 10}, {price: 11}]}]
      expect: {rows: [{price: %s}]}
"""


@pytest.fixture
def plain(tmp_path: Path) -> Shop:
    """A project whose models can be loaded."""
    shop = Shop(tmp_path)
    for path in (tmp_path / "models").iterdir():
        path.unlink()
    for path, text in SEEDS.items():
        shop.write(path, text)
    return shop


def build(shop: Shop, written: str = "", **options: bool) -> tuple[RunResult, dict[str, str]]:
    result = pipeline.build(shop.compiled(written), Options(command="test", **options))  # type: ignore[arg-type]
    return result, {str(outcome.batch): outcome.state for outcome in result.outcomes}


def test_a_failing_model_and_all_downstream_stay_as_they_were(plain: Shop) -> None:
    result, states = build(plain, TOTAL % 4)
    assert states == {
        "orders": "committed",
        "rates": "committed",
        "upper": "committed",
        "apart": "committed",
        "total": "check_failed",
        "after": "skipped",
    }
    assert result.exit_code == 3
    errors = {outcome.batch.model: outcome.error for outcome in result.outcomes}
    assert errors["total"] == "the unit test 'adds_up' fails: other rows came than were expected"
    assert errors["after"] == "upstream total was held back by its unit tests"
    result, states = build(plain, TOTAL % 3)
    assert (result.exit_code, states) == (0, {"total": "committed", "after": "committed"})


def test_a_test_of_an_ephemeral_model_is_one_of_those_it_goes_into(plain: Shop) -> None:
    _, states = build(plain, INNER % 10)
    assert (states["total"], states["after"], states["upper"]) == ("check_failed", "skipped", "committed")
    assert build(plain, INNER % 11)[0].exit_code == 0


def test_unit_tests_are_not_run_again_while_the_code_is_the_same(plain: Shop) -> None:
    build(plain, TOTAL % 3)
    plain.write("seeds/orders.csv", "id,country,price\n1,PE,100\n")
    result, states = build(plain, TOTAL % 4)
    assert (result.exit_code, states["total"]) == (0, "committed")
    plain.write("models/total.sql", SEEDS["models/total.sql"].replace("sum", "max"))
    assert build(plain, TOTAL % 3)[1] == {"total": "check_failed", "after": "skipped"}
    assert build(plain, TOTAL % 3, unit_tests=False)[0].exit_code == 0


def test_a_test_that_cannot_be_run_holds_back_too(plain: Shop) -> None:
    result, states = build(plain, (TOTAL % 3).replace("input: inner", "input: upper").replace("price: 1}", "prize: 1}"))
    assert states["total"] == "check_failed"
    failed = next(outcome for outcome in result.outcomes if outcome.batch.model == "total")
    assert "cannot be run" in failed.error
    assert "prize" in failed.error


def test_fail_fast_starts_nothing(plain: Shop) -> None:
    _, states = build(plain, TOTAL % 4, fail_fast=True)
    assert set(states.values()) == {"check_failed", "skipped"}


def test_nothing_of_it_is_in_the_warehouse(plain: Shop) -> None:
    build(plain, TOTAL % 4)
    engine = open_engine(Target(name="x", database=str(plain.folder / "shop.duckdb")), ())
    names = {row[0] for row in engine.session().query("select table_name from duckdb_tables()")}
    engine.close()
    assert "total" not in names
    assert "actual" not in names


def test_the_commands(plain: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(plain.folder)
    plain.compiled(TOTAL % 4)
    assert run(["test", "--junit", "out/units.xml"], {}) == 3
    out = capsys.readouterr().out
    assert out == TABLE.format(seconds=_seconds(out), total=_seconds(out.splitlines()[-1])), out
    assert ET.parse("out/units.xml").getroot().get("failures") == "1"
    assert run(["build", "--junit", "build.xml"], {}) == 3
    assert "`batchsql test -s total` shows the rows" in capsys.readouterr().out
    root = ET.parse("build.xml").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("2", "1", "1")
    assert run(["build", "--no-unit-tests"], {}) == 0
    assert run(["test", "-s", "apart"], {}) == 0
    assert "no selected model has unit tests" in capsys.readouterr().err
    assert run(["test", "-s", "nothing"], {}) == 2


def _seconds(text: str) -> str:
    return next(line for line in text.splitlines() if " s" in line).rsplit("  ", 1)[-1].rsplit("in ", 1)[-1]


TABLE = """\
fail   total  adds_up    {seconds}

Unit test failed: adds_up of total
  --> models/tests.yml:2

            total
  ────────  ─────
  expected      4
  actual      ≠ 3

  1 row other than expected, 0 rows as expected

not all well: 1 unit test: 0 passed, 1 failed, in {total}
"""


def test_a_model_whose_own_query_cannot_run_is_told_by_its_batch_with_the_line(plain: Shop) -> None:
    plain.write("models/total.sql", SEEDS["models/total.sql"].replace("sum(", "sum(no_such_column + "))
    result, states = build(plain, TOTAL % 3)
    assert states["total"] == "failed"
    failed = next(outcome for outcome in result.outcomes if outcome.batch.model == "total")
    assert failed.error_report["path"] == "models/total.sql"
    assert failed.error_report["line"]
    assert result.exit_code == 1
