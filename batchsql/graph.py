"""The graph of nodes: its order, its cycles, who runs which singular test, and what must come before what."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from graphlib import CycleError as CycleFound
from graphlib import TopologicalSorter

from batchsql.errors import CycleError, ProjectError, did_you_mean
from batchsql.values import Graph, Node

_Edges = Mapping[str, Collection[str]]


def build_graph(nodes: Iterable[Node]) -> Graph:
    """Put nodes into dependency order: after all they read, and among equals by name.

    A node also comes after the relation that a `relationships` check of its compares with, unless that one reads it;
    likewise after those it names in `after`.
    Raises CycleError, and ProjectError for a parent that is no node.
    """
    by_key = {node.key: node for node in sorted(nodes, key=lambda node: node.key)}
    for node in by_key.values():
        for parent in node.parents:
            if parent not in by_key:
                raise ProjectError(
                    f"'{node.key}' reads '{parent}', which is not part of the project",
                    path=node.path,
                    line=_line_naming(node, parent),
                    hint=did_you_mean(parent, by_key),
                )
    edges = {key: set(node.parents) for key, node in by_key.items()}
    order = _order(edges, by_key)
    if _add_compared(edges, by_key):
        order = _order(edges, by_key)
    return Graph(nodes={key: by_key[key] for key in order})


def ancestors(graph: Graph, keys: Iterable[str], depth: int | None = None) -> set[str]:
    """What the nodes read, directly or through others; at most `depth` steps away. The nodes themselves are not in."""
    return _reach(keys, {key: node.parents for key, node in graph.nodes.items()}, depth)


def descendants(graph: Graph, keys: Iterable[str], depth: int | None = None) -> set[str]:
    """What reads the nodes, directly or through others; at most `depth` steps away. The nodes themselves are not in."""
    return _reach(keys, graph.children(), depth)


def latest_versions(graph: Graph) -> dict[str, str]:
    """What the names of models that have versions mean where no version is named: by bare name, the key."""
    models = [node.model for node in graph.nodes.values() if node.model is not None and node.model.is_latest]
    return {model.bare_name: model.name for model in models if model.bare_name not in graph.nodes}


def order_constraints(graph: Graph) -> dict[str, frozenset[str]]:
    """For each node that runs, those that must have run before it. Sources, tests and ephemeral models do not run.

    An ephemeral model hands its own parents on. A host of tests waits for all that they read, and a node for what its
    checks look at. What the graph has later is not waited for, so no cycle can arise.
    """
    before: dict[str, set[str]] = {}
    passing: dict[str, frozenset[str]] = {}
    for key, node in graph.nodes.items():
        looked_at = [other for other in (*node.after, *_compared(node)) if other in passing]
        first = frozenset[str]().union(*(passing[other] for other in (*node.parents, *looked_at)))
        if _runs(node):
            before[key] = set(first)
            passing[key] = frozenset({key})
        else:
            passing[key] = first if node.kind in ("model", "source") else frozenset()
    for _, read in _tests(graph):
        before[read[-1]].update(read[:-1])
    return {key: frozenset(keys) for key, keys in before.items()}


def _runs(node: Node) -> bool:
    """Whether batches of it can be due."""
    return node.kind in ("model", "seed", "snapshot") and node.config.materialized != "ephemeral"


def _tests(graph: Graph) -> list[tuple[str, list[str]]]:
    """Each singular test that needs any node to have run, with those nodes in the graph's order."""
    position = {key: index for index, key in enumerate(graph.nodes)}
    found: list[tuple[str, list[str]]] = []
    for key, node in graph.nodes.items():
        if node.kind == "test":
            read = sorted(_running(graph, node.parents), key=position.__getitem__)
            if read:
                found.append((key, read))
    return found


def _running(graph: Graph, keys: Iterable[str]) -> set[str]:
    """The nodes that run among these, and behind those that are ephemeral."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        node = graph.nodes[key]
        if _runs(node):
            found.add(key)
        else:
            waiting += node.parents
    return found


def _compared(node: Node) -> list[str]:
    """What the node's checks compare it with."""
    return [check.compared_with for check in node.checks if check.compared_with is not None]


def _add_compared(edges: dict[str, set[str]], by_key: Mapping[str, Node]) -> bool:
    """Let each node come after what its checks compare it with, where that makes no cycle; say whether any does."""
    added = False
    for key, node in by_key.items():
        for other in (*node.after, *_compared(node)):
            if other not in edges or other == key or other in edges[key]:
                continue
            if key not in _reach([other], edges, None):
                edges[key].add(other)
                added = True
    return added


def _order(edges: Mapping[str, set[str]], by_key: Mapping[str, Node]) -> list[str]:
    """Dependency order, by name among those that could come at the same moment."""
    sorter = TopologicalSorter({key: sorted(parents) for key, parents in edges.items()})
    try:
        sorter.prepare()
    except CycleFound as error:
        raise _cycle(error.args[1], by_key) from error
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order


def _cycle(found: Sequence[str], by_key: Mapping[str, Node]) -> CycleError:
    """The error for a cycle, told from its first name in the alphabet on; each node reads the next."""
    circle = list(reversed(found))[:-1]
    first = circle.index(min(circle))
    circle = [*circle[first:], *circle[:first], circle[first]]
    node = by_key[circle[0]]
    return CycleError(
        " -> ".join(circle),
        path=node.path,
        line=_line_naming(node, circle[1]),
        hint="each reads the next; one of them has to stop doing so"
        if len(circle) > 2
        else "for its own rows so far, a model reads {{ this }} under {% if is_incremental() %}",
    )


def _line_naming(node: Node, name: str) -> int | None:
    """The line, as written, on which the node's text names another; the first where it stands as a whole word."""
    if node.model is None:
        return None
    word = re.compile(rf"(?<!\w){re.escape(name.rpartition('.')[2])}(?!\w)", re.IGNORECASE)
    for number, line in enumerate(node.model.text.split("\n"), start=node.model.first_line):
        if word.search(line.partition("--")[0]):
            return number
    return None


def _reach(keys: Iterable[str], edges: _Edges, depth: int | None) -> set[str]:
    """What is reached from the keys along the edges within `depth` steps, each visited once; without the keys."""
    start = set(keys)
    seen = set(start)
    level = list(start)
    steps = 0
    while level and (depth is None or steps < depth):
        level = [key for key in {far for near in level for far in edges[near]} if key not in seen]
        seen.update(level)
        steps += 1
    return seen - start
