"""Plans that are kept in a file, and carried out only where the world is still what they were made of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from batchsql.compiler import Compiled
from batchsql.errors import UsageError
from batchsql.pipeline.events import Options
from batchsql.plan import tangible_parents
from batchsql.values import Input, LedgerState, Plan, RunResult
from batchsql.values.planned import PlannedRun

_MOST_TOLD = 5
Versions = Mapping[str, tuple[Input, ...]]


def world_of(compiled: Compiled, plan: Plan, state: LedgerState, versions: Versions) -> dict[str, str]:
    """What a plan rests on: of what runs the code, checks, inputs and loaded batches; of what it reads, the batches."""
    found: dict[str, str] = {"the target": compiled.project.target.database}
    planned = {batch.model for batch in plan.batches} | {entry.model for entry in plan.later}
    for key in sorted(planned & compiled.graph.nodes.keys()):
        node = compiled.graph[key]
        found[f"the code of {key}"] = compiled.fingerprint(node)
        found[f"the checks of {key}"] = node.checks_fingerprint
        for item in versions.get(key, ()):
            found[f"{item.name}, which {key} reads,"] = item.version
        for each in (key, *tangible_parents(compiled.graph, key)):
            newest = state.newest.get(each)
            found[f"what is loaded of {each}"] = str(newest.batch_id if newest else 0)
            relation = compiled.graph[each].relation
            if relation is not None and compiled.graph[each].writes:
                found[f"the relation of {each}"] = state.relations.get(relation, "missing")
    for key in planned - compiled.graph.nodes.keys():
        found[f"the code of {key}"] = "gone"
    return found


def confirmed(compiled: Compiled, planned: PlannedRun, state: LedgerState, versions: Versions) -> Plan:
    """The plan that was kept; one that says nothing of the world, as it is.

    Raises UsageError where something that it rests on is not what it was, and says what.
    """
    if not planned.world:
        return planned.plan
    now = world_of(compiled, planned.plan, state, versions)
    moved = sorted(name for name in now.keys() | planned.world.keys() if now.get(name) != planned.world.get(name))
    if moved:
        more = f", and {len(moved) - _MOST_TOLD} more" if len(moved) > _MOST_TOLD else ""
        raise UsageError(
            f"the plan is out of date, since this changed: {'; '.join(moved[:_MOST_TOLD])}{more}",
            hint="make and read it anew: `batchsql plan --out FILE`; nothing was run",
        )
    return planned.plan


def unfinished(compiled: Compiled, options: Options, result: RunResult) -> PlannedRun:
    """What of a run did not end well, as a plan: it runs whatever has happened since."""
    left = [outcome.batch for outcome in result.outcomes if outcome.state != "committed"]
    last = {batch.model: number for number, batch in enumerate(left)}
    batches = tuple(
        msgspec.structs.replace(batch, last=batch.last or last[batch.model] == number)
        for number, batch in enumerate(left)
    )
    return PlannedRun(
        plan=Plan(batches=batches),
        variables=options.variables,
        target=compiled.project.target.name,
        full_refresh=options.full_refresh,
        checks=options.checks,
    )


def write_planned(path: Path, planned: PlannedRun) -> None:
    """Keep a plan in a file, as JSON. Raises UsageError where that cannot be written."""
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(planned), indent=1) + b"\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def read_planned(path: Path) -> PlannedRun:
    """Read a plan that was kept. Raises UsageError where it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=PlannedRun)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        hint = "`batchsql plan --out FILE` makes one"
        raise UsageError(f"{path} is no plan: {error}", hint=hint) from None
