from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from batchsql.engines.duckdb import DuckdbEngine, open_engine
from batchsql.errors import EngineError, ProjectError, WarehouseBusyError
from batchsql.values import Target


def engine_at(path: Path, *directories: Path, **target: Any) -> DuckdbEngine:
    return open_engine(Target(name="t", database=str(path / "w.duckdb"), **target), [str(each) for each in directories])


def test_times_are_utc_in_every_session(tmp_path: Path) -> None:
    engine = engine_at(tmp_path)
    assert engine.session().query("select current_setting('TimeZone')") == [("UTC",)]
    engine.close()


def test_an_error_knows_its_line_and_leaves_a_usable_session(tmp_path: Path) -> None:
    session = engine_at(tmp_path).session()
    session.begin()
    with pytest.raises(EngineError) as caught:
        session.query("select 1,\n  2,\n  nope\nfrom range(3)")
    assert caught.value.sql_line == 3
    session.rollback()
    session.rollback()
    assert session.query("select 42") == [(42,)]


def test_rows_changed_are_counted(tmp_path: Path) -> None:
    session = engine_at(tmp_path).session()
    assert session.execute("create table t as select range as a from range(5)") == 5
    assert session.execute("delete from t where a < 2") == 2
    assert session.execute("alter table t add column b int") == 0
    assert session.columns("from t") == (("a", "BIGINT"), ("b", "INTEGER"))


FORBIDDEN = [
    "select * from read_text('/etc/passwd')",
    "select * from read_text('/proc/self/environ')",
    "select * from read_text('{folder}/../outside.txt')",
    "copy (select 1) to '{folder}/../leak.csv'",
    "attach '{folder}/../other.duckdb'",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "reset allowed_directories",
    "create secret (type s3)",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_sql_stays_in_the_declared_folders(tmp_path: Path, statement: str) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    session = engine_at(tmp_path, landing).session()
    with pytest.raises(EngineError):
        session.query(statement.format(folder=landing))


def test_a_link_out_of_a_declared_folder_leads_nowhere(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    (landing / "link.txt").symlink_to(tmp_path / "outside.txt")
    session = engine_at(tmp_path, landing).session()
    with pytest.raises(EngineError):
        session.query(f"select * from read_text('{landing}/link.txt')")


def test_declared_folders_can_be_read(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "a.csv").write_text("x\n1\n")
    assert engine_at(tmp_path, landing).session().query(f"from read_csv('{landing}/*.csv')") == [(1,)]


def test_an_explicit_setting_lifts_the_sandbox(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("text")
    session = engine_at(tmp_path, external_access=True).session()
    assert session.query(f"select content from read_text('{tmp_path}/outside.txt')") == [("text",)]


def test_a_setting_that_duckdb_refuses_is_an_error_of_the_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="memory_limit"):
        engine_at(tmp_path, settings={"memory_limit": "lots"})


def test_a_file_that_another_process_holds_says_who(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    code = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(WarehouseBusyError, match=str(holder.pid)):
            engine_at(tmp_path)
        assert holder.stdin is not None
        holder.stdin.close()
    engine_at(tmp_path).close()


def test_reading_where_nothing_is_finds_an_empty_warehouse_and_makes_no_file(tmp_path: Path) -> None:
    engine = open_engine(Target(name="t", database=str(tmp_path / "w.duckdb")), [], read_only=True)
    assert engine.session().query("select count(*) from duckdb_tables()") == [(0,)]
    engine.close()
    assert not (tmp_path / "w.duckdb").exists()
