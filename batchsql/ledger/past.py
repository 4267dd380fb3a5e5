"""What earlier batches of a model were like: those that still stand; never writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from batchsql.engines.base import Session
from batchsql.values.history import RELEASED, PastBatch, Profile

_BATCHES = "SELECT batch_id, rows_written, record FROM batchsql.batch WHERE batch_id IN ({})"

# What was added to a relation, since it was last made anew: that first load was of everything.
_ADDED = """
SELECT batch_id, rows_written, record, state FROM batchsql.batch
WHERE model = $1 AND state = 'committed' AND ($2 OR dayofweek(started_at) = dayofweek(now()::TIMESTAMP))
  AND (record->>'reason') IS DISTINCT FROM $3
  AND batch_id > (SELECT coalesce(max(batch_id), 0) FROM batchsql.batch
    WHERE model = $1 AND state = 'committed' AND rebuilt)
ORDER BY batch_id DESC LIMIT $4"""

# A relation that is loaded whole, as it was each time; with each load, what was found when it was checked again.
_WHOLE = """
SELECT batch_id, rows_written, record, state FROM (
  SELECT *, count(*) FILTER (state = 'committed') OVER (ORDER BY batch_id) AS load FROM batchsql.batch
  WHERE model = $1 AND state IN ('committed', 'checked') AND (record->>'reason') IS DISTINCT FROM $3)
WHERE $2 OR dayofweek(started_at) = dayofweek(now()::TIMESTAMP)
QUALIFY row_number() OVER (PARTITION BY load, state ORDER BY batch_id DESC) = 1
ORDER BY batch_id DESC LIMIT $4"""


class _Kept(Struct):
    result: dict[str, Any] = {}


class _Record(Struct):
    checks: tuple[_Kept, ...] = ()
    profile: Profile | None = None


def read_past(session: Session, batch_ids: Sequence[int]) -> list[PastBatch]:
    """These batches, in this order; those that are not in the ledger are left out."""
    if not batch_ids:
        return []
    found = session.query(_BATCHES.format(", ".join(str(int(number)) for number in batch_ids)))
    batches = {batch.batch_id: batch for batch in map(_batch, found)}
    return [batches[number] for number in batch_ids if number in batches]


def read_added(session: Session, model: str, *, same_weekday: bool, most: int) -> list[PastBatch]:
    """The batches that added rows to a relation, the latest first; not the one that made it."""
    return [_batch(row) for row in session.query(_ADDED, [model, not same_weekday, RELEASED, most])]


def read_whole(session: Session, model: str, *, same_weekday: bool, most: int) -> list[PastBatch]:
    """The loads of a relation that is loaded whole, the latest first, each as it was judged last."""
    found: list[PastBatch] = []
    checked: tuple[dict[str, Any], ...] = ()
    for row in session.query(_WHOLE, [model, not same_weekday, RELEASED, 2 * most]):
        batch = _batch(row)
        if row[3] == "checked":
            checked = batch.results
        else:
            found.append(msgspec.structs.replace(batch, results=checked + batch.results))
            checked = ()
    return found[:most]


def _batch(row: Sequence[Any]) -> PastBatch:
    record = msgspec.json.decode(row[2], type=_Record)
    results = tuple(check.result for check in record.checks if check.result)
    return PastBatch(batch_id=row[0], rows=row[1] or 0, results=results, profile=record.profile)
