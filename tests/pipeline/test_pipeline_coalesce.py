"""Many intervals in one pass: the ledger holds each, and only what fails by itself is held back."""

from __future__ import annotations

import pytest
from pipeline_folder import Folder

from batchsql.compiler import compile_project
from batchsql.pipeline.parts import at_once

DAILY = """{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts',
    begin='2024-01-01', end='2024-01-11', batch_size='day', coalesce={coalesce}{more}) }}}}
select id, ts, amount * 2 as doubled from {{{{ ref('events') }}}}
"""
EVENTS = """{{ config(materialized='table', event_time='ts') }}
select i as id, timestamp '2024-01-01' + to_minutes(i * 37) as ts, i % 10 as amount from range(389) r(i)
"""
RANGE = "models: [{name: daily, columns: [{name: doubled, checks: [{accepted_range: {max_value: 18}}]}]}]"


@pytest.fixture
def events(folder: Folder) -> Folder:
    folder.write("models/events.sql", EVENTS)
    folder.write("models/daily.sql", DAILY.format(coalesce=4, more=""))
    folder.write("models/daily.yml", RANGE)
    return folder


def passes(folder: Folder) -> list[tuple[int]]:
    """How many intervals each transaction loaded."""
    loaded = "from batchsql.batch where model = 'daily' and state = 'committed'"
    query = f"select count(*) {loaded} group by started_at order by started_at"
    return [count for (count,) in folder.query(query)]


def whole(folder: Folder, days: int = 10) -> bool:
    days_there = folder.query("select count(distinct ts::date), count(*) from daily")[0]
    per_day = "select slice_start::date, rows_written from batchsql.batch where model = 'daily' and state = 'committed'"
    counted = "select ts::date, count(*) from daily group by all"
    assert folder.query(f"(({per_day}) except ({counted})) union all (({counted}) except ({per_day}))") == []
    return days_there[0] == days


def test_neighbours_are_loaded_in_one_pass_and_entered_one_by_one(events: Folder) -> None:
    result = events.build()
    assert [str(outcome.batch) for outcome in result.outcomes][1:] == [
        f"daily 2024-01-{day:02d}" for day in range(1, 11)
    ]
    assert passes(events) == [4, 4, 2]
    assert whole(events)
    assert events.due() == []
    assert sum(outcome.rows_written for outcome in result.outcomes[1:]) == 389


def test_a_gap_parts_what_is_loaded_together(events: Folder) -> None:
    events.build()
    events.change("delete from batchsql.batch where model = 'daily' and day(slice_start) in (2, 3, 7)")
    events.build()
    assert passes(events)[-2:] == [2, 1]
    assert whole(events)


def test_only_the_interval_that_fails_is_held_back(events: Folder) -> None:
    events.write("models/events.sql", EVENTS.replace("i % 10 as", "case when i = 100 then 999 else i % 10 end as"))
    result = events.build()
    held = [outcome for outcome in result.outcomes if outcome.state != "committed"]
    assert [str(outcome.batch) for outcome in held] == ["daily 2024-01-03"]
    assert result.exit_code == 3
    assert passes(events) == [2, 1, 4, 2]
    assert whole(events, days=9)
    events.write("models/events.sql", EVENTS)
    assert events.due() == ["events", "daily 2024-01-03"]
    events.build()
    assert whole(events)


def test_what_fails_everywhere_fails_twice_and_no_more(events: Folder) -> None:
    events.write("models/daily.sql", DAILY.format(coalesce=4, more="").replace("amount * 2", "('x' || amount)::int"))
    states = [outcome.state for outcome in events.build().outcomes[1:]]
    assert states[:2] == ["failed", "failed"]
    assert set(states[2:4]) == {"skipped"}
    assert events.query("select count(*) from duckdb_tables() where table_name = 'daily'") == [(0,)]


def test_a_rebuild_may_be_loaded_together(events: Folder) -> None:
    events.build()
    events.write("models/daily.sql", DAILY.format(coalesce=30, more="").replace("* 2", "* 1"))
    events.build("daily", full_refresh=True)
    assert passes(events)[-1] == 10
    assert events.query("select max(doubled), count(*) from daily") == [(9, 389)]
    assert events.due() == []


def test_late_rows_are_found_where_intervals_were_loaded_together(events: Folder) -> None:
    events.build()
    events.write("models/events.sql", EVENTS.replace("i % 10 as", "case when i = 100 then 4 else i % 10 end as"))
    assert [str(outcome.batch) for outcome in events.build().outcomes] == ["events", "daily 2024-01-03"]
    assert events.due() == []


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        (DAILY.format(coalesce=4, more="") + " where '{{ batch.start }}' <> ''", RANGE),
        (DAILY.format(coalesce=4, more=", profile=true"), RANGE),
        (DAILY.format(coalesce=4, more=""), "models: [{name: daily, checks: [{row_count: {min: 1}}]}]"),
        (DAILY.format(coalesce=4, more=""), RANGE.replace("max_value: 18", "max_value: 18, error_if: '> 3'")),
        (DAILY.format(coalesce=0, more=""), RANGE),
    ],
)
def test_what_would_mean_another_thing_together_is_loaded_apart(events: Folder, text: str, checks: str) -> None:
    events.write("models/daily.sql", text)
    events.write("models/daily.yml", checks)
    assert at_once(compile_project(events.root).graph["daily"]) == 1


def test_what_does_not_fit_into_memory_is_loaded_in_halves(events: Folder) -> None:
    events.write(
        "batchsql.yml",
        "name: shop\ntarget: dev\n"
        "targets: {dev: {database: shop.duckdb, settings: {memory_limit: 100MB}, threads: 1}}\n",
    )
    long = "select min(id) as id, ts::date::timestamp as ts, length(string_agg(repeat('x', 150000), '')) % 2 as doubled"
    text = DAILY.format(coalesce=16, more="").replace("select id, ts, amount * 2 as doubled", long)
    events.write("models/daily.sql", text + " group by ts::date")
    result = events.build()
    assert result.exit_code == 0, result.outcomes[-1].error
    assert max(passes(events)) < 10
    assert whole(events)
