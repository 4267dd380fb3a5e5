"""The graph as a tree of text, as DOT, Mermaid and JSON."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from batchsql.report.words import Paint, plain
from batchsql.values import Graph, Node

_SHAPES = {"source": "cylinder", "seed": "folder", "snapshot": "box3d"}
_MERMAID = {"source": ('[("', '")]'), "seed": ('[/"', '"/]'), "snapshot": ('[["', '"]]')}


def shape(node: Node) -> str:
    """What a node is, in one word: its materialization for a model, else its kind."""
    return node.config.materialized if node.kind in ("model", "snapshot", "seed") else node.kind


def lineage_text(graph: Graph, keys: Collection[str], paint: Paint = plain) -> str:
    """A tree for each node that reads nothing shown; below each node, what reads it.

    A node that several others read is drawn in full once; after that, `...` stands for what is below it.
    """
    shown = _shown(graph, keys)
    children = {key: [child for child in readers if child in shown] for key, readers in graph.children().items()}
    roots = [key for key in shown if not any(parent in shown for parent in graph[key].parents)]
    lines: list[str] = []
    drawn: set[str] = set()
    for root in roots:
        stack = [(root, "", "")]
        while stack:
            key, lead, below = stack.pop()
            again = key in drawn and bool(children[key])
            kind = paint(f"({shape(graph[key])})", "dim")
            lines.append(f"{paint(lead, 'dim')}{paint(key, 'name')} {kind}{' ...' if again else ''}")
            drawn.add(key)
            if again:
                continue
            last = len(children[key]) - 1
            branches = [
                (child, below + ("└─ " if i == last else "├─ "), below + ("   " if i == last else "│  "))
                for i, child in enumerate(children[key])
            ]
            stack.extend(reversed(branches))
    return "\n".join(lines)


def lineage_dot(graph: Graph, keys: Collection[str]) -> str:
    """The graph in DOT, as Graphviz draws it."""
    shown = _shown(graph, keys)
    lines = ["digraph lineage {", "  rankdir=LR", '  node [shape=box, fontname="sans-serif"]']
    for key in shown:
        style = f" [shape={_SHAPES[graph[key].kind]}]" if graph[key].kind in _SHAPES else ""
        lines.append(f"  {_dot(key)}{style}")
    lines += [f"  {_dot(parent)} -> {_dot(key)}" for parent, key in _edges(graph, shown)]
    return "\n".join([*lines, "}"])


def lineage_mermaid(graph: Graph, keys: Collection[str]) -> str:
    """The graph in Mermaid, as GitHub draws it in a Markdown file."""
    shown = _shown(graph, keys)
    ids = {key: f"n{i}" for i, key in enumerate(shown)}
    lines = ["flowchart LR"]
    for key in shown:
        opening, closing = _MERMAID.get(graph[key].kind, ('["', '"]'))
        lines.append(f"  {ids[key]}{opening}{key.replace(chr(34), '#quot;')}{closing}")
    lines += [f"  {ids[parent]} --> {ids[key]}" for parent, key in _edges(graph, shown)]
    return "\n".join(lines)


def lineage_record(graph: Graph, keys: Collection[str]) -> dict[str, Any]:
    """Nodes and edges as JSON holds them."""
    shown = _shown(graph, keys)
    return {
        "nodes": [node_record(graph[key]) for key in shown],
        "edges": [{"from": parent, "to": key} for parent, key in _edges(graph, shown)],
    }


def node_record(node: Node) -> dict[str, Any]:
    """What a list of nodes says of each."""
    described = node.model or node.source
    return {
        "name": node.key,
        "kind": node.kind,
        "path": node.path,
        "materialized": shape(node),
        "relation": str(node.relation) if node.relation else None,
        "tags": list(node.source.tags if node.source else node.config.tags),
        "description": described.description if described else "",
        "parents": list(node.parents),
        "checks": [check.name for check in node.checks],
    }


def _shown(graph: Graph, keys: Collection[str]) -> dict[str, None]:
    wanted = set(keys)
    return {key: None for key in graph.nodes if key in wanted and graph[key].kind != "test"}


def _edges(graph: Graph, shown: Collection[str]) -> list[tuple[str, str]]:
    return [(parent, key) for key in shown for parent in graph[key].parents if parent in shown]


def _dot(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)
