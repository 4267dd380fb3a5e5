"""What columns a batch gives and its sources have, asked of the engine: for contracts, and for drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from batchsql.check import contract_verdict, declared_columns, differences, drift_verdict
from batchsql.compiler import readable
from batchsql.engines.base import Session
from batchsql.errors import BatchError, EngineError
from batchsql.load import SNAPSHOT_COLUMNS
from batchsql.pipeline.shared import RunState
from batchsql.plan import tangible_parents
from batchsql.template.table_constraints import column_definitions, model_constraints
from batchsql.values import Column, Graph, Input, Node, Source, Verdict, quote

Columns = tuple[tuple[str, str], ...]


def judge_contract(node: Node, session: Session, staged: Columns | None = None) -> tuple[Verdict, ...]:
    """The verdict on a model's contract, in the batch's transaction; none where there is no contract.

    staged: the columns of the query, where these are judged before they land; else the relation is, as it then is.
    Raises BatchError, naming the line, where a declared type is none.
    """
    if not node.config.contract or node.model is None or node.relation is None:
        return ()
    columns = node.model.columns
    given = staged or session.columns(f"FROM {node.relation.sql}")
    if node.kind == "snapshot":
        declared = {column.name.lower() for column in columns}
        given = tuple(each for each in given if each[0] not in SNAPSHOT_COLUMNS or each[0] in declared)
    wanted = declared_columns(columns, _spelled(node, columns, [kind for _, kind in given], session))
    what = "the query gives" if staged else "the table has" if node.config.materialized != "view" else "the view has"
    return (contract_verdict(node.key, differences(wanted, given), what),)


def declared_order(run: RunState, node: Node) -> tuple[str, ...]:
    """The columns of an enforced contract, which in a dbt project tell the order of the table's."""
    if run.compiled.project.dialect != "dbt" or not node.config.contract or node.model is None:
        return ()
    return tuple(column.name for column in node.model.columns)


def declared_table(run: RunState, node: Node) -> tuple[str, ...]:
    """The definitions of columns and the constraints of a contract, as dbt has the engine keep them.

    References to other tables are left out: what is referred to could not be made anew.
    """
    if not declared_order(run, node):
        return ()
    entry = run.compiled.described["nodes"][run.compiled.ids[node.key]]
    columns = {name: {**column, "constraints": _kept(column)} for name, column in entry["columns"].items()}
    return (*column_definitions(columns), *model_constraints(_kept(entry)))


def _kept(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [constraint for constraint in entry.get("constraints") or () if constraint["type"] != "foreign_key"]


def refuse_broken(node: Node, verdicts: Sequence[Verdict]) -> None:
    """Raise BatchError, at the line where the first wrong column is declared, when a contract is broken."""
    broken = next((verdict for verdict in verdicts if verdict.kind == "contract" and verdict.state == "fail"), None)
    if broken is None or node.model is None:
        return
    path, line = node.model.described
    wrong = {name.lower() for name in broken.columns}
    declared = next((column.line for column in node.model.columns if column.name.lower() in wrong), line)
    hint = "mend the query, or declare what it gives; a table that is there is made anew by --full-refresh"
    raise BatchError(broken.message, path=path, line=declared or line, hint=hint)


def _spelled(node: Node, columns: Sequence[Column], known: Sequence[str], session: Session) -> dict[str, str]:
    """DuckDB's spelling of the declared types that are not spelled so already; known: types as DuckDB spells them."""
    asked = list(dict.fromkeys(column.data_type or "" for column in columns if column.data_type not in known))
    if not asked:
        return {}
    listed = ",\n".join(f"CAST(NULL AS {kind}) AS {quote(str(number))}" for number, kind in enumerate(asked))
    try:
        found = session.columns(f"SELECT\n{listed}")
    except EngineError as error:
        position = (error.sql_line or 0) - 2
        _refuse_type(node, asked[position] if 0 <= position < len(asked) else asked[0], error)
    return {kind: spelled for kind, (_, spelled) in zip(asked, found, strict=True)}


def _refuse_type(node: Node, kind: str, error: EngineError) -> NoReturn:
    columns = node.model.columns if node.model else ()
    column = next(each for each in columns if each.data_type == kind)
    path = node.model.described[0] if node.model else node.path
    message = f"the column '{column.name}' is declared as '{kind}', which is no type: {error.message.splitlines()[0]}"
    raise BatchError(message, path=path, line=column.line, hint="write a type as DuckDB knows it") from error


def columns_read(run: RunState, node: Node, inputs: Sequence[Input], session: Session) -> dict[str, Columns]:
    """The columns of each source the node reads. Asked once a run, and of files only where they changed.

    Called before the transaction begins: a source that cannot be read is left to the query to complain of.
    """
    before = run.loaded.get(node.key)
    known = before.source_columns if before else {}
    unchanged = before is not None and _files(before.inputs) == _files(inputs)
    found: dict[str, Columns] = {}
    for source in sources_read(run.compiled.graph, node):
        if source.files and unchanged and source.key in known:
            found[source.key] = known[source.key]
            continue
        if source.key not in run.source_columns:
            try:
                run.source_columns[source.key] = session.columns(f"FROM {readable(run.compiled, source.key)}")
            except EngineError:
                run.source_columns[source.key] = ()
        if columns := run.source_columns[source.key] or known.get(source.key):
            found[source.key] = columns
    return found


def judge_drift(run: RunState, node: Node, now: dict[str, Columns]) -> tuple[Verdict, ...]:
    """A verdict for each source whose columns are others than when the node read it last."""
    before = run.columns_seen(node)
    graph = run.compiled.graph
    found = (
        drift_verdict(source.key, source.on_drift, before[source.key], now[source.key])
        for source in sources_read(graph, node)
        if source.key in before and source.key in now
    )
    return tuple(verdict for verdict in found if verdict)


def sources_read(graph: Graph, node: Node) -> list[Source]:
    """The sources that a node reads, directly or through ephemeral models; of a source that is checked, itself."""
    if node.source:
        return [node.source]
    parents = (graph[parent].source for parent in tangible_parents(graph, node.key))
    return [source for source in parents if source]


def _files(inputs: Sequence[Input]) -> set[Input]:
    return {each for each in inputs if each.kind == "file"}
