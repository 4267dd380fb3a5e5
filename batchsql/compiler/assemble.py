"""The text that runs: physical names, ephemeral models, file readers and interval filters put into a query.

And the way back: from a line of that text to the line of the model as written, for errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from batchsql.compiler.compile import Compiled, errors_as_written, read_query
from batchsql.errors import BatchsqlError
from batchsql.graph import latest_versions
from batchsql.sql import resolve, splice
from batchsql.template import RenderContext
from batchsql.values import Graph, Interval, Model, Node, Query, Read, Source, TableName, literal, quote

_MARKER = re.compile(r'"__(ref|source|this)__"\."((?:[^"]|"")*)"')
QueryRunner = Callable[[str], tuple[tuple[str, ...], list[tuple[Any, ...]]]]


class Situation(Struct, frozen=True, kw_only=True):
    """What a batch's text depends on beside the project.

    incremental: the answer of is_incremental(). run_query: given when a warehouse is at hand.
    """

    incremental: bool = False
    interval: Interval | None = None
    batch_id: int | None = None
    run_started_at: datetime | None = None
    invocation_id: str = ""
    run_query: QueryRunner | None = None
    on_log: Callable[[str, bool], None] | None = None


class Assembled(Struct, frozen=True, kw_only=True):
    """A query ready to run. Its lines are those of the rendered text."""

    key: str
    sql: str
    situation: Situation


def assemble(compiled: Compiled, key: str, situation: Situation) -> Assembled:
    """The final text of a model's query. Raises TemplateError or SqlError where it must be rendered again and fails."""
    node = compiled.graph[key]
    query = _query(compiled, node, situation)
    interval = situation.interval if node.config.by_interval and not _reads_batch(node) else None
    if compiled.reads_part and interval is None:
        interval = compiled.reads_part.interval

    def replacement(read: Read) -> str | None:
        return _replacement(compiled, node, read, situation, interval)

    sql = _named(splice(query.sql, query.reads, replacement), compiled, node)
    return Assembled(key=key, sql=sql, situation=situation)


def _named(sql: str, compiled: Compiled, node: Node) -> str:
    """Physical names also where ref(), source() or `this` stand in a string or a comment."""
    if '"__' not in sql:
        return sql

    def name(found: re.Match[str]) -> str:
        relation = node.relation if found[1] == "this" else physical_names(compiled.graph).get(found[2])
        if relation is None:
            return found[0]
        project = compiled.project
        return relation.within(project.target.database_name) if project.dialect == "dbt" else relation.sql

    return _MARKER.sub(name, sql)


def assemble_text(compiled: Compiled, text: str, situation: Situation) -> Assembled:
    """The final text of a query that is in no file: Jinja and plain names work as in a model."""
    context = RenderContext(execute=situation.run_query is not None, run_query=situation.run_query)
    model = Model(kind="model", name="", path="--inline", text=text)
    rendered = compiled.renderer.render(model, context)
    query = resolve(read_query(compiled, model, rendered.sql), compiled.names, path=model.path)
    node = Node(key="", kind="model", path=model.path)
    sql = splice(query.sql, query.reads, lambda read: _replacement(compiled, node, read, situation, None))
    return Assembled(key="", sql=sql, situation=situation)


def compiled_sql(compiled: Compiled, key: str, *, incremental: bool = False, interval: Interval | None = None) -> str:
    """The final text of a model, without a warehouse at hand: run_query gives nothing."""
    return assemble(compiled, key, Situation(incremental=incremental, interval=interval)).sql


def compiled_inline(compiled: Compiled, text: str) -> str:
    """The final text of a query that is in no file."""
    return assemble_text(compiled, text, Situation()).sql


def source_relation(source: Source, root: Path) -> str:
    """SQL to read a source: its name, or the reader of its files."""
    if source.relation:
        return source.relation.sql
    if source.location:
        return _located(source, root)
    files = ", ".join(literal(str(root / pattern)) for pattern in source.files)
    # files of one source may differ in columns: by name none is lost, where by position the first file would decide
    chosen = {"union_by_name": True, **source.options}
    options = "".join(f", {name} = {_option(value)}" for name, value in chosen.items())
    return f"read_{source.format or 'parquet'}([{files}]{options})"


def _located(source: Source, root: Path) -> str:
    """SQL that a source is read by as it was written, its paths below the project's folder."""
    location = source.location
    for pattern in source.files:
        if "://" not in pattern:
            location = location.replace(literal(pattern), literal(str(root / pattern)))
    return location


