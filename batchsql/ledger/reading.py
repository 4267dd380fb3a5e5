"""Reading the ledger; never writes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from batchsql.engines.base import Session, rows_as_dicts
from batchsql.ledger.tables import SCHEMA
from batchsql.ledger.writing import BatchRecord
from batchsql.values import DAMAGED, Input, Interval, LedgerState, Loaded, TableName
from batchsql.values.readings import Reading

_NEWEST = """
SELECT model, max(batch_id), arg_max(record, batch_id), avg(epoch(ended_at - started_at))
FROM batchsql.batch WHERE state = 'committed' GROUP BY model"""

_CHECKED = """
SELECT model, arg_max(record->>'checks_fingerprint', batch_id), max(batch_id),
  arg_max(record->>'fingerprint', batch_id) FROM batchsql.batch
WHERE state IN ('committed', 'checked') GROUP BY model"""

_INTERVALS = """
WITH rebuilt AS (
  SELECT model, max(batch_id) AS since FROM batchsql.batch WHERE state = 'committed' AND rebuilt GROUP BY model
)
SELECT b.model, b.slice_start, b.slice_end, max(b.batch_id), arg_max(b.record->>'fingerprint', b.batch_id),
  arg_max(coalesce(b.record->>'reads', '{}'), b.batch_id)
FROM batchsql.batch AS b LEFT JOIN rebuilt AS r ON r.model = b.model
WHERE b.state = 'committed' AND b.slice_start IS NOT NULL AND b.batch_id >= coalesce(r.since, 0)
GROUP BY ALL"""

_COMPARED = """
SELECT model, input, arg_max(record->'compared'->>input, batch_id), max(batch_id)
FROM (SELECT model, batch_id, record, unnest(json_keys(record, '$.compared')) AS input FROM batchsql.batch
  WHERE state IN ('committed', 'checked') AND (record->>'compared') IS NOT NULL)
