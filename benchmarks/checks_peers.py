"""The same twelve checks as real runs of batchsql, dbt and Great Expectations: whole processes on one DuckDB file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import measure

from batchsql.values import Check
from batchsql.values.vocabulary import SIGNATURES

HERE = Path(__file__).parent
DBT_TESTS = {
    "between": "select * from {{ source('main', 'big') }} where quantity < 0 or quantity > 100",
    "regex": "select * from {{ source('main', 'big') }} where not regexp_matches(note, '^note [0-9]+$')",
    "pair": "select * from {{ source('main', 'big') }} where not (arrival >= departure)",
    "rows": "select count(*) as n from {{ source('main', 'big') }} having count(*) < 1",
    "mean": "select avg(amount) as m from {{ source('main', 'big') }} having not (avg(amount) between 0 and 1000)",
    "key": "select day, number, count(*) as n from {{ source('main', 'big') }} group by all having count(*) > 1",
}
BY_HAND = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    for sql in json.loads(sys.argv[2]):
        connection.execute(sql).fetchall()
"""


def expectation_of(check: Check) -> dict[str, Any]:
    """A check as Great Expectations writes it, in `type` and `kwargs`."""
    columns: dict[str, Any] = {
        "column": dict(zip(("column",), check.columns, strict=False)),
        "pair": dict(zip(("column_A", "column_B"), check.columns, strict=False)),
        "columns": {"column_list": list(check.columns)},
        "table": {},
    }[SIGNATURES[check.kind].domain]
    return {"type": check.kind, "kwargs": columns | dict(check.arguments)}


def write_batchsql(folder: Path, checks: Sequence[Check], query: str) -> None:
    """A project with one table and the checks on it; `build` makes the DuckDB file that all contestants read."""
    (folder / "models").mkdir(parents=True)
    (folder / "batchsql.yml").write_text("name: peers\n")
    (folder / "models" / "big.sql").write_text("{{ config(materialized='table') }}\n" + query)
    stated = [{each["type"]: each["kwargs"]} for each in map(expectation_of, checks)]
    (folder / "models" / "big.yml").write_text(json.dumps({"models": [{"name": "big", "checks": stated}]}))
    (folder / "expectations.json").write_text(json.dumps([expectation_of(check) for check in checks]))


def write_dbt(folder: Path, database: Path, carriers: Sequence[str]) -> None:
    """A project of the same checks: dbt's own tests where there are some, and queries of the offending rows."""
    (folder / "models").mkdir(parents=True)
    (folder / "tests").mkdir()
    output = {"type": "duckdb", "path": str(database), "schema": "main", "threads": 2}
    profiles = {"peers": {"target": "dev", "outputs": {"dev": output}}}
    project = {"name": "peers", "profile": "peers", "flags": {"send_anonymous_usage_stats": False}}
    columns = [{"name": name, "data_tests": ["not_null"]} for name in ("day", "amount")]
    listed = {"accepted_values": {"arguments": {"values": list(carriers)}}}
    columns += [{"name": "id", "data_tests": ["not_null", "unique"]}]
    columns += [{"name": "carrier", "data_tests": ["not_null", listed]}]
    sources = {"sources": [{"name": "main", "tables": [{"name": "big", "columns": columns}]}]}
    files = {"profiles.yml": profiles, "dbt_project.yml": project, "models/sources.yml": sources}
    for path, content in files.items():
        (folder / path).write_text(json.dumps(content))
    for name, sql in DBT_TESTS.items():
        (folder / "tests" / f"{name}.sql").write_text(sql)


Way = Callable[[], tuple[float, str]]
"""Runs a contestant; its CPU seconds, and what there is to say of it."""


def by_hand(database: Path, statements: Sequence[str]) -> Way:
    command = [sys.executable, "-c", BY_HAND, str(database), json.dumps(list(statements))]
    return lambda: (measure.cpu_seconds(command), "")


def with_batchsql(folder: Path) -> Way:
    return lambda: (measure.cpu_seconds([*measure.BATCHSQL, "check"], folder), "")


def with_dbt(dbt: str, folder: Path) -> Way:
    return lambda: (measure.cpu_seconds([dbt, "test", "--quiet"], folder), "")


def with_gx(python: str, way: str, database: Path, expectations: Path) -> Way:
    command = [python, str(HERE / "gx_twelve.py"), way, str(database), "big", str(expectations)]

    def run() -> tuple[float, str]:
        seconds, output = measure.measured(command)
        told = json.loads(output.splitlines()[-1])
        counts = f"{told['evaluated']} of {told['asked']} evaluated, {told['passed']} passed"
        return seconds, f"{counts}, {told['seconds']:.1f} s of it after the import"

    return run


def installed(option: str | None, variable: str, what: str) -> str | None:
    """The executable that an option or a variable of the environment names; says so where there is none."""
    named = option or os.environ.get(variable)
    if named and not Path(named).exists():
        raise SystemExit(f"{named} does not exist")
    if not named:
        print(f"  left out: {what}; name its executable with --{variable.lower().replace('_', '-')} or {variable}")
    return named
