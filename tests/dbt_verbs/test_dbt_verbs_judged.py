"""Tests that no model can host, and what tests know of their run."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_folder import DbtFolder


def test_an_ephemeral_model_of_constants_is_tested_by_itself(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write("models/stated.sql", "{{ config(materialized='ephemeral') }}select 1 as id union all select 1\n")
    folder.write(
        "models/stated.yml", "models: [{name: stated, columns: [{name: id, data_tests: [not_null, unique]}]}]\n"
    )
    folder.write("models/reader.sql", "select * from {{ ref('stated') }}\n")
    expected = {"test.shop.not_null_stated_id": "pass", "test.shop.unique_stated_id": "fail"}
    assert folder.run("build", "-s", "stated") == 1
    assert folder.statuses() == expected
    assert folder.run("test", "-s", "stated") == 1
    assert folder.statuses() == expected


def test_an_exposure_that_names_a_model_twice_depends_on_it_once(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write(
        "models/exposures.yml",
        "exposures: [{name: board, type: dashboard, owner: {name: a}, depends_on: [ref('orders'), ref('orders')]}]\n",
    )
    assert folder.run("parse") == 0
    (exposure,) = folder.artifact("manifest")["exposures"].values()
    assert exposure["depends_on"]["nodes"] == ["model.shop.orders"]


def test_tests_know_their_run_and_say_what_they_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = DbtFolder(tmp_path)
    folder.write(
        "tests/small.sql",
        "{% if execute %}{{ log('asked in ' ~ invocation_id | length, info=true) }}{% endif %}"
        "select '{{ run_started_at.year }}' as year from {{ ref('orders') }} where '{{ invocation_id }}' = ''\n",
    )
    folder.run("build")
    assert "asked in 36" in capsys.readouterr().err
    folder.run("test", "-s", "small")
    assert "asked in 36" in capsys.readouterr().err
    assert folder.statuses() == {"test.shop.small": "pass"}


def test_a_test_that_breaks_leaves_the_others_their_say_and_what_is_below_is_skipped(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write("tests/small.sql", "select no_such_column from {{ ref('stg_orders') }}\n")
    folder.write(
        "tests/asking.sql", "{% do run_query('select * from nowhere') %}select 1 from {{ ref('stg_orders') }}\n"
    )
    folder.write("models/stg.yml", "models: [{name: stg_orders, columns: [{name: id, data_tests: [not_null]}]}]\n")
    assert folder.run("build", "--exclude", "unit_test:*") == 1
    assert folder.statuses() == {
        "seed.shop.raw_orders": "success",
        "model.shop.stg_orders": "error",
        "test.shop.not_null_stg_orders_id": "pass",
        "test.shop.small": "error",
        "test.shop.asking": "error",
        "model.shop.orders": "skipped",
        "test.shop.unique_orders_id": "skipped",
        "test.shop.not_null_orders_id": "skipped",
        "test.shop.accepted_values_orders_name__a__b__c": "skipped",
    }


def test_only_the_macros_of_a_macro_file_count(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write(
        "macros/one.sql",
        "{% https://example.org %}\n{# {% macro never() %} #}\n{% macro one() %}1{% endmacro %}\n{% end %}\n",
    )
    folder.write("models/orders.sql", "select {{ one() }} as id\n")
    assert folder.run("run", "-s", "orders") == 0


def test_what_nobody_knows_fails_what_calls_it_when_that_runs(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write("models/lost.sql", "select '{{ of_another_package(1).length }}' as text\n")
    folder.write("tests/small.sql", "select {{ of_another_package() }} from {{ ref('orders') }}\n")
    assert folder.run("parse") == 0
    assert folder.run("build", "--exclude", "unit_test:*") == 1
    found = folder.statuses()
    assert (found["model.shop.lost"], found["test.shop.small"]) == ("error", "error")
    assert found["model.shop.stg_orders"] == "success"


def test_checks_of_a_source_that_is_not_there_are_errors(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    columns = "[{name: id, data_tests: [unique, not_null]}]"
    folder.write("models/properties.yml", f"sources: [{{name: main, tables: [{{name: gone, columns: {columns}}}]}}]\n")
    assert folder.run("build", "-s", "source:main.gone") == 1
    assert folder.statuses() == {
        "test.shop.source_unique_main_gone_id": "error",
        "test.shop.source_not_null_main_gone_id": "error",
    }


def test_the_project_file_configures_sources_by_folder_group_and_table(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    folder.write(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nsources:\n  shop:\n    +meta: {owner: a}\n    +watched: true\n"
        "    main: {gone: {+enabled: \"{{ var('all', false) }}\"}}\n",
    )
    folder.write(
        "models/properties.yml",
        "sources: [{name: main, tables: [{name: raw_orders, config: {watched: false}}, "
        "{name: gone, columns: [{name: id, data_tests: [unique]}]}]}]\n",
    )
    assert folder.run("parse") == 0
    (source,) = folder.artifact("manifest")["sources"].values()
    assert (source["name"], source["config"]["watched"], source["meta"]) == ("raw_orders", False, {"owner": "a"})
    assert folder.run("parse", "--vars", "all: true") == 0
    assert {source["name"] for source in folder.artifact("manifest")["sources"].values()} == {"raw_orders", "gone"}


def test_on_run_end_is_told_of_what_ran_and_relations_have_parts_to_go_through(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = DbtFolder(tmp_path)
    folder.write(
        "dbt_project.yml",
        "name: shop\nprofile: shop\non-run-end: \"{{ log('ended ' ~ (results | map(attribute='node.name') | join(',')),"
        " info=true) }}{{ log('parts ' ~ ('type' in (api.Relation.create(identifier='x', type='table') | list)),"
        ' info=true) }}"\n',
    )
    assert folder.run("seed") == 0
    assert "ended raw_orders\nparts True" in capsys.readouterr().err
    folder.write("models/stg_orders.sql", "select id, name, amount, day, 1 as more from {{ ref('raw_orders') }}\n")
    assert folder.run("build", "-s", "raw_orders", "stg_orders") == 0
    assert "ended keeps_names,stg_orders" in capsys.readouterr().err
