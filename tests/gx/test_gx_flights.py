"""The verdicts on all flights as a result file, which Great Expectations loads and shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_house_flights import copy_project

from batchsql.cli.boundary import run
from batchsql.gx.datadocs import load


@pytest.mark.slow
def test_the_verdicts_on_all_flights_are_loaded_and_shown(
    gx_context: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from great_expectations.core import ExpectationSuiteValidationResult

    monkeypatch.chdir(copy_project(tmp_path))
    assert run(["build", "--select", "+int_flights"], {}) == 0
    capsys.readouterr()
    assert run(["checks", "results", "stg_flights"], {}) == 0
    file = tmp_path / "stg_flights.json"
    file.write_text(capsys.readouterr().out)
    loaded = load(json.loads(file.read_text()))
    assert isinstance(loaded, ExpectationSuiteValidationResult)
    assert loaded.suite_name == "stg_flights"
    failed = {each.meta["batchsql"]["check"]: each.result for each in loaded.results if not each.success}
    assert failed["not_null_stg_flights_tailnum"]["unexpected_count"] == 2_512

    assert run(["checks", "results", "stg_flights", "--data-docs", "docs"], {}) == 0
    shown = (tmp_path / "docs" / "0001-stg_flights.html").read_text(encoding="utf-8")
    assert "2,512 of 336,776 rows: tailnum is null" in shown
    assert "50,094 flights name a plane that the register does not hold" in shown
    assert "0001-stg_flights.html" in (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")
