"""Targets of a dbt profile, built for real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from batchsql import pipeline
from batchsql.compiler import compile_project
from batchsql.pipeline import Options
from batchsql.values import RunResult

Make = Callable[[str, dict[str, str]], Callable[[], RunResult]]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A dbt project in the current directory, whose target has these lines; what it gives builds it."""
    monkeypatch.chdir(tmp_path)

    def write(target: str, files: dict[str, str]) -> Callable[[], RunResult]:
        profile = f"shop: {{outputs: {{default: {{type: duckdb, {target}}}}}}}\n"
        for path, text in {"dbt_project.yml": "name: shop\nprofile: shop\n", "profiles.yml": profile, **files}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        return lambda: pipeline.build(compile_project(tmp_path, environment={}), Options(command="test"))

    return write


def rows(file: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(file)) as connection:
        return connection.execute(sql).fetchall()


def test_a_build_in_memory(make: Make) -> None:
    build = make("threads: 2", {"models/a.sql": "select 1 as x", "models/b.sql": "select x from {{ ref('a') }}"})
    assert [outcome.state for outcome in build().outcomes] == ["committed", "committed"]


def test_sql_may_read_any_file_and_attached_databases(make: Make, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute("create table t as select 2 as x")
    (tmp_path / "given.csv").write_text("x\n1\n")
    hook = "create or replace table copied as from other.t"
    model = f"{{{{ config(materialized='table', pre_hook='{hook}') }}}} select x from '{tmp_path}/given.csv'"
    build = make("path: w.duckdb, attach: [{path: other.duckdb}]", {"models/a.sql": model})
    assert build().exit_code == 0
    assert rows(tmp_path / "w.duckdb", "select a.x, copied.x from a, copied") == [(1, 2)]


def test_models_and_ledger_land_in_the_attached_database(make: Make, tmp_path: Path) -> None:
    target = "path: w.duckdb, database: marts, attach: [{path: m.duckdb, alias: marts}]"
    build = make(target, {"models/a.sql": "{{ config(materialized='table') }} select 1 as x"})
    assert build().exit_code == 0
    assert rows(tmp_path / "m.duckdb", "select a.x, state from a, batchsql.batch") == [(1, "committed")]
    assert build().outcomes == ()


def test_templates_see_the_keys_of_the_profile(make: Make, tmp_path: Path) -> None:
    text = "{{ config(materialized='table') }} select '{{ target.external_root }} {{ target.path }}' as x"
    assert make("path: w.duckdb, external_root: out", {"models/a.sql": text})().exit_code == 0
    assert rows(tmp_path / "w.duckdb", "from a") == [("out w.duckdb",)]
