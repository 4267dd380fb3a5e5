"""`persist_docs`: what is written of relations in the warehouse."""

from __future__ import annotations

from pathlib import Path

from pipeline_folder import Folder


def test_docs_blocks_are_written_out(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.remove("batchsql.yml")
    folder.write(
        "dbt_project.yml", "name: shop\nprofile: shop\nmodels: {+persist_docs: {relation: true, columns: true}}"
    )
    path = tmp_path / "shop.duckdb"
    folder.write("profiles.yml", f"shop: {{target: dev, outputs: {{dev: {{type: duckdb, path: '{path}'}}}}}}\n")
    folder.write("models/texts.md", "{% docs id %}Who it is.{% enddocs %}{% docs all %}People.{% enddocs %}")
    folder.write("models/people.sql", "{{ config(materialized='table') }} select 1 as id, 'a' as name")
    folder.write(
        "models/people.yml",
        "models: [{name: people, description: \"{{ doc('all') }} All.\", columns: [{name: id, description: "
        "\"{{ doc('shop', 'id') }}\"}, {name: name, description: As spoken}]}]\n",
    )
    folder.build()
    assert folder.query("select comment from duckdb_tables() where table_name = 'people'") == [("People. All.",)]
    assert folder.query(
        "select comment from duckdb_columns() where table_name = 'people' and schema_name = 'main' order by column_name"
    ) == [("Who it is.",), ("As spoken",)]
