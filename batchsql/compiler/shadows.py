"""Queries over shadows: each model's text, reading empty stand-ins by names of our own, so that it can be bound."""

from __future__ import annotations

from datetime import datetime

from batchsql.compiler.assemble import Assembled, Situation
from batchsql.sql import splice
from batchsql.values import Graph, Interval, Node, Query, Read, TableName, literal, quote

SOME_DAY = Interval(datetime(1970, 1, 1), datetime(1970, 1, 2))
_ASKS = {"execute", "run_query"}


def shadow(node: Node) -> TableName:
    """The name of a node's stand-in: its own where it has one, since columns may be qualified by it."""
    if node.source:
        return node.source.relation or TableName(f"files of {node.source.group}", node.source.name)
    if node.relation is None or (node.kind == "model" and node.config.materialized == "ephemeral"):
        return TableName("ephemeral models", node.key)
    return node.relation


def asks_the_warehouse(node: Node) -> bool:
    """Whether the text of the query depends on what the warehouse answers, so that it is not known before."""
    return node.rendered is not None and bool(_ASKS & set(node.rendered.dynamic))


def queries(node: Node) -> tuple[tuple[Query, bool], ...]:
    """The variants of a node's query as compiled, each with whether it is the one for later batches."""
    if node.query is None:
        return ()
    first = ((node.query, False),)
    return (*first, (node.incremental, True)) if node.incremental else first


def shadow_query(graph: Graph, root: str, node: Node, query: Query, *, incremental: bool) -> Assembled:
    """The text of a query that reads shadows; no line of it moves. Of an interval model it is that of some day."""
    by_interval = node.config.by_interval and node.rendered is not None and "batch" not in node.rendered.dynamic

    def replacement(read: Read) -> str | None:
        if read.kind == "file":
            return literal(read.key if "://" in read.key else f"{root}/{read.key}")
        if read.kind == "relation":
            return None
        upstream = node if read.kind == "this" else graph[read.key]
        relation = shadow(upstream).sql
        event_time = upstream.source.event_time if upstream.source else upstream.config.event_time
        if not by_interval or event_time is None or read.kind == "this":
            return relation
        start, end = f"TIMESTAMP '{SOME_DAY.start}'", f"TIMESTAMP '{SOME_DAY.end}'"
        return f"(SELECT * FROM {relation} WHERE {quote(event_time)} >= {start} AND {quote(event_time)} < {end})"

    situation = Situation(incremental=incremental, interval=SOME_DAY, batch_id=0)
    return Assembled(key=node.key, sql=splice(query.sql, query.reads, replacement), situation=situation)
