"""The built-in macros of the package `dbt`: what they give on DuckDB is what dbt gives.

The cases are in tests/template/builtin: a text, a line of dashes, and dbt's answer: for a query its columns with their
types and its rows, for any other text the text itself, white space apart. Statements before a query run first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from template_helpers import model, renderer

from batchsql.template import RenderContext
from batchsql.template.macros import BUILT_IN, MacroIndex
from batchsql.template.names import NAMES

FOLDER = Path(__file__).parent / "builtin"
_CASES = [
    pytest.param(*block.split("\n----\n"), id=f"{path.stem}-{number}")
    for path in sorted(FOLDER.glob("*.txt"))
    for number, block in enumerate(re.split(r"\n\s*\n", path.read_text(encoding="utf-8").strip()), 1)
]


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def answer(text: str, warehouse: duckdb.DuckDBPyConnection) -> str:
    """What a text gives, as the cases are written."""
    text = text.strip()
    if text.startswith("create"):
        first, _, text = text.rpartition(";")
        warehouse.execute(first)
    if not re.match(r"\s*(select|with|from)\b", text):
        return " ".join(text.split())
    columns = [f"{name} {kind}" for name, kind, *_ in warehouse.execute(f"describe {text}").fetchall()]
    rows = warehouse.execute(text).fetchall()
    lines = [" | ".join("null" if value is None else str(value) for value in row) for row in rows]
    return "\n".join([", ".join(columns), *lines])


@pytest.mark.parametrize(("text", "expected"), _CASES)
def test_what_a_macro_gives_is_what_dbt_gives(text: str, expected: str, warehouse: duckdb.DuckDBPyConnection) -> None:
    def run_query(sql: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        cursor = warehouse.cursor().execute(sql)
        return tuple(column[0] for column in cursor.description or ()), cursor.fetchall()

    context = RenderContext(execute=True, run_query=run_query)
    assert answer(renderer().render(model(text), context).sql, warehouse) == expected.strip()


def test_the_page_of_macros_names_what_is_there() -> None:
    page = (Path(__file__).parents[2] / "docs" / "macros.md").read_text(encoding="utf-8")
    rows = [line.split("|")[2] for line in page.splitlines() if line.startswith("| ") and "`" in line]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    there = {*NAMES, *MacroIndex([]).names_of(BUILT_IN)}
    assert len(named) > 100
    assert named - there == set()
