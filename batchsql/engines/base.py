"""The whole contract between batchsql and what executes SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class Session(Protocol):
    """One connection's worth of work: its own transaction, its own temporary tables. Used by one thread at a time.

    Every method raises EngineError when the engine refuses; `EngineError.conflict` tells a lost write conflict,
    after which the batch may be tried again.
    """

    @property
    def connection(self) -> Any:
        """The driver's connection, for a library that asks it by itself, in whatever transaction it is in."""
        ...

    def begin(self) -> None:
        """Start a transaction. After any error in it, only rollback() is of use."""
        ...

    def commit(self) -> None:
        """Make it durable and visible."""
        ...

    def rollback(self) -> None:
        """Undo everything since begin(); harmless when no transaction is open."""
        ...

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> int:
        """Run one statement; return the rows it inserted, updated or deleted (CTAS: rows made; other DDL: 0)."""
        ...

    def query(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run one query and return all its rows."""
        ...

    def query_named(
        self, sql: str, parameters: Sequence[Any] | None = None
    ) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """Run one query and return its column names and all its rows."""
        ...

    def run_script(self, sql: str) -> None:
        """Run one or more statements, none of which may begin or end a transaction."""
        ...

    def refuse_transactions(self, sql: str) -> None:
        """Raise EngineError when one of the statements would begin or end a transaction."""
        ...

    def columns(self, query: str) -> tuple[tuple[str, str], ...]:
        """Name and type of each column that a query (or `from "s"."t"`) gives; nothing is read."""
        ...

    def interrupt(self) -> None:
        """Stop what this session is executing; the one method that may be called from another thread."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class Engine(Protocol):
    """An opened warehouse."""

    def session(self) -> Session:
        """A new session."""
        ...

    def checkpoint(self) -> None:
        """Give freed space back; only when no batch is running."""
        ...

    def close(self) -> None:
        """Close the warehouse, and release it for other processes."""
        ...


def rows_as_dicts(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Pair each row with its column names."""
    return [dict(zip(names, row, strict=True)) for row in rows]
