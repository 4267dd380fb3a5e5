"""How a table follows a query whose columns change: the four ways of `on_schema_change`."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from batchsql.errors import BatchError
from batchsql.load.request import Columns, LoadRequest, Statement
from batchsql.values import quote

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
_INTEGERS |= {f"U{kind}" for kind in _INTEGERS}
_DECIMAL = re.compile(r"DECIMAL\(\d+,\s*(\d+)\)")


class Changes(Struct, frozen=True):
    """How incoming columns differ from a table's. retyped holds (name, type in the table, type coming in)."""

    added: Columns
    removed: Columns
    retyped: tuple[tuple[str, str, str], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.retyped)

    def __str__(self) -> str:
        parts = [f"{name} {kind} is new" for name, kind in self.added]
        parts += [f"{name} is gone" for name, _ in self.removed]
        parts += [f"{name} was {old} and is now {new}" for name, old, new in self.retyped]
        return "; ".join(parts)


class Landing(Struct, frozen=True):
    """How rows get in: the statements that fit the table to them, and the columns to insert."""

    statements: tuple[Statement, ...]
    columns: tuple[str, ...]


def compare_columns(target: Columns, incoming: Columns) -> Changes:
    """Tell which columns are added, removed and retyped. The case of names does not count."""
    there = {name.lower(): kind for name, kind in target}
    coming = {name.lower() for name, _ in incoming}
    return Changes(
        added=tuple((name, kind) for name, kind in incoming if name.lower() not in there),
        removed=tuple((name, kind) for name, kind in target if name.lower() not in coming),
        retyped=tuple(
            (name, there[name.lower()], kind) for name, kind in incoming if there.get(name.lower(), kind) != kind
        ),
    )


def add_column(request: LoadRequest, name: str, kind: str) -> Statement:
    """Add a column to the target; rows that are there get NULL."""
    return Statement(f"alter table {request.target.sql} add column {quote(name)} {kind}")


def _ignore(request: LoadRequest, changes: Changes) -> tuple[Statement, ...]:
    if changes.removed:
        names = ", ".join(name for name, _ in changes.removed)
        raise BatchError(
            f"the query no longer gives {names}, which {request.target} has",
            path=request.path or None,
            hint="give the column (`null as ...` will do), set on_schema_change to append_new_columns "
            "or sync_all_columns, or rebuild with --full-refresh",
        )
    return ()


def _fail(request: LoadRequest, changes: Changes) -> tuple[Statement, ...]:
    if changes:
        raise BatchError(
            f"the columns of the query are not those of {request.target}: {changes}",
            path=request.path or None,
            hint="on_schema_change is 'fail'; change the query back, choose another on_schema_change, "
            "or rebuild with --full-refresh",
        )
    return ()


def _append(request: LoadRequest, changes: Changes) -> tuple[Statement, ...]:
    return tuple(add_column(request, name, kind) for name, kind in changes.added)


def _sync(request: LoadRequest, changes: Changes) -> tuple[Statement, ...]:
    table = f"alter table {request.target.sql}"
    added = _append(request, changes)
    dropped = tuple(Statement(f"{table} drop column {quote(name)}") for name, _ in changes.removed)
    retyped = tuple(Statement(f"{table} alter column {quote(name)} type {new}") for name, _, new in changes.retyped)
    return added + dropped + retyped


ON_SCHEMA_CHANGE: dict[str, Callable[[LoadRequest, Changes], tuple[Statement, ...]]] = {
    "ignore": _ignore,
    "fail": _fail,
    "append_new_columns": _append,
    "sync_all_columns": _sync,
}


def _refuse_losses(request: LoadRequest, changes: Changes) -> None:
    """Raise BatchError where the engine would round or cut values to fit them into the table."""
    for name, there, coming in changes.retyped:
        if _loses(coming, there):
            raise BatchError(
                f"the query gives {name} as {coming}, which would be rounded: in {request.target} it is {there}",
                path=request.path or None,
                hint=f"cast it in the query (cast({name} as {there})), set on_schema_change to sync_all_columns, "
                "or rebuild with --full-refresh",
            )


def _loses(coming: str, there: str) -> bool:
    """Whether a value of one type may lose digits or hours in another, with no error from the engine."""
    fraction = coming in ("DOUBLE", "FLOAT") or _scale(coming) > 0
    if fraction and there in _INTEGERS:
        return True
    if coming.startswith("TIMESTAMP") and there in ("DATE", "TIME"):
        return True
    if coming in ("DOUBLE", "FLOAT"):
        return there.startswith("DECIMAL") or (coming, there) == ("DOUBLE", "FLOAT")
    return _scale(coming) > _scale(there) and there.startswith("DECIMAL")


def _scale(kind: str) -> int:
    """Digits behind the point of a DECIMAL(width, scale); 0 for other types."""
    found = _DECIMAL.match(kind)
    return int(found[1]) if found else 0


def fit_columns(request: LoadRequest) -> Landing:
    """Fit the target to the query's columns, as `on_schema_change` says. Raises BatchError where it says no."""
    target, incoming = request.known_target(), request.known_staged()
    changes = compare_columns(target, incoming)
    policy = request.config.on_schema_change
    statements = ON_SCHEMA_CHANGE[policy](request, changes)
    if policy != "sync_all_columns":
        _refuse_losses(request, changes)
    there = {name.lower() for name, _ in target}
    taken = tuple(name for name, _ in incoming if policy != "ignore" or name.lower() in there)
    return Landing(statements, taken)
