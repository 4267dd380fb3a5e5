"""What the warehouse and the files tell of columns that no query of the project makes; nothing here writes."""

from __future__ import annotations

from batchsql.compiler import Compiled
from batchsql.engines.base import Session
from batchsql.errors import EngineError
from batchsql.values import Node, TableName
from batchsql.values.static import Columns

_COLUMNS = """
SELECT schema_name, table_name, list(struct_pack(n := column_name, t := data_type) ORDER BY column_index)
FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal GROUP BY ALL"""
_MADE = {
    "function": "SELECT 1 FROM duckdb_functions() WHERE NOT internal AND lower(function_name) = ? LIMIT 1",
    "type": "SELECT 1 FROM duckdb_types() WHERE NOT internal AND lower(type_name) = ? LIMIT 1",
}


class Outside:
    """The warehouse as far as it is at hand: without a session, nothing is known of it."""

    def __init__(self, compiled: Compiled, session: Session | None) -> None:
        self._compiled = compiled
        self._session = session
        self._asked: dict[str, Columns | None] = {}
        self._all: dict[TableName, Columns] | None = None

    def of_source(self, node: Node) -> Columns | None:
        """The columns of a source's relation, or of one that another environment has in place of a model."""
        elsewhere = self._compiled.elsewhere.get(node.key)
        if elsewhere is None and node.source and node.source.relation:
            elsewhere = node.source.relation.sql
        return self.of_relation(elsewhere) if elsewhere else None

    def of_relation(self, sql: str) -> Columns | None:
        """The columns of a relation by its name as SQL; None where there is none."""
        if self._session is None:
            return None
        if sql not in self._asked:
            try:
                self._asked[sql] = self._session.columns(f"FROM {sql}")
            except EngineError:  # it is not there
                self._asked[sql] = None
        return self._asked[sql]

    def of_model(self, node: Node) -> Columns | None:
        """The columns that a model's relation has now, which are those of its code when it was last made."""
        if self._session is None or node.relation is None:
            return None
        if self._all is None:
            rows = self._session.query(_COLUMNS)
            self._all = {
                TableName(schema, name): tuple((column["n"], column["t"]) for column in columns)
                for schema, name, columns in rows
            }
        return self._all.get(node.relation)

    def has(self, kind: str, name: str) -> bool:
        """Whether somebody made such a function or type in the warehouse."""
        if self._session is None or kind not in _MADE:
            return False
        return bool(self._session.query(_MADE[kind], [name.lower()]))
