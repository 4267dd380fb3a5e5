"""Plans that need to ask the warehouse, and runs that go on where their plan could not see yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from batchsql.compiler import Compiled
from batchsql.engines.base import Session
from batchsql.pipeline.readings import Readings, answer
from batchsql.plan import PlanRequest, make_plan
from batchsql.values import Batch, Input, LedgerState, Outcome, Plan
from batchsql.values.readings import Wanted


def decide(
    compiled: Compiled,
    session: Session,
    selected: Collection[str],
    state: LedgerState,
    versions: Mapping[str, tuple[Input, ...]],
    request: PlanRequest,
) -> Plan:
    """What is due, with everything asked that the plan wants to know of inputs."""
    answers: dict[Wanted, Readings | None] = {}
    while True:
        plan = make_plan(compiled.graph, selected, state, versions, request, answers)
        open_questions = [wanted for wanted in dict.fromkeys(plan.wanted) if wanted not in answers]
        if not open_questions:
            return plan
        answers |= answer(compiled, session, open_questions)


def put_off(plan: Plan, outcomes: Sequence[Outcome], waits_for: Mapping[str, frozenset[str]]) -> tuple[Outcome, ...]:
    """Of what is decided later, what cannot be, since something that it waits for did not end well."""
    unwell = {outcome.batch.model: f"{outcome.batch} failed" for outcome in outcomes if outcome.state != "committed"}
    found = []
    for entry in plan.later:
        upstream = next((key for key in sorted(waits_for.get(entry.model, ())) if key in unwell), None)
        if upstream is not None:
            unwell[entry.model] = f"{entry.model} was skipped"
            found.append(skipped(entry.model, entry.reason, f"upstream {unwell[upstream]}"))
    return tuple(found)


def skipped(model: str, reason: str, error: str) -> Outcome:
    """The outcome of a model of which it was never decided whether it is due."""
    return Outcome(batch=Batch(model=model, reason=reason), state="skipped", error=error)
