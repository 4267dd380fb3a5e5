"""What is done to a relation after its rows are there: indexes on it, and what the project says of it as comments."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from batchsql.errors import BatchError
from batchsql.load.request import LoadRequest, Statement
from batchsql.values import Column, literal, quote


def plan_finish(
    request: LoadRequest, description: str, described: Sequence[Column], there: Sequence[str]
) -> tuple[Statement, ...]:
    """Statements for `indexes`, of a table that this batch made, and for `persist_docs`. there: the columns."""
    if request.config.materialized == "table_function":
        return ()
    return (*_indexes(request), *_comments(request, description, described, there))


def asks_to_finish(request: LoadRequest) -> bool:
    """Whether there is anything to do, so that the columns must be known."""
    extra = request.config.extra
    return bool(extra.get("persist_docs") or extra.get("indexes"))


def _indexes(request: LoadRequest) -> tuple[Statement, ...]:
    made = request.fresh if request.config.materialized != "seed" else request.existing is None or request.rebuild
    if not made or request.config.shows_as != "table":
        return ()
    return tuple(_index(request, each) for each in request.config.extra.get("indexes") or ())


def _index(request: LoadRequest, wanted: Any) -> Statement:
    columns = wanted.get("columns") if isinstance(wanted, dict) else None
    if not columns:
        raise BatchError(
            "each of `indexes` names its columns", path=request.path or None, hint="write {columns: [id], unique: true}"
        )
    listed = ", ".join(map(str, columns if isinstance(columns, list | tuple) else [columns]))
    unique = "unique " if wanted.get("unique") else ""
    name = blake2b(f"{request.target}|{listed}|{unique}".encode(), digest_size=16).hexdigest()
    return Statement(f"create {unique}index {quote(name)} on {request.target.sql} ({listed})")


def _comments(
    request: LoadRequest, description: str, described: Sequence[Column], there: Sequence[str]
) -> tuple[Statement, ...]:
    wanted = request.config.extra.get("persist_docs") or {}
    target = request.target.sql
    statements: list[Statement] = []
    if wanted.get("relation") and description:
        statements.append(Statement(f"comment on {request.config.shows_as} {target} is {literal(description)}"))
    if wanted.get("columns"):
        names = {name.lower(): name for name in there}
        statements += [
            Statement(f"comment on column {target}.{quote(names[each.name.lower()])} is {literal(each.description)}")
            for each in described
            if each.name.lower() in names
        ]
    return tuple(statements)
