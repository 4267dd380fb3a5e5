"""Warnings that are errors: --warn-error, --warn-error-options, their variables, and the project's flags."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_folder import DbtFolder

WARNS = """
models:
  - name: orders
    columns: [{name: id, data_tests: [{accepted_values: {values: [1], config: {severity: warn}}}]}]
"""
NAME = "test.shop.accepted_values_orders_id__1"


@pytest.fixture
def folder(tmp_path: Path) -> DbtFolder:
    folder = DbtFolder(tmp_path)
    folder.write("models/properties.yml", WARNS)
    return folder


def build(folder: DbtFolder, *words: str) -> tuple[int, str | None]:
    code = folder.run("build", "-s", "+orders", "--exclude", "small", "--force", *words)
    return code, folder.statuses().get(NAME)


def test_a_test_that_warns_fails_where_warnings_are_errors(folder: DbtFolder) -> None:
    assert build(folder) == (0, "warn")
    assert build(folder, "--warn-error") == (1, "fail")
    assert build(folder, "--warn-error-options", "{error: [LogTestResult]}") == (1, "fail")
    assert build(folder, "--warn-error-options", "{error: all, warn: [LogTestResult]}") == (0, "warn")
    assert build(folder, "--warn-error-options", "{include: all, exclude: [LogTestResult]}") == (0, "warn")
    assert build(folder, "--warn-error-options", "{errors: all}")[0] == 2


def test_the_project_may_say_so_itself(folder: DbtFolder) -> None:
    text = (folder.root / "dbt_project.yml").read_text()
    folder.write("dbt_project.yml", text + "flags: {warn_error_options: {error: [LogTestResult]}}\n")
    assert build(folder) == (1, "fail")
    assert build(folder, "--warn-error-options", "{silence: [LogTestResult]}") == (0, "warn")


def test_what_templates_warn_of_is_told_or_an_error(folder: DbtFolder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.write("models/careful.sql", "{% do exceptions.warn('mind the gap') %}select 1 as id\n")
    assert folder.run("parse") == 0
    assert "warning: models/careful.sql: mind the gap" in capsys.readouterr().err
    assert folder.run("parse", "--warn-error-options", "{silence: [JinjaLogWarning]}") == 0
    assert "mind the gap" not in capsys.readouterr().err
    assert folder.run("parse", "--warn-error") == 2
    assert "mind the gap" in capsys.readouterr().err


def test_a_selection_that_matches_nothing(folder: DbtFolder) -> None:
    assert folder.run("run", "-s", "nothing") == 0
    assert folder.run("run", "-s", "nothing", "--warn-error-options", "{error: [NoNodesForSelectionCriteria]}") == 2


@pytest.mark.parametrize("variable", ["DBT_WARN_ERROR", "DBT_ENGINE_WARN_ERROR"])
def test_variables_of_the_environment(folder: DbtFolder, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")
    assert build(folder) == (1, "fail")
