"""The whole project bound before anything runs: each query by DuckDB itself, against empty tables, in dependency order.

Nothing is bound twice: what a query gave is kept by its text and the columns of what it reads. So after an edit only
that model is bound again, and of those that read it the ones for which its columns are others now.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import get_args

from batchsql.compiler import Assembled, Compiled, readable
from batchsql.compiler.cache import content_key
from batchsql.compiler.shadows import asks_the_warehouse, queries, shadow, shadow_query
from batchsql.compiler.static_cache import Known, load_known, save_known
from batchsql.engines.base import Session
from batchsql.errors import BatchsqlError, WarehouseBusyError
from batchsql.load import SNAPSHOT_COLUMNS
from batchsql.load.seeds import seed_query
from batchsql.pipeline.breaking import with_breaks
from batchsql.pipeline.events import Listener, Options, ignore
from batchsql.pipeline.inputs import external_paths, file_inputs
from batchsql.pipeline.opening import open_when_free
from batchsql.pipeline.seeds import seed_of
from batchsql.pipeline.static_binding import Binder, Refusal
from batchsql.pipeline.static_outside import Outside
from batchsql.pipeline.static_query import Bound, Inputs, bind_query
from batchsql.pipeline.static_words import check_findings
from batchsql.values import Materialized, Node
from batchsql.values.static import Columns, Shape, StaticCheck, Unchecked

_BUILT_IN = frozenset(get_args(Materialized))
_STAMPS = ("dbt_updated_at", "dbt_valid_from", "dbt_valid_to")


def check_statically(compiled: Compiled, on_event: Listener = ignore) -> StaticCheck:
    """Bind the whole project. The warehouse is asked for columns of sources where it is there and free."""
    try:
        engine = open_when_free(compiled, Options(), on_event, read_only=True)
    except WarehouseBusyError:
        return with_breaks(compiled, bind_project(compiled, None))
    session = engine.session()
    try:
        return with_breaks(compiled, bind_project(compiled, session))
    finally:
        session.close()
        engine.close()


def bind_project(compiled: Compiled, session: Session | None) -> StaticCheck:
    """Bind the whole project. session: of the warehouse, where it is at hand; it is read only."""
    return _Binding(compiled, session).run()


class _Binding:
    """One pass over the graph. What is known of a node is found once, after all that it reads."""

    def __init__(self, compiled: Compiled, session: Session | None) -> None:
        self._compiled = compiled
        self._graph = compiled.graph
        self._outside = Outside(compiled, session)
        self._before = load_known(compiled)
        self._kept: dict[str, Known] = {}
        self._known: dict[str, Known] = {}
        self._digests: dict[str, str] = {}
        self._standing: set[str] = set()
        self._binder: Binder | None = None
        self._bound = 0

    def run(self) -> StaticCheck:
        """Look at every node in order."""
        started = time.perf_counter()
        try:
            for key, node in self._graph.nodes.items():
                known = self._known[key] = self._of(node)
                self._digests[key] = content_key(known.shape)
        finally:
            if self._binder:
                self._binder.close()
        if self._kept.keys() != self._before.keys():
            save_known(self._compiled, self._kept)
        found = self._known
        of_checks = [
            finding
            for key, node in self._graph.nodes.items()
            for finding in check_findings(self._compiled, node, found[key].shape)
        ]
        return StaticCheck(
            findings=(*(each for known in found.values() for each in known.findings), *of_checks),
            unchecked=tuple(Unchecked(key, known.reason) for key, known in found.items() if known.reason),
            models=sum(node.query is not None for node in self._graph.nodes.values()),
            bound=self._bound,
            seconds=time.perf_counter() - started,
            shapes={key: known.shape for key, known in found.items() if known.shape},
        )

    def _of(self, node: Node) -> Known:
        if node.source:
            return self._source(node)
        if node.kind == "seed":
            stamps = file_inputs(self._compiled.root, (node.path,))
            key = content_key(node.path, stamps, node.config.delimiter, node.config.column_types)
            return self._remembered(key, lambda: self._seed(node))
        told_by_running = node.query is None or _in_python(node) or asks_the_warehouse(node)
        if told_by_running or node.config.materialized not in _BUILT_IN:
            return self._unbindable(node)
        return self._model(node)

    def _remembered(self, key: str, find: Callable[[], tuple[Known, bool]]) -> Known:
        """What was found before under this key, else now; kept if it would be the same again."""
        known = self._before.get(key)
        if known is None:
            self._bound += 1
            known, lasting = find()
            if not lasting:
                return known
        self._kept[key] = known
        return known

    def _source(self, node: Node) -> Known:
        """A relation has the columns that the warehouse tells, files those of their headers; else what is declared."""
        source = node.source
        assert source is not None  # noqa: S101  it is one
        if source.relation:
            columns = self._outside.of_source(node)
            return Known(shape=Shape(columns)) if columns else self._declared(node)
        text = readable(self._compiled, node.key)
        stamps = file_inputs(self._compiled.root, source.files)
        remote = not stamps and any("://" in pattern for pattern in source.files)
        if not stamps:
            return self._declared(node)
        return self._remembered(content_key(text, stamps), lambda: self._files(node, text, lasting=not remote))

    def _files(self, node: Node, text: str, *, lasting: bool) -> tuple[Known, bool]:
        found = self._engine.columns(f"FROM {text}")
        if isinstance(found, Refusal):
            return self._declared(node), False
        return Known(shape=Shape(found)), lasting

    def _declared(self, node: Node) -> Known:
        """What is declared in YAML, where every column there has a type."""
        described = node.source.columns if node.source else node.model.columns if node.model else ()
        columns = tuple((column.name, column.data_type) for column in described if column.data_type)
        if columns and len(columns) == len(described):
            return Known(shape=Shape(columns))
        return Known(reason="" if node.source else "its columns are not known")

    def _seed(self, node: Node) -> tuple[Known, bool]:
        try:
            seed = seed_of(self._compiled, node)
        except (BatchsqlError, OSError):  # its batch says what is wrong with the file
            return Known(reason="its file cannot be read"), False
        if seed.as_dbt:
            return Known(shape=Shape(tuple((name, seed.types[name]) for name in seed.columns))), True
        found = self._engine.columns(seed_query(seed))
        if isinstance(found, Refusal):
            return Known(reason="its file cannot be read"), False
        return Known(shape=Shape(found)), True

    def _unbindable(self, node: Node) -> Known:
        """A node whose text is not known before it runs: what the warehouse has of it stands for what it will give."""
        if node.kind == "test":
            return Known(reason="" if node.query is None else "what it asks depends on the warehouse")
        if node.config.materialized not in _BUILT_IN:
            why = f"the macro '{node.config.materialized}' makes it"
        else:
            in_sql = node.query and not _in_python(node)
            why = "it asks the warehouse while it is rendered" if in_sql else "it is written in Python"
        columns = self._outside.of_model(node)
        if columns:
            return Known(shape=Shape(columns, open=True), reason=why)
        return Known(shape=self._declared(node).shape, reason=why)

    def _model(self, node: Node) -> Known:
        reads = {read.key for query, _ in queries(node) for read in query.reads if read.kind in ("model", "source")}
        unknown = sorted(key for key in reads if self._known[key].shape is None or _is_function(self._graph[key]))
        if unknown:
            return Known(reason=self._why_unknown(unknown[0]))
        existing = self._outside.of_model(node) if _keeps_columns(node) else None
        root = str(self._compiled.root)
        texts = [shadow_query(self._graph, root, node, query, incremental=later) for query, later in queries(node)]
        stamps = file_inputs(self._compiled.root, tuple(external_paths(self._graph, node.key)))
        digests = [(key, self._digests[key]) for key in sorted(reads)]
        shaping = (node.kind, node.config.hard_deletes, node.config.extra.get("snapshot_meta_column_names"))
        key = content_key(
            node.path,
            node.model and node.model.first_line,
            [text.sql for text in texts],
            digests,
            existing,
            stamps,
            shaping,
        )
        return self._remembered(key, lambda: self._bind(node, texts, reads, existing))

    def _why_unknown(self, key: str) -> str:
        if self._known[key].findings:
            return f"it reads {key}, which cannot be bound"
        if self._known[key].reason:
            return f"it reads {key}, which could not be checked"
        return f"it reads {key}, whose columns are not known: it is not there yet, and no types are declared"

    def _bind(
        self, node: Node, texts: list[Assembled], reads: set[str], existing: Columns | None
    ) -> tuple[Known, bool]:
        """Bind a query in both its variants, the later one with the model's own rows so far at hand."""
        inputs = Inputs({key: shape for key in sorted(reads) if (shape := self._known[key].shape)})
        for key in inputs.shapes:
            self._stand(key)
        first = self._bind_one(node, texts[0], inputs)
        if first.columns is None:
            shape = Shape(existing, open=True) if existing and not first.findings else None
            reason = first.reason or ("" if first.findings else "its columns depend on rows")
            return Known(shape=shape, findings=first.findings, reason=reason), first.lasting and not first.reason
        guessed = first.guessed or inputs.guessed
        shape = Shape(_with_own(node, first.columns, existing), guessed=guessed)
        found = [first]
        for text in texts[1:]:
            self._engine.stand(shadow(node), shape.columns)
            found.append(self._bind_one(node, text, Inputs({**inputs.shapes, node.key: shape})))
        findings = {(each.path, each.line, each.message): each for bound in found for each in bound.findings}
        known = Known(shape=shape, findings=tuple(findings.values()), reason=found[-1].reason)
        return known, all(bound.lasting and not bound.reason for bound in found)

    def _bind_one(self, node: Node, text: Assembled, inputs: Inputs) -> Bound:
        return bind_query(self._compiled, node, text, inputs, self._engine, self._outside)

    def _stand(self, key: str) -> None:
        """Let the shadow of a node stand in the engine."""
        shape = self._known[key].shape
        if key not in self._standing and shape:
            self._engine.stand(shadow(self._graph[key]), shape.columns)
            self._standing.add(key)

    @property
    def _engine(self) -> Binder:
        """The binder, made when something must be bound."""
        if self._binder is None:
            self._binder = Binder(self._compiled)
        return self._binder


