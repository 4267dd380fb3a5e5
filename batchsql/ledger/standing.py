"""What the ledger says that the warehouse holds, batch by batch, and the entries that say it does not; see doctor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from batchsql.engines.base import Session
from batchsql.ledger.reading import read_relations
from batchsql.ledger.tables import SCHEMA
from batchsql.ledger.writing import BatchRecord, record_batch
from batchsql.values import DAMAGED, Interval, TableName

_STANDING = """
WITH made AS (
  SELECT model, max(batch_id) AS since FROM batchsql.batch WHERE state = 'committed' AND rebuilt GROUP BY model
)
SELECT b.model, b.batch_id, b.slice_start, b.slice_end, b.rebuilt, b.rows_written,
  coalesce((b.record->>'rows_deleted')::BIGINT, 0), b.record->>'relation', b.record->>'materialized',
  b.record->>'reason', b.record->>'fingerprint'
FROM batchsql.batch AS b LEFT JOIN made AS m ON m.model = b.model
WHERE b.state = 'committed' AND b.batch_id >= coalesce(m.since, 0) ORDER BY b.batch_id"""

_EVER = "SELECT DISTINCT model, record->>'relation' FROM batchsql.batch WHERE state = 'committed' ORDER BY ALL"


class Standing(Struct, frozen=True, kw_only=True):
    """A committed batch that counts: none after it made the relation anew. materialized: as `incremental/merge`."""

    model: str
    batch_id: int
    interval: Interval | None
    rebuilt: bool
    written: int
    deleted: int
    relation: str
    materialized: str
    reason: str
    fingerprint: str


def read_standing(session: Session) -> dict[str, list[Standing]]:
    """By model, the batches that count, the oldest first."""
    found: dict[str, list[Standing]] = {}
    if TableName(SCHEMA, "batch") not in read_relations(session):
        return found
    for row in session.query(_STANDING):
        model, batch_id, start, end, rebuilt, written, deleted, relation, materialized, reason, fingerprint = row
        found.setdefault(model, []).append(
            Standing(
                model=model,
                batch_id=batch_id,
                interval=Interval(start, end) if start else None,
                rebuilt=bool(rebuilt),
                written=written or 0,
                deleted=deleted,
                relation=relation or "",
                materialized=materialized or "",
                reason=reason or "",
                fingerprint=fingerprint or "",
            )
        )
    return found


def read_ever_written(session: Session) -> list[tuple[str, str]]:
    """Each model that was ever loaded, with each relation (`schema.name`) that it was loaded into."""
    if TableName(SCHEMA, "batch") not in read_relations(session):
        return []
    return [(model, relation) for model, relation in session.query(_EVER) if relation]


def record_damage(
    session: Session,
    damaged: Sequence[tuple[str, Interval | None, str]],
    *,
    batch_id: int,
    run_id: int,
    now: datetime,
) -> None:
    """Enter that slices of models do not hold what their batches wrote, each with the reason, so that they are due.

    A slice of None makes the whole relation due, to be made anew. batch_id: of the first entry.
    """
    for number, (model, interval, reason) in enumerate(damaged):
        record_batch(
            session,
            batch_id=batch_id + number,
            run_id=run_id,
            model=model,
            state=DAMAGED,
            interval=interval,
            rebuilt=False,
            rows_written=0,
            started_at=now,
            ended_at=now,
            record=BatchRecord(fingerprint="", reason=reason),
        )
