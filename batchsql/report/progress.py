"""How far a run is: told of its events, it answers with a picture of the moment. It reads no clock; times are given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from batchsql.report.lines import label, outcome_line, painted_label, with_aside
from batchsql.report.plans import stretches
from batchsql.report.words import Paint, count, duration, plain, visible
from batchsql.values import Batch, Outcome, Plan


class ModelPicture(Struct, frozen=True, kw_only=True):
    """A model that runs now: `done` of `total` batches, what it is at, and for how many seconds."""

    model: str
    done: int
    total: int
    current: str
    seconds: float


class Picture(Struct, frozen=True, kw_only=True):
    """A run at one moment. remaining: seconds, None while nothing tells."""

    done: int
    total: int
    rows: int
    elapsed: float
    remaining: float | None
    running: tuple[ModelPicture, ...]


class Progress:
    """A run as it goes. Times are seconds of one clock that only goes forward.

    past: seconds that a batch of each model took before, for an estimate before this run has a pace of its own.
    """

    def __init__(self, plan: Plan, *, now: float, past: Mapping[str, float] | None = None) -> None:
        self._began = now
        self._past = past or {}
        self._total = Counter(batch.model for batch in plan.batches)
        self._running: dict[Batch, float] = {}
        self._outcomes: dict[str, list[Outcome]] = {}
        self._rows = 0
        self._done = 0
        self._busy = 0.0

    def grow(self, plan: Plan) -> None:
        """More batches are due than it seemed when the run began."""
        self._total.update(batch.model for batch in plan.batches)

    def start(self, batch: Batch, now: float) -> None:
        """A batch begins."""
        self._running[batch] = now

    def finish(self, outcome: Outcome, now: float) -> None:
        """A batch ended."""
        began = self._running.pop(outcome.batch, None)
        if began is not None:
            self._busy += now - began
        self._outcomes.setdefault(outcome.batch.model, []).append(outcome)
        self._done += 1
        if outcome.state == "committed":
            self._rows += outcome.rows_written

    def finished(self, model: str) -> tuple[Outcome, ...] | None:
        """All outcomes of a model, once it has no batch left."""
        outcomes = self._outcomes.get(model, [])
        return tuple(outcomes) if len(outcomes) >= self._total[model] else None

    def picture(self, now: float) -> Picture:
        """The run at this moment."""
        return Picture(
            done=self._done,
            total=self._total.total(),
            rows=self._rows,
            elapsed=now - self._began,
            remaining=self._remaining(now),
            running=self._pictures(now),
        )

    def _pictures(self, now: float) -> tuple[ModelPicture, ...]:
        first: dict[str, tuple[Batch, float]] = {}
        for batch, began in self._running.items():
            first.setdefault(batch.model, (batch, began))
        return tuple(
            ModelPicture(
                model=model,
                done=len(self._outcomes.get(model, ())),
                total=self._total[model],
                current=str(batch.interval or ""),
                seconds=now - began,
            )
            for model, (batch, began) in first.items()
        )

    def _remaining(self, now: float) -> float | None:
        """Seconds of work left, divided by how many batches have been running at once so far."""
        known = {model: seconds for model in self._total if (seconds := self._seconds_each(model)) is not None}
        if not known:
            return None
        usual = sum(known.values()) / len(known)
        work = 0.0
        for model, total in self._total.items():
            work += known.get(model, usual) * (total - len(self._outcomes.get(model, ())))
        running = sum(min(now - began, known.get(b.model, usual)) for b, began in self._running.items())
        elapsed = now - self._began
        spent = self._busy + sum(now - began for began in self._running.values())
        abreast = max(1.0, spent / elapsed) if elapsed > 0 else 1.0
        return max(0.0, work - running) / abreast

    def _seconds_each(self, model: str) -> float | None:
        ran = [outcome.seconds for outcome in self._outcomes.get(model, ()) if outcome.state != "skipped"]
        return sum(ran) / len(ran) if ran else self._past.get(model)


def model_line(
    outcomes: tuple[Outcome, ...],
    *,
    width: int = 0,
    shape: str = "",
    columns: int | None = None,
    paint: Paint = plain,
) -> str:
    """All batches of one model in one line: `ok     delays_daily    365 batches 2013-01-01..2014-01-01 ...`.

    columns: characters the line may have.
    """
    if len(outcomes) == 1:
        return outcome_line(outcomes[0], width=width, shape=shape, columns=columns, paint=paint)
    labels = Counter(label(outcome) for outcome in outcomes)
    worst = next(word for word in ("fail", "check", "stop", "warn", "skip", "ok") if labels[word])
    states = Counter(outcome.state for outcome in outcomes)
    names = {"committed": "done", "failed": "failed", "check_failed": "failed a check", "interrupted": "stopped"}
    total = count(len(outcomes), "batch", "batches")
    if len(states) > 1:
        total += ": " + ", ".join(f"{number:,} {names.get(state, state)}" for state, number in states.items())
    rows = count(sum(outcome.rows_written for outcome in outcomes if outcome.state == "committed"), "row")
    seconds = duration(sum(outcome.seconds for outcome in outcomes))
    name = outcomes[0].batch.model.ljust(width)
    front = f"{painted_label(worst, paint)}  {name}  {rows:>14}  {seconds:>8}"
    aside = f"{total} {stretches(outcome.batch for outcome in outcomes)}".rstrip()
    fits = columns is None or visible(front) + 2 + len(aside) <= columns
    return with_aside(front, aside if fits else total, columns, paint)
