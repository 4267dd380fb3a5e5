"""From models that know names to a graph: names resolved, nodes ordered, fingerprints, and who runs which check.

A check that looks at two relations (`relationships`, a file in tests/) is run by its host: the last of them in
dependency order, so that it sees both as the run leaves them, and can still hold that last one back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from batchsql.compiler.cache import content_key
from batchsql.compiler.compile import Compiled, Unlinked, compile_context, errors_as_written
from batchsql.compiler.governing import declared_word, refuse_forbidden_reads
from batchsql.compiler.made_by import made_by
from batchsql.compiler.meaning import meaning_of_macros, meaning_of_template
from batchsql.compiler.naming import Namer, namer
from batchsql.errors import ProjectError, did_you_mean
from batchsql.graph import build_graph
from batchsql.plan import tangible_parents
from batchsql.project import checks_under_contract
from batchsql.sql import Names, Parsed, resolve
from batchsql.values import Check, Graph, Node, Query
from batchsql.values.project import COMPARING

# Config that decides which rows a model holds; a change of it makes the code another.
_SHAPING: tuple[str, ...] = (
    "materialized",
    "incremental_strategy",
    "unique_key",
    "on_schema_change",
    "pre_hook",
    "post_hook",
)
_SHAPING += ("event_time", "strategy", "updated_at", "check_cols", "hard_deletes", "column_types", "delimiter", "extra")
LEDGER_SCHEMA = "batchsql"
_FROM_WAREHOUSE = {"execute", "run_query"}  # what makes a text depend on what the warehouse holds


def link(unlinked: Sequence[Unlinked], compiled: Compiled) -> Graph:
    """Build the graph.

    Raises SqlError for an unknown name, CycleError for a circle, ProjectError for a check that names no relation.
    """
    project = compiled.project
    nodes = {
        source.key: Node(key=source.key, kind="source", path=source.path, source=source, checks=source.checks)
        for source in project.sources
    }
    name = namer(compiled)
    nodes |= {item.model.name: _unresolved(item, name) for item in unlinked}
    compiled.graph = Graph(nodes=nodes)
    names = compiled.names
    if project.dialect == "dbt":
        unlinked = _without_idle_tests(unlinked, nodes, names)
    for item in unlinked:
        nodes[item.model.name] = _resolved(item, nodes[item.model.name], names, compiled)
    for key, node in nodes.items():
        if node.checks:
            kept = node.checks if project.dialect == "batchsql" else _without_idle_checks(node.checks, names)
            checks = tuple(_pointed(check, key, names) for check in kept)
            nodes[key] = msgspec.structs.replace(node, checks=checks)
    if project.dialect == "dbt":
        nodes |= _made_here(nodes)
    graph = build_graph(nodes.values())
    for node in graph.nodes.values() if project.dialect == "batchsql" else ():
        _refuse_unfiltered(node, graph)
        _refuse_missing_event_time(node)
    refuse_forbidden_reads(graph, project)
    _refuse_shared_relations(graph)
    _fingerprint_all(graph, {item.model.name: item for item in unlinked}, compiled)
    return _with_hosts(graph)


def _made_here(nodes: Mapping[str, Node]) -> dict[str, Node]:
    """Sources whose relations nodes of the project make, each coming after its maker."""
    makers = {str(node.relation).lower(): key for key, node in nodes.items() if node.relation is not None}
    return {
        key: msgspec.structs.replace(node, after=(maker,))
        for key, node in nodes.items()
        if node.source and (maker := makers.get(str(node.source.relation).lower()))
    }


def _without_idle_tests(unlinked: Sequence[Unlinked], nodes: dict[str, Node], names: Names) -> list[Unlinked]:
    """The same without tests that look at what is not there, or is switched off: dbt leaves them out too."""
    kept = []
    for item in unlinked:
        looked_at = item.rendered if item.model.kind == "test" else None
        if looked_at and not (
            all(name.lower() in names.models for name in looked_at.refs)
            and all(name.lower() in names.sources for name in looked_at.sources)
        ):
            del nodes[item.model.name]
        else:
            kept.append(item)
    return kept


def _without_idle_checks(checks: Sequence[Check], names: Names) -> list[Check]:
    """Likewise of checks that compare with another relation."""
    return [check for check in checks if check.compared_with is None or _compared_with(check.compared_with, names)]


def _compared_with(name: str, names: Names) -> str | None:
    return names.model(name.lower()) or names.source(name.lower())


def _unresolved(item: Unlinked, name: Namer) -> Node:
    model = item.model
    return Node(
        key=model.name,
        kind=model.kind,
        path=model.path,
        config=item.config,
        relation=None if model.kind == "test" else name(model, item.config, item.rendered),
        model=model,
        rendered=item.rendered,
        checks=checks_under_contract(model, item.config, item.rendered.config_line if item.rendered else 0),
        group=declared_word(model, item.rendered, "group"),
        access=(declared_word(model, item.rendered, "access") or "protected") if model.kind == "model" else "",
    )


def _resolved(item: Unlinked, node: Node, names: Names, compiled: Compiled) -> Node:
    """The node with what it reads. Names that ref() and source() gave count also where the query does not use them."""
    if item.parsed is None or item.rendered is None:
        return node
    query = _resolve(item, item.parsed, names, compiled, incremental=False)
    variant = _resolve(item, item.incremental, names, compiled, incremental=True) if item.incremental else None
    reads = [*query.reads, *(variant.reads if variant else ())]
    parents = {read.key for read in reads if read.kind in ("model", "source")}
    parents |= {key for name in item.rendered.refs if (key := names.models.get(name.lower()))}
    parents |= {key for name in item.rendered.sources if (key := names.sources.get(name.lower()))}
    return msgspec.structs.replace(
        node,
        query=query,
        incremental=variant,
        parents=tuple(sorted(parents - {node.key})),
        external=tuple(sorted({read.key for read in reads if read.kind == "file"})),
    )


def _resolve(item: Unlinked, parsed: Parsed, names: Names, compiled: Compiled, *, incremental: bool) -> Query:
    model = item.model
    with errors_as_written(compiled, model, compile_context(incremental=incremental)):
        marked = compiled.project.dialect == "dbt"
        return resolve(parsed, names, path=model.path, this=model.name, only_marked=marked)


def _refuse_unfiltered(node: Node, graph: Graph) -> None:
    """Raise ProjectError for an interval model whose every batch would read everything."""
    if not node.config.by_interval or node.rendered is None or "batch" in node.rendered.dynamic:
        return
    read = [graph[parent] for parent in node.parents]
    if any(other.source.event_time if other.source else other.config.event_time for other in read):
        return
    names = " and ".join(other.key for other in read) or "what it reads"
    raise ProjectError(
        f"{node.key} is loaded an interval at a time, but each batch would read everything: no input has an event_time",
        path=node.path,
        line=node.rendered.config_line or None,
        hint=f"give {names} an event_time (the column that says when a row happened), "
        "or filter the query by batch.start and batch.end",
    )


def _refuse_missing_event_time(node: Node) -> None:
    """Raise ProjectError when a model's event_time is no column of it, as far as its query tells its columns."""
    column, columns = node.config.event_time, node.query.columns if node.query else None
    if column is None or columns is None or column.lower() in {name.lower() for name in columns}:
        return
    raise ProjectError(
        f"the event_time of {node.key} is '{column}', which its query does not give",
        path=node.path,
        line=(node.rendered.config_line if node.rendered else 0) or None,
        hint=did_you_mean(column, columns) or f"it gives {', '.join(columns)}",
    )


