"""The faults of all flights, told by checks: counted exactly, held back, put aside. What is no fault is not told."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from test_house_flights import HOUSE, copy_project

from batchsql import pipeline
from batchsql.cli.boundary import run
from batchsql.compiler import compile_project
from batchsql.engines.duckdb import open_engine
from batchsql.pipeline import Options
from batchsql.values import Outcome, RunResult

HOURLY = "{{ config(materialized='table') }} select * from stg_weather"
HOURLY_CHECKS = """models:
  - name: weather_by_local_hour
    checks: [unique: {columns: [origin, local_date, local_hour]}]
  - name: weather_by_hour
    checks: [unique: {columns: [origin, observed_at]}]
"""
DISTANCES = """{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='scheduled_at',
    begin='2013-01-01', end='2014-01-02', batch_size='month') }}
select flight_key, scheduled_at, distance_miles from int_flights"""
DISTANCES_CHECKS = """models:
  - name: distances
    checks: [unique: {columns: [flight_key]}]
    columns:
      - name: distance_miles
        checks: [accepted_range: {name: distances_are_positive, min_value: 0, severity: quarantine}]
"""
MILES = "{{ config(materialized='table') }} select sum(distance_miles) as miles from distances"
MAY = "landing/flights/2013-05.parquet"
CORRUPT = """copy (select * replace (if(flight = 1 and origin = 'JFK' and day <= 7 or flight = 3 and day <= 30,
    -distance, distance) as distance) from '{file}') to '{corrupted}' (format parquet)"""


def built(project: Path, *select: str) -> RunResult:
    return pipeline.build(compile_project(project), Options(select=select, command="test"))


def query(project: Path, sql: str) -> list[tuple[object, ...]]:
    engine = open_engine(compile_project(project).project.target, [], read_only=True)
    try:
        return engine.session().query(sql)
    finally:
        engine.close()


def landed(sql: str) -> int:
    """The same count from the files themselves, by a query that shares nothing with the project."""
    with duckdb.connect() as connection:
        connection.execute(f"create view flights as from '{HOUSE}/landing/flights/*.parquet'")
        for seed in ("planes", "airports"):
            connection.execute(f"create view {seed} as from read_csv('{HOUSE}/seeds/{seed}.csv', all_varchar = true)")
        return int(connection.execute(sql).fetchall()[0][0])


def outcomes_by_model(result: RunResult) -> dict[str, Outcome]:
    return {outcome.batch.model: outcome for outcome in result.outcomes}


@pytest.mark.slow
def test_the_hour_that_comes_twice_is_caught_by_the_clock_and_not_in_utc(tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    for name in ("weather_by_local_hour", "weather_by_hour"):
        (project / "models" / "marts" / f"{name}.sql").write_text(HOURLY)
    (project / "models" / "marts" / "hourly.yml").write_text(HOURLY_CHECKS)
    result = built(project, "+weather_by_local_hour", "weather_by_hour")
    outcomes = outcomes_by_model(result)
    assert result.exit_code == 3
    [of_clock], [of_utc] = (outcomes[name].verdicts for name in ("weather_by_local_hour", "weather_by_hour"))
    assert (outcomes["weather_by_local_hour"].state, of_clock.state, of_clock.failures) == ("check_failed", "fail", 3)
    assert (outcomes["weather_by_hour"].state, of_utc.state) == ("committed", "pass")
    assert {(row["local_date"], row["local_hour"]) for row in of_clock.sample} == {("2013-11-03", 1)}
    there = query(project, "select table_name from duckdb_tables() where table_name like 'weather_by%'")
    assert there == [("weather_by_hour",)]
    assert query(project, "select count(*) from marts.weather_by_hour") == [(26_115,)]


@pytest.mark.slow
def test_what_refers_to_nothing_is_counted_exactly_and_cancelled_flights_are_no_errors(tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    result = built(project, "+int_flights")
    assert result.exit_code == 0
    verdicts = {verdict.check: verdict for outcome in result.outcomes for verdict in outcome.verdicts}
    unknown, missing = verdicts["stg_flights_tailnum_is_registered"], verdicts["not_null_stg_flights_tailnum"]
    assert (unknown.failures, missing.failures) == (50_094, 2_512)
    assert unknown.failures + missing.failures == 52_606
    assert landed("select count(*) from flights anti join planes using (tailnum)") == 52_606
    assert verdicts["stg_flights_destination_is_known"].failures == 7_602
    assert landed("select count(*) from flights anti join airports on dest = faa") == 7_602

    cancelled = landed("select count(*) from flights where dep_time is null")
    assert cancelled == 8_255
    assert query(project, "select count(*) from intermediate.int_flights where is_cancelled") == [(cancelled,)]
    for check in ("accepted_range_stg_flights_departure_delay", "stg_flights_cancelled_flights_have_no_delay"):
        assert verdicts[check].state == "pass"
    assert verdicts["not_null_stg_flights_arrival_delay"].failures == 1_175  # those that flew


@pytest.fixture
def corrupted(tmp_path: Path) -> Path:
    """The project with a file of May in which 37 distances are negative, and a model that puts those aside."""
    project = copy_project(tmp_path)
    with duckdb.connect() as connection:
        connection.execute(CORRUPT.format(file=project / MAY, corrupted=tmp_path / "corrupted"))
        (tmp_path / "corrupted").replace(project / MAY)
        assert connection.execute(f"select count(*) from '{project / MAY}' where distance < 0").fetchall() == [(37,)]
    models = project / "models" / "marts"
    (models / "distances.sql").write_text(DISTANCES)
    (models / "distances.yml").write_text(DISTANCES_CHECKS)
    (models / "miles.sql").write_text(MILES)
    return project


@pytest.mark.slow
def test_37_negative_distances_are_put_aside_and_released_when_they_are_corrected(
    corrupted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = corrupted
    result = built(project, "+distances", "miles")
    assert result.exit_code == 0
    aside = (
        "select batchsql_checks, min(distance_miles) < 0, max(distance_miles) < 0, count(*) from quarantine.distances"
    )
    assert query(project, f"{aside} group by 1") == [("distances_are_positive", True, True, 37)]
    assert query(project, "select count(*), min(distance_miles) from marts.distances") == [(336_776 - 37, 17)]
    warned = [str(outcome.batch) for outcome in result.outcomes for verdict in outcome.verdicts
              if verdict.check == "distances_are_positive" and verdict.state == "warn"]  # fmt: skip
    assert warned == ["distances 2013-05-01..2013-06-01"]
    assert query(project, "select miles from marts.miles") == query(
        project, "select sum(distance_miles) from intermediate.int_flights where distance_miles > 0"
    )

    engine = open_engine(compile_project(project).project.target, [])
    engine.session().execute("update quarantine.distances set distance_miles = -distance_miles")
    engine.close()
    monkeypatch.chdir(project)
    assert run(["quarantine", "release", "distances"], {}) == 0
    assert query(project, "select count(*) from quarantine.distances") == [(0,)]
    assert query(project, "select count(*), count(distinct flight_key) from marts.distances") == [(336_776, 336_776)]
    assert [outcome.batch.model for outcome in built(project, "distances", "miles").outcomes] == ["miles"]
    assert query(project, "select miles from marts.miles") == [(landed("select sum(distance) from flights"),)]


@pytest.mark.slow
def test_a_file_delivered_again_takes_the_place_of_what_was_put_aside(corrupted: Path) -> None:
    built(corrupted, "+distances")
    shutil.copy(HOUSE / MAY, corrupted / MAY)
    assert built(corrupted, "+int_flights").exit_code == 0
    may = Options(select=("distances",), start=datetime(2013, 5, 1), end=datetime(2013, 6, 1), command="test")
    assert pipeline.build(compile_project(corrupted), may).exit_code == 0
    assert query(corrupted, "select count(*) from quarantine.distances") == [(0,)]
    found = query(corrupted, "select count(*), sum(distance_miles) from marts.distances")
    assert found == [(336_776, landed("select sum(distance) from flights"))]
