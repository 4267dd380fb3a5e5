"""A definition over all that can be selected: set algebra, neighbours, and the tests that come along."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from typing import Any

from msgspec import Struct

from batchsql.selection.methods import matched
from batchsql.selection.world import World
from batchsql.values.selection import Criterion, Definition, Indirect


class Chosen(Struct, frozen=True):
    """Unique ids, in the manifest's order; unanswered: parts of the selection that mean nothing, as written."""

    ids: tuple[str, ...]
    unanswered: tuple[str, ...] = ()


def choose(
    manifest: Mapping[str, Any],
    definition: Definition,
    *,
    indirect: Indirect = "eager",
    kinds: Collection[str] = (),
    without_kinds: Collection[str] = (),
    facts: Mapping[str, Mapping[str, Set[str]]] | None = None,
) -> Chosen:
    """What a definition selects, as dbt would. kinds, without_kinds: resource types that alone, or not, may come out.

    facts: for the methods `state`, `result` and `source_status`, by value, the ids that they mean.
    Raises UsageError for a value that its method does not know.
    """
    world = World(manifest, facts or {})
    unanswered: list[str] = []
    direct, _ = _evaluate(definition, world, indirect, unanswered)
    ids = tuple(key for key in world.things if key in direct and _may(world, key, kinds, without_kinds))
    return Chosen(ids, tuple(unanswered))


def _may(world: World, key: str, kinds: Collection[str], without_kinds: Collection[str]) -> bool:
    kind = world.things[key].get("resource_type")
    return (not kinds or kind in kinds) and kind not in without_kinds


def _evaluate(
    definition: Definition, world: World, indirect: Indirect, unanswered: list[str]
) -> tuple[set[str], set[str]]:
    """What is selected, and the tests that may be once their other relations are."""
    if definition.term is not None:
        return _of_term(definition.term, world, definition.term.indirect or indirect)
    found = [_evaluate(part, world, indirect, unanswered) for part in definition.parts]
    combined = _combined(definition.operator, [direct for direct, _ in found])
    waiting = _combined(definition.operator, [direct | later for direct, later in found])
    selected = _with_waiting(combined, waiting, world, definition.indirect or indirect)
    if definition.named and not selected:
        unanswered.append(definition.named)
    return selected, waiting


def _combined(operator: str, sets: list[set[str]]) -> set[str]:
    if not sets:
        return set()
    if operator == "union":
        return set.union(*sets)
    return set.intersection(*sets) if operator == "intersection" else set.difference(*sets)


def _of_term(term: Criterion, world: World, indirect: Indirect) -> tuple[set[str], set[str]]:
    found = matched(term, world)
    selected = found | world.above(found, term.up) | world.below(found, term.down)
    if term.around:
        below = found | world.below(found)
        selected |= below | world.above(below)
    if indirect == "empty":
        return selected, set()
    reachable = selected
    if indirect == "buildable":
        reachable = selected | world.above(selected) | {key for key, _ in world.of("sources")}
    direct, waiting = set(selected), set[str]()
    for key in {child for parent in selected for child in world.children[parent]} - selected:
        if world.is_test(key):
            comes = indirect == "eager" or reachable.issuperset(world.parents[key])
            (direct if comes else waiting).add(key)
    return direct, waiting


def _with_waiting(selected: set[str], waiting: set[str], world: World, indirect: Indirect) -> set[str]:
    """The selection with those of the tests that wait whose relations are all in it now."""
    if indirect not in ("cautious", "buildable") or selected == waiting:
        return selected
    there = selected | world.above(selected) if indirect == "buildable" else selected
    ready = {key for key in waiting if world.section[key] == "nodes" and there.issuperset(world.parents[key])}
    return selected | ready
