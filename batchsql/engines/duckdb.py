"""DuckDB in the process: the only module that knows the driver.

What it rests on was measured on DuckDB 2.0: any error aborts the open transaction; a commit after a failed statement
raises nothing and keeps nothing (so: rollback on any error); two processes cannot hold one file when one of them
writes; and the sandbox holds when it is set in the order of `_lock_down`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

from batchsql.engines.attaching import attach_sql, install_sql, secret_sql
from batchsql.errors import EngineError, ProjectError, WarehouseBusyError
from batchsql.values import Attachment, Extension, Target, literal, quote

_LINE = re.compile(r"^LINE (\d+): ", re.MULTILINE)
_HOLDER = re.compile(r"\(PID (\d+)\)")
_CONFLICT = re.compile(r"conflict", re.IGNORECASE)


class DuckdbSession:
    """A cursor: its own transaction and temporary tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._open = False

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection itself."""
        return self._connection

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
    """An opened DuckDB file.

    first: statements that each session begins with, since they hold for one session only.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, database: str, catalog: str = "", first: Sequence[str] = ()
    ) -> None:
        self._connection = connection
        self._database = database
        self._catalog = catalog
        self._first = tuple(first)

    def session(self) -> DuckdbSession:
        """A new cursor."""
        cursor = self._connection.cursor()
        for statement in self._first:
            cursor.execute(statement)
        return DuckdbSession(cursor)

    def checkpoint(self) -> None:
        """Write the log into the file and free the space of replaced tables for reuse."""
        statement = f"CHECKPOINT {quote(self._catalog)}" if self._catalog else "CHECKPOINT"
        try:
            self._connection.execute(statement)
        except duckdb.Error as error:
            raise _engine_error(error, statement) from error

    @property
    def file_size(self) -> int:
        """Bytes of the database file, 0 in memory."""
        path = Path(self._database)
        return path.stat().st_size if not _in_memory(self._database) and path.exists() else 0

    def close(self) -> None:
        """Close the file; DuckDB checkpoints on its own when the last connection goes."""
        self._connection.close()


def open_engine(target: Target, directories: Sequence[str], *, read_only: bool = False) -> DuckdbEngine:
    """Open the target's DuckDB file, in UTC, and lock it down to the given directories (absolute paths).

    A missing file is made, unless read_only: then an empty database in memory stands in for it.
    Raises WarehouseBusyError when another process holds the file, ProjectError for a setting DuckDB refuses.
    """
    connection = _connect(target, read_only=read_only)
    try:
        return _prepared(connection, target, directories, read_only=read_only)
    except (duckdb.Error, ProjectError, WarehouseBusyError):
        connection.close()
        raise


