"""DuckDB in the process: the only module that knows the driver.

What it rests on was measured on DuckDB 2.0: any error aborts the open transaction; a commit after a failed statement
raises nothing and keeps nothing (so: rollback on any error); two processes cannot hold one file when one of them
writes; and the sandbox holds when it is set in the order of `_lock_down`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from batchsql.errors import EngineError, ProjectError, WarehouseBusyError
from batchsql.values import Target, literal, quote

_LINE = re.compile(r"^LINE (\d+): ", re.MULTILINE)
_HOLDER = re.compile(r"\(PID (\d+)\)")
_CONFLICT = re.compile(r"conflict", re.IGNORECASE)


class DuckdbSession:
    """A cursor: its own transaction and temporary tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._open = False

    def begin(self) -> None:
        """Start a transaction."""
        self.execute("BEGIN")
        self._open = True

    def commit(self) -> None:
        """Make it durable and visible; raises EngineError on a conflict found only now, or a full disk."""
        self.execute("COMMIT")
        self._open = False

    def rollback(self) -> None:
        """Undo everything since begin()."""
        if self._open:
            self._open = False
            with suppress(duckdb.TransactionException):  # a failed COMMIT has already ended it
                self._connection.execute("ROLLBACK")

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> int:
        """Run one statement, return the rows it changed."""
        rows = self.query(sql, parameters)
        return int(rows[0][0]) if rows and len(rows[0]) == 1 and isinstance(rows[0][0], int) else 0

    def query(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run one query, return its rows."""
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except duckdb.Error as error:
            raise _engine_error(error, sql) from error
        except RuntimeError as error:  # how the driver reports an interrupted fetch
            raise EngineError(str(error), sql=sql) from error

    def query_named(
        self, sql: str, parameters: Sequence[Any] | None = None
    ) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """Run one query, return its column names and its rows."""
        rows = self.query(sql, parameters)
        return tuple(column[0] for column in self._connection.description or ()), rows

    def frame(self, sql: str) -> Any:
        """Run one query, return its rows as a pandas DataFrame; only where pandas is installed."""
        try:
            return self._connection.execute(sql).df()
        except duckdb.Error as error:
            raise _engine_error(error, sql) from error

    def run_script(self, sql: str) -> None:
        """Run statements that leave the transaction alone."""
        self.refuse_transactions(sql)
        self.query(sql)

    def refuse_transactions(self, sql: str) -> None:
        """Raise EngineError for BEGIN, COMMIT, ROLLBACK and the like."""
        try:
            statements = duckdb.extract_statements(sql)
        except duckdb.Error as error:
            raise _engine_error(error, sql) from error
        if any(statement.type == duckdb.StatementType.TRANSACTION for statement in statements):
            raise EngineError("a batch's transaction cannot be ended or begun from within", sql=sql)

    def columns(self, query: str) -> tuple[tuple[str, str], ...]:
        """Name and type of the columns a query gives."""
        return tuple((row[0], row[1]) for row in self.query(f"DESCRIBE {query}"))

    def interrupt(self) -> None:
        """Stop what is executing."""
        self._connection.interrupt()

    def close(self) -> None:
        """Give the cursor back."""
        self._connection.close()


class DuckdbEngine:
    """An opened DuckDB file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, database: str) -> None:
        self._connection = connection
        self._database = database

    def session(self) -> DuckdbSession:
        """A new cursor."""
        return DuckdbSession(self._connection.cursor())

    def checkpoint(self) -> None:
        """Write the log into the file and free the space of replaced tables for reuse."""
        try:
            self._connection.execute("CHECKPOINT")
        except duckdb.Error as error:
            raise _engine_error(error, "CHECKPOINT") from error

    @property
    def file_size(self) -> int:
        """Bytes of the database file, 0 in memory."""
        path = Path(self._database)
        return path.stat().st_size if self._database != ":memory:" and path.exists() else 0

    def close(self) -> None:
        """Close the file; DuckDB checkpoints on its own when the last connection goes."""
        self._connection.close()


def open_engine(target: Target, directories: Sequence[str], *, read_only: bool = False) -> DuckdbEngine:
    """Open the target's DuckDB file, in UTC, and lock it down to the given directories (absolute paths).

    A missing file is made, unless read_only: then an empty database in memory stands in for it.
    Raises WarehouseBusyError when another process holds the file, ProjectError for a setting DuckDB refuses.
    """
    in_memory = target.database == ":memory:"
    if not in_memory and read_only and not Path(target.database).exists():
        return open_engine(_in_memory(target), directories)
    if not in_memory:
        Path(target.database).parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(target.database, read_only=read_only and not in_memory)
    except duckdb.IOException as error:
        holder = _HOLDER.search(str(error))
        if holder:
            raise WarehouseBusyError(
                f"the warehouse {Path(target.database).name} is held by process {holder[1]}",
                path=target.database,
                hint="wait for it with --wait SECONDS, or close the program that has it open",
            ) from error
        raise ProjectError(f"cannot open the warehouse {target.database}: {error}") from error
    except duckdb.Error as error:
        raise ProjectError(f"cannot open the warehouse {target.database}: {error}") from error
    _lock_down(connection, target, directories)
    return DuckdbEngine(connection, target.database)


def _in_memory(target: Target) -> Target:
    import msgspec

    return msgspec.structs.replace(target, database=":memory:")


def _lock_down(connection: duckdb.DuckDBPyConnection, target: Target, directories: Sequence[str]) -> None:
    """Pin the time zone, apply the target's settings, then take away what is not declared; the order matters."""
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    if target.database != ":memory:":
        connection.execute(f"SET temp_directory = {literal(target.database + '.tmp')}")
    for name, value in target.settings.items():
        try:
            connection.execute(f"SET GLOBAL {quote(name)} = {literal(value)}")
        except duckdb.Error as error:
            connection.close()
            raise ProjectError(f"DuckDB refuses the setting {name} = {value}: {str(error).splitlines()[0]}") from error
    if target.external_access:
        return
    listed = ", ".join(literal(directory) for directory in directories)
    connection.execute(f"SET allowed_directories = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _engine_error(error: duckdb.Error, sql: str) -> EngineError:
    text = str(error)
    line = _LINE.search(text)
    message = text.split("\n\nLINE ")[0].strip()
    conflict = isinstance(error, duckdb.TransactionException) and bool(_CONFLICT.search(text))
    return EngineError(message, sql=sql, sql_line=int(line[1]) if line else None, conflict=conflict)
