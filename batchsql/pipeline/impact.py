"""What a column is made of and goes into, and what a change of a model or a column reaches."""

from __future__ import annotations

import re
from collections.abc import Iterable

from batchsql.compiler import Compiled
from batchsql.compiler.lineage import column_lineage
from batchsql.errors import UsageError, did_you_mean
from batchsql.graph import ancestors, descendants
from batchsql.pipeline.static import check_statically
from batchsql.values import Check, Graph
from batchsql.values.lineage import ColumnLineage, Impact, Place, Reached
from batchsql.values.static import Shape

_WORD = re.compile(r"\w+")


def lineage_of_column(compiled: Compiled, written: str) -> tuple[ColumnLineage, Place]:
    """The lineage of all upstream and downstream of `model.column`. Raises UsageError for one that is not there."""
    shapes = check_statically(compiled).shapes
    key, column = _named(compiled, written, shapes)
    graph = compiled.graph
    keys = ancestors(graph, [key]) | {key} | descendants(graph, [key])
    return column_lineage(compiled, shapes, _in_order(graph, keys)), (key, column)


def impact_of(compiled: Compiled, written: str) -> Impact:
    """Everything downstream that uses `model`, or `model.column`. Raises UsageError for what is not there."""
    graph = compiled.graph
    if written in graph.nodes:
        below = _in_order(graph, descendants(graph, [written]) - {written})
        models = tuple(Reached(key, graph[key].path) for key in below if graph[key].kind != "test")
        checks = tuple(check for key in (written, *below) for check in graph[key].checks)
        touched = {written, *(each.model for each in models)}
        return Impact(
            of=written, whole=True, models=models, checks=_once(checks), exposures=_exposures(compiled, touched)
        )
    shapes = check_statically(compiled).shapes
    key, column = _named(compiled, written, shapes)
    below = _in_order(graph, descendants(graph, [key]) - {key})
    lineage = column_lineage(compiled, shapes, below)
    place = (key, column)
    made = lineage.downstream((place,))
    affected = frozenset((place, *made))
    models = tuple(
        Reached(
            user, graph[user].path, tuple(name for node, name in made if node == user), not lineage.queries[user].known
        )
        for user in lineage.users(affected)
        if graph[user].kind != "test"
    )
    tests = [graph[user].key for user in lineage.users(affected) if graph[user].kind == "test"]
    checks = tuple(
        check
        for node in (key, *below)
        for check in graph[node].checks
        if check.name in tests or _looks_at(check, node, affected)
    )
    touched = {key, *(each.model for each in models)}
    return Impact(of=f"{key}.{column}", models=models, checks=_once(checks), exposures=_exposures(compiled, touched))


def _in_order(graph: Graph, keys: set[str]) -> tuple[str, ...]:
    return tuple(key for key in graph.nodes if key in keys)


def _named(compiled: Compiled, written: str, shapes: dict[str, Shape]) -> tuple[str, str]:
    """Key and column, in lower case, of `model.column`; a source is `group.name.column`."""
    key, _, column = written.rpartition(".")
    nodes = compiled.graph.nodes
    if key not in nodes:
        wanted = key or written
        hint = did_you_mean(wanted, nodes) or "write it as model.column, that of a source as group.name.column"
        raise UsageError(f"there is no model '{wanted}'", hint=hint)
    shape = shapes.get(key)
    if shape is None:
        raise UsageError(f"the columns of {key} are not known", hint="`batchsql check --static` says why")
    names = [name for name, _ in shape.columns]
    if column.lower() not in {name.lower() for name in names}:
        raise UsageError(
            f"{key} has no column '{column}'", hint=did_you_mean(column, names) or f"it has {', '.join(names)}"
        )
    return key, column.lower()


def _looks_at(check: Check, node: str, affected: frozenset[Place]) -> bool:
    """Whether a check looks at one of these columns, or an expression in it names one."""
    of = str(check.arguments.get("of", node))
    if check.kind == "sql":
        return False
    words = {word.lower() for word in _WORD.findall(f"{check.where or ''} {list(check.arguments.values())}")}
    words |= {column.lower() for column in check.columns}
    return any((of, word) in affected for word in words)


def _once(checks: Iterable[Check]) -> tuple[Check, ...]:
    return tuple({check.name: check for check in checks}.values())


def _exposures(compiled: Compiled, keys: set[str]) -> tuple[str, ...]:
    """Names of the exposures that depend on one of these nodes."""
    ids = {compiled.ids[key] for key in keys if key in compiled.ids}
    found = compiled.described.get("exposures", {}).values()
    return tuple(each["name"] for each in found if not ids.isdisjoint(each["depends_on"]["nodes"]))
