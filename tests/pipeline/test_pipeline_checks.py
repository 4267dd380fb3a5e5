from __future__ import annotations

import threading

import duckdb
import pytest
from pipeline_folder import Folder

from batchsql import pipeline
from batchsql.pipeline import Options, RunStarted

PROPERTIES = """models:
  - name: orders
    columns:
      - name: id
        checks: [not_null, unique]
      - name: amount
        checks:
          - accepted_range: {min_value: 0, severity: warn}
"""
CHECKED = "models: [{{name: {name}, columns: [{{name: id, checks: [{{not_null: {{severity: {severity}}}}}]}}]}}]"


@pytest.fixture
def orders(folder: Folder) -> Folder:
    folder.write("models/orders.sql", "{{ config(materialized='table') }} select 1 as id, -5 as amount")
    folder.write("models/orders.yml", PROPERTIES)
    return folder


def test_a_warning_commits_and_is_recorded(orders: Folder) -> None:
    result = orders.build()
    assert result.exit_code == 0
    assert [verdict.state for verdict in result.outcomes[0].verdicts] == ["pass", "pass", "warn"]
    assert orders.query("select kind, state, failures from batchsql.check_result where state = 'warn'") == [
        ("accepted_range", "warn", 1)
    ]


def test_an_error_keeps_the_old_rows(orders: Folder) -> None:
    orders.build()
    orders.write("models/orders.sql", "{{ config(materialized='table') }} select null::int as id, 1 as amount")
    orders.write("models/reader.sql", "select * from orders")
    result = orders.build()
    assert [outcome.state for outcome in result.outcomes] == ["check_failed", "skipped"]
    assert result.exit_code == 3
    assert orders.query("select id from orders") == [(1,)]


def test_a_failing_check_on_a_view_keeps_the_old_view(orders: Folder) -> None:
    orders.write("models/orders.sql", "select 1 as id, 2 as amount")
    orders.build()
    orders.write("models/orders.sql", "select null::int as id, 2 as amount")
    assert orders.build().exit_code == 3
    assert orders.query("select id from orders") == [(1,)]


def test_a_check_that_cannot_be_evaluated_names_its_line(orders: Folder) -> None:
    orders.write("models/orders.yml", PROPERTIES.replace("name: amount", "name: amout"))
    result = orders.build()
    assert result.exit_code == 1
    report = result.outcomes[0].error_report
    assert (report["path"], report["line"]) == ("models/orders.yml", 8)
    assert "amout" in report["message"]


def test_relationships_wait_for_what_they_point_to(folder: Folder) -> None:
    folder.write("models/a_child.sql", "{{ config(materialized='table') }} select 1 as parent_id union all select 3")
    folder.write("models/z_parent.sql", "{{ config(materialized='table') }} select 1 as id")
    folder.write(
        "models/child.yml",
        """models:
  - name: a_child
    columns:
      - name: parent_id
        checks:
          - relationships: {to: ref('z_parent'), field: id}
""",
    )
    result = folder.build()
    assert [(str(outcome.batch), outcome.state) for outcome in result.outcomes] == [
        ("z_parent", "committed"),
        ("a_child", "check_failed"),
    ]
    assert result.outcomes[1].verdicts[0].failures == 1


def test_relationships_to_a_model_downstream_are_judged_with_that_one(folder: Folder) -> None:
    folder.write("models/stage.sql", "{{ config(materialized='table') }} select 1 as id union all select 2")
    folder.write("models/dim.sql", "{{ config(materialized='table') }} select id from stage where id = 1")
    folder.write(
        "models/stage.yml",
        """models:
  - name: stage
    columns:
      - name: id
        checks:
          - relationships: {to: dim, field: id}
""",
    )
    result = folder.build()
    assert [(str(outcome.batch), outcome.state) for outcome in result.outcomes] == [
        ("stage", "committed"),
        ("dim", "check_failed"),
    ]


def test_a_file_in_tests_holds_back_the_last_model_it_reads(folder: Folder) -> None:
    folder.write("models/a.sql", "{{ config(materialized='table') }} select 1 as x")
    folder.write("models/b.sql", "{{ config(materialized='table') }} select 2 as x")
    folder.write("tests/same.sql", "select a.x from a\njoin b on a.x <> b.x\n")
    result = folder.build()
    assert result.exit_code == 3
    assert sorted(outcome.state for outcome in result.outcomes) == ["check_failed", "committed"]
    folder.write("tests/same.sql", "{{ config(severity='warn') }} select a.x from a join b on a.x <> b.x")
    assert folder.build().exit_code == 0


