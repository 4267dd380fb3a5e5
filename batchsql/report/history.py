"""Runs and batches of the ledger, as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from batchsql.report.table import as_text
from batchsql.report.words import Paint, duration, first_line, plain
from batchsql.values import Interval

Record = Mapping[str, Any]


def history_text(records: Sequence[Record], *, width: int | None = None, paint: Paint = plain) -> str:
    """Runs (records of the view `batchsql.run`), or batches (records of `batchsql.batch_detail`), newest first."""
    if not records:
        return "the ledger holds nothing of the kind"
    is_batch = "batch_id" in records[0]
    columns, rows = _batches(records) if is_batch else _runs(records)
    return as_text(columns, rows, width=width, paint=paint)


def _runs(records: Sequence[Record]) -> tuple[list[str], list[list[Any]]]:
    columns = ["run", "state", "started (UTC)", "took", "batches", "rows", "code", "command"]
    return columns, [
        [
            record["run_id"],
            str(record["state"]),
            _time(record.get("started_at")),
            _seconds(record.get("seconds")),
            record.get("batches"),
            record.get("rows_written"),
            _version(record.get("code_version")),
            str(record.get("command") or ""),
        ]
        for record in records
    ]


def _batches(records: Sequence[Record]) -> tuple[list[str], list[list[Any]]]:
    columns = ["batch", "run", "state", "model", "slice", "started (UTC)", "took", "rows", "why"]
    return columns, [
        [
            record["batch_id"],
            record["run_id"],
            str(record["state"]),
            str(record["model"]),
            _slice(record),
            _time(record.get("started_at")),
            _between(record.get("started_at"), record.get("ended_at")),
            record.get("rows_written"),
            first_line(str(record.get("error") or record.get("reason") or "")),
        ]
        for record in records
    ]


def _slice(record: Record) -> str:
    start, end = record.get("slice_start"), record.get("slice_end")
    return str(Interval(start, end)) if isinstance(start, datetime) and isinstance(end, datetime) else "all"


def _time(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else ""


def _between(start: object, end: object) -> str:
    both = isinstance(start, datetime) and isinstance(end, datetime)
    return duration((end - start).total_seconds()) if both else ""  # type: ignore[operator]


def _seconds(value: object) -> str:
    return duration(float(value)) if isinstance(value, int | float) else ""


def _version(value: object) -> str:
    """A git commit in ten characters, `-dirty` kept."""
    commit, dash, rest = str(value or "").partition("-")
    return commit[:10] + dash + rest
