"""What tells that an input changed, and what does when nothing tells."""

from __future__ import annotations

import os

import pytest
from pipeline_folder import Folder

from batchsql.errors import ProjectError

SOURCE = """sources:
  - name: landing
    tables:
      - name: events
        files: landing/*.csv
        version_by: {by}
"""
TABLE = "{{ config(materialized='table') }} "


def test_files_may_be_known_by_content(folder: Folder) -> None:
    folder.write("models/sources.yml", SOURCE.format(by="content"))
    folder.write("models/m.sql", TABLE + "select * from landing.events")
    folder.write("landing/a.csv", "id\n1\n")
    folder.build()
    os.utime(folder.root / "landing" / "a.csv", ns=(1, 1))
    assert folder.due() == []
    before = (folder.root / "landing" / "a.csv").stat()
    folder.write("landing/a.csv", "id\n2\n")
    os.utime(folder.root / "landing" / "a.csv", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert folder.due() == ["m"]


def test_a_version_is_told_by_words_that_are_known(folder: Folder) -> None:
    folder.write("models/sources.yml", SOURCE.format(by="contents"))
    with pytest.raises(ProjectError, match="'version_by' must be modified or content, not 'contents'"):
        folder.compile()


@pytest.mark.parametrize(("config", "due"), [("", ["m"]), (", on_volatile='ignore'", [])])
def test_a_query_that_calls_now_is_due_unless_it_says_otherwise(folder: Folder, config: str, due: list[str]) -> None:
    folder.write("models/m.sql", f"{{{{ config(materialized='table'{config}) }}}} select now() as at")
    folder.build()
    assert folder.due() == due


def test_a_relation_that_a_dbt_project_just_names_is_always_read_again(folder: Folder) -> None:
    folder.remove("batchsql.yml")
    folder.write("dbt_project.yml", "name: shop\nprofile: shop\n")
    folder.write("profiles.yml", "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n")
    folder.change("create schema raw")
    folder.change("create table raw.events as select 1 as id")
    folder.write("models/m.sql", TABLE + "select * from raw.events")
    folder.write("models/n.sql", TABLE + "select 1 as id")
    folder.build()
    assert folder.due() == ["m"]


def test_a_file_that_came_twice_is_refused_where_that_is_asked_for(folder: Folder) -> None:
    folder.write(
        "models/sources.yml", SOURCE.format(by="modified").replace("version_by: modified", "on_duplicate: error")
    )
    folder.write("models/v.sql", "select * from landing.events")
    folder.write("models/m.sql", TABLE + "select * from v")
    folder.write("landing/a.csv", "id\n1\n")
    folder.write("landing/b.csv", "id\n2\n")
    assert folder.build().exit_code == 0
    folder.write("landing/c.csv", "id\n1\n")
    result = folder.build()
    assert [(outcome.batch.model, outcome.state) for outcome in result.outcomes] == [("v", "failed"), ("m", "skipped")]
    assert result.outcomes[0].error.startswith("landing/c.csv is landing/a.csv again, byte for byte")
    assert result.outcomes[0].error_report["path"] == "models/sources.yml"
    assert folder.query("select count(*) from m") == [(2,)]
    folder.remove("landing/c.csv")
    assert folder.build().exit_code == 0
    assert folder.due() == []