def _connect(target: Target, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open the file, as often as the target says where it cannot be; with waits of 1, 2, 4, ... seconds between."""
    database = target.database
    if read_only and not _in_memory(database) and not Path(database).exists():
        database = ":memory:"
    if not _in_memory(database):
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(target.connect_attempts):
        try:
            return duckdb.connect(database, read_only=read_only and not _in_memory(database), config={**target.config})
        except duckdb.IOException as error:
            if attempt + 1 == target.connect_attempts:
                raise _cannot_open(error, database) from error
            time.sleep(2**attempt)
        except duckdb.Error as error:
            raise _cannot_open(error, database) from error
    raise ProjectError(f"cannot open the warehouse {database}")


def _cannot_open(error: duckdb.Error, database: str) -> ProjectError | WarehouseBusyError:
    holder = _HOLDER.search(str(error))
    if holder and isinstance(error, duckdb.IOException):
        return WarehouseBusyError(
            f"the warehouse {Path(database).name} is held by process {holder[1]}",
            path=database,
            hint="wait for it with --wait SECONDS, or close the program that has it open",
        )
    return ProjectError(f"cannot open the warehouse {database}: {error}")


def _prepared(
    connection: duckdb.DuckDBPyConnection, target: Target, directories: Sequence[str], *, read_only: bool
) -> DuckdbEngine:
    """Pin the time zone, load and attach what the target names, apply its settings, then take away the rest.

    The order matters: once it is locked, nothing of this could be done.
    """
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    if not _in_memory(target.database):
        connection.execute(f"SET temp_directory = {literal(target.database + '.tmp')}")
    for extension in target.extensions:
        _load(connection, extension)
    for number, secret in enumerate(target.secrets, start=1):
        _run(connection, secret_sql(secret, number), f"the secret of type {secret['type']}")
    for filesystem in target.filesystems:
        _register(connection, filesystem)
    for attachment in target.attach:
        _attach(connection, attachment, read_only=read_only)
    attached = {attachment.alias or _catalog_of(attachment.path) for attachment in target.attach}
    elsewhere = target.catalog if target.catalog in attached else ""
    first = [f"USE {quote(elsewhere)}"] if elsewhere else []
    for name, value in target.settings.items():
        first.extend(_set(connection, name, value, locked=not target.external_access))
    for statement in first:
        _run(connection, statement, f"`{statement}`")
    if not target.external_access:
        listed = ", ".join(literal(directory) for directory in directories)
        connection.execute(f"SET allowed_directories = [{listed}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    return DuckdbEngine(connection, target.database, elsewhere, first)


def _set(connection: duckdb.DuckDBPyConnection, name: str, value: str, *, locked: bool) -> Sequence[str]:
    """Apply a setting to all sessions; where it can only be one's own, return the statement for each."""
    assignment = f"{quote(name)} = {literal(value)}"
    try:
        connection.execute(f"SET GLOBAL {assignment}")
    except duckdb.CatalogException as error:
        if "cannot be set globally" not in str(error):
            raise _refused(error, f"the setting {name} = {value}") from error
        if locked:
            message = f"the setting {name} is one of a session, and can be set only with external_access: true"
            raise ProjectError(message) from error
        return [f"SET {assignment}"]
    except duckdb.Error as error:
        raise _refused(error, f"the setting {name} = {value}") from error
    return []


def _load(connection: duckdb.DuckDBPyConnection, extension: Extension) -> None:
    """Load an extension; fetch it first where it is not on this machine."""
    try:
        connection.execute(f"LOAD {quote(extension.name)}")
        return
    except duckdb.Error:
        pass  # not built in, and not fetched yet
    try:
        connection.execute(install_sql(extension))
        connection.execute(f"LOAD {quote(extension.name)}")
    except duckdb.Error as error:
        raise ProjectError(
            f"the extension {extension.name} is not on this machine and cannot be fetched: {_first_line(error)}",
            hint=f"run `{install_sql(extension)}` once where there is a network, or take it out of the target",
        ) from error


def _register(connection: duckdb.DuckDBPyConnection, filesystem: dict[str, Any]) -> None:
    arguments = dict(filesystem)
    name = arguments.pop("fs")
    try:
        connection.register_filesystem(import_module("fsspec").filesystem(name, **arguments))
    except ImportError as error:
        hint = "pip install fsspec, and what the filesystem needs beside it"
        raise ProjectError(f"the filesystem {name} needs a package that is not there: {error}", hint=hint) from error
    except (ValueError, TypeError, duckdb.Error) as error:
        raise ProjectError(f"the filesystem {name} cannot be registered: {_first_line(error)}") from error


def _attach(connection: duckdb.DuckDBPyConnection, attachment: Attachment, *, read_only: bool) -> None:
    """Attach a database. One that is only read, and not there yet, is an empty one."""
    if read_only and attachment.type.lower() in ("", "duckdb") and not Path(attachment.path).exists():
        name = attachment.alias or _catalog_of(attachment.path)
        attachment = Attachment(path=":memory:", alias=name) if "://" not in attachment.path else attachment
    only = read_only and not _in_memory(attachment.path)
    try:
        connection.execute(attach_sql(attachment, read_only=only))
    except duckdb.Error as error:
        if _HOLDER.search(str(error)):
            raise _cannot_open(error, attachment.path) from error
        raise _refused(error, f"to attach {attachment.path}") from error


def _run(connection: duckdb.DuckDBPyConnection, statement: str, what: str) -> None:
    try:
        connection.execute(statement)
    except duckdb.Error as error:
        raise _refused(error, what) from error


def _refused(error: duckdb.Error, what: str) -> ProjectError:
    return ProjectError(f"DuckDB refuses {what}: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


def _in_memory(database: str) -> bool:
    return database.startswith(":memory:")


def _catalog_of(path: str) -> str:
    """The name that DuckDB gives to the database of a file."""
    return Path(path).name.lstrip(".").partition(".")[0]


def _engine_error(error: duckdb.Error, sql: str) -> EngineError:
    text = str(error)
    line = _LINE.search(text)
    message = text.split("\n\nLINE ")[0].strip()
    conflict = isinstance(error, duckdb.TransactionException) and bool(_CONFLICT.search(text))
    return EngineError(message, sql=sql, sql_line=int(line[1]) if line else None, conflict=conflict)
