"""Rows put aside in the batch's own transaction, shown, released through the checks, dropped."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pipeline_folder import Folder

from batchsql import pipeline
from batchsql.errors import UsageError
from batchsql.pipeline import Options

CHECKS = """models:
  - name: flights
    config: {max_quarantined: 50%}
    columns:
      - name: miles
        checks:
          - accepted_range: {min_value: 0, severity: quarantine}
          - not_null
      - name: id
        checks: [unique]
"""
HEAD = "{{ config(materialized='table') }} "


def write(folder: Folder, rows: str) -> None:
    folder.write("seeds/landed.csv", "id,miles\n" + rows)


@pytest.fixture
def flights(folder: Folder) -> Folder:
    folder.write("models/flights.sql", HEAD + "select id, miles from landed")
    folder.write("models/flights.yml", CHECKS)
    folder.write("models/total.sql", HEAD + "select sum(miles) as miles from flights")
    write(folder, "1,10\n2,-20\n3,30\n4,40\n")
    return folder


def test_refused_rows_are_put_aside_and_the_rest_is_published(flights: Folder) -> None:
    result = flights.build()
    assert result.exit_code == 0
    assert flights.query("select id from flights order by id") == [(1,), (3,), (4,)]
    assert flights.query("from total") == [(80,)]
    aside = "select id, miles, batchsql_checks, batchsql_batch_id from quarantine.flights"
    batch_id = flights.query("select batch_id, rows_written from batchsql.batch where model = 'flights'")
    assert batch_id == [(2, 3)]
    assert flights.query(aside) == [(2, -20, "accepted_range_flights_miles", 2)]
    verdict = flights.query("select state, failures, message from batchsql.check_result where state = 'warn'")
    assert verdict[0][:2] == ("warn", 1)
    assert verdict[0][2].startswith("put aside: ")
    assert flights.due() == []


def test_rows_made_anew_take_the_place_of_those_put_aside(flights: Folder) -> None:
    flights.build()
    write(flights, "1,10\n2,20\n3,30\n4,40\n")
    flights.build()
    assert flights.query("select count(*) from quarantine.flights") == [(0,)]
    assert flights.query("select sum(miles) from flights") == [(100,)]


def test_too_many_refused_rows_hold_the_batch_back(flights: Folder) -> None:
    write(flights, "1,-10\n2,-20\n3,-30\n4,40\n")
    result = flights.build()
    assert result.exit_code == 1
    assert "3 of 4 rows would go into quarantine" in result.outcomes[1].error
    assert flights.query("select count(*) from duckdb_tables() where schema_name = 'quarantine'") == [(0,)]


def test_an_error_among_the_rest_rolls_the_quarantine_back_too(flights: Folder) -> None:
    write(flights, "1,10\n2,-20\n3,30\n3,40\n")
    assert flights.build().exit_code == 3
    assert flights.query("select count(*) from duckdb_tables() where table_name = 'flights'") == [(0,)]


def test_released_rows_go_through_the_checks(flights: Folder) -> None:
    write(flights, "1,10\n2,-20\n3,-30\n4,40\n")
    flights.build()
    flights.change("update quarantine.flights set miles = 20 where id = 2")
    result = pipeline.release_quarantine(flights.compile(), "flights", Options(command="release"))
    assert result.exit_code == 0
    assert flights.query("select id from quarantine.flights") == [(3,)]
    flights.change("update quarantine.flights set miles = 33 where id = 3")
    result = pipeline.release_quarantine(flights.compile(), "flights", Options(command="release"))
    assert result.exit_code == 0
    assert flights.query("from flights order by id") == [(1, 10), (2, 20), (3, 33), (4, 40)]
    assert flights.query("select count(*) from quarantine.flights") == [(0,)]
    assert flights.due() == ["total"]
    with pytest.raises(UsageError, match="no row of flights"):
        pipeline.release_quarantine(flights.compile(), "flights", Options())


def test_rows_that_are_all_refused_again_stay_in_quarantine(flights: Folder) -> None:
    write(flights, "1,10\n2,-20\n3,-30\n4,40\n")
    flights.build()
    result = pipeline.release_quarantine(flights.compile(), "flights", Options(command="release"))
    assert result.exit_code == 0
    assert flights.query("select id from quarantine.flights order by id") == [(2,), (3,)]
    assert flights.query("from flights order by id") == [(1, 10), (4, 40)]


def test_an_interval_loaded_again_clears_its_own_rows_only(folder: Folder) -> None:
    folder.write(
        "models/events.sql",
        "{{ config(materialized='table', event_time='ts') }} "
        "select timestamp '2024-01-01' + to_hours(i) as ts, i % 24 - 1 as v from range(48) r(i)",
    )
    folder.write(
        "models/daily.sql",
        "{{ config(materialized='incremental', incremental_strategy='microbatch', "
        "event_time='ts', begin='2024-01-01', end='2024-01-03', batch_size='day') }} select * from events",
    )
    folder.write(
        "models/daily.yml",
        "models: [{name: daily, columns: [{name: v, checks: "
        "[{accepted_range: {min_value: 0, severity: quarantine}}]}]}]",
    )
    folder.build()
    assert folder.query("select ts::date::text from quarantine.daily order by 1") == [("2024-01-01",), ("2024-01-02",)]
    folder.write(
        "models/events.sql",
        "{{ config(materialized='table', event_time='ts') }} "
        "select timestamp '2024-01-01' + to_hours(i) as ts, i % 24 as v from range(48) r(i)",
    )
    from datetime import datetime

    folder.build(start=datetime(2024, 1, 1), end=datetime(2024, 1, 2))
    assert folder.query("select ts::date::text from quarantine.daily") == [("2024-01-02",)]
    assert folder.query("select count(*) from daily") == [(47,)]


def test_a_view_has_no_rows_to_put_aside(flights: Folder) -> None:
    flights.write("models/flights.sql", "select id, miles from landed")
    result = flights.build()
    assert "rows of a view cannot be put aside" in result.outcomes[1].error
    assert result.outcomes[1].error_report["path"] == "models/flights.yml"


def test_the_command_lists_shows_and_drops(flights: Folder) -> None:
    flights.build()

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "batchsql", "quarantine", *words]
        done = subprocess.run(command, cwd=flights.root, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    assert "flights" in run("list")
    assert "-20" in run("show", "flights")
    assert "1 rows dropped" in run("drop", "flights")
    assert "no row is in quarantine" in run("list")
    assert "did you mean" in run("show", "flihgts")
