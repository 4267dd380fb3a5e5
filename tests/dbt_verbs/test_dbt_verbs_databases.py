"""Models that are to land in another database than the target's: refused before anything runs, never misplaced."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_folder import DbtFolder

MODEL = "{{ config(materialized='table', database=%s) }}select 1 as id\n"


def test_another_database_is_refused_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = DbtFolder(tmp_path)
    folder.write("models/far.sql", MODEL % "'other'")
    assert folder.run("run", "-s", "far") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "far is to land in the database 'other'" in said
    assert "models/far.sql" in said
    assert "one transaction" in said


def test_the_targets_own_database_may_be_named(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write("models/near.sql", MODEL % "target.database")
    assert folder.run("run", "-s", "near") == 0


def test_a_macro_of_the_project_may_decide_otherwise(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write("models/far.sql", MODEL % "'production'")
    folder.write(
        "macros/database.sql",
        "{% macro generate_database_name(custom_database_name=none, node=none) %}{{ target.database }}{% endmacro %}\n",
    )
    assert folder.run("run", "-s", "far") == 0
