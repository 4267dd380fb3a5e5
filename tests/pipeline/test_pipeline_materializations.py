"""Relations that macros of a dbt project make: materializations, strategies, and replaced built-in macros."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipeline_folder import Folder

STAMPED = """
{% materialization stamped, default %}
  {%- set target_relation = api.Relation.create(
      identifier=model['alias'], schema=schema, database=database, type='table') -%}
  {%- set existing = load_cached_relation(this) -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks) }}
  {% if existing is not none %}{% do adapter.drop_relation(existing) %}{% endif %}
  {% call statement('main') -%}
    create table {{ target_relation }} as select *, '{{ config.get("stamp") }}' as stamp from ({{ sql }}) as rows
  {%- endcall %}
  {{ run_hooks(post_hooks) }}
  {{ adapter.commit() }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.remove("batchsql.yml")
    folder.write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\n")
    output = f"{{type: duckdb, path: '{tmp_path / 'shop.duckdb'}', schema: main}}"
    folder.write("profiles.yml", f"shop:\n  target: dev\n  outputs:\n    dev: {output}\n")
    return folder


def failures(folder: Folder, *select: str) -> list[str]:
    return [outcome.error or "" for outcome in folder.build(*select).outcomes if outcome.state != "committed"]


def test_a_materialization_of_the_project_makes_its_models(shop: Folder) -> None:
    shop.write("macros/stamped.sql", STAMPED)
    shop.write(
        "models/a.sql",
        "{{ config(materialized='stamped', stamp='v1', pre_hook='create table if not exists log (n int)', "
        "post_hook='insert into log select count(*) from {{ this }}') }}\nselect 1 as id union all select 2",
    )
    shop.write("models/b.sql", "select * from {{ ref('a') }}")
    assert failures(shop) == []
    assert shop.query("select * from b order by id") == [(1, "v1"), (2, "v1")]
    shop.write("models/a.sql", "{{ config(materialized='stamped', stamp='v2') }}\nselect 3 as id")
    assert failures(shop) == []
    assert shop.query("select * from b") == [(3, "v2")]
    assert shop.query("from log") == [(2,)]


def test_a_model_is_due_when_the_macro_that_makes_it_changes(shop: Folder) -> None:
    shop.write("macros/stamped.sql", STAMPED)
    shop.write("models/a.sql", "{{ config(materialized='stamped', stamp='v1') }}\nselect 1 as id")
    shop.write("models/b.sql", "select 1 as id")
    assert failures(shop) == []
    assert shop.due() == []
    shop.write("macros/stamped.sql", STAMPED.replace("as stamp", "as mark"))
    assert shop.due() == ["a"]


def test_a_check_holds_back_what_a_macro_made(shop: Folder) -> None:
    shop.write("macros/stamped.sql", STAMPED)
    shop.write("models/a.sql", "{{ config(materialized='stamped', stamp='v1') }}\nselect 1 as id")
    shop.write("models/a.yml", "models:\n  - {name: a, columns: [{name: id, data_tests: [unique]}]}\n")
    assert failures(shop) == []
    shop.write("models/a.sql", "{{ config(materialized='stamped', stamp='v2') }}\nselect 1 as id union all select 1")
    assert len(failures(shop)) == 1
    assert shop.query("from a") == [(1, "v1")]


def test_a_materialization_may_make_a_view(shop: Folder) -> None:
    shop.write(
        "macros/seen.sql",
        "{% materialization seen, adapter='duckdb' %}{% call statement('main') %}create or replace view {{ this }} as "
        "{{ compiled_code }}{% endcall %}{% do return({'relations': [this]}) %}{% endmaterialization %}",
    )
    shop.write("models/a.sql", "{{ config(materialized='seen') }}select 1 as id")
    assert failures(shop) == []
    assert shop.query("select table_type from information_schema.tables where table_name = 'a'") == [("VIEW",)]
    assert shop.due() == []


def test_a_materialization_must_say_what_it_made(shop: Folder) -> None:
    shop.write("macros/none.sql", "{% materialization nothing, default %}select 1{% endmaterialization %}")
    shop.write("models/a.sql", "{{ config(materialized='nothing') }}select 1 as id")
    assert failures(shop) == ["the materialization 'nothing' does not say what it made"]
    shop.write("models/a.sql", "{{ config(materialized='nothin') }}select 1 as id")
    assert failures(shop) == ["there is no materialization 'nothin'"]


KEEP_FIRST = """
{% macro get_incremental_keep_first_sql(arg_dict) %}
  {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
  insert into {{ arg_dict['target_relation'] }} ({{ columns }})
  select {{ columns }} from {{ arg_dict['temp_relation'] }} as new
  where not exists (
    select 1 from {{ arg_dict['target_relation'] }} as old
    where old.{{ arg_dict['unique_key'] }} = new.{{ arg_dict['unique_key'] }}
  )
{% endmacro %}
"""


def test_an_incremental_strategy_of_the_project(shop: Folder) -> None:
    shop.write("macros/keep_first.sql", KEEP_FIRST)
    config = "materialized='incremental', incremental_strategy='keep_first', unique_key='id'"
    added = "{% if is_incremental() %} union all select 2, 'second'{% endif %}"
    shop.write("models/a.sql", "{{ config(" + config + ") }}select 1 as id, 'first' as run" + added)
    assert failures(shop) == []
    assert shop.query("from a") == [(1, "first")]
    later = "select 1 as id, 'later' as run, 5 as extra {% if is_incremental() %} union all select 2, 'x', 6{% endif %}"
    shop.write("models/a.sql", "{{ config(" + config + ", on_schema_change='append_new_columns') }}" + later)
    assert failures(shop) == []
    assert shop.query("from a order by id") == [(1, "first", None), (2, "x", 6)]
    shop.build(full_refresh=True)
    assert shop.query("from a") == [(1, "later", 5)]
    shop.write("models/a.sql", "{{ config(" + config.replace("keep", "kept") + ") }}select 1 as id")
    assert failures(shop) == ["there is no strategy 'kept_first': no macro is called get_incremental_kept_first_sql"]


def test_a_replaced_macro_is_called_by_the_built_in_materializations(shop: Folder) -> None:
    shop.write(
        "macros/own.sql",
        "{% macro duckdb__create_view_as(relation, sql) %}create view {{ relation }} as "
        "select *, 'mine' as by from ({{ sql }}){% endmacro %}"
        "{% macro get_incremental_append_sql(arg_dict) %}{% do run_query('delete from ' ~ arg_dict.target_relation) %}"
        "{{ dbt.default__get_incremental_append_sql(arg_dict) }}{% endmacro %}",
    )
    shop.write("models/v.sql", "select 1 as id")
    shop.write(
        "models/i.sql",
        "{{ config(materialized='incremental', incremental_strategy='append') }}"
        "select {% if is_incremental() %}2{% else %}1{% endif %} as id",
    )
    shop.write("models/t.sql", "{{ config(materialized='table') }}select 1 as id")
    assert failures(shop) == []
    shop.write("models/i.sql", (shop.root / "models/i.sql").read_text().replace("2", "3"))
    assert failures(shop) == []
    assert [shop.query(f"from {name}") for name in "vit"] == [[(1, "mine")], [(3,)], [(1,)]]


def test_a_schema_is_created_by_the_macro_of_the_project(shop: Folder) -> None:
    shop.write(
        "macros/schema.sql",
        "{% macro duckdb__create_schema(relation) %}{% do run_query('create schema ' ~ relation) %}"
        "{% do run_query('create table ' ~ relation ~ '.made_by as select 1 as me') %}{% endmacro %}",
    )
    shop.write("models/a.sql", "{{ config(schema='marts') }}select 1 as id")
    assert failures(shop) == []
    assert shop.query("from main_marts.made_by, main_marts.a") == [(1, 1)]


def test_a_microbatch_by_the_macro_of_the_project(shop: Folder) -> None:
    shop.write(
        "macros/own.sql",
        "{% macro get_incremental_microbatch_sql(arg_dict) %}insert into {{ arg_dict.target_relation }} "
        "select t, '{{ model.batch.event_time_start }}' from {{ arg_dict.temp_relation }}{% endmacro %}",
    )
    config = "materialized='incremental', incremental_strategy='microbatch', event_time='t', batch_size='day'"
    shop.write(
        "models/a.sql",
        "{{ config(" + config + ", begin='2024-01-01', end='2024-01-03') }}"
        "select timestamp '2024-01-01 12:00:00' as t, 'first' as made",
    )
    assert failures(shop) == []
    assert [made[:10] for (made,) in shop.query("select made from a order by rowid")] == ["first", "2024-01-02"]


NEWER = """
{% macro snapshot_newer_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {%- set version = config.get('version_column') -%}
  {% do return({
    'unique_key': config.get('unique_key'),
    'updated_at': "date '2024-01-01' + " ~ version,
    'row_changed': '(' ~ snapshotted_rel ~ '.' ~ version ~ ' < ' ~ current_rel ~ '.' ~ version ~ ')',
    'scd_id': snapshot_hash_arguments([config.get('unique_key'), version]),
    'hard_deletes': 'new_record',
  }) %}
{% endmacro %}
"""


def test_a_snapshot_strategy_of_the_project(shop: Folder) -> None:
    config = "{{ config(target_schema='main', strategy='newer', unique_key='id', version_column='v') }}"
    snapshot = "{% snapshot versions %}" + config + "select * from {{ ref('a') }}{% endsnapshot %}"
    shop.write("macros/newer.sql", NEWER)
    shop.write("snapshots/versions.sql", snapshot)
    rows = ("select 1 as id, 1 as v union all select 2, 1", "select 1 as id, 2 as v", "select 1 as id, 1 as v")
    for text in rows:
        shop.write("models/a.sql", text)
        assert failures(shop) == []
    found = shop.query(
        "select id, v, dbt_is_deleted, cast(dbt_valid_to as date)::varchar from versions "
        "where dbt_valid_to is null or dbt_valid_to < date '2025-01-01' order by all"
    )
    assert found == [(1, 1, "False", "2024-01-03"), (1, 2, "False", None), (2, 1, "True", None)]


ROWS = "select 1 as id, 10 as n, 'a' as k union all select 2, 20, 'b'"
LATER = "select 2 as id, 21 as n, 'B' as k union all select 3, 30, 'c'"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("unique_key='id', incremental_strategy='default'", [(1, 10, "a"), (2, 21, "B"), (3, 30, "c")]),
        ("unique_key='id'", [(1, 10, "a"), (2, 21, "B"), (3, 30, "c")]),
        ("merge_update_columns=['n']", [(1, 10, "a"), (2, 21, "b"), (3, 30, "c")]),
        ("merge_exclude_columns=['n']", [(1, 10, "a"), (2, 20, "B"), (3, 30, "c")]),
        ("merge_update_set_expressions={'n': 'DBT_INTERNAL_DEST.n + 5'}", [(1, 10, "a"), (2, 25, "B"), (3, 30, "c")]),
        ("merge_update_condition='DBT_INTERNAL_SOURCE.n > 21'", [(1, 10, "a"), (2, 20, "b"), (3, 30, "c")]),
        ("merge_insert_condition='DBT_INTERNAL_SOURCE.n > 30'", [(1, 10, "a"), (2, 21, "B")]),
        ("merge_on_using_columns=['id']", [(1, 10, "a"), (2, 21, "B"), (3, 30, "c")]),
        (
            "merge_clauses={'when_matched': [{'action': 'delete', 'condition': 'DBT_INTERNAL_SOURCE.n > 20'}], "
            "'when_not_matched': [{'action': 'insert', 'mode': 'explicit', 'insert': {'columns': ['id'], "
            "'values': ['DBT_INTERNAL_SOURCE.id']}}, {'by': 'source', 'action': 'delete'}]}",
            [(3, None, None)],
        ),
    ],
)
def test_merges_by_macros(shop: Folder, config: str, expected: list[tuple[object, ...]]) -> None:
    strategy = "" if "strategy" in config else "incremental_strategy='merge', "
    head = "{{ config(materialized='incremental', " + strategy + config
    head += ") }}" if "unique_key" in config else ", unique_key='id') }}"
    shop.write(
        "macros/own.sql",
        "{% macro duckdb__make_temp_relation(base_relation, suffix) %}"
        "{{ return(dbt.default__make_temp_relation(base_relation, '__staged').include(database=false, schema=false)) }}"
        "{% endmacro %}",
    )
    shop.write("models/a.sql", head + "{% if is_incremental() %}" + LATER + "{% else %}" + ROWS + "{% endif %}")
    assert failures(shop) == []
    shop.write("models/a.sql", (shop.root / "models/a.sql").read_text().replace("30", "30 + 0"))
    assert failures(shop) == []
    assert shop.query("from a order by id") == expected
