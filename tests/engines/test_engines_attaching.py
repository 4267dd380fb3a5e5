"""What a target names beside its own file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from batchsql.engines.attaching import attach_sql, install_sql, secret_sql
from batchsql.engines.duckdb import DuckdbEngine, open_engine
from batchsql.errors import ProjectError, WarehouseBusyError
from batchsql.values import Attachment, Extension, Target

SECRETS = [
    ({"type": "s3"}, 'CREATE OR REPLACE SECRET "_dbt_secret_1" (type s3)'),
    (
        {"type": "s3", "name": "mine", "key_id": "it's", "persistent": True, "provider": "config"},
        "CREATE OR REPLACE PERSISTENT SECRET \"mine\" (type s3, provider config, key_id 'it''s')",
    ),
    (
        {"type": "http", "scope": ["a", "b"], "extra_http_headers": {"X": "1"}, "chain": ["env", "sso"]},
        'CREATE OR REPLACE SECRET "_dbt_secret_1" '
        "(type http, extra_http_headers map {'X': '1'}, chain ['env', 'sso'], scope 'a', scope 'b')",
    ),
]
ATTACHED = [
    (Attachment(path="a.duckdb"), "ATTACH IF NOT EXISTS 'a.duckdb'"),
    (
        Attachment(path="a'b.duckdb", alias="order", read_only=True),
        "ATTACH IF NOT EXISTS 'a''b.duckdb' AS \"order\" (READ_ONLY)",
    ),
    (
        Attachment(path="x", type="postgres", options={"schema": "public", "secret": "pg", "a": True, "b": False}),
        "ATTACH IF NOT EXISTS 'x' (TYPE postgres, SCHEMA 'public', SECRET pg, A)",
    ),
    (Attachment(path="x", options={"n": 3, "q": "'y'"}), "ATTACH IF NOT EXISTS 'x' (N 3, Q 'y')"),
]


@pytest.mark.parametrize(("secret", "sql"), SECRETS)
def test_secrets(secret: dict[str, Any], sql: str) -> None:
    assert secret_sql(secret, 1) == sql


@pytest.mark.parametrize(("attachment", "sql"), ATTACHED)
def test_attached_databases(attachment: Attachment, sql: str) -> None:
    assert attach_sql(attachment) == sql


def test_extensions() -> None:
    assert install_sql(Extension("httpfs")) == 'INSTALL "httpfs"'
    assert install_sql(Extension("h3", "community")) == 'INSTALL "h3" FROM community'
    assert install_sql(Extension("x", "http://a.example/'x")) == "INSTALL \"x\" FROM 'http://a.example/''x'"


def opened(folder: Path, *, read_only: bool = False, **target: Any) -> DuckdbEngine:
    return open_engine(Target(name="t", database=str(folder / "w.duckdb"), **target), [], read_only=read_only)


def test_an_attached_database_can_be_read_and_written(tmp_path: Path) -> None:
    attach = (Attachment(path=str(tmp_path / "other.duckdb"), alias="o"),)
    engine = opened(tmp_path, attach=attach)
    engine.session().execute("create table o.main.t as select 42 as answer")
    engine.close()
    again = opened(tmp_path, attach=attach, read_only=True)
    assert again.session().query("from o.t") == [(42,)]


def test_the_catalog_is_where_names_lead(tmp_path: Path) -> None:
    attach = (Attachment(path=str(tmp_path / "other.duckdb"), alias="o"),)
    engine = opened(tmp_path, attach=attach, catalog="o")
    engine.session().execute("create schema s")
    engine.session().execute("create table s.t as select 1")
    assert engine.session().query("select database_name from duckdb_tables()") == [("o",)]
    engine.checkpoint()
    engine.close()
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        assert connection.execute("from s.t").fetchall() == [(1,)]


def test_what_is_only_read_and_not_there_is_empty(tmp_path: Path) -> None:
    attach = (Attachment(path=str(tmp_path / "other.duckdb")),)
    engine = opened(tmp_path, attach=attach, read_only=True)
    assert engine.session().query("select count(*) from duckdb_tables() where database_name = 'other'") == [(0,)]
    assert not list(tmp_path.iterdir())


def test_settings_of_a_session_hold_in_each(tmp_path: Path) -> None:
    settings = {"enable_progress_bar": "true", "TimeZone": "Asia/Tokyo"}
    engine = opened(tmp_path, settings=settings, external_access=True)
    for _ in range(2):
        asked = "select current_setting('enable_progress_bar'), current_setting('TimeZone')"
        assert engine.session().query(asked) == [(True, "Asia/Tokyo")]


def test_settings_for_opening(tmp_path: Path) -> None:
    engine = opened(tmp_path, config={"default_null_order": "nulls_first"})
    assert engine.session().query("from (values (1), (null)) order by all") == [(None,), (1,)]


def test_an_extension_that_is_built_in_needs_no_network(tmp_path: Path) -> None:
    opened(tmp_path, extensions=(Extension("parquet"), Extension("icu"))).close()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"extensions": (Extension("no_such_thing"),)}, "the extension no_such_thing is not on this machine"),
    ({"attach": (Attachment(path="x", type="no_such_type"),)}, "DuckDB refuses to attach x"),
    ({"secrets": ({"type": "no_such_type", "key": "hush"},)}, "DuckDB refuses the secret of type no_such_type"),
    ({"settings": {"enable_progress_bar": "true"}}, "only with external_access: true"),
    ({"config": {"no_such_option": "1"}}, "no_such_option"),
    ({"filesystems": ({"fs": "no_such_filesystem"},)}, "the filesystem no_such_filesystem"),
]


@pytest.mark.parametrize(("target", "message"), WRONG)
def test_what_cannot_be_opened_says_why_and_lets_go_of_the_file(
    tmp_path: Path, target: dict[str, Any], message: str
) -> None:
    with pytest.raises(ProjectError, match=message) as caught:
        opened(tmp_path, **target)
    assert "hush" not in caught.value.message
    opened(tmp_path).close()


def test_opening_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("batchsql.engines.duckdb.time.sleep", waits.append)
    (tmp_path / "w.duckdb").mkdir()
    with pytest.raises((ProjectError, WarehouseBusyError)):
        opened(tmp_path, connect_attempts=3)
    assert waits == [1, 2]
