"""The names of dbt's language, one row each: what a template makes of a name is what dbt makes of it.

The rows are in tests/template/surface: a line `== name`, a template, a line of dashes, and the text that dbt gives;
`!` and words for an error in which these words are. Relations print in full in dbt, here as what stands for them.
The rows of while_compiling.txt are those of dbt's parser, which has no warehouse at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace
from template_helpers import TARGET

from batchsql.errors import TemplateError
from batchsql.template import RenderContext
from batchsql.template.renderer import Renderer
from batchsql.values import ConfigLayer, Model, TableName

FOLDER = Path(__file__).parent / "surface"
_ROW = re.compile(r"^== (?P<name>.*)\n(?P<template>(?:.*\n)*?)----\n(?P<expected>(?:(?!== ).*\n?)*)", re.MULTILINE)
COMPILING = "while_compiling"
ROWS = [
    pytest.param(
        path.stem, found["template"].strip("\n"), found["expected"].strip("\n"), id=f"{path.stem}: {found['name']}"
    )
    for path in sorted(FOLDER.glob("*.txt"))
    for found in _ROW.finditer(path.read_text(encoding="utf-8"))
]
TABLE = """
    create table a as select 1 as id, 'x' as name, 1.5::decimal(10, 2) as amount, 2.5::double as d,
        date '2024-01-02' as day, timestamp '2024-01-02 03:04:05' as ts, true as flag, [1, 2] as l, {'a': 1} as s,
        null::integer as n, 5::hugeint as h, 'x'::varchar(10) as v, interval '1 day' as iv, time '01:02:03' as t,
        '{}'::json as j, timestamptz '2024-01-02 03:04:05+00' as tz
"""
RELATIONS = {"a": TableName("main", "a"), "b": TableName("main", "b"), "raw.a": TableName("main", "a")}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RenderContext]:
    connection = duckdb.connect(str(tmp_path_factory.mktemp("warehouse") / "shop.duckdb"))
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(TABLE)
    connection.execute("create view b as select id, name from a")

    def run_query(sql: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        rows = connection.execute(sql).fetchall()
        return tuple(column[0] for column in connection.description or ()), rows

    yield RenderContext(execute=True, run_query=run_query, relations=RELATIONS, this=TableName("main", "q_orders"))
    connection.close()


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(
        macros=[],
        variables={"colour": "red", "computed": "{{ 1 + 2 if target.type == 'duckdb' else 0 }}"},
        supplied={},
        target=TARGET,
        project_name="shop",
        environment={},
        trusted=True,
    )


def given(template: str, renderer: Renderer, context: RenderContext) -> str:
    layer = ConfigLayer(values={"materialized": "view"}, path="dbt_project.yml")
    text = Model(kind="model", name="q_orders", path="models/q_orders.sql", text=template, layers=(layer,))
    printed = renderer.render(text, context).sql
    return re.sub(r'"__(?:ref|source)__"\."(?:raw\.)?', '"shop"."main"."', printed)


@pytest.mark.parametrize(("family", "template", "expected"), ROWS)
def test_a_name_means_what_it_means_in_dbt(
    family: str, template: str, expected: str, renderer: Renderer, context: RenderContext
) -> None:
    context = RenderContext() if family == COMPILING else context
    if expected.startswith("!"):
        with pytest.raises(TemplateError, match=re.escape(expected.removeprefix("!").strip())):
            given(template, renderer, context)
    else:
        assert given(template, renderer, context).strip() == expected.strip()


@pytest.mark.parametrize(
    "text",
    [
        "{{ adapter.get_relation('shop', 'main', 'a') }}",
        "{{ adapter.get_columns_in_relation(ref('a')) }}",
        "{% call statement('x') %}select 1{% endcall %}",
        "{{ load_relation(ref('a')) }}",
        "{{ flags.FULL_REFRESH }}",
        "{{ graph.nodes }}",
    ],
)
def test_what_asks_the_warehouse_or_the_command_is_rendered_again_in_a_run(text: str, renderer: Renderer) -> None:
    orders = Model(kind="model", name="orders", path="models/orders.sql", text=text)
    assert renderer.render(orders, RenderContext()).dynamic


@pytest.mark.parametrize("text", ["{{ adapter.quote('a') }}", "{{ api.Relation.create(identifier='x') }}"])
def test_what_asks_nothing_is_rendered_once(text: str, renderer: Renderer) -> None:
    orders = Model(kind="model", name="orders", path="models/orders.sql", text=text)
    assert renderer.render(orders, RenderContext()).dynamic == ()


def test_tables_of_results_are_printed_as_people_read_them(renderer: Renderer, context: RenderContext) -> None:
    said: list[str] = []
    listening = replace(context, on_log=lambda message, _: said.append(message))
    values = "values (1, 'a', 1.5), (2, null, null), (3, 'c', 1234.56789)"
    query = f"run_query('select * from ({values.replace(chr(39), chr(34))}) t(x, y, z)' | replace('\"', \"'\"))"
    given(f"{{{{ {query}.print_table(max_columns=2) }}}}{{{{ {query}.print_csv() }}}}", renderer, listening)
    assert said == [
        "| x | y | ... |\n| - | - | --- |\n| 1 | a | ... |\n| 2 |   | ... |\n| 3 | c | ... |",
        "x,y,z\n1,a,1.50000\n2,,\n3,c,1234.56789",
    ]


def test_packages_learn_their_own_versions() -> None:
    versions = {"tools": "1.2.0"}
    project = Renderer(
        macros=[],
        variables={},
        supplied={},
        target=TARGET,
        project_name="shop",
        environment={},
        package_versions=versions,
    )
    text = "{{ builtins.ref.config.dependencies['tools'].version }}"
    asking = Model(kind="model", name="orders", path="models/orders.sql", text=text)
    assert project.render(asking, RenderContext()).sql == "1.2.0"
