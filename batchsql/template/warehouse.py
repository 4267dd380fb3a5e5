"""What templates ask of the warehouse: every query runs in the batch's own session, so that writes stay in it."""

from __future__ import annotations

import re
from typing import Any

from batchsql.errors import TemplateError, did_you_mean
from batchsql.template.column import Column
from batchsql.template.lexical import check_supplied
from batchsql.template.limits import check_printable
from batchsql.template.query_table import QueryTable
from batchsql.template.relation import Path, Relation, Traits, free
from batchsql.template.state import RenderState
from batchsql.template.supplied import plain
from batchsql.values import TableName, literal, quote

_MARKER = re.compile(r'"__(ref|source|this)__"\."((?:[^"]|"")*)"')
_TYPES = {"BASE TABLE": "table", "LOCAL TEMPORARY": "table", "VIEW": "view"}


def physical_names(sql: str, state: RenderState) -> str:
    """The text with physical names in the places of the markers of ref(), source() and `this`."""

    def name(match: re.Match[str]) -> str:
        key, table = _marked(match, state)
        if table is None:
            raise TemplateError(
                f"the query given to run_query() reads '{key}', which is no relation in the warehouse",
                hint=did_you_mean(key, state.context.relations),
            )
        return state.facts.named(table)

    return _MARKER.sub(name, sql)


def message_text(value: Any, state: RenderState) -> str:
    """A message as people read it: relations by their physical names where they are known."""

    def name(match: re.Match[str]) -> str:
        key, table = _marked(match, state)
        return key if table is None else state.facts.named(table)

    check_printable(value)
    return _MARKER.sub(name, str(plain(str(value))))


def _marked(match: re.Match[str], state: RenderState) -> tuple[str, TableName | None]:
    key = match[2].replace('""', '"')
    return key, state.context.this if match[1] == "this" else state.context.relations.get(key)


class Warehouse:
    """The warehouse behind one rendering. What is asked of it makes the rendering differ from run to run."""

    def __init__(self, state: RenderState) -> None:
        self._state = state

    @property
    def at_hand(self) -> bool:
        """Whether queries can be run: not while the project is compiled."""
        self._state.dynamic.add("run_query")
        return self._state.context.execute and self._state.context.run_query is not None

    def raw(self, sql: Any) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """The names of a result's columns, and its rows as the driver gives them. Raises EngineError."""
        check_supplied(sql)
        run_query = self._state.context.run_query
        if not self.at_hand or run_query is None:
            return (), []
        return run_query(physical_names(plain(str(sql)), self._state))

    def table(self, sql: Any) -> QueryTable:
        """The result of a query, as templates get it. Raises EngineError."""
        return self.as_table(*self.raw(sql))

    def as_table(self, names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> QueryTable:
        """A result, as templates get it."""
        return QueryTable(names, rows, self._say)

    def _say(self, text: str) -> None:
        if self._state.context.on_log:
            self._state.context.on_log(text, True)

    # --- what is there ------------------------------------------------------------------------------------------

    def columns(self, relation: Relation) -> list[Column]:
        """The columns of a relation, in their order; none where it is not there."""
        conditions = _conditions(relation.path, "table_catalog", "table_schema", "table_name")
        _, rows = self.raw(
            "select column_name, data_type from system.information_schema.columns "
            f"where {conditions} order by ordinal_position"
        )
        return [Column(name, data_type) for name, data_type in rows]

    def columns_of_query(self, sql: str) -> list[Column]:
        """The columns that a query gives, structs as their fields; it is not run."""
        _, rows = self.raw(f"describe ({sql}\n)")
        return [column for row in rows for column in Column(row[0], row[1]).flatten()]

    def relation(self, path: Path) -> Relation | None:
        """The relation of that name, with its type; None where there is none. Case does not count, as in DuckDB."""
        found = self.relations(path)
        return found[0] if found else None

    def relations(self, path: Path) -> list[Relation]:
        """The relations of a database, or of a schema in it."""
        conditions = _conditions(path, "table_catalog", "table_schema", "table_name")
        _, rows = self.raw(
            "select table_catalog, table_schema, table_name, table_type from system.information_schema.tables "
            f"where {conditions} order by 1, 2, 3"
        )
        return [
            free(Path(database, schema, name), Traits(type=_TYPES.get(kind, "table")))
            for database, schema, name, kind in rows
        ]

    def schemas(self, database: str | None) -> list[str]:
        """The schemas of a database."""
        condition = _conditions(Path(database), "catalog_name", "schema_name", "")
        _, rows = self.raw(f"select schema_name from system.information_schema.schemata where {condition} order by 1")
        return [name for (name,) in rows]

    def attached(self, database: str) -> bool:
        """Whether a database of that name is open."""
        return bool(self.raw(f"select 1 from duckdb_databases() where lower(database_name) = {_lower(database)}")[1])


def _conditions(path: Path, database: str, schema: str, identifier: str) -> str:
    """SQL for what is known of a name."""
    parts = ((database, path.database), (schema, path.schema), (identifier, path.identifier))
    found = [f"lower({quote(column)}) = {_lower(part)}" for column, part in parts if part is not None]
    return " and ".join(found) or "true"


def _lower(text: str) -> str:
    return literal(str(plain(text)).lower())
