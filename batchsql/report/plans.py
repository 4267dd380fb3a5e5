"""A plan as text and as JSON: what is due, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from batchsql.report.words import Paint, count, duration, fold, moment, plain
from batchsql.values import Batch, Interval, Plan
from batchsql.values.planned import Estimate

_MOST_STRETCHES = 3
_NARROWEST_REASON = 24
_INPUT_CHANGED = ", read as a whole, changed since"
_WORTH_TELLING = 1.0  # seconds


def plan_text(
    plan: Plan, paint: Paint = plain, *, width: int | None = None, estimates: Mapping[str, Estimate] | None = None
) -> str:
    """One line for each model and reason; the intervals of a model are drawn together.

    width: of a line. estimates: by model, what a batch takes.
    """
    if not plan.batches:
        return nothing_due(plan, paint=paint, width=width)
    groups: dict[tuple[str, str], list[Batch]] = {}
    for batch in plan.batches:
        groups.setdefault((batch.model, batch.reason), []).append(batch)
    rows = [(model, _what(batches), reason) for (model, reason), batches in groups.items()]
    first, second = (max(len(row[i]) for row in rows) for i in (0, 1))
    hang = first + second + 6
    if width and hang > width - _NARROWEST_REASON:
        hang = 4
    lines = [
        fold(
            f"  {paint(model.ljust(first), 'name')}  {what.ljust(second)}  {paint(reason, 'dim')}", width, hang
        ).rstrip()
        for model, what, reason in rows
    ]
    models = {batch.model for batch in plan.batches}
    total = f"{count(len(plan.batches), 'batch', 'batches')} of {count(len(models), 'model')} due"
    rest = [paint(fold(f"not due: {text}", width, len("not due: ")), "dim") for text in not_due_lines(plan)]
    later = [
        paint(fold(f"later: {entry.model} ({entry.reason})", width, len("later: ")), "dim") for entry in plan.later
    ]
    expected = _expected(plan, estimates or {})
    told = [paint(fold(expected, width, 2), "dim")] if expected else []
    return "\n".join([f"{paint(total, 'strong')}", *lines, *later, *rest, *told])


def plan_record(plan: Plan, estimates: Mapping[str, Estimate] | None = None) -> dict[str, Any]:
    """The plan as JSON holds it. Where a model was never loaded, nothing tells what its batches will take."""
    return {
        "batches": [
            batch_record(batch)
            | {"reason": batch.reason, "rebuild": batch.rebuild, "judges": batch.judges}
            | _estimated(batch, estimates or {})
            for batch in plan.batches
        ],
        "notes": [{"model": model.model, "reason": model.reason} for model in plan.notes],
        "not_due": [{"model": model.model, "reason": model.reason} for model in plan.not_due],
        "later": [{"model": model.model, "reason": model.reason} for model in plan.later],
    }


def _estimated(batch: Batch, estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    """What a batch will take, as past ones of its model did; of one that only judges, nothing is written."""
    past = estimates.get(batch.model)
    if past is None:
        return {"estimated_rows": None, "estimated_seconds": None}
    rows = round(past.rows) if batch.judges == "batch" else 0
    return {"estimated_rows": rows, "estimated_seconds": round(past.seconds, 3)}


def _expected(plan: Plan, estimates: Mapping[str, Estimate]) -> str:
    """How much it will be in all, as far as past batches tell."""
    known = [estimates[batch.model] for batch in plan.batches if batch.model in estimates and batch.judges == "batch"]
    rows, seconds = round(sum(each.rows for each in known)), sum(each.seconds for each in known)
    if not rows and seconds < _WORTH_TELLING:
        return ""
    unknown = len(plan.batches) - len(known)
    rest = f", and {count(unknown, 'batch', 'batches')} of which nothing is known" if unknown else ""
    return f"as before: about {count(rows, 'row')}, {duration(seconds)} of work{rest}"


def batch_record(batch: Batch) -> dict[str, Any]:
    """What identifies a batch."""
    return {"model": batch.model} | interval_record(batch.interval)


def interval_record(interval: Interval | None) -> dict[str, Any]:
    """Start and end in ISO form, UTC, half-open; None for a batch without an interval."""
    if interval is None:
        return {"start": None, "end": None}
    return {"start": interval.start.isoformat(), "end": interval.end.isoformat()}


def nothing_due(
    plan: Plan,
    last_run: datetime | None = None,
    paint: Paint = plain,
    *,
    width: int | None = None,
    after_build: bool = False,
) -> str:
    """One sentence: nothing is due, since when; then a line for each model of which there is more to say.

    after_build: leave out what stays as it is from build to build, and is for the plan to tell.
    """
    last = f", last run {moment(last_run)}" if last_run else ""
    notable = [
        entry
        for entry in plan.not_due
        if not _is_up_to_date(entry.reason) and not (after_build and _INPUT_CHANGED in entry.reason)
    ]
    ordinary = len(plan.not_due) - len(notable)
    lines = [f"nothing is due: {count(ordinary, 'model')} up to date{last}"]
    lines += [f"  {paint(entry.model, 'name')}  {paint(entry.reason, 'dim')}" for entry in notable]
    return fold("\n".join(lines), width, 4)


def nothing_to_check(plan: Plan) -> str:
    """One sentence: no check was run, and why."""
    why = "; ".join(not_due_lines(plan)) or "no check is selected"
    return f"nothing to check: {why}"


def not_due_lines(plan: Plan) -> list[str]:
    """For each reason, the models that it keeps from running: by name up to five, then by number."""
    reasons: dict[str, list[str]] = {}
    for entry in plan.not_due:
        reasons.setdefault(entry.reason, []).append(entry.model)
    return [f"{_names(models)} ({reason})" if reason else _names(models) for reason, models in reasons.items()]


def _is_up_to_date(reason: str) -> bool:
    return ";" not in reason and reason.endswith(("up to date", "loaded"))


def _names(models: Sequence[str]) -> str:
    return ", ".join(models) if len(models) <= 5 else f"{count(len(models), 'model')}"


def _what(batches: Sequence[Batch]) -> str:
    if len(batches) == 1:
        text = str(batches[0].interval) if batches[0].interval else "all"
    else:
        text = f"{count(len(batches), 'batch', 'batches')}, {stretches(batches) or 'all'}"
    said = {"first load", "full refresh"}
    return f"{text}, anew" if batches[0].rebuild and batches[0].interval and batches[0].reason not in said else text


def stretches(batches: Iterable[Batch]) -> str:
    """The intervals of some batches, neighbours joined: `2013-01-01..2013-01-05, 2013-01-09`; at most three."""
    joined: list[Interval] = []
    for interval in sorted({batch.interval for batch in batches if batch.interval}):
        if joined and interval.start <= joined[-1].end:
            joined[-1] = Interval(joined[-1].start, max(joined[-1].end, interval.end))
        else:
            joined.append(interval)
    more = f", and {len(joined) - _MOST_STRETCHES} more" if len(joined) > _MOST_STRETCHES else ""
    return ", ".join(str(interval) for interval in joined[:_MOST_STRETCHES]) + more
