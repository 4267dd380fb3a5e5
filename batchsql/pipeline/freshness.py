"""How fresh sources are: when their newest rows were loaded, as they tell it themselves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from batchsql.artifacts import Freshness
from batchsql.compiler import Compiled, Situation, readable
from batchsql.compiler.operations import render_operation
from batchsql.engines.base import Session
from batchsql.errors import BatchError, BatchsqlError
from batchsql.pipeline.attempt import utc_now
from batchsql.pipeline.events import Listener, Options
from batchsql.pipeline.opening import open_when_free
from batchsql.values.project import RunHook


def source_freshness(compiled: Compiled, keys: Sequence[str], on_event: Listener) -> list[Freshness]:
    """The freshness of the sources among the keys that declare when they are stale; nothing is written."""
    engine = open_when_free(compiled, Options(), on_event, read_only=True)
    session = engine.session()
    try:
        entries = {compiled.ids.get(key, ""): key for key in keys}
        return [
            _one(compiled, key, entry, session)
            for unique_id, entry in compiled.described["sources"].items()
            if (key := entries.get(unique_id)) and _has_limit(entry["freshness"])
        ]
    finally:
        session.close()
        engine.close()


def _has_limit(criteria: dict[str, Any] | None) -> bool:
    limits = [(criteria or {}).get(word) or {} for word in ("warn_after", "error_after")]
    return any(limit.get("count") is not None for limit in limits)


def _one(compiled: Compiled, key: str, entry: dict[str, Any], session: Session) -> Freshness:
    started, asked_at = time.perf_counter(), utc_now()
    newest: datetime | None = None
    error = ""
    try:
        newest = _moment(session.query(_question(compiled, key, entry, session))[0][0])
    except BatchsqlError as failure:
        session.rollback()
        error = failure.message
    return Freshness(
        unique_id=entry["unique_id"],
        criteria=entry["freshness"],
        asked_at=asked_at,
        newest=newest,
        seconds=time.perf_counter() - started,
        error=error,
    )


def _question(compiled: Compiled, key: str, entry: dict[str, Any], session: Session) -> str:
    """SQL that gives the moment at which the newest row was loaded."""
    if entry["loaded_at_query"]:
        hook = RunHook(sql=entry["loaded_at_query"], package="", path=entry["original_file_path"], line=1)
        situation = Situation(run_query=session.query_named)
        return f"SELECT (\n{render_operation(compiled, hook, situation)}\n)"
    if not entry["loaded_at_field"]:
        raise BatchError(
            f"the source {key} names no loaded_at_field, which tells when its rows were loaded",
            path=entry["original_file_path"],
        )
    where = (entry["freshness"] or {}).get("filter")
    field, relation = entry["loaded_at_field"], readable(compiled, key)
    return f"SELECT max({field}) FROM {relation}" + (f" WHERE {where}" if where else "")


def _moment(value: Any) -> datetime | None:
    """A moment in UTC, of what the engine gave for it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if value is None:
        return None
    try:
        return _moment(datetime.fromisoformat(str(value)))
    except ValueError:
        raise BatchError(f"'{value}' is no moment") from None
