"""Moments in which a program may say "all well" while the reader believes something else."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime

import pytest
from pipeline_folder import Folder

from batchsql.errors import ProjectError
from batchsql.pipeline import Note
from batchsql.values import RunResult

EVENTS = """{{ config(materialized='table', event_time='ts') }}
select i as id, timestamp '2024-01-01' + to_hours(i) as ts, 1 as amount from range(120) r(i)
"""
DAILY = """{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts',
    begin='2024-01-01', end='2024-01-06', batch_size='day') }}
select id, ts, amount from events
"""


@pytest.fixture
def daily(folder: Folder) -> Folder:
    folder.write("models/events.sql", EVENTS)
    folder.write("models/daily.sql", DAILY)
    assert folder.build().exit_code == 0
    return folder


def states(result: RunResult) -> list[tuple[str, str]]:
    return [(str(outcome.batch), outcome.state) for outcome in result.outcomes]


def test_a_full_refresh_that_fails_keeps_the_rows_it_has_not_replaced(daily: Folder) -> None:
    bad = "case when ts >= '2024-01-03' then error('boom')::int else 2 end as amount"
    daily.write("models/daily.sql", DAILY.replace("amount from", f"{bad} from"))
    result = daily.build("daily", full_refresh=True)
    assert result.exit_code == 1
    days = daily.query("select ts::date::text, any_value(amount), count(*) from daily group by 1 order by 1")
    assert days == [
        ("2024-01-01", 2, 24),
        ("2024-01-02", 2, 24),
        ("2024-01-03", 1, 24),
        ("2024-01-04", 1, 24),
        ("2024-01-05", 1, 24),
    ]
    daily.write("models/daily.sql", DAILY.replace("amount from", "2 as amount from"))
    assert daily.due("daily") == ["daily 2024-01-03", "daily 2024-01-04", "daily 2024-01-05"]
    daily.build()
    assert daily.query("select distinct amount from daily") == [(2,)]


def test_a_full_refresh_drops_rows_that_no_interval_replaces(daily: Folder) -> None:
    daily.write("models/daily.sql", DAILY.replace("begin='2024-01-01'", "begin='2024-01-03'"))
    daily.build("daily", full_refresh=True)
    assert daily.query("select min(ts)::date::text, count(*) from daily") == [("2024-01-03", 72)]


def test_a_full_refresh_with_other_columns_makes_the_table_anew(daily: Folder) -> None:
    daily.write("models/daily.sql", DAILY.replace("amount from", "amount, 'x' as extra from"))
    assert daily.build("daily", full_refresh=True).exit_code == 0
    assert daily.query("select count(*), count(extra) from daily") == [(120, 120)]


def test_an_interval_whose_reload_failed_is_due(daily: Folder) -> None:
    daily.write("models/daily.sql", DAILY.replace("amount from", "error('boom')::int as amount from"))
    daily.build("daily", start=datetime(2024, 1, 2), end=datetime(2024, 1, 3))
    daily.write("models/daily.sql", DAILY)
    assert daily.due() == ["daily 2024-01-02"]


def test_what_older_code_made_is_told(daily: Folder) -> None:
    text = DAILY.replace("amount from", "amount * 100 as amount from").replace("2024-01-06", "2024-01-07")
    daily.write("models/daily.sql", text)
    daily.write("models/events.sql", EVENTS.replace("120", "144"))
    notes: list[str] = []
    daily.build(on_event=lambda event: notes.append(event.message) if isinstance(event, Note) else None)
    told = "5 of 5 loaded intervals were made by older code"
    assert any(told in note for note in notes)
    from batchsql import pipeline

    reasons = [entry.reason for entry in pipeline.make_plan(daily.compile(), pipeline.Options()).not_due]
    assert any("5 of 6 loaded intervals were made by older code" in reason for reason in reasons)


def test_a_new_check_judges_what_is_loaded(daily: Folder) -> None:
    check = "models:\n  - name: daily\n    columns:\n      - name: amount\n        checks:\n"
    daily.write("models/daily.yml", check + "          - accepted_range: {min_value: 0}\n")
    assert daily.due() == ["daily"]
    assert daily.build().exit_code == 0
    assert daily.due() == []
    daily.write("models/daily.yml", check + "          - accepted_range: {min_value: 5}\n")
    result = daily.build()
    assert result.exit_code == 3
    assert states(result) == [("daily", "check_failed")]
    assert daily.query("select count(*) from daily") == [(120,)]
    assert daily.build().exit_code == 3
    daily.write("models/daily.yml", check + "          - accepted_range: {min_value: 1}\n")
    assert daily.build().exit_code == 0
    assert daily.due() == []


def test_two_failures_alike_with_a_success_between_skip_nothing(daily: Folder) -> None:
    bad = "case when day(ts) in (1, 3) then error('boom')::int else 2 end as amount"
    daily.write("models/daily.sql", DAILY.replace("amount from", f"{bad} from"))
    result = daily.build("daily", full_refresh=True)
    assert [state for _, state in states(result)] == ["failed", "committed", "failed", "committed", "committed"]


def test_an_interval_model_that_would_read_everything_each_time_is_refused(daily: Folder) -> None:
    daily.write("models/events.sql", EVENTS.replace(", event_time='ts'", ""))
    with pytest.raises(ProjectError, match="no input has an event_time") as caught:
        daily.compile()
    assert caught.value.path == "models/daily.sql"
    assert "events" in (caught.value.hint or "")


def test_a_value_that_would_turn_a_seeds_column_to_text_is_told(folder: Folder) -> None:
    folder.write("seeds/orders.csv", "id,quantity\n1,2\n2,3\n")
    folder.build()
    folder.write("seeds/orders.csv", "id,quantity\n1,2\n2,one\n")
    result = folder.build()
    assert result.exit_code == 1
    report = result.outcomes[0].error_report
    assert (report["path"], report["line"]) == ("seeds/orders.csv", 3)
    assert folder.query("select sum(quantity) from orders") == [(5,)]
    folder.write("seeds/seeds.yml", "seeds: [{name: orders, config: {column_types: {quantity: varchar}}}]")
    assert folder.build().exit_code == 0


def test_columns_that_only_some_files_have_are_kept(folder: Folder) -> None:
    folder.write("models/sources.yml", "sources: [{name: raw, tables: [{name: visits, files: landing/*.csv}]}]")
    folder.write("landing/1.csv", "id,who\n1,ann\n")
    folder.write("landing/2.csv", "id,who,extra\n2,bob,x\n")
    folder.write("models/visits.sql", "{{ config(materialized='table') }} select * from raw.visits")
    folder.build()
    assert folder.query("select id, who, extra from visits order by id") == [(1, "ann", None), (2, "bob", "x")]


def test_a_source_without_files_points_to_where_it_is_declared(folder: Folder) -> None:
    folder.write(
        "models/sources.yml",
        "sources:\n  - name: raw\n    tables:\n      - name: visits\n        files: landing/*.csv\n",
    )
    folder.write("models/visits.sql", "select * from raw.visits")
    (folder.root / "landing").mkdir()
    report = folder.build().outcomes[0].error_report
    assert report["path"] == "models/sources.yml"
    assert "landing/*.csv" in report["message"]


def test_a_killed_run_is_told_by_the_next(folder: Folder) -> None:
    folder.write("models/m.sql", "select sum(hash(a.range)) as x from range(100000) a, range(1000000) b")
    folder.write("models/m.yml", "models: [{name: m, columns: [{name: x, checks: [not_null]}]}]")
    command = [sys.executable, "-m", "batchsql", "build"]
    with subprocess.Popen(command, cwd=folder.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    folder.write("models/m.sql", "select 1 as x")
    folder.build()
    assert folder.query("select state from batchsql.run order by run_id") == [("killed",), ("succeeded",)]


def test_new_code_of_loaded_intervals_is_tried_once(daily: Folder) -> None:
    daily.write("models/daily.sql", DAILY.replace("amount from", "amuont from"))
    result = daily.build()
    assert result.exit_code == 1
    report = result.outcomes[0].error_report
    assert (report["path"], report["line"]) == ("models/daily.sql", 3)
    assert daily.build().exit_code == 1
    daily.write("models/daily.sql", DAILY.replace("amount from", "amount + 1 as amount from"))
    assert states(daily.build()) == [("daily", "committed")]
    assert daily.due() == []
    assert daily.query("select distinct amount from daily") == [(1,)]
