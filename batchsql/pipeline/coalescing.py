"""Batches that are loaded together: in one pass while that is well, else in halves, down to the one that fails."""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from batchsql.engines.base import Session
from batchsql.pipeline.batch import run_batch
from batchsql.pipeline.parts import joined, singles
from batchsql.pipeline.shared import RunState
from batchsql.values import Batch, Outcome

_VARYING = re.compile(r"\d[\d:.T-]*")  # times and counts, in which errors of one cause differ


class _Trouble(Struct):
    """What the single batch before this one failed with, where it failed. repeated: the one before failed alike."""

    error: str = ""
    repeated: str = ""


def run_together(run: RunState, batch: Batch, session: Session) -> tuple[Outcome, ...]:
    """Run a batch, or several that were joined; one outcome for each.

    What fails together, since one interval's check does or since memory does not suffice, is tried in halves: so only
    what fails by itself is held back.
    """
    return tuple(_run(run, singles(batch), session, _Trouble()))


def _run(run: RunState, batches: tuple[Batch, ...], session: Session, trouble: _Trouble) -> list[Outcome]:
    if trouble.repeated:
        reason = f"two batches before it failed alike: {trouble.repeated}"
        return [Outcome(batch=batch, state="skipped", error=reason) for batch in batches]
    outcome = run_batch(run, joined(batches), session)
    if len(batches) == 1:
        error = outcome.error if outcome.state == "failed" else ""
        alike = error and _VARYING.sub("#", error) == _VARYING.sub("#", trouble.error)
        trouble.repeated = error.splitlines()[0] if alike else ""
        trouble.error = error
        return [outcome]
    if outcome.state == "committed":
        trouble.error = ""
        return list(outcome.parts)
    if outcome.state == "interrupted" or run.stopping:
        return [msgspec.structs.replace(outcome, batch=batch) for batch in batches]
    middle = len(batches) // 2
    first = _run(run, batches[:middle], session, trouble)
    return first + _run(run, batches[middle:], session, trouble)
