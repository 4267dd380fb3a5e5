"""What batches of a model took so far; never writes."""

from __future__ import annotations

from batchsql.engines.base import Session
from batchsql.ledger.reading import read_relations
from batchsql.ledger.tables import SCHEMA
from batchsql.values import TableName
from batchsql.values.planned import Estimate

_LAST = """
SELECT model, avg(rows_written), avg(epoch(ended_at - started_at)) FROM (
  SELECT model, rows_written, started_at, ended_at FROM batchsql.batch WHERE state = 'committed'
  QUALIFY row_number() OVER (PARTITION BY model ORDER BY batch_id DESC) <= 10)
GROUP BY model"""


def read_estimates(session: Session) -> dict[str, Estimate]:
    """By model, the means of its last ten committed batches."""
    if TableName(SCHEMA, "batch") not in read_relations(session):
        return {}
    return {model: Estimate(rows or 0.0, seconds or 0.0) for model, rows, seconds in session.query(_LAST)}