def test_a_broken_file_in_tests_names_its_line(folder: Folder) -> None:
    folder.write("models/a.sql", "{{ config(materialized='table') }} select 1 as x")
    folder.write("tests/broken.sql", "select\n  nope\nfrom a\n")
    report = folder.build().outcomes[0].error_report
    assert (report["path"], report["line"]) == ("tests/broken.sql", 2)


def test_uniqueness_is_judged_against_what_was_there_before(folder: Folder) -> None:
    folder.write("seeds/arrivals.csv", "id\n1\n2\n")
    folder.write("models/log.sql", "{{ config(materialized='incremental') }} select id from arrivals")
    folder.write("models/log.yml", "models: [{name: log, columns: [{name: id, checks: [unique]}]}]\n")
    assert folder.build().exit_code == 0
    folder.write("seeds/arrivals.csv", "id\n2\n3\n")
    result = folder.build()
    assert result.exit_code == 3
    assert folder.query("from log order by id") == [(1,), (2,)]


def test_sources_are_checked_before_they_are_read(folder: Folder) -> None:
    folder.write("landing/a.csv", "id\n1\n1\n")
    folder.write(
        "models/sources.yml",
        """sources:
  - name: landing
    tables:
      - name: a
        files: landing/*.csv
        columns:
          - name: id
            checks: [unique]
""",
    )
    folder.write("models/m.sql", "select * from landing.a")
    result = folder.build()
    assert [(str(outcome.batch), outcome.state) for outcome in result.outcomes] == [
        ("landing.a", "check_failed"),
        ("m", "skipped"),
    ]
    folder.write("landing/a.csv", "id\n1\n2\n")
    assert folder.build().exit_code == 0
    assert folder.due() == []


def test_check_judges_what_is_there_and_writes_only_verdicts(orders: Folder) -> None:
    orders.build()
    orders.change("insert into orders values (1, 1)")
    result = pipeline.run_checks(orders.compile(), Options(command="batchsql check"))
    assert result.exit_code == 3
    assert orders.query("select state from batchsql.batch order by batch_id") == [("committed",), ("checked",)]
    assert orders.due() == []


@pytest.mark.slow
def test_offending_rows_are_never_visible_to_another_connection(folder: Folder) -> None:
    """A second connection polls during 200 batches, loaded in each way, whose rows a check refuses."""
    ways = {
        "replaced": "materialized='table'",
        "appended": "materialized='incremental', incremental_strategy='append'",
        "deleted": "materialized='incremental', incremental_strategy='delete+insert', unique_key='key'",
        "merged": "materialized='incremental', incremental_strategy='merge', unique_key='key'",
        "kept": "materialized='table'",
    }
    names = [f"{way}_{number}" for way in ways for number in range(40)]
    folder.write("landing/rows.csv", "key,id\n" + "\n".join(f"{key},{key}" for key in range(1000)))
    folder.write("models/source.yml", "sources: [{name: landing, tables: [{name: rows, files: landing/*.csv}]}]")
    for name in names:
        severity = "quarantine" if "kept" in name else "error"
        folder.write(f"models/{name}.sql", "{{ config(" + ways[name.split("_")[0]] + ") }} from landing.rows")
        folder.write(f"models/{name}.yml", CHECKED.format(name=name, severity=severity))
    assert folder.build().exit_code == 0
    folder.write("landing/rows.csv", "key,id\n" + "\n".join(f"{key},{key if key > 5 else ''}" for key in range(2000)))
    seen: set[tuple[int, int]] = set()
    watching, stop = threading.Event(), threading.Event()

    def watch() -> None:
        connection = duckdb.connect(str(folder.root / "shop.duckdb"))
        while not stop.is_set():
            for name in names:
                seen.update(connection.execute(f"select count(*), count(*) - count(id) from {name}").fetchall())
            watching.set()
        connection.close()

    watcher = threading.Thread(target=watch)

    def on_event(event: object) -> None:
        if isinstance(event, RunStarted):
            watcher.start()
            watching.wait(10)

    result = folder.build(on_event=on_event, threads=2)
    stop.set()
    watcher.join()
    states = {outcome.batch.model: outcome.state for outcome in result.outcomes}
    assert len(states) == 200
    assert {name for name in names if states[name] == "committed"} == {name for name in names if "kept" in name}
    assert {name for name in names if states[name] == "check_failed"} == {name for name in names if "kept" not in name}
    assert (1000, 0) in seen
    assert seen <= {(1000, 0), (1994, 0)}
    assert {row for name in names for row in folder.query(f"select count(*) - count(id) from {name}")} == {(0,)}
