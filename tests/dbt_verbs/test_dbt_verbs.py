"""The commands of dbt in a dbt project: what they run, what they leave, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dbt_folder import DbtFolder


@pytest.fixture
def folder(tmp_path: Path) -> DbtFolder:
    return DbtFolder(tmp_path)


def test_each_verb_loads_its_own_kind_without_checks(folder: DbtFolder) -> None:
    assert folder.run("seed") == 0
    assert folder.statuses() == {"seed.shop.raw_orders": "success"}
    assert folder.run("run") == 0
    assert folder.statuses() == {"model.shop.stg_orders": "success", "model.shop.orders": "success"}
    assert folder.query("select count(*) from orders") == [(2,)]
    assert "select" in (folder.root / "target/compiled/shop/models/orders.sql").read_text()


def test_test_judges_what_is_there_and_loads_nothing(folder: DbtFolder) -> None:
    folder.run("seed")
    folder.run("run")
    assert folder.run("test") == 1
    assert folder.statuses() == {
        "test.shop.unique_orders_id": "pass",
        "test.shop.not_null_orders_id": "pass",
        "test.shop.accepted_values_orders_name__a__b__c": "pass",
        "test.shop.small": "fail",
        "unit_test.shop.stg_orders": "pass",
    }
    assert folder.query("select count(*) from orders") == [(2,)]


@pytest.mark.parametrize(
    ("selected", "judged"),
    [
        ("unique_orders_id", {"test.shop.unique_orders_id"}),
        ("keeps_names", {"unit_test.shop.stg_orders"}),
        ("stg_orders", {"unit_test.shop.stg_orders"}),
    ],
)
def test_tests_are_selected_by_name_and_by_what_they_look_at(
    folder: DbtFolder, selected: str, judged: set[str]
) -> None:
    folder.run("seed")
    folder.run("run")
    assert folder.run("test", "-s", selected) == 0
    assert set(folder.statuses()) == judged


def test_what_is_not_due_runs_only_by_force(folder: DbtFolder) -> None:
    folder.run("seed")
    folder.run("run")
    assert folder.run("run") == 0
    assert folder.statuses() == {}
    assert folder.run("run", "--force", "-s", "orders") == 0
    assert folder.statuses() == {"model.shop.orders": "success"}


def test_a_build_checks_what_run_left_unchecked(folder: DbtFolder) -> None:
    folder.run("seed")
    folder.run("run")
    assert folder.run("build") == 1
    assert folder.statuses()["test.shop.small"] == "fail"
    assert "model.shop.orders" not in folder.statuses()


def test_hooks_of_a_run_are_executed_and_see_the_results(folder: DbtFolder) -> None:
    folder.run("seed")
    folder.run("run")
    assert folder.query("select name, status from ended order by all") == [
        ("orders", "success"),
        ("raw_orders", "success"),
        ("stg_orders", "success"),
    ]
    assert folder.query("select count(*) from starts") == [(0,)]
    results = {each["unique_id"]: each["status"] for each in folder.artifact("run_results")["results"]}
    assert results["operation.shop.shop-on-run-start-0"] == "success"


def test_a_failing_hook_before_a_run_keeps_it_from_running_where_a_flag_says_so(folder: DbtFolder) -> None:
    project = "name: shop\nprofile: shop\non-run-start: select nothing_there\n"
    folder.write("dbt_project.yml", project + "flags: {skip_nodes_if_on_run_start_fails: true}\n")
    assert folder.run("seed") == 1
    assert folder.statuses() == {"seed.shop.raw_orders": "skipped"}
    folder.write("dbt_project.yml", project)
    assert folder.run("seed") == 1
    assert folder.statuses() == {"seed.shop.raw_orders": "success"}


def test_an_empty_run_makes_tables_without_rows_and_does_not_count(folder: DbtFolder) -> None:
    folder.run("seed")
    assert folder.run("run", "--empty") == 0
    assert folder.query("select count(*) from orders") == [(0,)]
    assert folder.run("run") == 0
    assert folder.query("select count(*) from orders") == [(2,)]
    assert folder.run("run", "--empty") == 0  # also where nothing is due
    assert folder.query("select count(*) from orders") == [(0,)]


def test_deferred_models_are_read_where_the_state_has_them(folder: DbtFolder) -> None:
    folder.run("seed")
    folder.run("run")
    (folder.root / "target" / "manifest.json").rename(folder.root / "manifest.json")
    folder.aim_at("mine")
    assert folder.run("run", "-s", "orders", "--defer", "--state", str(folder.root)) == 0
    assert folder.query("select count(*) from mine.orders") == [(2,)]
    assert folder.query("select count(*) from duckdb_views() where schema_name = 'mine'") == [(0,)]


def test_clone_makes_views_on_another_state(folder: DbtFolder) -> None:
    folder.run("seed")
    folder.run("run")
    (folder.root / "target" / "manifest.json").rename(folder.root / "manifest.json")
    folder.aim_at("mine")
    assert folder.run("clone", "--state", str(folder.root)) == 0
    assert folder.query("select count(*) from mine.orders") == [(2,)]


def test_retry_runs_what_failed(folder: DbtFolder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.write("models/orders.sql", "select nothing_there from {{ ref('stg_orders') }}\n")
    folder.run("seed")
    assert folder.run("run") == 1
    assert folder.statuses() == {"model.shop.stg_orders": "success", "model.shop.orders": "error"}
    folder.write("models/orders.sql", "select * from {{ ref('stg_orders') }}\n")
    assert folder.run("retry") == 0
    assert folder.statuses() == {"model.shop.orders": "success"}
    capsys.readouterr()
    assert folder.run("retry") == 0
    assert "nothing failed" in capsys.readouterr().out


def test_a_macro_is_called_with_arguments(folder: DbtFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.run("run-operation", "note", "--args", "{word: hello, times: 2}") == 0
    assert folder.query("select * from noted") == [("hello", 2)]
    assert "noted hello" in capsys.readouterr().err
    assert folder.run("run-operation", "not") == 2
    assert "did you mean 'note'?" in capsys.readouterr().err


def test_a_macro_of_a_package_is_called_by_its_plain_name(
    folder: DbtFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write("dbt_packages/tools/dbt_project.yml", "name: tools\nversion: '1.0'\n")
    folder.write("dbt_packages/tools/macros/say.sql", "{% macro say() %}{{ print('from a package') }}{% endmacro %}")
    assert folder.run("run-operation", "say") == 0
    assert folder.run("run-operation", "tools.say") == 0
    assert capsys.readouterr().err.count("from a package") == 2


def test_freshness_of_sources_is_told_and_written(folder: DbtFolder) -> None:
    folder.run("seed")
    assert folder.run("source", "freshness") == 1
    (result,) = folder.artifact("sources")["results"]
    assert (result["unique_id"], result["status"]) == ("source.shop.main.raw_orders", "error")
    assert result["max_loaded_at"] == "2024-01-02T00:00:00+00:00"


def test_docs_tell_the_columns_that_are_there(folder: DbtFolder) -> None:
    folder.run("seed")
    folder.run("run")
    assert folder.run("docs", "generate") == 0
    orders = folder.artifact("catalog")["nodes"]["model.shop.orders"]
    assert {name: column["type"] for name, column in orders["columns"].items()} == {
        "id": "INTEGER",
        "name": "VARCHAR",
        "amount": "INTEGER",
        "day": "DATE",
    }
    assert folder.artifact("manifest")["nodes"]["model.shop.orders"]["compiled_code"].startswith("\nselect * from")


def test_list_speaks_as_dbt_does(folder: DbtFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.run("ls", "-s", "orders") == 0
    assert capsys.readouterr().out.split() == [
        "shop.orders",
        "shop.accepted_values_orders_name__a__b__c",
        "shop.not_null_orders_id",
        "shop.small",
        "shop.unique_orders_id",
    ]
    folder.run("ls", "-s", "raw_orders", "--output", "json", "--output-keys", "name", "resource_type")
    assert json.loads(capsys.readouterr().out) == {"name": "raw_orders", "resource_type": "seed"}


def test_show_speaks_as_dbt_does(folder: DbtFolder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.run("seed")
    capsys.readouterr()
    assert folder.run("show", "-s", "stg_orders", "--limit", "1", "--output", "json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["node"], [row["id"] for row in shown["show"]]) == ("stg_orders", [1])


@pytest.mark.parametrize(
    "options",
    [
        ["--no-partial-parse", "--no-use-colors", "--no-version-check", "--log-level", "none", "--log-path", "logs"],
        ["--warn-error-options", "{error: all}", "--printer-width", "100", "--no-send-anonymous-usage-stats"],
        ["--target-path", "elsewhere", "--log-format", "default", "--cache-selected-only", "--static-parser"],
    ],
)
def test_options_of_dbt_are_taken(folder: DbtFolder, options: list[str]) -> None:
    assert folder.run("parse", *options) == 0
    assert folder.run(*options, "parse") == 0


def test_target_path_is_where_artifacts_go(folder: DbtFolder) -> None:
    assert folder.run("parse", "--target-path", "elsewhere") == 0
    assert (folder.root / "elsewhere" / "manifest.json").is_file()
    assert not (folder.root / "target").exists()
