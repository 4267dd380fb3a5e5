"""One line for each thing that happens in a run: for people, and as JSON objects for machines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from batchsql.report.plans import batch_record, plan_record
from batchsql.report.words import Paint, count, duration, first_line, plain, shortened, visible
from batchsql.values import Batch, Outcome, Plan, RunResult, Verdict

_LABELS = {"failed": "fail", "check_failed": "check", "skipped": "skip", "interrupted": "stop"}
_LONGEST_REMARK = 110
_SHORTEST_ASIDE = 8
CHECKED = "checked"  # in the place of a materialization: nothing was written, what was there was checked
_STYLES = {"ok": "good", "warn": "warn", "fail": "bad", "check": "bad", "skip": "dim", "stop": "warn"}


def label(outcome: Outcome) -> str:
    """What became of a batch, in one word of at most five letters."""
    if outcome.state == "committed":
        return "warn" if any(verdict.state == "warn" for verdict in outcome.verdicts) else "ok"
    return _LABELS[outcome.state]


def painted_label(word: str, paint: Paint) -> str:
    """The word in its colour, padded so that what follows lines up."""
    return paint(word, _STYLES[word]) + " " * (5 - len(word))


def outcome_line(
    outcome: Outcome,
    *,
    done: int = 0,
    total: int = 0,
    width: int = 0,
    shape: str = "",
    columns: int | None = None,
    paint: Paint = plain,
) -> str:
    """For example `12 of 400  ok     delays_daily 2013-02-10    1,204 rows  0.02 s`.

    done, total: the count in front, left out where total is 0. width: of the names, so that lines align.
    shape: the materialization, or CHECKED: what a batch has to show depends on it.
    columns: characters the line may have; what is said at its end is shortened, since the summary says it in full.
    """
    counter = f"{done:>{len(str(total))}} of {total}  " if total else ""
    parts = [f"{counter}{painted_label(label(outcome), paint)}  {str(outcome.batch).ljust(width)}"]
    if outcome.state != "skipped":
        parts += [f"{written(outcome, shape):>14}", f"{duration(outcome.seconds):>8}"]
    return with_aside("  ".join(parts), remark(outcome), columns, paint)


def with_aside(front: str, aside: str, columns: int | None, paint: Paint) -> str:
    """A line and what is said beside it, shortened to what the line has room for."""
    room = len(aside) if columns is None else columns - visible(front) - 2
    if not aside or (room < len(aside) and room < _SHORTEST_ASIDE):
        return front.rstrip()
    return f"{front}  {paint(shortened(aside, room), 'dim')}"


def skipped_line(
    outcome: Outcome,
    batches: int,
    *,
    done: int,
    total: int,
    width: int,
    columns: int | None = None,
    paint: Paint = plain,
) -> str:
    """All that is skipped of a model in one line; outcome is one of its skipped batches."""
    several = f" ({count(batches, 'batch', 'batches')})" if batches > 1 else ""
    alike = Outcome(batch=Batch(model=outcome.batch.model), state="skipped", error=remark(outcome) + several)
    return outcome_line(alike, done=done, total=total, width=width, columns=columns, paint=paint)


def written(outcome: Outcome, shape: str = "") -> str:
    """What a batch wrote, in words; nothing for one that left nothing."""
    if shape == CHECKED:
        return count(len(outcome.verdicts), "check")
    if outcome.state != "committed":
        return ""
    return "view" if shape == "view" else count(outcome.rows_written, "row")


def run_line(run_id: int, plan: Plan) -> str:
    """What a run is about to do: `run 12: 400 batches of 14 models`, or `run 12: 14 models` where each has one."""
    batches, models = len(plan.batches), len({batch.model for batch in plan.batches})
    several = f"{count(batches, 'batch', 'batches')} of " if batches > models else ""
    return f"run {run_id}: {several}{count(models, 'model')}"


def remark(outcome: Outcome) -> str:
    """Why it is not simply well: the first check that did not pass, or the first line of the error."""
    notable = [verdict for verdict in outcome.verdicts if verdict.state != "pass"]
    if outcome.state == "check_failed":
        notable = [verdict for verdict in notable if verdict.state != "warn"]
    if outcome.state in ("committed", "check_failed") and notable:
        more = f", and {count(len(notable) - 1, 'more check')}" if len(notable) > 1 else ""
        return f"{notable[0].check}: {failures(notable[0])}{more}"
    return shortened(first_line(outcome.error), _LONGEST_REMARK)


def failures(verdict: Verdict) -> str:
    """How many rows offended, or that the whole did, or why the check could not be made."""
    if verdict.state == "error":
        return f"could not be evaluated: {first_line(verdict.message)}"
    if verdict.kind in ("contract", "drift"):
        return first_line(verdict.message)
    return count(verdict.failures, failing(verdict))


def failing(verdict: Verdict) -> str:
    """What the failures of a check are: rows, or columns, or times where it is about a whole column or table."""
    if verdict.kind in ("contract", "drift"):
        return "column"
    of_whole = "observed_value" in verdict.result and not verdict.sample
    return "failure" if verdict.kind == "row_count" or of_whole else "row"


def run_started_record(run_id: int | None, plan: Plan, time: datetime) -> dict[str, Any]:
    """The first line of a run's log."""
    return _event("run_started", time) | {"run_id": run_id} | plan_record(plan)


