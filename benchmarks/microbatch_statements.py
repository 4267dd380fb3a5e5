"""What does a daily batch cost beyond the best hand-written SQL? CPU seconds of 60 days, 20 million rows, both ways.

Run it with `python benchmarks/microbatch_statements.py [rows]`. By hand: one transaction a day, delete and insert.
By the load: the same, with columns asked for and rows outside the interval refused; no ledger, no checks of the model.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from batchsql.engines.duckdb import DuckdbSession, open_engine
from batchsql.load import LoadRequest, incoming, plan_write, questions
from batchsql.values import Config, Interval, TableName, Target

FIRST = datetime(2024, 1, 1)
DAYS = 60


def query(day: Interval) -> str:
    return f"""select id, k, amount * 2 as amount, note, ts
from source where ts >= timestamp '{day.start}' and ts < timestamp '{day.end}'"""


def by_hand(session: DuckdbSession, day: Interval) -> None:
    session.begin()
    if day.start == FIRST:
        session.execute(f"create table by_hand as {query(day)}")
    else:
        session.execute(f"delete from by_hand where ts >= timestamp '{day.start}' and ts < timestamp '{day.end}'")
        session.execute(f"insert into by_hand {query(day)}")
    session.commit()


def by_load(session: DuckdbSession, day: Interval) -> None:
    config = Config(materialized="incremental", incremental_strategy="microbatch", event_time="ts")
    existing = None if day.start == FIRST else "table"
    target = TableName("main", "by_load")
    request = LoadRequest(
        target=target,
        config=config,
        sql=query(day),
        now=FIRST,
        existing=existing,
        interval=day,  # type: ignore[arg-type]
    )
    session.begin()
    request = msgspec.structs.replace(
        request,
        staged_columns=session.columns(incoming(request) or ""),
        target_columns=session.columns(f"from {target.sql}") if existing else None,
    )
    counts = [session.execute(statement.sql) for statement in plan_write(request)]
    for question in questions(request):
        assert question.offences(session.query(question.count)[0][0], counts[-1]) == 0
    session.commit()


def measure(session: DuckdbSession, land: Callable[[DuckdbSession, Interval], None]) -> float:
    started = time.process_time()
    for number in range(DAYS):
        land(session, Interval(FIRST + timedelta(days=number), FIRST + timedelta(days=number + 1)))
    return time.process_time() - started


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(Target(name="benchmark", database=str(Path(folder) / "w.duckdb")), [])
        session = engine.session()
        session.execute(f"""create table source as
          select i as id, i % 1000 as k, i * 0.5 as amount, 'n' || i % 100 as note,
          timestamp '{FIRST}' + interval (i * {DAYS * 86400} // {rows}) second as ts from range({rows}) r(i)""")
        for _ in range(3):
            hand, load = measure(session, by_hand), measure(session, by_load)
            print(f"by hand {hand:.2f} CPU s, by the load {load:.2f} CPU s: {load / hand:.2f} times", flush=True)
            assert session.query("(from by_hand except all from by_load) limit 1") == []
            session.execute("drop table by_hand")
            session.execute("drop table by_load")
            engine.checkpoint()


if __name__ == "__main__":
    main()
