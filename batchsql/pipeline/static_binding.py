"""DuckDB's own binder, on empty shadow tables in memory: what columns a query gives, or what it refuses, and where.

Binding is a DESCRIBE: nothing is planned, nothing runs. Errors come as JSON, with the offset of what they are about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from batchsql.compiler import Compiled
from batchsql.engines.base import Session
from batchsql.engines.duckdb import open_engine
from batchsql.errors import EngineError
from batchsql.pipeline.opening import apart, declared_directories
from batchsql.values import TableName, quote
from batchsql.values.static import Columns

_PREFIX = "DESCRIBE "
_NOT_IN_TABLE = re.compile(r'(?:Table|Values list) "([^"]*)" does not have a column named "([^"]*)"')
_NO_RELATION = re.compile(r'Referenced table "([^"]*)" not found')
_IN_LIST = re.compile(r'Column "([^"]*)" (?:in (?:EXCLUDE|REPLACE|RENAME) list not found|does not exist on)')
_NAMED = re.compile(r'"([^"]+)"')


class Refusal(Struct, frozen=True, kw_only=True):
    """Why the engine cannot bind a query.

    kind: DuckDB's class of the error: Binder, Catalog, Conversion, Parser, IO, ...
    missing: what is not there, where that is it: `column`, its `qualifier`, `table`, `function`, `type`, ...
    name, qualifier: of what is missing. start, end: offsets of the words in the query, where known.
    """

    kind: str
    message: str
    missing: str = ""
    name: str = ""
    qualifier: str = ""
    start: int | None = None
    end: int | None = None
    candidates: tuple[str, ...] = ()


class Binder:
    """An engine in memory in which every relation that was asked for stands as an empty table."""

    def __init__(self, compiled: Compiled) -> None:
        target = apart(compiled.project.target)
        target = replace(target, settings={**target.settings, "errors_as_json": "true"})
        self._engine = open_engine(target, sorted(declared_directories(compiled)))
        self._session: Session = self._engine.session()
        self._schemas = {"main"}
        self._made = 0

    def close(self) -> None:
        """Let go of the memory."""
        self._session.close()
        self._engine.close()

    def columns(self, sql: str) -> Columns | Refusal:
        """The columns that the query gives."""
        try:
            found = self._session.columns(sql)
        except EngineError as error:
            return _refusal(error, sql)
        return found if len({name.lower() for name, _ in found}) == len(found) else self._told_apart(sql, found)

    def stand(self, name: TableName, columns: Columns) -> bool:
        """Make an empty table with these columns; False where a type is not known here, and text stands for it."""
        self._make_schema(name.schema)
        try:
            self._create(name, columns)
        except EngineError:
            self._create(name, tuple((column, kind if self._knows(kind) else "VARCHAR") for column, kind in columns))
            return False
        return True

    def stand_as(self, parts: Sequence[str], columns: Columns) -> bool:
        """The same for a relation that a query names by itself, with or without a schema."""
        return self.stand(TableName(parts[0] if len(parts) > 1 else "main", parts[-1]), columns)

    def _create(self, name: TableName, columns: Columns) -> None:
        listed = ", ".join(f"{quote(column)} {_storable(kind)}" for column, kind in columns)
        self._session.execute(f"CREATE OR REPLACE TABLE {name.sql} ({listed})")

    def _knows(self, kind: str) -> bool:
        try:
            self._session.query(f"SELECT CAST(NULL AS {_storable(kind)})")
        except EngineError:
            return False
        return True

    def _make_schema(self, schema: str) -> None:
        if schema not in self._schemas:
            self._session.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}")
            self._schemas.add(schema)

    def _told_apart(self, sql: str, found: Columns) -> Columns:
        """The names that a table gets where two columns of the query have the same."""
        self._made += 1
        name = quote(f"told apart {self._made}")
        try:
            self._session.execute(f"CREATE TEMP TABLE {name} AS FROM (\n{sql}\n) WITH NO DATA")
            return self._session.columns(f"FROM {name}")
        except EngineError:
            return found


def _storable(kind: str) -> str:
    """A type as a table has it: what is NULL and nothing else becomes INTEGER there."""
    return kind.replace('"NULL"', "INTEGER")


def _refusal(error: EngineError, sql: str) -> Refusal:
    """The error taken apart."""
    told = _told(error)
    message = str(told.get("exception_message") or error.message)
    start, end = _span(told, sql)
    kind = str(told.get("exception_type") or error.message.partition(" Error:")[0])
    missing, qualifier, name = _missing(told, message)
    candidates = tuple(each for each in str(told.get("candidates") or "").split(",") if each)
    listed = re.search(r"Candidate (?:bindings|Entries|tables): :? ?(.*)$", message, re.MULTILINE)
    return Refusal(
        kind=kind,
        message=message,
        missing=missing,
        name=name,
        qualifier=qualifier,
        start=start,
        end=end,
        candidates=tuple(_NAMED.findall(listed[1])) if listed else candidates,
    )


def _told(error: EngineError) -> dict[str, Any]:
    try:
        told = json.loads(error.message[error.message.index("{") :])
    except ValueError:  # JSONDecodeError is one
        return {}
    return told if isinstance(told, dict) else {}


def _missing(told: dict[str, Any], message: str) -> tuple[str, str, str]:
    """What kind of thing is missing, what it is of, and its name; empty where nothing is."""
    if found := _NOT_IN_TABLE.search(message):
        return "column", found[1], found[2]
    if found := _IN_LIST.search(message):
        return "column", "", found[1]
    if found := _NO_RELATION.search(message):
        return "qualifier", "", found[1]
    name = str(told.get("name") or "")
    if told.get("error_subtype") == "COLUMN_NOT_FOUND":
        return "column", "", name
    if told.get("error_subtype") != "MISSING_ENTRY":
        return ("table", "", "") if "because schema" in message else ("", "", "")
    word = str(told.get("type") or "").lower()
    return ("function" if "function" in word or "macro" in word else word), "", name


def _span(told: dict[str, Any], sql: str) -> tuple[int | None, int | None]:
    """Offsets in the query of the words that the error is about; the engine counts bytes of the statement."""
    found = re.fullmatch(r"\[(\d+),(\d+)\]", str(told.get("location") or ""))
    position = found[1] if found else told.get("position")
    if position is None:
        return None, None
    first = int(position) - len(_PREFIX)
    data = sql.encode()
    if not 0 <= first <= len(data):
        return None, None
    start = len(data[:first].decode(errors="replace"))
    return start, start + len(data[first : first + int(found[2])].decode(errors="replace")) if found else None
