"""What a rollback reads of the ledger, and what it enters there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from batchsql.engines.base import Session
from batchsql.ledger.reading import read_relations
from batchsql.ledger.tables import SCHEMA
from batchsql.ledger.writing import BatchRecord, record_batch
from batchsql.values import Interval, TableName
from batchsql.values.keeping import UNDONE, Kept

_ENTRIES = """
SELECT batch_id, run_id, model, slice_start, slice_end, rebuilt, rows_written, record::VARCHAR
FROM batchsql.batch WHERE state = 'committed' AND ($1 IS NULL OR model = $1) ORDER BY batch_id"""


class Entry(Struct, frozen=True, kw_only=True):
    """A committed batch, as it stands in the ledger."""

    batch_id: int
    run_id: int
    model: str
    interval: Interval | None
    rebuilt: bool
    written: int
    record: BatchRecord


def read_entries(session: Session, model: str | None = None) -> list[Entry]:
    """All committed batches, of one model or of all, the oldest first."""
    if TableName(SCHEMA, "batch") not in read_relations(session):
        return []
    decoder = msgspec.json.Decoder(BatchRecord)
    return [
        Entry(
            batch_id=batch_id,
            run_id=run_id,
            model=name,
            interval=Interval(start, end) if start else None,
            rebuilt=bool(rebuilt),
            written=written or 0,
            record=decoder.decode(text),
        )
        for batch_id, run_id, name, start, end, rebuilt, written, text in session.query(_ENTRIES, [model])
    ]


def read_undone(session: Session) -> set[str]:
    """The models of which a rollback is the newest that happened to them."""
    query = "SELECT model FROM batchsql.batch GROUP BY model HAVING arg_max(state, batch_id) = ?"
    return {model for (model,) in session.query(query, [UNDONE])}


def effective(entries: Sequence[Entry]) -> list[Entry]:
    """Those of a model's batches whose rows it holds: neither those that were undone, nor undos."""
    found: list[Entry] = []
    for entry in entries:
        if before := entry.record.before_run:
            found = effective([each for each in entries if each.run_id < before])
        else:
            found.append(entry)
    return found


def record_undone(
    session: Session,
    entry: Entry,
    *,
    run_id: int,
    next_id: Callable[[], int],
    now: datetime,
    mask: Callable[[str], str],
    kept: Kept,
    reason: str,
    before_run: int,
) -> int:
    """Enter that a slice is as `entry` says, and due; returns the id of the batch that says so.

    before_run: the run before which the relation was what it is now.
    """
    batch_id = next_id()
    record = msgspec.structs.replace(
        entry.record, kept=kept, reason=reason, before_run=before_run, attempts=1, rows_deleted=0
    )
    for state, number in (("committed", batch_id), (UNDONE, next_id())):
        record_batch(
            session,
            batch_id=number,
            run_id=run_id,
            model=entry.model,
            state=state,
            interval=entry.interval,
            rebuilt=entry.rebuilt and state != UNDONE,
            rows_written=entry.written if state != UNDONE else 0,
            started_at=now,
            ended_at=now,
            record=record if state != UNDONE else BatchRecord(fingerprint=record.fingerprint, reason=reason),
            mask=mask,
        )
    return batch_id
