"""What macros do in a batch: ask the warehouse, and make the relation where a project has a macro for that."""

from __future__ import annotations

from typing import Any

from batchsql.compiler import Assembled, Compiled, QueryRunner, Situation, render_hook
from batchsql.compiler.made_by import replaces_macro
from batchsql.compiler.materializations import run_materialization
from batchsql.engines.base import Session
from batchsql.ledger import read_relations
from batchsql.values import Node, quote


def write_by_macro(
    compiled: Compiled, node: Node, macro: str, assembled: Assembled | None, session: Session, *, rebuild: bool
) -> tuple[str | None, int]:
    """Let a macro land a batch, hooks and all, in the open transaction; what is there then, and how many rows.

    `table` or `view`, and None where the macro made something else. A macro does not tell how many rows it wrote: all
    rows of the table are counted. Raises BatchsqlError.
    """
    if assembled is None or node.relation is None:
        raise AssertionError("a macro makes the relation of a query")
    run_materialization(compiled, node, macro, assembled, assembled.situation, rebuild=rebuild)
    made = read_relations(session).get(node.relation)
    rows = session.query(f"SELECT count(*) FROM {node.relation.sql}")[0][0] if made == "table" else 0
    return made, rows


def create_schema(compiled: Compiled, node: Node, schema: str, session: Session) -> None:
    """Create the schema that a node lands in, by the project's own macro where it has one."""
    if replaces_macro(compiled, "create_schema"):
        render_hook(compiled, node, "{% do adapter.create_schema(this) %}", Situation(run_query=query_runner(session)))
    session.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}")


def query_runner(session: Session) -> QueryRunner:
    """What run_query() calls: any statement but those that would end the batch's transaction."""

    def run(sql: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        session.refuse_transactions(sql)
        return session.query_named(sql)

    return run
