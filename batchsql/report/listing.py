"""Names of nodes, one a line, or as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from batchsql.report.lineage import node_record, shape
from batchsql.report.table import json_text
from batchsql.report.words import Paint, plain
from batchsql.values import Graph, Node

Listing = Literal["name", "path", "json"]


def listing(graph: Graph, keys: Iterable[str], output: Listing, *, kinds: bool = False, paint: Paint = plain) -> str:
    """A line for each node: its name, its file, or one JSON object. A file that several nodes share comes once.

    kinds: put what it is beside the name.
    """
    nodes = [graph[key] for key in keys]
    if output == "json":
        return "\n".join(json_text(node_record(node)) for node in nodes)
    if output == "path":
        return "\n".join(dict.fromkeys(node.path for node in nodes))
    if kinds:
        width = max((len(node.key) for node in nodes), default=0)
        return "\n".join(f"{node.key.ljust(width)}  {paint(_kind(node), 'dim')}" for node in nodes)
    return "\n".join(node.key for node in nodes)


def _kind(node: Node) -> str:
    """A model by the way it lands; a file in tests/ is a check."""
    if node.kind == "model":
        return f"model, {shape(node)}"
    return "check" if node.kind == "test" else node.kind
