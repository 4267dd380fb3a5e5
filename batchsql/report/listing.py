"""Names of nodes, one a line, or as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from batchsql.report.lineage import node_record
from batchsql.report.table import json_text
from batchsql.values import Graph

Listing = Literal["name", "path", "json"]


def listing(graph: Graph, keys: Iterable[str], output: Listing) -> str:
    """A line for each node: its name, its file, or one JSON object. A file that several nodes share comes once."""
    nodes = [graph[key] for key in keys]
    if output == "json":
        return "\n".join(json_text(node_record(node)) for node in nodes)
    if output == "path":
        return "\n".join(dict.fromkeys(node.path for node in nodes))
    return "\n".join(node.key for node in nodes)
