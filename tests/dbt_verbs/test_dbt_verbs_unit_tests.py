"""Unit tests of models that read sources: their columns are those of what makes them, or of the warehouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_folder import DbtFolder

DAYS = """
sources:
  - {{name: main, schema: {schema}, tables: [{{name: {table}}}]}}
models: [{{name: days}}]
unit_tests:
  - name: day_of
    model: days
    given: [{{input: "source('main', '{table}')", rows: [{{id: 1, day: 2024-01-01}}]}}]
    expect: {{rows: [{{id: 1, month: 2024-01-01}}]}}
"""


@pytest.mark.parametrize(("schema", "table"), [("main", "raw_orders"), ("elsewhere", "landed")])
def test_given_rows_have_the_types_of_the_source(tmp_path: Path, schema: str, table: str) -> None:
    folder = DbtFolder(tmp_path)
    folder.write("models/properties.yml", DAYS.format(schema=schema, table=table))
    folder.write(
        "models/days.sql",
        f"select id, date_trunc('month', day)::date as month from {{{{ source('main', '{table}') }}}}",
    )
    folder.change("create schema elsewhere")
    folder.change("create table elsewhere.landed as select 1 as id, date '2024-01-01' as day, 'x' as more")
    assert folder.run("build", "-s", "days", "raw_orders") == 0
    assert folder.statuses()["unit_test.shop.days"] == "pass"
