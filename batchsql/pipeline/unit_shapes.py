"""Columns of what a model reads, found without a row: each upstream's own query, bound on empty tables in memory.

Where that cannot tell them, as of a relation that something else writes, the warehouse is asked.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from batchsql.compiler import Compiled, Situation, readable
from batchsql.compiler.stand_ins import assemble_on, compiled_query, ephemeral_ancestors, is_ephemeral
from batchsql.engines.base import Session
from batchsql.engines.duckdb import DuckdbEngine, open_engine
from batchsql.errors import BatchsqlError, EngineError
from batchsql.load.seeds import read_seed, seed_query
from batchsql.pipeline.opening import apart, declared_directories
from batchsql.values import Interval, Node, TableName, quote
from batchsql.values.unit_tests import Rows

_SNAPSHOT_TIMES = ("dbt_updated_at", "dbt_valid_from", "dbt_valid_to")


class Shape(Struct, frozen=True):
    """The columns of a relation and their types, in order. complete: there are no others."""

    columns: dict[str, str] = {}
    complete: bool = False


def stand_in(node: Node) -> TableName:
    """Where rows stand in for a node in memory: under its own name, since columns may be qualified by it."""
    if node.source:
        return node.source.relation or TableName(f"files of {node.source.group}", node.source.name)
    if is_ephemeral(node) or node.relation is None:
        return TableName("ephemeral models", node.key)
    return node.relation


class Shapes:
    """The shapes of relations, each found once. Files are opened for their columns, the warehouse if need be.

    It has an engine of its own, in memory, in which every relation that was asked for stands as an empty table.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._known: dict[str, Shape] = {}
        self._schemas: set[str] = set()
        self._engine = open_engine(apart(compiled.project.target), sorted(declared_directories(compiled)))
        self._session: Session = self._engine.session()
        self._warehouse: DuckdbEngine | None = None

    def close(self) -> None:
        """Let go of the memory, and of the warehouse."""
        self._session.close()
        self._engine.close()
        if self._warehouse is not None:
            self._warehouse.close()

    def of(self, key: str) -> Shape:
        """The shape of a node; what is declared of it in YAML where its query cannot be bound."""
        if key not in self._known:
            self._known[key] = Shape()  # while it is being found, so that a circle ends
            self._known[key] = self._found(self._compiled.graph[key])
        return self._known[key]

    def seed_rows(self, node: Node) -> Rows:
        """The rows of a seed's own file. Raises BatchError with the line where the file is wrong."""
        seed = self._seed(node)
        names, rows = self._session.query_named(f"SELECT columns(*)::VARCHAR FROM ({seed}\n)")
        found = tuple(dict(zip(names, row, strict=True)) for row in rows)
        return Rows(format="csv", columns=names, rows=found, path=node.path, line=1, lines=(1,) * len(found))

    def _seed(self, node: Node) -> str:
        config = node.config
        file = self._compiled.root / node.path
        seed = read_seed(file, path=node.path, delimiter=config.delimiter, column_types=config.column_types)
        return seed_query(seed)

    def _found(self, node: Node) -> Shape:
        if node.source and node.after:  # a node of the project makes its relation
            return self.of(node.after[0])
        declared = self._declared(node)
        try:
            query = self._query(node)
            if query is not None:
                return self._bound(node, query)
        except (BatchsqlError, OSError):  # the shape cannot be known: a file is absent, a column upstream unknown
            pass
        there = self._in_warehouse(node)
        declared = Shape(there, complete=True) if there else declared
        if declared.columns:
            columns = ", ".join(f"{quote(name)} {kind}" for name, kind in declared.columns.items())
            try:
                self._make(node, f"({columns})")
            except EngineError:  # a declared type that the engine does not know
                return Shape()
        return declared

    def _in_warehouse(self, node: Node) -> dict[str, str]:
        """The columns of its relation in the warehouse; none where it is not there, or another process holds it."""
        relation = node.source.relation if node.source else node.relation
        target = self._compiled.project.target
        if relation is None or not Path(target.database).is_file():
            return {}
        try:
            if self._warehouse is None:
                self._warehouse = open_engine(target, sorted(declared_directories(self._compiled)))
            session = self._warehouse.session()
            try:
                return dict(session.columns(f"FROM {relation.sql}"))
            finally:
                session.close()
        except (BatchsqlError, EngineError):
            return {}

    def _declared(self, node: Node) -> Shape:
        described = node.source.columns if node.source else node.model.columns if node.model else ()
        return Shape({column.name: column.data_type for column in described if column.data_type})

    def _query(self, node: Node) -> str | None:
        """A query with the node's columns, on what is upstream; None where there is none."""
        if node.source:
            return f"FROM {readable(self._compiled, node.key)}" if node.source.relation is None else None
        if node.kind == "seed":
            return self._seed(node)
        stand_ins = {}
        for reader in (node.key, *ephemeral_ancestors(self._compiled.graph, node.key)):
            query = compiled_query(self._compiled.graph[reader], incremental=False)
            for read in query.reads if query else ():
                upstream = self._compiled.graph.nodes.get(read.key)
                if read.kind in ("model", "source") and upstream and not is_ephemeral(upstream):
                    self.of(read.key)
                    stand_ins[read.key] = stand_in(upstream).sql
        return assemble_on(self._compiled, node.key, Situation(interval=_some_interval(node)), stand_ins).sql

    def _bound(self, node: Node, query: str) -> Shape:
        extra = ""
        if node.kind == "snapshot":
            kind = "CAST(NULL AS TIMESTAMP)"
            if node.config.strategy == "timestamp" and node.config.updated_at:
                kind = quote(node.config.updated_at)
            extra = ", CAST(NULL AS VARCHAR) AS dbt_scd_id" + "".join(f", {kind} AS {name}" for name in _SNAPSHOT_TIMES)
            if node.config.hard_deletes == "new_record":
                extra += ", CAST(NULL AS VARCHAR) AS dbt_is_deleted"
        self._make(node, f" AS SELECT *{extra} FROM (\n{query}\n) LIMIT 0")
        columns = dict(self._session.columns(f"FROM {stand_in(node).sql}"))
        if node.source:
            return Shape(columns | self._declared(node).columns, complete=True)
        return Shape(columns, complete=True)

    def _make(self, node: Node, definition: str) -> None:
        relation = stand_in(node)
        if relation.schema not in self._schemas:
            self._session.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(relation.schema)}")
            self._schemas.add(relation.schema)
        self._session.execute(f"CREATE TABLE {relation.sql}{definition}")


def _some_interval(node: Node) -> Interval | None:
    config = node.config
    return Interval(config.begin, config.begin) if config.by_interval and config.begin else None
