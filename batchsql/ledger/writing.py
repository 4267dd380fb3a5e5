"""Adding to the ledger. No transaction begins or ends here: the caller's holds data and entry together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from batchsql.engines.base import Session
from batchsql.values import Input, Interval, Verdict
from batchsql.values.history import Profile
from batchsql.values.keeping import Kept
from batchsql.values.readings import Reading

_INSERT_BATCH = "INSERT INTO batchsql.batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_RUN_EVENT = "INSERT INTO batchsql.run_event VALUES (?, ?, ?, ?)"


class RunRecord(Struct, frozen=True, kw_only=True):
    """What is known of a run when it starts."""

    command: str
    code_version: str | None
    batchsql_version: str
    target: str
    user: str
    host: str
    pid: int
    invocation_id: str


class BatchRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What `batch.record` holds; the views of the ledger read it."""

    fingerprint: str
    checks_fingerprint: str = ""
    relation: str = ""
    materialized: str = ""
    reason: str = ""
    sql_hash: str = ""
    rows_deleted: int = 0
    attempts: int = 1
    error: str | None = None
    inputs: tuple[Input, ...] = ()
    checks: tuple[Verdict, ...] = ()
    source_columns: dict[str, tuple[tuple[str, str], ...]] = {}
    profile: Profile | None = None
    reads: dict[str, Reading] = {}
    compared: dict[str, str] = {}
    kept: Kept | None = None
    before_run: int = 0


def next_ids(session: Session) -> tuple[int, int]:
    """The run id and the batch id that come next."""
    run = session.query("SELECT coalesce(max(run_id), 0) + 1 FROM batchsql.run_event")[0][0]
    batch = session.query("SELECT coalesce(max(batch_id), 0) + 1 FROM batchsql.batch")[0][0]
    return int(run), int(batch)


def record_batch(
    session: Session,
    *,
    batch_id: int,
    run_id: int,
    model: str,
    state: str,
    interval: Interval | None,
    rebuilt: bool,
    rows_written: int,
    started_at: datetime,
    ended_at: datetime,
    record: BatchRecord,
    mask: Callable[[str], str] = str,
) -> None:
    """Write a batch's entry: one INSERT, inputs and verdicts included. Times in UTC.

    mask: puts stars in the place of secrets, in the record's text.
    """
    start, end = (interval.start, interval.end) if interval else (None, None)
    text = mask(msgspec.json.encode(record).decode())
    row = [batch_id, run_id, model, state, start, end, rebuilt, rows_written, started_at, ended_at, text]
    session.execute(_INSERT_BATCH, row)


def record_run_start(session: Session, run_id: int, at: datetime, record: RunRecord) -> None:
    """Note that a run starts."""
    session.execute(_INSERT_RUN_EVENT, [run_id, "started", at, msgspec.json.encode(record).decode()])


def close_killed_runs(session: Session, at: datetime) -> None:
    """Note of runs that started and never ended that they were killed; only while no other run can be going on."""
    session.execute(
        "INSERT INTO batchsql.run_event SELECT run_id, 'killed', ?, '{}' FROM batchsql.run_event "
        "GROUP BY run_id HAVING count(*) = 1",
        [at],
    )


def record_run_end(session: Session, run_id: int, at: datetime, state: str, totals: dict[str, Any]) -> None:
    """Note how a run ended; totals: batches, rows_written, seconds, bytes."""
    session.execute(_INSERT_RUN_EVENT, [run_id, state, at, msgspec.json.encode(totals).decode()])