def _refuse_shared_relations(graph: Graph) -> None:
    """Raise ProjectError when two nodes land in one relation, or one in the ledger's schema."""
    there: dict[str, Node] = {}
    for node in graph.nodes.values():
        if node.relation is None or _is_ephemeral(node):
            continue
        if node.relation.schema.lower() == LEDGER_SCHEMA:
            raise ProjectError(
                f"{node.key} would land in the schema '{node.relation.schema}', where the ledger is",
                path=node.path,
                hint="choose another schema",
            )
        other = there.setdefault(str(node.relation).lower(), node)
        if other is not node:
            raise ProjectError(
                f"{other.key} ({other.path}) and {node.key} would both land in {node.relation}",
                path=node.path,
                hint="give one of them another alias or schema",
            )


def _fingerprint_all(graph: Graph, items: dict[str, Unlinked], compiled: Compiled) -> None:
    """Give each node the hash of all that shapes its rows; ephemeral models count in what reads them."""
    macros = ""  # of all macros, where a model needs it
    for key, node in graph.nodes.items():
        item = items.get(key)
        if item is None:
            continue
        from_warehouse = bool(item.rendered and _FROM_WAREHOUSE & set(item.rendered.dynamic))
        by_macros = from_warehouse or made_by(compiled, node) is not None
        macros = macros or (content_key(meaning_of_macros(compiled.project.macros)) if by_macros else "")
        parts = (
            node.query.fingerprint if node.query else "",
            node.incremental.fingerprint if node.incremental else "",
            [getattr(node.config, name) for name in _SHAPING],
            [graph[parent].fingerprint for parent in node.parents if _is_ephemeral(graph[parent])],
            meaning_of_template(item.model.text) if from_warehouse else "",
            macros if by_macros else "",
            _reads(node) if compiled.project.dialect == "dbt" else (),
        )
        graph.nodes[key] = msgspec.structs.replace(node, fingerprint=content_key(*parts))


