"""Runs and batches of the ledger, as tables for people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from batchsql.report.table import as_text
from batchsql.report.words import Paint, duration, first_line, fold, plain, shortened
from batchsql.values import Interval

Record = Mapping[str, Any]
_NUMBERS = ("batches", "rows")
_SHORTEST_END = 12
_UNDER = 6
_LONGEST_CAUSE = 300


class Wrong(Struct, frozen=True, kw_only=True):
    """Why a batch did not end well: its error, or the checks that failed. others: how many more of its run did not."""

    batch_id: int
    run_id: int
    model: str
    slice_start: datetime | None
    slice_end: datetime | None
    error: str | None
    checks: str | None
    others: int


def history_text(
    records: Sequence[Record],
    wrong: Sequence[Wrong] = (),
    *,
    known: Collection[str] = (),
    width: int | None = None,
    paint: Paint = plain,
) -> str:
    """Runs (records of the view `batchsql.run`), or batches (records of `batchsql.batch_detail`), newest first.

    wrong: what is to be said below those that did not end well. known: columns that would say what was asked for.
    """
    if not records:
        return "the ledger holds nothing of the kind"
    of_batches = "batch_id" in records[0]
    table = _batches(records) if of_batches else _runs(records)
    table = {name: cells for name, cells in table.items() if name not in known and any(cells)}
    table = _fitted(table, records, width)
    rows = list(zip(*table.values(), strict=True))
    lines = as_text(list(table), rows, width=width, numbers=_NUMBERS, paint=paint).splitlines()
    causes = {each.batch_id if of_batches else each.run_id: _cause(each, of_batches) for each in wrong}
    text = lines[:2]
    before = ""
    for line, record in zip(lines[2:], records, strict=False):
        text.append(line)
        cause = causes.get(record["batch_id" if of_batches else "run_id"], "")
        if cause:
            said = "the same" if cause == before else cause
            text.append(paint(fold(" " * _UNDER + said, width, _UNDER), "dim"))
        before = cause
    return "\n".join([*text, *lines[2 + len(records) :]])


def _runs(records: Sequence[Record]) -> dict[str, list[Any]]:
    return {
        "run": [record["run_id"] for record in records],
        "state": [str(record["state"]) for record in records],
        "started (UTC)": [_time(record) for record in records],
        "took": [_seconds(record.get("seconds")) for record in records],
        "batches": [_number(record.get("batches")) for record in records],
        "rows": [_number(record.get("rows_written")) for record in records],
        "code": [_version(record.get("code_version")) for record in records],
        "command": [str(record.get("command") or "") for record in records],
    }


def _batches(records: Sequence[Record]) -> dict[str, list[Any]]:
    return {
        "batch": [record["batch_id"] for record in records],
        "run": [record["run_id"] for record in records],
        "state": [str(record["state"]) for record in records],
        "model": [str(record["model"]) for record in records],
        "slice": [_slice(record.get("slice_start"), record.get("slice_end")) or "all" for record in records],
        "started (UTC)": [_time(record) for record in records],
        "took": [_between(record.get("started_at"), record.get("ended_at")) for record in records],
        "rows": [_number(record.get("rows_written")) for record in records],
        "why": [str(record.get("reason") or "") for record in records],
    }


def _fitted(table: dict[str, list[Any]], records: Sequence[Record], width: int | None) -> dict[str, list[Any]]:
    """The table for a narrow terminal: times without the year, then the end shortened, then what is least asked for."""
    if width is None or _taken(table) <= width:
        return table
    table = table | {"started (UTC)": [_time(record, short=True) for record in records]}
    last = list(table)[-1]
    for dropped in ("", "code", "took", last, "run" if "batch" in table else ""):
        table = {name: cells for name, cells in table.items() if name != dropped}
        room = width - _taken({name: cells for name, cells in table.items() if name != last}) - 2
        if last not in table and room >= -2:
            return table
        if last in table and room >= _SHORTEST_END:
            return table | {last: [shortened(cell, room) for cell in table[last]]}
    return table


def _taken(table: Mapping[str, Sequence[Any]]) -> int:
    """Characters of a line."""
    return (
        sum(max(len(name), *(len(str(cell)) for cell in cells)) for name, cells in table.items()) + 2 * len(table) - 2
    )


def _cause(wrong: Wrong, of_batches: bool) -> str:
    """What is said below a batch that did not end well, or below its run."""
    said = f"failed: {wrong.checks}" if wrong.checks else first_line(wrong.error or "")
    said = shortened(said, _LONGEST_CAUSE)
    if of_batches or not said:
        return said
    others = f"; and {wrong.others:,} more" if wrong.others else ""
    return f"{wrong.model} {_slice(wrong.slice_start, wrong.slice_end)}".rstrip() + f": {said}{others}"


def _slice(start: datetime | None, end: datetime | None) -> str:
    return str(Interval(start, end)) if start and end else ""


def _time(record: Record, *, short: bool = False) -> str:
    started = record.get("started_at")
    if not isinstance(started, datetime):
        return ""
    return f"{started:%m-%d %H:%M:%S}" if short else f"{started:%Y-%m-%d %H:%M:%S}"


def _between(start: object, end: object) -> str:
    both = isinstance(start, datetime) and isinstance(end, datetime)
    return duration((end - start).total_seconds()) if both else ""  # type: ignore[operator]


def _seconds(value: object) -> str:
    return duration(float(value)) if isinstance(value, int | float) else ""


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else ""


def _version(value: object) -> str:
    """A git commit in seven characters, `-dirty` kept."""
    commit, dash, rest = str(value or "").partition("-")
    return commit[:7] + dash + rest
