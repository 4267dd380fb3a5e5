"""Checks looked at before anything runs: each is put as SQL once, so that wrong arguments are errors of the project."""

from __future__ import annotations

from batchsql.check import compile_checks
from batchsql.values import Graph, Scope


def refuse_unaskable(graph: Graph) -> None:
    """Raise ProjectError, with file and line, for a check that cannot be put as SQL. What it compares with is known."""
    nowhere = dict.fromkeys(graph.nodes, "nowhere")
    for node in graph.nodes.values():
        checks = [check for check in node.checks if check.kind not in ("sql", "custom")]
        if checks:
            compile_checks(checks, Scope(relation="nowhere"), nowhere)
