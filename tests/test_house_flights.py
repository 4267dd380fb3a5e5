"""The example warehouse: built from all flights, with the faults of the data counted; then nothing is due."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import duckdb
import pytest

from batchsql import pipeline
from batchsql.compiler import compile_project
from batchsql.engines.duckdb import open_engine
from batchsql.pipeline import Options
from batchsql.values import Plan, RunResult

HOUSE = Path(__file__).parent.parent
WARNINGS = {
    "accepted_range_stg_weather_wind_mph": 1,
    "delays_daily_has_weather": 229,
    "int_flights_speed_is_plausible": 4,
    "not_null_flights_with_weather_is_bad_weather": 1_556,
    "not_null_routes_great_circle_miles": 7,
    "not_null_stg_airports_time_zone": 3,
    "not_null_stg_flights_arrival_delay": 1_175,
    "not_null_stg_flights_tailnum": 2_512,
    "not_null_stg_planes_built_in": 70,
    "not_null_stg_weather_gust_mph": 20_778,
    "not_null_stg_weather_pressure_mbar": 2_729,
    "plane_in_two_places": 6,
    "stg_flights_destination_is_known": 7_602,
    "stg_flights_tailnum_is_registered": 50_094,
    "stg_weather_local_hours_are_unique": 3,
}
READ_FLIGHTS = {
    "stg_flights",
    "int_flights",
    "cancellations",
    "carriers_monthly",
    "flights_with_weather",
    "planes_latest",
    "delays_by_weather",
    "fleet_by_maker",
    "routes",
}
TABLES = (
    "intermediate.int_flights",
    "intermediate.int_weather_hourly",
    "marts.cancellations",
    "marts.carriers_monthly",
    "marts.delays_by_weather",
    "marts.delays_daily",
    "marts.fleet_by_maker",
    "marts.planes_latest",
    "marts.routes",
)
Contents = dict[str, tuple[object, ...]]


def copy_project(to: Path) -> Path:
    for part in ("models", "macros", "seeds", "snapshots", "landing", "tests/data"):
        shutil.copytree(HOUSE / part, to / part)
    shutil.copy(HOUSE / "batchsql.yml", to)
    return to


def build(project: Path) -> RunResult:
    return pipeline.build(compile_project(project), Options(command="test"))


def contents(project: Path) -> Contents:
    """Of each table, the number of rows and the sum of their hashes."""
    target = compile_project(project).project.target
    engine = open_engine(target, [], read_only=True)
    try:
        session = engine.session()
        sums = {table: session.query(f"select count(*), sum(hash(r)::hugeint) from {table} as r") for table in TABLES}
        return {table: rows[0] for table, rows in sums.items()}
    finally:
        engine.close()


@pytest.mark.slow
def test_all_flights_are_built_and_their_faults_counted(tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    result = build(project)
    assert result.exit_code == 0
    assert len(result.outcomes) == 384
    found: dict[str, int] = {}
    for verdict in (verdict for outcome in result.outcomes for verdict in outcome.verdicts):
        assert verdict.state in ("pass", "warn"), verdict
        if verdict.state == "warn":
            found[verdict.check] = found.get(verdict.check, 0) + verdict.failures
    assert found == WARNINGS
    built = contents(project)
    assert built["intermediate.int_flights"][0] == 336_776
    assert build(project).outcomes == ()

    july = project / "landing" / "flights" / "2013-07.parquet"
    os.utime(july, ns=(july.stat().st_atime_ns, july.stat().st_mtime_ns + 1))
    again = build(project)
    assert again.exit_code == 0
    loaded = {outcome.batch.model for outcome in again.outcomes if outcome.batch.judges == "batch"}
    judged = {outcome.batch.model for outcome in again.outcomes} - loaded
    assert loaded == READ_FLIGHTS
    assert judged == {"delays_daily"}  # one of its checks compares it with the flights
    assert contents(project) == built


@pytest.mark.slow
def test_plain_table_names_give_the_same_graph_and_the_same_tables(tmp_path: Path) -> None:
    with_ref, plain = copy_project(tmp_path / "with_ref"), copy_project(tmp_path / "plain")
    for file in [*plain.rglob("*.sql")]:
        text = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", file.read_text())
        file.write_text(re.sub(r"\{\{ source\('(\w+)', '(\w+)'\) \}\}", r"\1.\2", text))
    graphs = [compile_project(project).graph.nodes for project in (with_ref, plain)]
    assert [(key, node.parents) for key, node in graphs[0].items()] == [(k, n.parents) for k, n in graphs[1].items()]
    build(with_ref)
    build(plain)
    assert contents(with_ref) == contents(plain)


@pytest.mark.slow
def test_a_month_delivered_again_loads_the_days_that_changed(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "corrected")
    build(project)
    february = project / "landing" / "flights" / "2013-02.parquet"
    days = ["2013-02-04", "2013-02-11", "2013-02-20"]
    correct(february, days, 500)
    due = [str(batch) for batch in plan(project).batches if batch.interval]
    assert due == [f"delays_daily {day}" for day in days]
    assert {batch.reason for batch in plan(project).batches if batch.interval} == {"changed rows in int_flights"}

    result = build(project)
    assert result.exit_code == 0
    assert [str(outcome.batch) for outcome in result.outcomes if outcome.batch.interval] == due
    assert {outcome.batch.model for outcome in result.outcomes} == READ_FLIGHTS | {"delays_daily"}
    assert build(project).outcomes == ()

    fresh = copy_project(tmp_path / "fresh")
    shutil.copy(february, fresh / "landing" / "flights" / "2013-02.parquet")
    build(fresh)
    assert contents(project) == contents(fresh)


def plan(project: Path) -> Plan:
    return pipeline.make_plan(compile_project(project), Options())


def correct(file: Path, days: list[str], rows: int) -> None:
    """Write a file anew with so many rows of these days corrected, some of each."""
    listed = ", ".join(f"date '{day}'" for day in days)
    duckdb.execute(f"""
        copy (
            with numbered as (
                select *, time_hour::date in ({listed}) and arr_delay is not null as chosen,
                    row_number() over (partition by chosen order by hash(flight, carrier, time_hour)) as number
                from '{file}'
            )
            select * exclude (chosen, number)
                replace (if(chosen and number <= {rows}, arr_delay + 1, arr_delay) as arr_delay)
            from numbered
        ) to '{file}.new' (format parquet)""")
    Path(f"{file}.new").replace(file)
