"""What happened to a model, or to an interval of it; never writes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from batchsql.engines.base import Session, rows_as_dicts
from batchsql.ledger.reading import read_relations
from batchsql.ledger.tables import SCHEMA
from batchsql.values import TableName

_HAPPENED = """
SELECT b.batch_id, b.run_id, b.state, b.slice_start, b.slice_end, b.rows_written, b.rows_deleted, b.started_at,
  epoch(b.ended_at - b.started_at) AS seconds, b.reason, b.error, r.command,
  (SELECT string_agg(c.message, '; ') FROM batchsql.check_result AS c
    WHERE c.batch_id = b.batch_id AND c.state IN ('fail', 'error')) AS checks,
  (SELECT string_agg(i.input || CASE WHEN i.kind = 'model' THEN ' (batch ' || i.version || ')' ELSE '' END, ', ')
    FROM batchsql.batch_input AS i WHERE i.batch_id = b.batch_id) AS inputs
FROM batchsql.batch_detail AS b LEFT JOIN batchsql.run AS r ON r.run_id = b.run_id
WHERE b.model = $1 AND ($2 IS NULL OR (b.slice_start <= $2 AND b.slice_end > $2))
ORDER BY b.batch_id DESC LIMIT $3"""


def read_happened(session: Session, model: str, moment: datetime | None, limit: int) -> list[dict[str, Any]]:
    """The newest attempts at a model, or at the interval of it that a moment is in, the newest first."""
    if TableName(SCHEMA, "batch") not in read_relations(session):
        return []
    names, rows = session.query_named(_HAPPENED, [model, moment, limit])
    return rows_as_dicts(names, rows)