def _reads(node: Node) -> list[str]:
    """What ref() and source() name in a dbt project, where a plain name need not mean the same."""
    return [read.key for read in node.query.reads if read.kind != "file"] if node.query else []


def _is_ephemeral(node: Node) -> bool:
    return node.kind == "model" and node.config.materialized == "ephemeral"


def _with_hosts(graph: Graph) -> Graph:
    """Give each check that looks at more than its own node's rows to its host; a test that reads nothing is its own."""
    position = {key: number for number, key in enumerate(graph.nodes)}
    hosted: dict[str, list[Check]] = {key: [] for key in graph.nodes}
    after = {key: {each for each in graph[key].after if position[each] < position[key]} for key in graph.nodes}

    def host(looked_at: set[str], check: Check) -> None:
        loaded = {key for key in looked_at if graph[key].kind != "source"}
        in_order = sorted(loaded or looked_at, key=position.__getitem__)
        if in_order:
            hosted[in_order[-1]].append(check)
            after[in_order[-1]].update(in_order[:-1] if loaded else ())

    for key, node in graph.nodes.items():
        if node.kind == "test":
            host(set(tangible_parents(graph, key)) or {key}, _singular(node))
            continue
        for check in node.checks:
            if check.compared_with is not None:
                host(_tangible(graph, key) | _tangible(graph, check.compared_with), check)
            elif _is_ephemeral(node):
                arguments = {**check.arguments, "of": key}
                host(_tangible(graph, key) or {key}, msgspec.structs.replace(check, arguments=arguments))
            else:
                hosted[key].append(check)
    return Graph(
        nodes={
            key: msgspec.structs.replace(
                node,
                checks=tuple(hosted[key]),
                after=tuple(sorted(after[key])),
                checks_fingerprint=_fingerprint_of(node, hosted[key], graph),
            )
            for key, node in graph.nodes.items()
        }
    )


def _tangible(graph: Graph, key: str) -> set[str]:
    """The node itself; of an ephemeral model, what it reads."""
    return set(tangible_parents(graph, key)) if _is_ephemeral(graph[key]) else {key}


def _fingerprint_of(node: Node, checks: list[Check], graph: Graph) -> str:
    """A hash of what the contract and the checks ask, empty where there is neither.

    How checks are described, and where they are written, does not count; nor does the order of declared columns.
    """
    declared = []
    if node.config.contract and node.model:
        declared = sorted((column.name.lower(), column.data_type or "") for column in node.model.columns)
    if not checks and not declared:
        return ""
    asked = [msgspec.structs.replace(check, description="", path="", line=0) for check in checks]
    queries = [graph[str(check.arguments["test"])].fingerprint for check in checks if check.kind == "sql"]
    return content_key(asked, queries, declared) if declared else content_key(asked, queries)


def _singular(node: Node) -> Check:
    """A file in tests/ as a check."""
    return Check(
        name=node.key,
        kind="sql",
        arguments={"test": node.key},
        severity=node.config.severity,
        warn_if=node.config.warn_if,
        error_if=node.config.error_if,
        fail_calc=node.config.fail_calc,
        limit=node.config.limit,
        store_failures_as=node.config.stored_as,
        alias=node.config.alias,
        schema=node.config.schema,
        description=node.model.description if node.model else "",
        path=node.path,
        line=1,
    )


def _pointed(check: Check, key: str, names: Names) -> Check:
    """A check that compares two nodes, with the keys of both."""
    name = check.compared_with
    if name is None:
        return check
    target = _compared_with(name, names)
    if target is None:
        raise ProjectError(
            f"the check {check.name} points to '{name}', which is no model, seed, snapshot or source",
            path=check.path,
            line=check.line,
            hint=did_you_mean(name, [*names.models.values(), *names.sources.values()]),
        )
    return msgspec.structs.replace(check, arguments={**check.arguments, "of": key, COMPARING[check.kind]: target})