def readable(compiled: Compiled, key: str, situation: Situation | None = None) -> str:
    """SQL to read a node in a FROM clause, for checks and previews: a name, a reader, or an ephemeral model's query."""
    if key in compiled.elsewhere:
        return compiled.elsewhere[key]
    node = compiled.graph[key]
    if node.source:
        return source_relation(node.source, compiled.root)
    if node.kind == "test":
        return "(SELECT 1)"  # what a test that reads nothing is asked of
    if node.kind == "model" and node.config.materialized == "ephemeral":
        return f"(\n{assemble(compiled, key, situation or Situation()).sql}\n)"
    if node.relation is None:
        raise BatchsqlError(f"{key} is not a relation")
    return node.relation.sql


def physical_names(graph: Graph) -> dict[str, TableName]:
    """Names as ref() and source() show them to a template."""
    names = {key: node.relation for key, node in graph.nodes.items() if node.relation}
    names |= {key: node.source.relation for key, node in graph.nodes.items() if node.source and node.source.relation}
    return names | {bare: names[key] for bare, key in latest_versions(graph).items() if key in names}


def line_as_written(compiled: Compiled, assembled: Assembled, line: int) -> tuple[str, int]:
    """File and line, as the user wrote it, of a line of the final text (both counted from 1)."""
    node = compiled.graph.nodes.get(assembled.key)
    if node is None or node.model is None:
        return node.path if node else "--inline", line
    quiet = msgspec.structs.replace(assembled.situation, run_query=None, on_log=_unheard)  # ask nothing twice
    context = render_context(compiled, node, quiet)
    lines = compiled.renderer.source_lines(node.model, context)
    if not lines:
        return node.path, node.model.first_line
    return lines[min(max(line, 1), len(lines)) - 1]


def _unheard(_message: str, _on_screen: bool) -> None:
    """Takes what was logged before."""


def render_hook(compiled: Compiled, node: Node, text: str, situation: Situation) -> str:
    """The SQL of a hook, physical names in place."""
    context = render_context(compiled, node, situation, physical=True)
    return compiled.renderer.render_text(text, path=node.path, first_line=1, context=context, model=node.model)


def render_context(compiled: Compiled, node: Node, situation: Situation, *, physical: bool = False) -> RenderContext:
    """The template's context for a batch: `execute` is true where a warehouse is at hand."""
    return RenderContext(
        execute=situation.run_query is not None,
        incremental=situation.incremental,
        interval=situation.interval,
        batch_id=situation.batch_id,
        run_started_at=situation.run_started_at or compiled.run.started_at,
        invocation_id=situation.invocation_id or compiled.run.invocation_id,
        relations=physical_names(compiled.graph),
        this=node.relation,
        physical=physical,
        run_query=situation.run_query,
        on_log=situation.on_log or compiled.run.on_log,
        graph=lambda: compiled.described,
        arguments=compiled.arguments,
        selected=compiled.selected_ids,
    )


def _query(compiled: Compiled, node: Node, situation: Situation) -> Query:
    """The parsed query: as compiled where the text cannot differ, else rendered again."""
    if node.query is None or node.model is None or node.rendered is None:
        raise BatchsqlError(f"{node.key} has no query")
    depends = set(node.rendered.dynamic) - {"is_incremental"}
    if not depends:
        return node.incremental if situation.incremental and node.incremental else node.query
    context = render_context(compiled, node, situation)
    rendered = compiled.renderer.render(node.model, context)
    with errors_as_written(compiled, node.model, context):
        parsed = read_query(compiled, node.model, rendered.sql)
        marked = compiled.project.dialect == "dbt"
        return resolve(parsed, compiled.names, path=node.path, this=node.key, only_marked=marked)


def _reads_batch(node: Node) -> bool:
    """Whether the model filters by batch.start and batch.end itself."""
    return node.rendered is not None and "batch" in node.rendered.dynamic


def _replacement(
    compiled: Compiled, node: Node, read: Read, situation: Situation, interval: Interval | None
) -> str | None:
    if read.kind == "this":
        return node.relation.sql if node.relation else None
    if read.kind == "file":
        return literal(read.key if "://" in read.key else str(compiled.root / read.key))
    if read.kind == "relation":
        return None
    upstream = compiled.graph[read.key]
    relation = readable(compiled, read.key, Situation(run_query=situation.run_query))
    event_time = upstream.source.event_time if upstream.source else upstream.config.event_time
    if compiled.reads_part and compiled.reads_part.interval is None:
        return f"(SELECT * FROM {relation} WHERE false LIMIT 0)"
    if interval is None or event_time is None:
        return relation
    start, end = f"TIMESTAMP '{interval.start}'", f"TIMESTAMP '{interval.end}'"
    return f"(SELECT * FROM {relation} WHERE {quote(event_time)} >= {start} AND {quote(event_time)} < {end})"


def _option(value: Any) -> str:
    """A reader's option as SQL."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_option(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(str(name))}: {_option(item)}" for name, item in value.items()) + "}"
    return literal(str(value))