GROUP BY ALL"""

_EARLY = """
SELECT model, slice_start, slice_end FROM batchsql.batch
WHERE state = 'committed' AND slice_start IS NOT NULL
GROUP BY ALL HAVING slice_end > arg_max(started_at, batch_id)
"""

_INPUTS = """
SELECT slice_start, slice_end, arg_max(record, batch_id) FROM batchsql.batch
WHERE state = 'committed' AND slice_start IS NOT NULL AND model = ? GROUP BY ALL"""

_UNFINISHED = """
SELECT model, slice_start, slice_end, arg_max(state, batch_id) AS newest
FROM batchsql.batch WHERE state NOT IN ('checked', 'damaged') GROUP BY ALL HAVING newest <> 'committed'"""

# Until a batch covers the slice, or makes the relation anew.
_DAMAGED = """
SELECT DISTINCT d.model, d.slice_start, d.slice_end FROM batchsql.batch AS d
WHERE d.state = 'damaged' AND NOT EXISTS (
  SELECT 1 FROM batchsql.batch AS c WHERE c.model = d.model AND c.state = 'committed' AND c.batch_id > d.batch_id
    AND (c.rebuilt OR (d.slice_start IS NULL AND c.slice_start IS NULL)
      OR (c.slice_start <= d.slice_start AND c.slice_end >= d.slice_end)))"""


def read_state(session: Session, with_inputs: Collection[str] = ()) -> LedgerState:
    """Read what is loaded. An empty warehouse, or one that batchsql never wrote to, gives an empty state.

    with_inputs: interval models whose intervals' inputs are wanted.
    """
    relations = read_relations(session)
    if TableName(SCHEMA, "batch") not in relations:
        return LedgerState(relations=relations)
    decoder = msgspec.json.Decoder(BatchRecord)
    newest, seconds = {}, {}
    checked = {model: (checks or "", batch_id, code) for model, checks, batch_id, code in session.query(_CHECKED)}
    for model, batch_id, text, mean_seconds in session.query(_NEWEST):
        record = decoder.decode(text)
        newest[model] = Loaded(
            batch_id=batch_id,
            fingerprint=record.fingerprint,
            inputs=record.inputs,
            checks_fingerprint=checked[model][0],
            judged_by=checked[model][1],
            judged_code=checked[model][2] or "",
            source_columns=record.source_columns,
        )
        seconds[model] = mean_seconds
    intervals: dict[str, dict[Interval, int]] = {}
    codes: dict[str, dict[str, int]] = {}
    interval_codes: dict[str, dict[Interval, str]] = {}
    readings: dict[str, dict[Interval, dict[str, Reading]]] = {}
    reads = msgspec.json.Decoder(dict[str, Reading])
    for model, start, end, batch_id, code, text in session.query(_INTERVALS):
        interval = Interval(start, end)
        intervals.setdefault(model, {})[interval] = batch_id
        interval_codes.setdefault(model, {})[interval] = code
        readings.setdefault(model, {})[interval] = reads.decode(text)
        made = codes.setdefault(model, {})
        made[code] = made.get(code, 0) + 1
    unfinished = {
        (model, Interval(start, end) if start else None): state
        for model, start, end, state in session.query(_UNFINISHED)
    }
    for model, start, end in session.query(_DAMAGED):
        unfinished[model, Interval(start, end) if start else None] = DAMAGED
    return LedgerState(
        newest=newest,
        intervals=intervals,
        inputs=_read_inputs(session, with_inputs),
        early=_read_early(session, intervals),
        readings=readings,
        interval_codes=interval_codes,
        compared=_read_compared(session),
        codes=codes,
        unfinished=unfinished,
        relations=relations,
        seconds=seconds,
        last_run_at=session.query("SELECT max(happened_at) FROM batchsql.run_event")[0][0],
    )


def _read_compared(session: Session) -> dict[str, dict[str, tuple[str, int]]]:
    found: dict[str, dict[str, tuple[str, int]]] = {}
    for model, name, version, batch_id in session.query(_COMPARED):
        found.setdefault(model, {})[name] = (version, batch_id)
    return found


def _read_early(session: Session, intervals: dict[str, dict[Interval, int]]) -> dict[str, tuple[Interval, ...]]:
    found: dict[str, tuple[Interval, ...]] = {}
    for model, start, end in session.query(_EARLY):
        interval = Interval(start, end)
        if interval in intervals.get(model, {}):
            found[model] = (*found.get(model, ()), interval)
    return found


def _read_inputs(session: Session, models: Collection[str]) -> dict[str, dict[Interval, tuple[Input, ...]]]:
    decoder = msgspec.json.Decoder(BatchRecord)
    found: dict[str, dict[Interval, tuple[Input, ...]]] = {}
    for model in models:
        for start, end, text in session.query(_INPUTS, [model]):
            found.setdefault(model, {})[Interval(start, end)] = decoder.decode(text).inputs
    return found


def read_relations(session: Session) -> dict[TableName, str]:
    """Tables and views of the warehouse file, with their kind; temporary and system ones left out."""
    rows = session.query(
        "SELECT schema_name, table_name, 'table' FROM duckdb_tables() WHERE NOT internal AND NOT temporary "
        "AND database_name = current_database() "
        "UNION ALL SELECT schema_name, view_name, 'view' FROM duckdb_views() WHERE NOT internal AND NOT temporary "
        "AND database_name = current_database()"
    )
    return {TableName(schema, name): kind for schema, name, kind in rows}


def read_runs(session: Session, *, limit: int = 20, failed: bool = False) -> list[dict[str, Any]]:
    """The newest runs first, as the view `batchsql.run` gives them."""
    condition = "WHERE state NOT IN ('succeeded', 'started')" if failed else ""
    return _dicts(session, f"SELECT * FROM batchsql.run {condition} ORDER BY run_id DESC LIMIT {int(limit)}", "run")


def read_batches(
    session: Session,
    *,
    model: str | None = None,
    run_id: int | None = None,
    failed: bool = False,
    limit: int = 20,
    since: datetime | None = None,
) -> list[dict[str, Any]]:
    """The newest batches first, as the view `batchsql.batch_detail` gives them, with counts of their verdicts."""
    conditions, parameters = ["true"], []
    for condition, value in (("model = ?", model), ("run_id = ?", run_id), ("started_at >= ?", since)):
        if value is not None:
            conditions.append(condition)
            parameters.append(value)
    if failed:
        conditions.append("state NOT IN ('committed', 'checked')")
    where = " AND ".join(conditions)
    query = f"SELECT * FROM batchsql.batch_detail WHERE {where} ORDER BY batch_id DESC LIMIT {int(limit)}"
    return _dicts(session, query, "batch", parameters)


def _dicts(session: Session, query: str, table: str, parameters: list[Any] | None = None) -> list[dict[str, Any]]:
    if TableName(SCHEMA, table) not in read_relations(session):
        return []
    names, rows = session.query_named(query, parameters)
    return rows_as_dicts(names, rows)