def plan_grew_record(plan: Plan, time: datetime) -> dict[str, Any]:
    """More is due, as it turned out when other batches had run."""
    return _event("plan_grew", time) | plan_record(plan)


def batch_started_record(batch: dict[str, Any], time: datetime) -> dict[str, Any]:
    """A batch begins."""
    return _event("batch_started", time) | batch


def batch_finished_record(outcome: Outcome, time: datetime) -> dict[str, Any]:
    """A batch ended, whichever way."""
    return _event("batch_finished", time) | outcome_record(outcome)


def note_record(message: str, time: datetime) -> dict[str, Any]:
    """Something worth knowing."""
    return _event("note", time) | {"message": message}


def run_finished_record(result: RunResult, time: datetime) -> dict[str, Any]:
    """The last line of a run's log: totals and the exit code."""
    checks = [verdict.state for outcome in result.outcomes for verdict in outcome.verdicts]
    states = [outcome.state for outcome in result.outcomes]
    return _event("run_finished", time) | {
        "run_id": result.run_id,
        "batches": {state: states.count(state) for state in sorted(set(states))},
        "rows_written": sum(outcome.rows_written for outcome in result.outcomes if outcome.state == "committed"),
        "checks": {state: checks.count(state) for state in sorted(set(checks))},
        "not_due": len(result.not_due),
        "seconds": round(result.seconds, 3),
        "interrupted": result.interrupted,
        "exit_code": result.exit_code,
    }


def outcome_record(outcome: Outcome) -> dict[str, Any]:
    """All that is known of a batch's end."""
    return batch_record(outcome.batch) | {
        "state": outcome.state,
        "batch_id": outcome.batch_id or None,
        "reason": outcome.batch.reason,
        "rows_written": outcome.rows_written,
        "rows_deleted": outcome.rows_deleted,
        "started_at": outcome.started_at.isoformat() if outcome.started_at else None,
        "seconds": round(outcome.seconds, 3),
        "attempts": outcome.attempts,
        "checks": verdict_records(outcome.verdicts),
        "error": outcome.error or None,
        "error_report": outcome.error_report or None,
    }


def verdict_records(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The verdicts; a sample comes with those that did not pass."""
    return [
        {
            "check": verdict.check,
            "kind": verdict.kind,
            "columns": list(verdict.columns),
            "severity": verdict.severity,
            "state": verdict.state,
            "failures": verdict.failures,
            "message": verdict.message or None,
            "sample": list(verdict.sample),
        }
        for verdict in verdicts
    ]


def _event(name: str, time: datetime) -> dict[str, Any]:
    return {"event": name, "time": time.isoformat(timespec="milliseconds") + "Z"}
