"""Queries that read something else than the warehouse: for unit tests, and to find columns where there are no rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from batchsql.compiler.assemble import Assembled, Situation, render_context
from batchsql.compiler.compile import Compiled, compile_context, errors_as_written, read_query
from batchsql.errors import SqlError
from batchsql.sql import resolve, splice
from batchsql.template import RenderContext
from batchsql.values import Graph, Node, Query, Read, Rendered, quote

_INCREMENTAL = {"is_incremental"}


def with_overrides(
    compiled: Compiled,
    key: str,
    *,
    macros: Mapping[str, Any],
    variables: Mapping[str, Any],
    environment: Mapping[str, str],
) -> Compiled:
    """The project with these macros, variables and environment variables, in which one model is understood anew.

    So are the ephemeral models that go into it. Raises TemplateError or SqlError.
    """
    project = compiled.project
    own = project.vars.get(project.name)
    values = {**project.vars, **variables}
    if isinstance(own, Mapping):
        values[project.name] = {**own, **variables}
    other = Compiled(
        msgspec.structs.replace(project, vars=values),
        compiled.graph,
        {name: value for name, value in compiled.supplied.items() if name not in variables},
        {**compiled.environment, **environment},
        macros,
    )
    anew = [key, *ephemeral_ancestors(compiled.graph, key)]
    changed = {each: _understood_anew(other, compiled.graph[each]) for each in anew}
    other.graph = Graph(nodes={**compiled.graph.nodes, **changed})
    return other


def ephemeral_ancestors(graph: Graph, key: str) -> tuple[str, ...]:
    """The ephemeral models whose queries go into a model's own, directly or not."""
    found: dict[str, None] = {}
    waiting = list(graph[key].parents)
    while waiting:
        parent = waiting.pop()
        if parent not in found and is_ephemeral(graph[parent]):
            found[parent] = None
            waiting.extend(graph[parent].parents)
    return tuple(found)


def is_ephemeral(node: Node) -> bool:
    """Whether the node's query goes into those that read it."""
    return node.kind == "model" and node.config.materialized == "ephemeral"


def compiled_query(node: Node, *, incremental: bool) -> Query | None:
    """The query as it was compiled, for a first load or for a later batch."""
    return node.incremental if incremental and node.incremental else node.query


def assemble_on(compiled: Compiled, key: str, situation: Situation, stand_ins: Mapping[str, str]) -> Assembled:
    """The text of a model's query that reads relations of our choice; no line of it moves.

    stand_ins: for each node that is read its quoted name, for the model's own rows under `this`. An ephemeral model
    that has none goes in as its query. What is read for an interval is cut to it, as in a build.
    Raises TemplateError or SqlError, the latter also for what nothing stands in for.
    """
    node = compiled.graph[key]
    query = _query(compiled, node, situation)
    cuts = node.config.by_interval and node.rendered is not None and "batch" not in node.rendered.dynamic
    interval = situation.interval if cuts else None

    def replacement(read: Read) -> str | None:
        relation = stand_ins.get("this" if read.kind == "this" else read.key)
        if relation is None:
            if read.kind == "relation":
                return None
            upstream = compiled.graph.nodes.get(read.key)
            if upstream is None or not is_ephemeral(upstream):
                raise SqlError(f"{key} reads {read.key}, for which nothing stands in", path=node.path)
            relation = f"(\n{assemble_on(compiled, read.key, _for_upstream(situation), stand_ins).sql}\n)"
        event_time = _event_time(compiled, read)
        if interval is None or event_time is None:
            return relation
        start, end = f"TIMESTAMP '{interval.start}'", f"TIMESTAMP '{interval.end}'"
        return f"(SELECT * FROM {relation} WHERE {quote(event_time)} >= {start} AND {quote(event_time)} < {end})"

    return Assembled(key=key, sql=splice(query.sql, query.reads, replacement), situation=situation)


def _for_upstream(situation: Situation) -> Situation:
    return msgspec.structs.replace(situation, incremental=False, interval=None)


def _event_time(compiled: Compiled, read: Read) -> str | None:
    upstream = compiled.graph.nodes.get(read.key) if read.kind in ("model", "source") else None
    if upstream is None:
        return None
    return upstream.source.event_time if upstream.source else upstream.config.event_time


def _query(compiled: Compiled, node: Node, situation: Situation) -> Query:
    """The parsed query: as compiled where the text cannot differ, else rendered again."""
    query = compiled_query(node, incremental=situation.incremental)
    if query is None or node.model is None or node.rendered is None:
        raise SqlError(f"{node.key} has no query", path=node.path)
    if set(node.rendered.dynamic) <= _INCREMENTAL:
        return query
    return _read(compiled, node, render_context(compiled, node, situation))[1]


def _understood_anew(compiled: Compiled, node: Node) -> Node:
    """The node with both variants of its query rendered and parsed again."""
    rendered, query = _read(compiled, node, compile_context())
    has_variant = node.config.materialized == "incremental" and "is_incremental" in rendered.dynamic
    later = _read(compiled, node, compile_context(incremental=True))[1] if has_variant else None
    return msgspec.structs.replace(node, rendered=rendered, query=query, incremental=later)


def _read(compiled: Compiled, node: Node, context: RenderContext) -> tuple[Rendered, Query]:
    assert node.model is not None  # noqa: S101  a model has its text
    rendered = compiled.renderer.render(node.model, context)
    with errors_as_written(compiled, node.model, context):
        parsed = read_query(compiled, node.model, rendered.sql)
        marked = compiled.project.dialect == "dbt"
        return rendered, resolve(parsed, compiled.names, path=node.path, this=node.key, only_marked=marked)
