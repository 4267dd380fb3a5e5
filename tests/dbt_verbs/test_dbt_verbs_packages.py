"""What packages bring along: macros in the hooks of their models, sources of their own, seeds that are switched off."""

from __future__ import annotations

from pathlib import Path

from dbt_folder import DbtFolder

PACKAGE = {
    "dbt_packages/kit/dbt_project.yml": "name: kit\n",
    "dbt_packages/kit/models/noted.sql": (
        "{{ config(materialized='table', post_hook='{{ add_one(this) }}') }}\nselect 1 as id\n"
    ),
    "dbt_packages/kit/macros/add_one.sql": (
        "{% macro add_one(relation) %}insert into {{ relation }} select 2{% endmacro %}\n"
    ),
    "dbt_packages/kit/models/properties.yml": "sources: [{name: raw, tables: [{name: events}]}]\n",
    "dbt_packages/kit/seeds/raw_orders.csv": "id\n7\n",
    "dbt_project.yml": "name: shop\nprofile: shop\nseeds: {kit: {+enabled: false}}\n",
}


def test_a_package_is_at_home_in_its_hooks_and_in_the_manifest(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    for name, text in PACKAGE.items():
        folder.write(name, text)
    assert folder.run("run", "-s", "noted") == 0
    assert folder.query("select id from noted order by id") == [(1,), (2,)]
    found = folder.artifact("manifest")
    events = found["sources"]["source.kit.raw.events"]
    assert (events["package_name"], events["original_file_path"]) == ("kit", "models/properties.yml")
    assert found["nodes"]["model.kit.noted"]["depends_on"]["macros"] == ["macro.kit.add_one"]
    assert "seed.kit.raw_orders" not in found["nodes"]


def test_patterns_take_their_flags_where_python_has_them(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write(
        "models/orders.sql",
        "{% set re = modules.re %}select '{{ re.findall('A', 'aba', re.IGNORECASE) | length }}' as twice, "
        "'{{ re.sub('A', 'x', 'aba', 0, re.IGNORECASE) }}' as text\n",
    )
    assert folder.run("run", "-s", "orders") == 0
    assert folder.query("select * from orders") == [("2", "xbx")]


def test_a_core_test_may_look_at_an_expression(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write(
        "models/properties.yml", "models: [{name: orders, columns: [{name: 'id + amount', data_tests: [not_null]}]}]\n"
    )
    folder.run("seed")
    folder.run("run")
    assert folder.run("test", "--exclude", "small") == 0
    assert folder.statuses() == {"test.shop.not_null_orders_id_amount": "pass"}


def test_of_models_of_one_name_the_text_of_one_may_switch_it_off(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write("models/small/counted.sql", "{{ config(enabled=target.type == 'duckdb') }}select 1 as id\n")
    folder.write("models/large/counted.sql", "{{ config(enabled=target.type == 'other') }}select 2 as id\n")
    assert folder.run("build", "-s", "counted") == 0
    assert folder.query("select id from counted") == [(1,)]
    folder.write("models/large/counted.sql", "{{ config(enabled=true) }}select 2 as id\n")
    assert folder.run("build", "-s", "counted") == 2


def test_macros_of_a_project_are_a_mapping_by_name(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write(
        "models/asked.sql",
        "select {{ 1 if context.get(project_name, {}).get('note') else 2 }} as a, "
        "{{ 1 if 'note' in shop and 'other' not in shop else 2 }} as b\n",
    )
    assert folder.run("build", "-s", "asked") == 0
    assert folder.query("select a, b from asked") == [(1, 1)]


def test_models_side_by_side_land_in_a_schema_that_none_of_them_made_before(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    for number in range(12):
        folder.write(f"models/m{number}.sql", "{{ config(schema='new', materialized='table') }}select 1 as id\n")
    assert folder.run("run", "-s", *(f"m{number}" for number in range(12)), "--threads", "4") == 0
    assert folder.query("select count(*) from duckdb_tables() where schema_name = 'main_new'") == [(12,)]


def test_python_models_are_made_without_macros_that_replace_built_in_ones(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write(
        "macros/as.sql", "{% macro create_table_as(temporary, relation, code, language='sql') %}nothing{% endmacro %}\n"
    )
    folder.write("models/py.py", "def model(dbt, session):\n    return session.sql('select 1 as id')\n")
    assert folder.run("run", "-s", "py") == 0
    assert folder.query("select id from py") == [(1,)]
