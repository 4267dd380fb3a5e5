"""What the static check promises, whatever the project: it says what DuckDB would say, and only that."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from static_project import check, told, write_files

from batchsql.engines.duckdb import open_engine
from batchsql.errors import EngineError
from batchsql.values import Target

COLUMNS = ["a", "b", "c", "d"]
SHAPES = [
    "select {first}, {second} as b from {parent}",
    "with x as (select * from {parent}) select x.{first}, count(x.{second}) as n from x group by all",
    "select * exclude ({first}) from {parent} where {second} > 0",
    "select p.*, q.{first} as d from {parent} as p join {parent} as q using ({second})",
    "select {first} from {parent} union all select {second} from {parent}",
    "select coalesce({first}, {second}) as c from {parent} order by {second}",
]


@st.composite
def projects(draw: st.DrawFn) -> list[str]:
    models: list[str] = []
    for number in range(draw(st.integers(1, 6))):
        parent = draw(st.sampled_from(["start", *(f"m{i}" for i in range(number))]))
        first, second = draw(st.tuples(st.sampled_from(COLUMNS), st.sampled_from(COLUMNS)))
        models.append(draw(st.sampled_from(SHAPES)).format(first=first, second=second, parent=parent))
    return models


def refused_by_duckdb(models: list[str]) -> tuple[set[str], set[str]]:
    """Models that DuckDB refuses, and those that cannot be tried since what they read is not there."""
    engine = open_engine(Target(name="t", database=":memory:"), [])
    session = engine.session()
    session.execute("create table start (a integer, b integer, c integer)")
    refused: set[str] = set()
    untried: set[str] = set()
    for number, sql in enumerate(models):
        if set(re.findall(r"\w+", sql)) & (refused | untried):
            untried.add(f"m{number}")
            continue
        try:
            session.execute(f"create table m{number} as {sql}")
        except EngineError:
            refused.add(f"m{number}")
    engine.close()
    return refused, untried


@given(projects())
@hypothesis_settings(max_examples=60, deadline=None)
def test_it_finds_what_duckdb_refuses_and_nothing_else(models: list[str]) -> None:
    refused, untried = refused_by_duckdb(models)
    files = {f"models/m{number}.sql": f"{sql}\n" for number, sql in enumerate(models)}
    files["models/start.sql"] = "select 1 as a, 2 as b, 3 as c\n"
    with TemporaryDirectory() as folder:
        write_files(Path(folder), files)
        found = check(Path(folder))
    models_found = {finding.model for finding in found.findings}
    assert models_found - untried == refused
    assert {each.model for each in found.unchecked} <= untried


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_files(
        tmp_path,
        {
            "seeds/orders.csv": "id,total,placed\n1,2.5,2024-01-01\n",
            "models/stg.sql": "select id, total, placed from orders\n",
            "models/daily.sql": "select date_trunc('day', placed) as day, sum(total) as total from stg group by 1\n",
            "models/weekly.sql": "select date_trunc('week', day) as week, sum(total) as total from daily group by 1\n",
        },
    )
    return tmp_path


def test_only_what_changed_is_bound_again(shop: Path) -> None:
    assert check(shop).bound == 4
    assert check(shop).bound == 0
    (shop / "models/stg.sql").write_text("select id, total, placed from orders where id > 1\n")
    assert check(shop).bound == 1  # its columns are the same, so nothing downstream can be otherwise
    (shop / "models/stg.sql").write_text("select id, total::integer as total, placed from orders\n")
    assert check(shop).bound == 3


def test_a_comment_moves_lines_and_is_bound_again_for_them(shop: Path) -> None:
    (shop / "models/daily.sql").write_text("select\n  nothing\nfrom stg\n")
    assert check(shop).findings[0].line == 2
    (shop / "models/daily.sql").write_text("-- why\nselect\n  nothing\nfrom stg\n")
    assert check(shop).findings[0].line == 3
    assert check(shop).findings[0].line == 3


def test_a_file_that_changed_is_looked_at_again(shop: Path) -> None:
    check(shop)
    (shop / "seeds/orders.csv").write_text("id,amount,placed\n1,2.5,2024-01-01\n")
    assert "there is no column 'total' in orders" in told(check(shop))
