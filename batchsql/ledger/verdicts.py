"""Reading the verdicts of a model's batches, whole; never writes."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

from batchsql.engines.base import Session
from batchsql.ledger.reading import read_relations
from batchsql.ledger.tables import SCHEMA
from batchsql.values import TableName, Verdict

_JUDGED = """
SELECT batch_id, ended_at, rows_written, (record->'checks')::VARCHAR FROM batchsql.batch
WHERE model = ? AND json_array_length(record->'checks') > 0 ORDER BY batch_id DESC LIMIT ?"""


class Judged(Struct, frozen=True, kw_only=True):
    """A batch that was judged. judged_at: UTC. rows: that it wrote; 0 of a view, and where nothing was written."""

    batch_id: int
    judged_at: datetime
    rows: int
    verdicts: tuple[Verdict, ...]


def read_verdicts(session: Session, model: str, limit: int) -> list[Judged]:
    """The newest batches of a model that were judged, the newest first, committed or not."""
    if TableName(SCHEMA, "batch") not in read_relations(session):
        return []
    decoder = msgspec.json.Decoder(tuple[Verdict, ...])
    return [
        Judged(batch_id=batch_id, judged_at=judged_at, rows=rows or 0, verdicts=decoder.decode(text))
        for batch_id, judged_at, rows, text in session.query(_JUDGED, [model, limit])
    ]
