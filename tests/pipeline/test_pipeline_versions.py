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
