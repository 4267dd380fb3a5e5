"""A backfill of a daily interval model over 20 million rows, against the best hand-written SQL, one transaction a day.

Also one new day as a whole process. DuckDB's first checkpoints after a backfill merge what it wrote (1.6 CPU s here, in
whatever process they fall), so two days that nobody counts come before the one that is measured.

Usage: python benchmarks/backfill.py [DAYS] [ROUNDS]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import duckdb
from measure import BATCHSQL, compile_bytecode, cpu_seconds, interleaved, report

ROWS = 20_000_000
LATER = 3  # days that are loaded after the backfill, one process each
MODEL = """{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened_at',
          begin='2024-01-01', end='{end}', batch_size='day', coalesce={coalesce}) }}}}
select event_id, user_id, happened_at, kind, amount, amount * 2 as doubled
from {{{{ source('raw', 'events') }}}}
"""
SOURCES = """sources:
  - name: raw
    schema: raw
    tables:
      - name: events
        event_time: happened_at
        loaded_at_field: happened_at
"""
CHECKS = """models:
  - name: daily
    columns:
      - name: event_id
        checks: [not_null, unique]
      - name: user_id
        checks: [not_null]
      - name: amount
        checks:
          - accepted_range: {min_value: 0, max_value: 1000}
      - name: kind
        checks:
          - accepted_values: {values: [click, view, buy, leave]}
"""
BY_HAND = """
import sys, duckdb
from datetime import date, timedelta
connection = duckdb.connect(sys.argv[1])
first, days = int(sys.argv[2]), int(sys.argv[3])
query = "select event_id, user_id, happened_at, kind, amount, amount * 2 as doubled from raw.events where false"
connection.execute(f"create table if not exists main.daily as {query}")
for day in range(first, first + days):
    start = date(2024, 1, 1) + timedelta(days=day)
    inside = f"happened_at >= timestamp '{start}' and happened_at < timestamp '{start + timedelta(days=1)}'"
    connection.execute("begin")
    connection.execute(f"delete from main.daily where {inside}").fetchall()
    connection.execute(f"insert into main.daily {query.replace('where false', 'where ' + inside)}").fetchall()
    connection.execute("commit")
"""


def write_source(path: Path, days: int) -> None:
    """20 million events, evenly over the days, in the order of time."""
    connection = duckdb.connect(str(path))
    connection.execute("create schema raw")
    connection.execute(f"""
        create table raw.events as
        select i as event_id, hash(i) % 1000000 as user_id,
            timestamp '2024-01-01' + to_microseconds(i * ({days} * 86400000000 // {ROWS})) as happened_at,
            ['click', 'view', 'buy', 'leave'][1 + i % 4] as kind, (i % 100000) / 100 as amount
        from range({ROWS}) r(i)""")
    connection.close()


def write_project(folder: Path, end: str, *, checks: bool, coalesce: int = 0) -> None:
    (folder / "models").mkdir(parents=True, exist_ok=True)
    (folder / "batchsql.yml").write_text("name: bench\n")
    (folder / "models" / "sources.yml").write_text(SOURCES)
    (folder / "models" / "daily.sql").write_text(MODEL.format(end=end, coalesce=coalesce))
    (folder / "models" / "daily.yml").unlink(missing_ok=True)
    if checks:
        (folder / "models" / "daily.yml").write_text(CHECKS)


def main() -> None:
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    compile_bytecode()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, project, script = folder / "source.duckdb", folder / "project", folder / "by_hand.py"
        write_source(source, days)
        script.write_text(BY_HAND)
        database = project / "bench.duckdb"

        def fresh() -> None:
            project.mkdir(exist_ok=True)
            shutil.copy(source, database)

        def end_of(days_in: int) -> str:
            return str(duckdb.sql(f"select date '2024-01-01' + {days_in}").fetchall()[0][0])

        def by_hand() -> float:
            fresh()
            return cpu_seconds([sys.executable, str(script), str(database), "0", str(days - LATER)])

        def day_by_hand() -> float:
            new = range(days - LATER, days)
            return [cpu_seconds([sys.executable, str(script), str(database), str(day), "1"]) for day in new][-1]

        def build(*, checks: bool, coalesce: int = 0) -> float:
            fresh()
            write_project(project, end_of(days - LATER), checks=checks, coalesce=coalesce)
            return cpu_seconds([*BATCHSQL, "build", "--quiet"], cwd=project)

        def build_day() -> float:
            took = 0.0
            for day in range(days - LATER, days):
                write_project(project, end_of(day + 1), checks=True)
                took = cpu_seconds([*BATCHSQL, "build", "--quiet"], cwd=project)
            return took

        figures = interleaved(
            rounds,
            {
                "by hand": by_hand,
                "one day by hand": day_by_hand,
                "batchsql, no checks": lambda: build(checks=False),
                "batchsql, with checks": lambda: build(checks=True),
                "batchsql, coalesced, no checks": lambda: build(checks=False, coalesce=days),
                "batchsql, coalesced, with checks": lambda: build(checks=True, coalesce=days),
                "one day, batchsql, with checks": build_day,
            },
        )
        report(f"{days - LATER} daily batches over {ROWS:,} rows, medians of {rounds} rounds", figures, "by hand")


if __name__ == "__main__":
    main()
