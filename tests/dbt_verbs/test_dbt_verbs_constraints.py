"""Constraints of an enforced contract, which the table has as dbt would have made it."""

from __future__ import annotations

from pathlib import Path

from dbt_folder import DbtFolder

CONTRACT = """
models:
  - name: kept
    config: {contract: {enforced: true}}
    constraints: [{type: check, expression: "n > 0", name: positive}, {type: unique, columns: [id, n]}]
    columns:
      - {name: id, data_type: varchar, constraints: [{type: not_null}, {type: primary_key}]}
      - {name: n, data_type: integer, constraints: [{type: check, expression: n < 100}]}
"""


def test_the_table_has_the_constraints_of_its_contract(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write("models/kept.sql", "{{ config(materialized='table') }}select 2 as n, {{ var('id', \"'a'\") }} as id\n")
    folder.write("models/kept.yml", CONTRACT)
    for _ in range(2):
        assert folder.run("run", "-s", "kept", "--force") == 0
    kinds = "select constraint_type, constraint_text from duckdb_constraints() where table_name = 'kept' order by all"
    assert folder.query(kinds) == [
        ("CHECK", "CHECK((n < 100))"),
        ("CHECK", "CHECK((n > 0))"),
        ("NOT NULL", "NOT NULL"),
        ("PRIMARY KEY", "PRIMARY KEY(id)"),
        ("UNIQUE", "UNIQUE(id, n)"),
    ]
    assert folder.query("from kept") == [("a", 2)]
    assert folder.run("run", "-s", "kept", "--vars", "{id: null::varchar}") == 1
    assert folder.query("from kept") == [("a", 2)]
