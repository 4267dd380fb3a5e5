"""Of which columns a column is made: queries and what is told of them, and that what is told is enough."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from static_project import write_files

from batchsql.cli.boundary import run
from batchsql.compiler import compile_project
from batchsql.engines.duckdb import open_engine
from batchsql.pipeline.impact import impact_of, lineage_of_column
from batchsql.report.columns import column_drawing, impact_text
from batchsql.sql import query_lineage
from batchsql.values import TableName, Target
from batchsql.values.lineage import QueryLineage

FOLDER = Path(__file__).parent / "lineage"
TABLES = {
    TableName("main", "orders"): ("orders", dict.fromkeys(("id", "customer", "total"), "INTEGER")),
    TableName("main", "customers"): ("customers", dict.fromkeys(("customer", "name", "region"), "VARCHAR")),
}


def shown(lineage: QueryLineage) -> str:
    if not lineage.known:
        return "not understood"
    outputs = [
        f"{name}: {', '.join('.'.join(place) for place in made) or 'nothing'}" for name, made in lineage.outputs.items()
    ]
    return "\n".join([*outputs, f"names {', '.join('.'.join(place) for place in lineage.uses) or 'nothing'}"])


def test_cases() -> None:
    """Each query's lineage, as tests/static/lineage/queries.txt has it."""
    blocks = re.split(r"^-- case: ", (FOLDER / "queries.sql").read_text(), flags=re.MULTILINE)[1:]
    told = []
    for block in blocks:
        title, _, sql = block.partition("\n")
        told.append(f"{title}\n{shown(query_lineage(sql, TABLES))}\n")
    assert "\n".join(told) == (FOLDER / "queries.txt").read_text()


EXPRESSIONS = ["{0}", "{0} + {1}", "coalesce({0}, {1}, 7)", "case when {0} > 1 then {1} else 0 end", "abs({1})"]
SHAPES = [
    "select {a} as x, {b} as y from orders",
    "with q as (select *, {a} as x from orders) select x, {b} as y from q",
    "select s.x, s.y from (select {a} as x, {b} as y, {a} + {b} as z from orders) as s",
    "select x, y from (select {a} as x, {b} as y from orders union all select {b}, {a} from orders)",
    "with q as (select {a} as x, {b} as y from orders), r as (select q.y as x, q.x as y from q) select * from r",
]


@st.composite
def queries(draw: st.DrawFn) -> str:
    columns = ["id", "customer", "total"]
    drawn = [
        draw(st.sampled_from(EXPRESSIONS)).format(draw(st.sampled_from(columns)), draw(st.sampled_from(columns)))
        for _ in range(2)
    ]
    return draw(st.sampled_from(SHAPES)).format(a=drawn[0], b=drawn[1])


@given(queries(), st.sampled_from(["id", "customer", "total"]))
@hypothesis_settings(max_examples=80, deadline=None)
def test_a_column_changes_only_with_what_it_is_made_of(sql: str, changed: str) -> None:
    lineage = query_lineage(sql.replace("from orders", "from main.orders"), TABLES)
    engine = open_engine(Target(name="t", database=":memory:"), [])
    session = engine.session()
    session.execute("create table orders as select 1 as id, 2 as customer, 3 as total union all select 4, null, -6")
    before = session.query_named(sql)
    session.execute(f"update orders set {changed} = {changed} * 100 + 1")
    after = session.query_named(sql)
    engine.close()
    for place, name in enumerate(before[0]):
        if ("orders", changed) not in lineage.outputs[name]:
            assert [row[place] for row in before[1]] == [row[place] for row in after[1]]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_files(
        tmp_path,
        {
            "seeds/raw.csv": "id,customer,cents\n1,7,250\n",
            "models/stg.sql": "select id, customer, cents / 100 as total from raw\n",
            "models/kept.sql": "{{ config(materialized='ephemeral') }}\nselect * from stg where total > 0\n",
            "models/daily.sql": "select customer, sum(total) as spent, count(*) as n from kept group by 1\n",
            "models/large.sql": "select id from stg where total > 100\n",
            "models/daily.yml": (
                "models:\n  - name: daily\n    columns:\n      - {name: spent, checks: [not_null]}\n"
                "      - {name: n, checks: [not_null]}\n"
                "exposures:\n  - {name: board, type: dashboard, owner: {name: us}, depends_on: [ref('daily')]}\n"
            ),
        },
    )
    return tmp_path


def test_lineage_goes_through_the_project(shop: Path) -> None:
    found, place = lineage_of_column(compile_project(shop), "kept.total")
    assert column_drawing(found, place, "text") == "\n".join(
        ["kept.total", "made of", "  stg.total", "    raw.cents", "goes into", "  daily.spent"]
    )
    assert '"stg.total" -> "kept.total"' in column_drawing(found, place, "dot")
    assert 'c3["stg.total"]' in column_drawing(found, place, "mermaid")


def test_impact_of_a_column_and_of_a_model(shop: Path) -> None:
    compiled = compile_project(shop)
    assert [" ".join(line.split()) for line in impact_text(impact_of(compiled, "raw.cents")).splitlines()] == [
        "4 models, 1 check, 1 exposure use raw.cents",
        "model stg models/stg.sql: total",
        "model kept models/kept.sql: total",
        "model large models/large.sql: filters, joins, groups or sorts by it",
        "model daily models/daily.sql: spent",
        "check not_null_daily_spent models/daily.yml:4",
        "exposure board",
    ]
    whole = impact_of(compiled, "stg")
    assert [each.model for each in whole.models] == ["kept", "large", "daily"]
    assert len(whole.checks) == 2


def test_what_is_not_there_is_told_with_what_is_near(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shop)
    assert run(["impact", "stg.totl"], {}) == 2
    assert "did you mean 'total'?" in capsys.readouterr().err
    assert run(["lineage", "--column", "sgt.total"], {}) == 2
    assert "there is no model 'sgt'" in capsys.readouterr().err
    assert run(["lineage", "--column", "daily.spent", "--format", "json"], {}) == 0
    assert '"from": "kept.total"' in capsys.readouterr().out
    assert run(["impact", "daily.n", "--json"], {}) == 0
    assert '"models": []' in capsys.readouterr().out
