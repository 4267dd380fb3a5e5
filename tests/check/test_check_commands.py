"""`batchsql checks explain` and `export`, on a small project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batchsql.cli.boundary import run

CHECKS = """
models:
  - name: orders
    checks:
      - expect_table_row_count_to_be_between: {min_value: 1}
      - expect_compound_columns_to_be_unique: {column_list: [id, day], severity: warning}
      - expression: "amount >= 0"
    columns:
      - name: id
        checks: [not_null, unique]
      - name: amount
        checks:
          - expect_column_values_to_be_between: {min_value: 0, max_value: 10, mostly: 0.9, where: "id > 1", notes: n}
          - accepted_range: {min_value: 0}
      - name: customer
        checks:
          - relationships: {to: ref('customers'), field: id, warn_if: "> 2"}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "batchsql.yml").write_text("name: shop\n")
    (tmp_path / "models" / "customers.sql").write_text("{{ config(materialized='table') }} select 1 as id")
    orders = "{{ config(materialized='table') }} select i as id, 1 as customer, i as amount, date '2013-01-01' as day"
    (tmp_path / "models" / "orders.sql").write_text(f"{orders} from range(9) r(i)")
    (tmp_path / "models" / "orders.yml").write_text(CHECKS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_explain_shows_the_statement_and_the_time_of_each(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks", "explain", "orders"], {}) == 0
    out = capsys.readouterr().out
    assert out.startswith("-- all 8 checks\nselect count(*),")
    assert "ms" not in out
    assert run(["checks", "explain", "orders", "--time"], {}) == 2
    assert "`batchsql build` makes it" in capsys.readouterr().err
    assert run(["build"], {}) == 0
    capsys.readouterr()
    assert run(["checks", "explain", "orders", "--time"], {}) == 0
    out = capsys.readouterr().out
    assert out.count(" ms") == 9
    assert " ms  not_null_orders_id alone" in out


def test_export_is_a_suite(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks", "export", "orders"], {}) == 0
    suite = json.loads(capsys.readouterr().out)
    assert (suite["name"], suite["meta"]) == ("orders", {"model": "orders"})
    by_type = {each["type"]: each for each in suite["expectations"]}
    between = next(each for each in suite["expectations"] if each["kwargs"].get("mostly"))
    assert between["kwargs"] == {
        "column": "amount",
        "min_value": 0,
        "max_value": 10,
        "mostly": 0.9,
        "row_condition": "(id > 1)",
        "condition_parser": "spark",
    }
    assert between["notes"] == "n"
    assert by_type["expect_compound_columns_to_be_unique"]["severity"] == "warning"
    queries = {each["kwargs"].get("unexpected_rows_query") for each in suite["expectations"]}
    assert "select * from {batch} where not (amount >= 0)" in queries
    assert by_type["unexpected_rows_expectation"]["meta"]["batchsql"]["name"]


def test_a_model_without_checks(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks", "export", "customers"], {}) == 2
    assert "customers has no checks" in capsys.readouterr().err
    assert run(["checks", "explain", "order"], {}) == 2
    assert "did you mean 'orders'?" in capsys.readouterr().err


def test_wrong_arguments_are_errors_before_anything_runs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "models" / "orders.yml").write_text(
        "models:\n  - name: orders\n    checks:\n"
        "      - expect_column_values_to_match_regex: {column: id, regex: '(?=a)'}\n"
    )
    assert run(["plan"], {}) == 2
    said = capsys.readouterr().err
    assert "models/orders.yml:4" in said
    assert "RE2" in said
