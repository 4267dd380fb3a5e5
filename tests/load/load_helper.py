"""Lands batches as the pipeline does, on a real DuckDB, locked down: in one transaction, or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from batchsql.engines.duckdb import DuckdbSession, open_engine
from batchsql.load import LoadRequest, incoming, plan_cleanup, plan_stage, plan_write, questions, scope
from batchsql.values import Config, Scope, TableName, Target

NOW = datetime(2024, 1, 10)
TARGET = TableName("main", "landed")


def open_session(*directories: str, database: str = ":memory:") -> DuckdbSession:
    return open_engine(Target(name="test", database=database), directories).session()


def existing(session: DuckdbSession, target: TableName) -> str | None:
    rows = session.query(
        "select table_type from information_schema.tables where table_schema = $1 and table_name = $2",
        [target.schema, target.name],
    )
    return ("view" if rows[0][0] == "VIEW" else "table") if rows else None


def request_for(session: DuckdbSession, sql: str, config: Config, **fields: Any) -> LoadRequest:
    values = {"target": TARGET, "now": NOW, "existing": existing(session, TARGET), "path": "models/landed.sql"} | fields
    return LoadRequest(sql=sql, config=config, **values)


class Landed(msgspec.Struct):
    request: LoadRequest
    statements: list[str]
    written: int
    deleted: int
    scope: Scope
    scoped: list[tuple[Any, ...]]
    history: list[tuple[Any, ...]]


def land(session: DuckdbSession, request: LoadRequest) -> Landed:
    """Land one batch and commit. Raises what the pipeline would report, and rolls back."""
    session.begin()
    try:
        landed = _land(session, request)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return landed


def _land(session: DuckdbSession, request: LoadRequest) -> Landed:
    counts = {"written": 0, "deleted": 0, None: 0}
    statements = []
    for statement in plan_stage(request):
        session.execute(statement.sql)
        statements.append(statement.sql)
    query = incoming(request)
    request = msgspec.structs.replace(
        request,
        staged_columns=session.columns(query) if query else None,
        target_columns=session.columns(f"from {request.target.sql}") if request.existing == "table" else None,
    )
    for statement in plan_write(request):
        counts[statement.counts] += session.execute(statement.sql)
        statements.append(statement.sql)
        if statement.query_line:
            assert statement.sql.split("\n")[statement.query_line - 1] == request.sql.split("\n")[0]
    for question in questions(request):
        offences = question.offences(session.query(question.count)[0][0], counts["written"])
        if offences:
            examples = [str(row[0]) for row in session.query(question.examples)] if question.examples else []
            raise question.error(offences, examples, request.path)
    where = scope(request)
    scoped = session.query(f"select * from {where.relation} where {where.predicate or 'true'}")
    history = (
        session.query(f"select * from {where.history} where {where.history_predicate or 'true'}")
        if where.history
        else []
    )
    for statement in plan_cleanup(request):
        session.execute(statement.sql)
    temporary = session.query("select count(*) from duckdb_tables() where temporary")[0][0]
    assert temporary == 0, "a temporary table is left"
    return Landed(request, statements, counts["written"], counts["deleted"], where, scoped, history)


def rows(session: DuckdbSession, columns: str = "*") -> list[tuple[Any, ...]]:
    return session.query(f"select {columns} from {TARGET.sql} order by all")


__all__ = ["NOW", "TARGET", "Landed", "existing", "land", "open_session", "request_for", "rows"]
