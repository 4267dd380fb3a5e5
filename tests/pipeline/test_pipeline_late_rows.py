"""Rows that come late, or are corrected: which intervals are loaded again, and that nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest
from pipeline_folder import Folder

DAILY = """{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts',
    begin='2024-01-01', end='2024-01-11', batch_size='{size}'{more}) }}}}
select id, ts, amount * 2 as doubled from {{{{ ref('{read}') }}}}
"""
SOURCE = """sources:
  - name: landing
    tables:
      - name: events
        files: landing/*.csv
        event_time: ts
"""
STAGED = "{{{{ config(materialized='{kind}', event_time='ts') }}}} select * from {{{{ source('landing', 'events') }}}}"


def row(number: int, day: int, amount: int) -> str:
    return f"{number},2024-01-{day:02d} 12:00:00,{amount}"


def deliver(folder: Folder, name: str, *rows: str) -> None:
    folder.write(f"landing/{name}.csv", "\n".join(["id,ts,amount", *rows]) + "\n")


@pytest.fixture
def landing(folder: Folder) -> Folder:
    folder.write("models/sources.yml", SOURCE)
    folder.write("models/daily.sql", DAILY.format(size="day", read="events", more=""))
    for part in (0, 1):
        deliver(
            folder, f"part_{part}", *(row(number, number % 10 + 1, 1) for number in range(part * 50, part * 50 + 50))
        )
    return folder


def staged(folder: Folder, kind: str) -> None:
    """Put a view, a table or an ephemeral model between the files and the interval model."""
    folder.write("models/staged.sql", STAGED.format(kind=kind))
    folder.write("models/daily.sql", DAILY.format(size="day", read="staged", more=""))


def level(folder: Folder) -> bool:
    """Whether the interval model holds what a full refresh would give, and nothing is due."""
    wanted = f"select id, ts, amount * 2 as doubled from read_csv('{folder.root}/landing/*.csv', union_by_name=true)"
    there = "select id, ts, doubled from daily"
    rows = duckdb.connect(str(folder.root / "shop.duckdb"), read_only=True).execute(
        f"select count(*) from (({there} except all {wanted}) union all ({wanted} except all {there}))"
    )
    return rows.fetchall() == [(0,)] and folder.due() == []


def reasons(folder: Folder) -> dict[str, str]:
    return {str(outcome.batch): outcome.batch.reason for outcome in folder.build().outcomes}


@pytest.mark.parametrize("kind", ["direct", "view", "table", "ephemeral"])
def test_late_rows_load_their_intervals_again_and_no_others(landing: Folder, kind: str) -> None:
    if kind == "direct":
        landing.write(
            "models/daily.sql",
            DAILY.format(size="day", read="x", more="").replace("ref('x')", "source('landing', 'events')"),
        )
    else:
        staged(landing, kind)
    landing.build()
    deliver(landing, "part_2", row(100, 3, 1), row(101, 3, 1), row(102, 7, 1))
    name = "source landing.events" if kind == "direct" else "staged"
    own = {} if kind in ("direct", "ephemeral") else {"staged": "landing/part_2.csv is new"}
    wanted = {"daily 2024-01-03": f"2 late rows in {name}", "daily 2024-01-07": f"1 late row in {name}"}
    assert landing.due() == [*own, *wanted]
    assert reasons(landing) == own | wanted
    assert level(landing)


@pytest.mark.parametrize("kind", ["view", "table", "ephemeral"])
def test_corrected_rows_load_their_intervals_again(landing: Folder, kind: str) -> None:
    staged(landing, kind)
    landing.build()
    deliver(landing, "part_1", *(row(number, number % 10 + 1, 2 if number == 64 else 1) for number in range(50, 100)))
    assert reasons(landing)["daily 2024-01-05"] == "changed rows in staged"
    assert level(landing)


def test_rows_that_are_gone_are_told(landing: Folder) -> None:
    staged(landing, "view")
    landing.build()
    deliver(landing, "part_1", *(row(number, number % 10 + 1, 1) for number in range(50, 99)))
    assert reasons(landing)["daily 2024-01-10"] == "1 row fewer in staged"
    assert level(landing)


def test_a_file_that_was_only_touched_is_noted_once(landing: Folder) -> None:
    staged(landing, "table")
    landing.build()
    os.utime(landing.root / "landing" / "part_1.csv", ns=(1, 1))
    found = landing.build().outcomes
    assert [(outcome.batch.model, outcome.batch.judges) for outcome in found] == [
        ("staged", "batch"),
        ("daily", "others"),
    ]
    assert level(landing)


def test_what_reads_a_model_that_is_decided_later_runs_once(landing: Folder) -> None:
    staged(landing, "table")
    landing.write(
        "models/total.sql",
        "{{ config(materialized='table') }} select sum(doubled) as s from daily, (select count(*) from staged)",
    )
    landing.build()
    deliver(landing, "part_2", row(100, 3, 1))
    assert list(reasons(landing)) == ["staged", "daily 2024-01-03", "total"]
    assert level(landing)


def test_what_waits_for_a_table_that_fails_is_skipped(landing: Folder) -> None:
    staged(landing, "table")
    landing.write("models/staged.yml", "models: [{name: staged, checks: [{row_count: {max: 100}}]}]")
    landing.build()
    deliver(landing, "part_2", row(100, 3, 1))
    result = landing.build()
    assert [(outcome.batch.model, outcome.state) for outcome in result.outcomes] == [
        ("staged", "check_failed"),
        ("daily", "skipped"),
    ]
    landing.remove("models/staged.yml")
    assert list(reasons(landing)) == ["staged", "daily 2024-01-03"]
    assert level(landing)


def test_an_interval_that_failed_stays_due_though_its_inputs_are_known(landing: Folder) -> None:
    staged(landing, "view")
    landing.write("models/daily.yml", "models: [{name: daily, checks: [{row_count: {max: 10}}]}]")
    landing.build()
    deliver(landing, "part_2", row(100, 3, 1))
    assert landing.build().exit_code == 3
    landing.remove("models/daily.yml")
    assert reasons(landing)["daily 2024-01-03"] == "a check failed last time"
    assert level(landing)


def test_intervals_of_another_size_are_compared_too(landing: Folder) -> None:
    staged(landing, "view")
    landing.build()
    landing.write("models/daily.sql", DAILY.format(size="5 days", read="staged", more=""))
    deliver(landing, "part_2", row(100, 3, 1))
    assert list(reasons(landing))[1:] == ["daily 2024-01-01..2024-01-06"]
    landing.write("models/daily.sql", DAILY.format(size="6 hours", read="staged", more=""))
    deliver(landing, "part_3", row(101, 4, 1), row(102, 9, 1))
    landing.build()
    assert level(landing)


def test_a_table_that_grows_is_compared_by_what_its_columns_were(landing: Folder) -> None:
    staged(landing, "table")
    landing.build()
    landing.write("models/staged.sql", STAGED.format(kind="table").replace("select *", "select *, 1 as more"))
    assert list(reasons(landing)) == ["staged", "daily"]
    assert level(landing)


def test_an_input_read_as_a_whole_loads_all_again_where_that_is_asked_for(landing: Folder) -> None:
    landing.write("models/rates.sql", "{{ config(materialized='table') }} select 2 as rate")
    text = (
        DAILY.format(size="5 days", read="staged", more="").replace("* 2 as doubled", "* rate as doubled") + ", rates"
    )
    landing.write("models/staged.sql", STAGED.format(kind="view"))
    landing.write("models/daily.sql", text)
    landing.build()
    landing.write("models/rates.sql", "{{ config(materialized='table') }} select 3 as rate")
    assert landing.due() == ["rates"]
    landing.build()
    assert landing.due() == []
    landing.write("models/daily.sql", text.replace("'5 days'", "'5 days', on_input_change='rerun'"))
    landing.build()
    landing.write("models/rates.sql", "{{ config(materialized='table') }} select 2.0::int as rate")
    due = ["daily 2024-01-01..2024-01-06", "daily 2024-01-06..2024-01-11"]
    assert landing.due() == ["rates", *due]
    assert list(reasons(landing)) == ["rates", *due]
    assert level(landing)


def test_a_table_outside_the_project_is_compared_by_interval(folder: Folder, tmp_path: Path) -> None:
    folder.write("models/sources.yml", "sources: [{name: raw, tables: [{name: events, event_time: ts}]}]")
    folder.write(
        "models/daily.sql", DAILY.format(size="day", read="x", more="").replace("ref('x')", "source('raw', 'events')")
    )
    folder.change("create schema raw")
    folder.change(
        "create table raw.events as select i as id, timestamp '2024-01-01 12:00' + to_days(i % 10) as ts, "
        "1 as amount from range(50) r(i)"
    )
    folder.build()
    assert folder.due() == []
    folder.change("update raw.events set amount = 2 where id = 4")
    folder.change("insert into raw.events values (50, '2024-01-07 00:00', 1)")
    assert reasons(folder) == {
        "daily 2024-01-05": "changed rows in source raw.events",
        "daily 2024-01-07": "1 late row in source raw.events",
    }
    assert folder.due() == []
