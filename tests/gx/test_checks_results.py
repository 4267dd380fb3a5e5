"""`batchsql checks results`: what the ledger holds of a model's verdicts, as Great Expectations' results."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from batchsql.cli.boundary import run

CHECKS = """
models:
  - name: orders
    checks:
      - expect_table_row_count_to_be_between: {min_value: 1}
      - expression: "amount >= 0"
    columns:
      - name: id
        checks: [not_null, unique]
      - name: amount
        checks:
          - expect_column_values_to_be_between: {min_value: 0, max_value: 5, severity: warning}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "batchsql.yml").write_text("name: shop\n")
    orders = "{{ config(materialized='table') }} select i as id, i as amount from range(9) r(i)"
    (tmp_path / "models" / "orders.sql").write_text(orders)
    (tmp_path / "models" / "orders.yml").write_text(CHECKS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_results_are_json_one_a_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build"], {}) == 0
    assert run(["check"], {}) == 0
    capsys.readouterr()
    assert run(["checks", "results", "orders", "--last", "5"], {}) == 0
    checked, built = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert built["suite_name"] == "orders"
    assert built["meta"]["active_batch_definition"]["batch_identifiers"] == {"batch_id": 1}
    assert checked["meta"]["run_id"]["run_name"] == "2"
    by_type = {each["expectation_config"]["type"]: each for each in built["results"]}
    between = by_type["expect_column_values_to_be_between"]
    assert (between["success"], between["result"]["unexpected_count"]) == (False, 3)
    assert between["expectation_config"]["severity"] == "warning"
    assert by_type["expect_column_values_to_be_unique"]["success"]
    assert by_type["expect_table_row_count_to_be_between"]["result"] == {"observed_value": 9}


def test_a_model_that_was_never_judged_and_one_that_is_not_there(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["checks", "results", "orders"], {}) == 2
    assert "batchsql check --select orders" in capsys.readouterr().err
    assert run(["checks", "results", "order"], {}) == 2
    assert "did you mean 'orders'?" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore")
def test_data_docs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build"], {}) == 0
    capsys.readouterr()
    code = run(["checks", "results", "orders", "--data-docs", "docs"], {})
    if find_spec("great_expectations"):
        assert code == 0
        assert "values must be greater than" in next((project / "docs").glob("0001*")).read_text(encoding="utf-8")
    else:
        assert code == 2
        assert "pip install 'batchsql[gx]'" in capsys.readouterr().err
