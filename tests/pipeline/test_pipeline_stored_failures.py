"""fail_calc, limit, and failing rows that are kept in the warehouse: `store_failures`, by any of its names."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipeline_folder import Folder

from batchsql import pipeline
from batchsql.errors import ProjectError
from batchsql.pipeline import Options
from batchsql.values import RunResult, Verdict

AUDIT = "main_dbt_test__audit"
ROWS = "select * from (values (1, 'a', 5), (1, 'b', -1), (2, 'x', -2), (3, 'x', 7)) as t(id, kind, amount)"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.write("models/orders.sql", f"{{{{ config(materialized='table') }}}} {ROWS}")
    return made


def checked(folder: Folder, *checks: str, column: str = "id") -> None:
    """Give the column these checks."""
    listed = "".join(f"\n          - {check}" for check in checks)
    folder.write(
        "models/orders.yml",
        f"models:\n  - name: orders\n    columns:\n      - name: {column}\n        checks:{listed}\n",
    )


def verdict(result: RunResult) -> Verdict:
    (outcome,) = result.outcomes
    (found,) = outcome.verdicts
    return found


@pytest.mark.parametrize(
    ("check", "column", "failures"),
    [
        ("unique: {severity: warn, fail_calc: sum(n_records)}", "id", 2),
        ("unique: {severity: warn}", "id", 1),
        ("accepted_values: {values: [a, b], severity: warn}", "kind", 2),
        ("accepted_values: {values: [a, b], severity: warn, fail_calc: max(value_field = 'x')::int}", "kind", 1),
        ("accepted_values: {values: [a, b], severity: warn, fail_calc: sum(n_records)}", "kind", 2),
        ("accepted_range: {min_value: 0, severity: warn, limit: 1}", "amount", 1),
        ("accepted_range: {min_value: 0, severity: warn, fail_calc: -sum(amount)}", "amount", 3),
        ("accepted_range: {min_value: 0, severity: warn, fail_calc: avg(0.1)}", "amount", 1),
        ("accepted_range: {min_value: -9, severity: warn, fail_calc: sum(amount)}", "amount", 0),
        ("expect_column_values_to_be_between: {min_value: 0, severity: warn, fail_calc: -min(amount)}", "amount", 2),
        ("expect_column_values_to_be_unique: {severity: warn, limit: 1}", "id", 1),
    ],
)
def test_failures_are_calculated_from_what_fails(folder: Folder, check: str, column: str, failures: int) -> None:
    checked(folder, check, column=column)
    found = verdict(folder.build())
    assert (found.failures, found.state) == (failures, "warn" if failures else "pass")


def test_thresholds_compare_what_was_calculated(folder: Folder) -> None:
    checked(folder, "unique: {fail_calc: sum(n_records), error_if: '> 2', warn_if: '> 1'}")
    found = verdict(folder.build())
    assert (found.state, found.message) == ("warn", "sum(n_records) of what fails is 2: id is unique")


def test_a_check_that_lists_nothing_calculates_nothing(folder: Folder) -> None:
    checked(folder, "expect_column_mean_to_be_between: {min_value: 100, fail_calc: sum(n)}")
    with pytest.raises(ProjectError, match="lists nothing that fails") as error:
        folder.compile()
    assert error.value.line == 6


def test_failing_rows_of_a_warning_are_stored_with_the_batch(folder: Folder) -> None:
    checked(folder, "accepted_range: {min_value: 0, severity: warn, store_failures: true}", column="amount")
    found = verdict(folder.build())
    assert found.stored_in == f"{AUDIT}.accepted_range_orders_amount"
    assert folder.query(f"from {found.stored_in} order by all") == [(1, "b", -1), (2, "x", -2)]


def test_failing_rows_of_a_batch_that_was_rolled_back_are_there(folder: Folder) -> None:
    checked(folder, "unique: {store_failures: true, alias: twice, schema: audit}")
    result = folder.build()
    assert result.outcomes[0].state == "check_failed"
    assert folder.query("from audit.twice") == [(1, 2)]
    assert folder.query("select column_name from information_schema.columns where table_name = 'twice'") == [
        ("unique_field",),
        ("n_records",),
    ]
    assert folder.query("select count(*) from information_schema.tables where table_name = 'orders'") == [(0,)]


def test_each_run_stores_its_own(folder: Folder) -> None:
    checked(folder, "unique: {store_failures: true}")
    folder.build()
    folder.write("models/orders.sql", "select 1 as id")
    folder.build()
    assert folder.query(f"select count(*) from {AUDIT}.unique_orders_id") == [(0,)]


@pytest.mark.parametrize(("first", "then"), [("table", "view"), ("view", "table")])
def test_a_view_shows_what_fails_now(folder: Folder, first: str, then: str) -> None:
    for how in (first, then):
        checked(folder, f"accepted_range: {{min_value: 0, severity: warn, store_failures_as: {how}}}", column="amount")
        folder.build()
    kind = folder.query(f"select table_type from information_schema.tables where table_schema = '{AUDIT}'")
    assert kind == [("VIEW" if then == "view" else "BASE TABLE",)]
    folder.change("insert into main.orders values (9, 'z', -9)")
    assert len(folder.query(f"from {AUDIT}.accepted_range_orders_amount")) == (3 if then == "view" else 2)


def test_a_view_of_a_batch_that_was_rolled_back_is_a_table(folder: Folder) -> None:
    checked(folder, "unique: {store_failures_as: view}")
    folder.build()
    assert folder.query(f"from {AUDIT}.unique_orders_id") == [(1, 2)]
    checked(folder, "unique: {store_failures_as: view, severity: warn}")
    folder.build()
    assert folder.query(f"select table_type from information_schema.tables where table_schema = '{AUDIT}'") == [
        ("VIEW",)
    ]


def test_the_flag_asks_those_that_say_nothing(folder: Folder) -> None:
    checked(
        folder,
        "unique: {severity: warn}",
        "expression: {expression: 'id < 3', severity: warn, store_failures: false}",
        "not_null: {store_failures_as: ephemeral}",
    )
    result = folder.build(store_failures=True)
    stored = {found.check: found.stored_in for found in result.outcomes[0].verdicts if found.stored_in}
    assert stored == {"unique_orders_id": f"{AUDIT}.unique_orders_id"}


def test_the_project_file_says_it_for_all(folder: Folder) -> None:
    folder.write("batchsql.yml", "name: shop\ntests: {+store_failures: true, +schema: audit, +severity: warn}\n")
    folder.write(
        "tests/no_x.sql", "{{ config(limit=1, fail_calc='max(id)', alias='xs') }} select * from orders where kind = 'x'"
    )
    checked(folder, "unique")
    (outcome,) = folder.build().outcomes
    found = {each.check: (each.failures, each.stored_in) for each in outcome.verdicts}
    assert found["unique_orders_id"] == (1, "audit.unique_orders_id")
    assert found["no_x"][0] in (2, 3)
    assert folder.query("select count(*) from audit.xs") == [(2,)]


def test_batches_of_one_run_store_together(folder: Folder) -> None:
    folder.write("seeds/visits.csv", "day,n\n2024-01-01,-1\n2024-01-02,1\n2024-01-03,-3\n")
    folder.write("seeds/seeds.yml", "seeds:\n  - name: visits\n    config: {event_time: day}\n")
    folder.write(
        "models/daily.sql",
        "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day', batch_size='day', "
        "begin='2024-01-01', end='2024-01-04') }} select day, n from visits",
    )
    folder.write(
        "models/daily.yml",
        "models:\n  - name: daily\n    checks:\n      - expression: {expression: n > 0, name: positive, "
        "severity: warn, store_failures: true}\n",
    )
    folder.build("+daily")
    assert folder.query(f"select n from {AUDIT}.positive order by n") == [(-3,), (-1,)]
    folder.write("seeds/visits.csv", "day,n\n2024-01-01,-7\n2024-01-02,1\n2024-01-03,3\n")
    folder.build("+daily", full_refresh=True)
    assert folder.query(f"select n from {AUDIT}.positive order by n") == [(-7,)]


def test_rows_that_are_put_aside_are_stored_first(folder: Folder) -> None:
    folder.write("models/orders.sql", f"{{{{ config(materialized='table', max_quarantined='90%') }}}} {ROWS}")
    checked(folder, "accepted_range: {min_value: 0, severity: quarantine, store_failures: true}", column="amount")
    folder.build()
    assert folder.query(f"select amount from {AUDIT}.accepted_range_orders_amount order by 1") == [(-2,), (-1,)]
    assert folder.query("select count(*) from main.orders") == [(2,)]


def test_check_stores_what_is_there(folder: Folder) -> None:
    folder.build()
    checked(folder, "unique")
    result = pipeline.run_checks(folder.compile(), Options(command="test", store_failures=True))
    assert verdict(result).stored_in == f"{AUDIT}.unique_orders_id"
    assert folder.query(f"from {AUDIT}.unique_orders_id") == [(1, 2)]


def test_what_is_a_model_is_not_written_over(folder: Folder) -> None:
    checked(folder, "unique: {store_failures: true, schema: main, alias: orders, severity: warn}")
    (outcome,) = folder.build().outcomes
    assert outcome.state == "failed"
    assert "would be stored in main.orders, where other things are" in outcome.error


@pytest.mark.parametrize("wrong", ["limit: 0", "limit: x", "store_failures_as: tabel", "store_failures: 3"])
def test_what_is_wrong_is_told_by_line(folder: Folder, wrong: str) -> None:
    checked(folder, f"unique: {{{wrong}}}")
    with pytest.raises(ProjectError, match=wrong.partition(":")[0]) as error:
        folder.compile()
    assert error.value.line == 6


def test_macros_of_a_dbt_project_decide_the_schema(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.remove("batchsql.yml")
    folder.write("dbt_project.yml", "name: shop\nprofile: shop\n")
    path = tmp_path / "shop.duckdb"
    folder.write("profiles.yml", f"shop: {{target: dev, outputs: {{dev: {{type: duckdb, path: '{path}'}}}}}}\n")
    folder.write(
        "macros/names.sql",
        "{% macro generate_schema_name(custom, node) %}{{ custom or target.schema }}_of_{{ node.resource_type }}"
        "{% endmacro %}",
    )
    folder.write("models/orders.sql", f"{{{{ config(materialized='table') }}}} {ROWS}")
    config = "config: {store_failures: true, severity: warn}"
    folder.write(
        "models/orders.yml",
        "models: [{name: orders, columns: [{name: id, data_tests: [{unique: {"
        + config
        + "}}, {accepted_values: {arguments: {values: [1]}, alias: ids, "
        + config.replace("{store", "{schema: kept, store")
        + "}}]}]}]\n",
    )
    outcome = next(each for each in folder.build().outcomes if each.verdicts)
    assert {found.stored_in for found in outcome.verdicts} == {
        "dbt_test__audit_of_test.unique_orders_id",
        "kept_of_test.ids",
    }
