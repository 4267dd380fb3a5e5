"""A dbt project in a temporary folder, and its commands, run as typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from batchsql.cli.boundary import run

FILES = {
    "dbt_project.yml": """
name: shop
profile: shop
on-run-start: create table if not exists main.starts (moment timestamp)
on-run-end:
  - "{% for result in results %}insert into main.ended values ('{{ result.node.name }}', '{{ result.status }}');
    {% endfor %}"
""",
    "seeds/raw_orders.csv": "id,name,amount,day\n1,a,10,2024-01-01\n2,b,20,2024-01-02\n",
    "models/stg_orders.sql": "select id, name, amount, day from {{ ref('raw_orders') }}\n",
    "models/orders.sql": "{{ config(materialized='table') }}\nselect * from {{ ref('stg_orders') }}\n",
    "models/properties.yml": """
models:
  - name: orders
    columns:
      - {name: id, data_tests: [unique, not_null]}
      - {name: name, data_tests: [{accepted_values: {values: [a, b, c]}}]}
sources:
  - name: main
    tables:
      - name: raw_orders
        loaded_at_field: day
        freshness: {warn_after: {count: 1, period: day}, error_after: {count: 2, period: day}}
unit_tests:
  - name: keeps_names
    model: stg_orders
    given: [{input: ref('raw_orders'), rows: [{id: 1, name: z}]}]
    expect: {rows: [{id: 1, name: z}]}
""",
    "macros/note.sql": (
        '{% macro note(word, times=1) %}{% do run_query("create or replace table noted as select \'" ~ word ~ '
        '"\' as word, " ~ times ~ " as times") %}{% do log(\'noted \' ~ word, info=true) %}{% endmacro %}\n'
    ),
    "tests/small.sql": "select * from {{ ref('orders') }} where amount > 15\n",
}


class DbtFolder:
    """A project folder of dbt's, and what one does with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in FILES.items():
            self.write(name, text)
        self.aim_at("main")
        self.change("create table main.ended (name varchar, status varchar)")

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.lstrip("\n"))

    def aim_at(self, schema: str) -> None:
        """Let models land in a schema."""
        path = self.root / "shop.duckdb"
        target = f"{{type: duckdb, path: '{path}', schema: {schema}}}"
        self.write("profiles.yml", f"shop: {{target: dev, outputs: {{dev: {target}}}}}\n")

    def run(self, *words: str) -> int:
        """Run a command, and give its exit code."""
        return run([*words, "--project-dir", str(self.root), "--profiles-dir", str(self.root)], {})

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.root / "shop.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def change(self, sql: str) -> None:
        with duckdb.connect(str(self.root / "shop.duckdb")) as connection:
            connection.execute(sql)

    def artifact(self, name: str) -> Any:
        return json.loads((self.root / "target" / f"{name}.json").read_text())

    def statuses(self) -> dict[str, str]:
        """What run_results tells, by the first parts of unique ids; without hooks, and what was not due."""
        results = self.artifact("run_results")["results"]
        return {
            ".".join(result["unique_id"].split(".")[:3]): result["status"]
            for result in results
            if not result["unique_id"].startswith("operation.") and result["status"] != "no-op"
        }
