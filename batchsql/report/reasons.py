"""Why a model ran or did not, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batchsql.report.plans import batch_record, stretches
from batchsql.report.words import Paint, count, duration, first_line, fold, moment, plain
from batchsql.values import Batch, Interval

_WHAT = {
    "committed": "committed",
    "checked": "checked, nothing written",
    "check_failed": "held back by a check",
    "failed": "failed",
    "interrupted": "interrupted",
    "damaged": "found damaged",
    "undone": "due again, being undone",
}


def explanation_text(
    model: str,
    due: Sequence[Batch],
    why_not: str,
    notes: Sequence[str],
    happened: Sequence[Mapping[str, Any]],
    paint: Paint = plain,
    *,
    width: int | None = None,
) -> str:
    """Whether it is due, and why; then each past attempt, the newest first, with its reason and what it read."""
    lines = []
    by_reason: dict[str, list[Batch]] = {}
    for batch in due:
        by_reason.setdefault(batch.reason, []).append(batch)
    for reason, batches in by_reason.items():
        which = stretches(batches)
        lines.append(f"{paint(model, 'name')} is due{f' ({which})' if which else ''}: {reason}")
    if not due:
        lines.append(f"{paint(model, 'name')} is not due: {why_not}")
    lines += [f"  {paint(note, 'dim')}" for note in notes]
    if not happened:
        lines.append("the ledger knows no attempt at it")
    for record in happened:
        lines += _attempt(record, paint)
    return "\n".join(fold(line, width, 4) for line in lines)


def _attempt(record: Mapping[str, Any], paint: Paint) -> list[str]:
    start, end = record["slice_start"], record["slice_end"]
    of = f" {Interval(start, end)}" if start else ""
    rows = count(record["rows_written"] or 0, "row")
    state = _WHAT.get(record["state"], record["state"])
    took = f", {rows} in {duration(record['seconds'])}" if record["state"] == "committed" else ""
    found = [
        f"{moment(record['started_at'])}  run {record['run_id']}, batch {record['batch_id']}{of}: {state}{took}",
        f"  because: {record['reason'] or 'asked for'}",
    ]
    if wrong := record["error"] or record["checks"]:
        found.append(f"  {paint(first_line(wrong), 'bad')}")
    if record["inputs"]:
        found.append(paint(f"  read {record['inputs']}", "dim"))
    return found


def explanation_record(
    model: str, due: Sequence[Batch], why_not: str, notes: Sequence[str], happened: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The same as JSON holds it."""
    return {
        "model": model,
        "due": [batch_record(batch) | {"reason": batch.reason, "rebuild": batch.rebuild} for batch in due],
        "not_due": None if due else why_not,
        "notes": list(notes),
        "happened": list(happened),
    }