def _keeps_columns(node: Node) -> bool:
    """Whether the relation may have columns that its query no longer gives."""
    return node.config.materialized == "incremental" and node.config.on_schema_change != "sync_all_columns"


def _in_python(node: Node) -> bool:
    return node.model is not None and node.model.language == "python"


def _is_function(node: Node) -> bool:
    return node.config.materialized == "table_function"


def _with_own(node: Node, columns: Columns, existing: Columns | None) -> Columns:
    """The relation's columns: those of the query, those that a snapshot adds, and those that are there already."""
    if node.kind == "snapshot":
        named = node.config.extra.get("snapshot_meta_column_names") or {}
        kinds = dict.fromkeys(_STAMPS, "TIMESTAMP")
        if node.config.strategy == "timestamp" and node.config.updated_at:
            types = {name.lower(): kind for name, kind in columns}
            kinds = dict.fromkeys(_STAMPS, types.get(node.config.updated_at.lower(), "TIMESTAMP"))
        own = [
            name for name in SNAPSHOT_COLUMNS if name != "dbt_is_deleted" or node.config.hard_deletes == "new_record"
        ]
        columns += tuple((str(named.get(name) or name), kinds.get(name, "VARCHAR")) for name in own)
    there = {name.lower() for name, _ in columns}
    return columns + tuple(each for each in existing or () if each[0].lower() not in there)
