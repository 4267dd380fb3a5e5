from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pipeline_folder import Folder

DAILY = """{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts',
    begin='2024-01-01', end='2024-01-11', batch_size='{size}') }}}}
select id, ts, amount * 2 as doubled from {{{{ ref('events') }}}}
"""
EVENTS = """{{ config(materialized='table', event_time='ts') }}
select i as id, timestamp '2024-01-01' + to_minutes(i * 37) as ts, i % 10 as amount from range(389) r(i)
"""
FULL = "select i as id, timestamp '2024-01-01' + to_minutes(i * 37) as ts, i % 10 * 2 as doubled from range(389) r(i)"


@pytest.fixture
def events(folder: Folder) -> Folder:
    folder.write("models/events.sql", EVENTS)
    folder.write("models/daily.sql", DAILY.format(size="day"))
    return folder


def whole(folder: Folder) -> bool:
    """Whether the interval model holds exactly what one full load would."""
    there, wanted = "select id, ts, doubled from daily", FULL
    difference = f"({there} except all {wanted}) union all ({wanted} except all {there})"
    return folder.query(f"select count(*) from ({difference})") == [(0,)]


def test_each_day_is_a_batch(events: Folder) -> None:
    result = events.build()
    assert [str(outcome.batch) for outcome in result.outcomes][:2] == ["events", "daily 2024-01-01"]
    assert len(result.outcomes) == 11
    assert whole(events)
    assert events.due() == []


def test_a_day_deleted_by_hand_is_loaded_again_and_nothing_else(events: Folder) -> None:
    events.build()
    events.change("delete from batchsql.batch where model = 'daily' and slice_start = timestamp '2024-01-05'")
    events.change("delete from daily where ts::date = '2024-01-05'")
    assert events.due() == ["daily 2024-01-05"]
    events.build()
    assert whole(events)


def test_a_range_is_loaded_again_on_request(events: Folder) -> None:
    events.build()
    events.change("update daily set doubled = -1")
    events.build("daily", start=datetime(2024, 1, 3), end=datetime(2024, 1, 5))
    assert events.query("select distinct ts::date::text from daily where doubled >= 0 order by 1") == [
        ("2024-01-03",),
        ("2024-01-04",),
    ]


def test_full_refresh_starts_anew(events: Folder) -> None:
    events.build()
    events.change("alter table daily add column extra int")
    result = events.build("daily", full_refresh=True)
    assert len(result.outcomes) == 10
    assert events.query("select count(*) from duckdb_columns() where table_name = 'daily'") == [(3,)]
    assert whole(events)


def test_plain_names_are_filtered_too(events: Folder) -> None:
    events.write("models/daily.sql", DAILY.format(size="day").replace("{{ ref('events') }}", "events"))
    events.build()
    assert whole(events)


def test_a_model_that_reads_batch_start_filters_for_itself(events: Folder) -> None:
    text = DAILY.format(size="day").replace("{{ ref('events') }}", "events")
    text += "where ts >= '{{ batch.start }}' and ts < '{{ batch.end }}'"
    events.write("models/daily.sql", text)
    events.build()
    assert whole(events)


def test_rows_outside_the_interval_are_refused(events: Folder) -> None:
    text = DAILY.format(size="day").replace("{{ ref('events') }}", "events") + "-- {{ batch.start }}\n"
    events.write("models/daily.sql", text)
    result = events.build()
    first = result.outcomes[1]
    assert first.state == "failed"
    assert "outside its interval 2024-01-01" in first.error
    assert events.query("select count(*) from duckdb_tables() where table_name = 'daily'") == [(0,)]


def test_a_failing_day_is_held_back_and_the_others_land(events: Folder) -> None:
    events.write(
        "models/daily.yml",
        """models:
  - name: daily
    columns:
      - name: doubled
        checks:
          - accepted_range: {max_value: 100}
""",
    )
    events.write("models/events.sql", EVENTS.replace("i % 10 as", "case when i = 100 then 999 else i % 10 end as"))
    result = events.build()
    held = [outcome for outcome in result.outcomes if outcome.state != "committed"]
    assert [str(outcome.batch) for outcome in held] == ["daily 2024-01-03"]
    assert held[0].verdicts[0].sample[0]["doubled"] == 1998
    assert result.exit_code == 3
    recorded = events.query("select failures, sample->0->>'id' from batchsql.check_result where state = 'fail'")
    assert recorded == [(1, "100")]
    events.write("models/events.sql", EVENTS)
    assert events.due() == ["events", "daily 2024-01-03"]
    events.build()
    assert whole(events)


def test_a_new_column_joins_when_the_model_says_so(events: Folder) -> None:
    events.build()
    text = DAILY.format(size="day").replace("batch_size=", "on_schema_change='append_new_columns', batch_size=")
    events.write("models/daily.sql", text.replace("doubled from", "doubled, id + 1 as next from"))
    events.build("daily", start=datetime(2024, 1, 3), end=datetime(2024, 1, 4))
    assert events.query("select distinct ts::date::text from daily where next is not null") == [("2024-01-03",)]


sizes = st.sampled_from(["day", "2 days", "3 days", "6 hours", "week", "month", "5 days"])
ranges = st.tuples(st.integers(1, 10), st.integers(1, 6))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(sizes, ranges), max_size=3), sizes)
def test_intervals_in_any_order_and_size_give_one_full_load(loads: list, last: str) -> None:
    with TemporaryDirectory() as name:
        folder = Folder(Path(name))
        folder.write("models/events.sql", EVENTS)
        for size, (first, length) in loads:
            folder.write("models/daily.sql", DAILY.format(size=size))
            folder.build(start=datetime(2024, 1, first), end=datetime(2024, 1, min(first + length, 11)))
        folder.write("models/daily.sql", DAILY.format(size=last))
        folder.build()
        assert whole(folder)
        assert folder.due() == []
