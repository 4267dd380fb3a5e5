"""The dialect: what each name gives, what a rendering records, macros across files."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from template_helpers import COMPILING, model, render, renderer, sql

from batchsql.errors import TemplateError
from batchsql.template import RenderContext
from batchsql.values import ConfigLayer, Interval, Model, TableName

DAY = Interval(datetime(2013, 3, 1), datetime(2013, 3, 2))
RELATIONS = {"flights": TableName("staging", "stg_flights"), "raw.planes": TableName("lake", "planes")}


def test_text_without_template_is_returned_as_it_is() -> None:
    assert sql("select 1\n") == "select 1"
    assert sql("select 1\r\n, 2\n\n") == "select 1\n, 2\n"


def test_references_are_markers_and_recorded_in_order() -> None:
    found = render(
        "select * from {{ ref('b') }} join {{ ref('shop', 'a') }} join {{ ref('b', v=2) }} "
        "join {{ ref('other', 'c') }} join {{ source('raw', 'planes') }} where {{ this }} is null"
    )
    assert found.sql == (
        'select * from "__ref__"."b" join "__ref__"."a" join "__ref__"."b.v2" '
        'join "__ref__"."c" join "__source__"."raw.planes" where "__this__"."orders" is null'
    )
    assert found.refs == ("b", "a", "b.v2", "c")
    assert found.sources == ("raw.planes",)
    assert found.dynamic == ()


def test_physical_names_where_they_are_asked_for() -> None:
    context = RenderContext(physical=True, relations=RELATIONS, this=TableName("marts", "orders"))
    text = "{{ ref('flights') }} {{ source('raw', 'planes') }} {{ this }} {{ this.schema }}.{{ this.identifier }}"
    assert sql(text, context) == '"staging"."stg_flights" "lake"."planes" "marts"."orders" marts.orders'
    with pytest.raises(TemplateError, match="'flight' is no relation") as caught:
        sql("{{ ref('flight') }}", context)
    assert caught.value.hint == "did you mean 'flights'?"


def test_parts_of_a_relation() -> None:
    context = RenderContext(relations=RELATIONS)
    text = "{% set f = ref('flights') %}{{ f.schema }} {{ f.name }} {{ f.table }} {{ f.database }} {{ f.render() }}"
    assert sql(text, context) == 'staging stg_flights stg_flights shop "__ref__"."flights"'
    assert sql("{{ ref('flights').include(schema=false) }}", context) == '"shop"."stg_flights"'
    assert sql("{{ ref('flights').include(database=true) }}", context) == '"__ref__"."flights"'
    assert render("{{ ref('flights').schema }}", context).dynamic == ()
    assert render("{{ ref('flights').schema }}").dynamic == ("execute",)


def test_config_is_recorded_and_can_be_asked() -> None:
    layers = (ConfigLayer(values={"tags": ["a"], "materialized": "table"}, path="batchsql.yml"),)
    text = (
        "\n{{ config(materialized='view', meta={'owner': 'me'}) }}{{ config({'alias': 'x'}) }}"
        "{{ config.get('materialized') }} {{ config.get('tags')[0] }} {{ config.get('no', 'default') }}"
        " {{ config.require('alias') }}"
    )
    found = renderer().render(Model(kind="model", name="m", path="models/m.sql", text=text, layers=layers), COMPILING)
    assert found.sql == "\nview a default x"
    assert found.config == {"materialized": "view", "meta": {"owner": "me"}, "alias": "x"}
    assert found.config_line == 2
    with pytest.raises(TemplateError, match="'owner' is required"):
        sql("{{ config.require('owner') }}")


def test_config_line_is_that_of_the_model_also_where_a_macro_calls_it() -> None:
    macros = {"macros/c.sql": "\n\n{% macro heap() %}{{ config(materialized='table') }}{% endmacro %}"}
    found = renderer(macros=macros).render(model("\n{% set x = 1 %}\n{{ heap() }}", first_line=10), COMPILING)
    assert (found.config, found.config_line) == ({"materialized": "table"}, 12)


def test_variables() -> None:
    known = {"late": 15, "names": ["a"], "shop": {"own": 1}}
    text = "{{ var('late') }} {{ var('none', 3) }} {{ var('own') }} {{ var.has_var('late') }} {{ var('names')[0] }}"
    assert sql(text, variables=known) == "15 3 1 True a"
    assert sql("{{ var('late') + 1 }}", variables=known, supplied={"late": 30}) == "31"
    with pytest.raises(TemplateError, match="variable 'lat' is not defined") as caught:
        sql("{{ var('lat') }}", variables=known)
    assert caught.value.hint == "did you mean 'late'?"


def test_a_template_changes_its_own_copies_only() -> None:
    names = ["a"]
    text = "{% set x = var('names') %}{% do x.append('b') %}{{ x | join('+') }} {{ var('names') | join('+') }}"
    assert sql(text, variables={"names": names}) == "a+b a"
    assert names == ["a"]


def test_environment_variables_are_recorded_and_secrets_never_kept() -> None:
    environment = {"REGION": "eu", "DBT_ENV_SECRET_KEY": "hush", "BATCHSQL_SECRET_TOKEN": "quiet"}
    text = (
        "{{ env_var('REGION') }} {{ env_var('NO', 'x') }} {{ env_var('DBT_ENV_SECRET_KEY') }}"
        "{{ env_var('BATCHSQL_SECRET_TOKEN') }}"
    )
    found = render(text, environment=environment)
    assert found.sql == "eu x hushquiet"
    assert found.environment["REGION"] == "eu"
    assert found.environment["NO"] is None
    assert "hush" not in str(found.environment)
    assert "quiet" not in str(found.environment)
    with pytest.raises(TemplateError, match="'REGIN' is not set") as caught:
        sql("{{ env_var('REGIN') }}", environment=environment)
    assert caught.value.hint == "did you mean 'REGION'?"


def test_target_and_model() -> None:
    text = "{{ target.name }} {{ target['schema'] }} {{ target.type }} {{ target.database }} {{ model.name }}"
    assert sql(text) == "dev main duckdb shop orders"
    assert sql("{{ project_name }} {{ target.get('nothing', 'else') }}") == "shop else"


@pytest.mark.parametrize(
    ("text", "dynamic"),
    [
        ("{% if execute %}x{% endif %}", ("execute",)),
        ("{% if is_incremental() %}x{% endif %}", ("is_incremental",)),
        ("{% if false %}{{ batch.start }}{% endif %}", ("batch",)),
        ("{{ model.batch }}", ("batch",)),
        ("{{ run_started_at }}{{ invocation_id }}", ("run_started_at", "invocation_id")),
        ("{% set r = run_query('select 1') %}{% if execute %}{{ r.rows[0][0] }}{% endif %}", ("execute", "run_query")),
        ("{{ newest() }}", ("is_incremental",)),
        ("{{ modules.datetime.date.today() }}", ("run_started_at",)),
        ("{{ ref('x') }}{{ target.name }}{{ var('x', 1) }}", ()),
    ],
)
def test_what_a_text_depends_on_is_recorded(text: str, dynamic: tuple[str, ...]) -> None:
    macros = {"macros/n.sql": "{% macro newest() %}{{ is_incremental() }}{% endmacro %}"}
    assert render(text, macros=macros).dynamic == dynamic


def test_batches() -> None:
    context = RenderContext(interval=DAY, batch_id=7, incremental=True, invocation_id="abc")
    text = "'{{ batch.start }}' '{{ batch.end }}' {{ batch.id }} {{ is_incremental() }} {{ invocation_id }}"
    assert sql(text, context) == "'2013-03-01 00:00:00' '2013-03-02 00:00:00' 7 True abc"
    assert sql("{{ model.batch.event_time_start.strftime('%Y') }}", context) == "2013"
    assert sql("{% if batch %}x{% else %}all{% endif %}{% if model.batch %}x{% endif %}") == "all"
    with pytest.raises(TemplateError, match=r"batch\.start is known only"):
        sql("{{ batch.start }}")


def test_run_started_at_is_aware() -> None:
    context = RenderContext(run_started_at=datetime(2024, 1, 2, 3))
    text = "{{ run_started_at.astimezone(modules.pytz.timezone('Europe/Berlin')).strftime('%Y-%m-%d %H') }}"
    assert sql(text, context) == "2024-01-02 04"


def test_queries_run_only_when_executing_and_with_physical_names() -> None:
    asked: list[str] = []

    def run_query(text: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        asked.append(text)
        return ("carrier", "Flights"), [("AA", 2), ("UA", 3)]

    text = (
        "{% set q %}select carrier from {{ ref('flights') }}, {{ this }}{% endset %}{% set t = run_query(q) %}"
        "{% if execute %}{{ t.columns[0].values() | join(',') }} {{ t.columns['flights'].values() | sum }} "
        "{{ t.rows[1].carrier }} {{ t.rows | length }} {{ t.column_names | join('/') }} "
        "{% for row in t %}{{ row['Flights'] }}{% for v in row %}{{ v }}{% endfor %}{% endfor %}{% endif %}"
    )
    assert sql(text, RenderContext(run_query=run_query)) == ""
    assert asked == []
    context = RenderContext(execute=True, run_query=run_query, relations=RELATIONS, this=TableName("marts", "orders"))
    assert sql(text, context) == "AA,UA 5 UA 2 carrier/Flights 2AA23UA3"
    assert asked == ['select carrier from "staging"."stg_flights", "marts"."orders"']


def test_log_print_and_warn() -> None:
    said: list[tuple[str, bool]] = []
    context = RenderContext(on_log=lambda text, info: said.append((text, info)))
    found = render("{{ log('a') }}{% do log('b', info=true) %}{{ print(1) }}{% do exceptions.warn('old') %}", context)
    assert found.sql == ""
    assert said == [("a", False), ("b", True), ("1", True)]
    assert found.warnings == ("old",)


def test_modules() -> None:
    text = (
        "{{ modules.datetime.date(2024, 1, 31) + modules.datetime.timedelta(days=1) }} "
        "{{ modules.datetime.datetime.strptime('2024', '%Y').year }} "
        "{{ modules.re.sub('[^a-z]+', '_', 'a b-c') }} {{ modules.re.search('(b)(c)?', 'abd').group(1) }} "
        "{{ modules.re.findall('[0-9]', 'a1b2') | join }} {{ modules.re.match('x', 'a') is none }} "
        "{{ modules.re.compile('B', modules.re.IGNORECASE).split('abc') | join('|') }} "
        "{{ modules.itertools.product([1, 2], 'ab') | list | length }} "
        "{{ modules.itertools.chain([1], [2]) | join }} {{ modules.itertools.chain.from_iterable([[1], [3]]) | join }}"
    )
    assert sql(text) == "2024-02-01 2024 a_b_c b 12 True a|c 4 12 13"


def test_values() -> None:
    text = (
        "{{ tojson({'a': [1, none]}) }} {{ fromjson('[1, 2]')[1] }} {{ fromjson('no', 'bad') }} "
        "{% for a, b in zip([1, 2], 'xy') %}{{ a }}{{ b }}{% endfor %} {{ set([1, 1]) | length }} "
        "{{ range(3) | join }} {{ {'a': 1} | tojson }}"
    )
    assert sql(text) == '{"a": [1, null]} 2 bad 1x2y 1 012 {"a": 1}'


@pytest.mark.parametrize(
    ("value", "written"),
    [("it's", "'it''s'"), (5, "5"), (1.5, "1.5"), (None, "NULL"), (True, "true"), (["a", 1], "('a', 1)")],
)
def test_literal(value: Any, written: str) -> None:
    assert sql("{{ var('v') | literal }}", variables={"v": value}) == written
    assert sql("{{ var('v') | literal }}", supplied={"v": value}) == written


def test_jinja_statements() -> None:
    assert sql("{% set x %}a{{ 1 }}{% endset %}{{ x }}") == "a1"
    assert sql("{% for i in range(9) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}") == "012"
    assert sql("{% for i in [3, 1] | sort %}{{ loop.index }}{{ i }}{{ ',' if not loop.last }}{% endfor %}") == "11,23"
    assert sql("{% for x in [[1, [2]]] recursive %}{{ x if x is number else loop(x) }}{% endfor %}") == "12"
    assert (
        sql("{% set ns = namespace(n=0) %}{% for i in [1, 2] %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}") == "3"
    )
    assert sql("{% raw %}{{ x }}{% endraw %}") == "{{ x }}"


MACROS = {
    "macros/money.sql": (
        "{% macro cents(x, places=2) -%}\nround({{ x }} / 100, {{ places }})\n{%- endmacro %}\n"
        "{% macro _hidden() %}hidden{% endmacro %}"
    ),
    "macros/lists.sql": (
        "{% macro pair(x) %}noise{{ return([x, execute]) }}{% endmacro %}"
        "{% macro wrapped() %}<{{ caller(1) }}>{% endmacro %}"
        "{% macro through() %}{{ return(pair('y')) }}{% endmacro %}"
        "{% macro both() %}{{ cents('a') }}{{ ref('planes') }}{% endmacro %}"
        "{% macro early(x) %}{% for i in range(9) %}{% if i == x %}{% do return(i) %}{% endif %}{% endfor %}"
        "{% endmacro %}"
    ),
    "macros/unused.sql": "{% macro broken( %}",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ cents('a') }} {{ cents('b', places=0) }}", "round(a / 100, 2) round(b / 100, 0)"),
        ("{{ shop.cents('a') }}{{ _hidden() }}", "round(a / 100, 2)hidden"),
        ("{{ pair(1)[0] + 1 }} {{ pair(1)[1] }} {{ through()[0] }}", "2 False y"),
        ("{% call(n) wrapped() %}{{ n }}{{ cents('c') }}{% endcall %}", "<1round(c / 100, 2)>"),
        ("{{ both() }}", 'round(a / 100, 2)"__ref__"."planes"'),
        ("{{ early(4) + 1 }}", "5"),
        ("{% import 'macros/money.sql' as m %}{{ m.cents('a') }}", "round(a / 100, 2)"),
        ("{% from 'lists.sql' import both as b with context %}{{ b() }}", 'round(a / 100, 2)"__ref__"."planes"'),
        ("{% macro cents(x) %}own{% endmacro %}{{ cents(1) }}", "own"),
        ("{% set cents = 4 %}{{ cents }}", "4"),
    ],
)
def test_macros(text: str, expected: str) -> None:
    assert sql(text, macros=MACROS) == expected


def test_references_in_macros_belong_to_the_model() -> None:
    assert render("{{ both() }}", macros=MACROS).refs == ("planes",)


def test_hooks_and_other_texts() -> None:
    context = RenderContext(physical=True, this=TableName("marts", "orders"), relations=RELATIONS)
    text = renderer(macros=MACROS).render_text(
        "grant select on {{ this }} to {{ ref('flights') }} {{ cents('x') }}",
        path="batchsql.yml",
        first_line=3,
        context=context,
    )
    assert text == 'grant select on "marts"."orders" to "staging"."stg_flights" round(x / 100, 2)'
    with pytest.raises(TemplateError) as caught:
        renderer().render_text("a\n{{ thi }}", path="batchsql.yml", first_line=3, context=context)
    assert (caught.value.path, caught.value.line, caught.value.source_line) == ("batchsql.yml", 4, "{{ thi }}")


def test_many_threads_render_at_once() -> None:
    shared = renderer(macros=MACROS, variables={"v": 1})
    text = "{% for i in range(20) %}{{ cents(model.name) }}{{ ref(model.name) }}{% endfor %}{{ pair(model.name)[0] }}"
    names = [f"m{index}" for index in range(60)]
    alone = [renderer(macros=MACROS).render(model(text, name=name), COMPILING) for name in names]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda name: shared.render(model(text, name=name), COMPILING), names))
    assert together == alone
