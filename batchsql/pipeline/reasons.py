"""Why a model ran, and why it is due or not: what the plan says of it, and what the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from batchsql.compiler import Compiled
from batchsql.errors import UsageError, did_you_mean
from batchsql.ledger import read_happened
from batchsql.pipeline.build import make_plan
from batchsql.pipeline.events import Options, ignore
from batchsql.pipeline.opening import open_when_free
from batchsql.values import Batch


class Explanation(Struct, frozen=True, kw_only=True):
    """due: the batches that are. why_not: why there are none. happened: past attempts, the newest first."""

    model: str
    due: tuple[Batch, ...]
    why_not: str = ""
    notes: tuple[str, ...] = ()
    happened: tuple[dict[str, Any], ...] = ()


def explain(compiled: Compiled, model: str, moment: datetime | None, options: Options, limit: int) -> Explanation:
    """Of a model, or of the interval of it that a moment (UTC) is in. Raises UsageError where there is none such."""
    node = compiled.graph.nodes.get(model)
    if node is None:
        raise UsageError(f"there is no model '{model}'", hint=did_you_mean(model, compiled.graph.nodes))
    if moment is not None and not node.config.by_interval:
        raise UsageError(f"{model} is not loaded by intervals", hint=f"batchsql explain {model}")
    plan = make_plan(compiled, replace(options, select=(), exclude=()))
    due = tuple(batch for batch in plan.batches if batch.model == model and _is_of(batch, moment))
    why_not = next((each.reason for each in (*plan.not_due, *plan.later) if each.model == model), "")
    if not due and not why_not:
        why_not = "this interval is loaded, or is not over yet; others are due" if moment else "it has no batches"
    engine = open_when_free(compiled, options, ignore, read_only=True)
    session = engine.session()
    try:
        happened = tuple(read_happened(session, model, moment, limit))
    finally:
        session.close()
        engine.close()
    notes = tuple(note.reason for note in plan.notes if note.model == model)
    return Explanation(model=model, due=due, why_not=why_not, notes=notes, happened=happened)


def _is_of(batch: Batch, moment: datetime | None) -> bool:
    if moment is None or batch.interval is None:
        return True
    return batch.interval.start <= moment < batch.interval.end
