"""Rows that a check of severity `quarantine` refuses: put aside in the batch's own transaction, with the reason.

`quarantine.<model>` has the model's columns and, before them, which batch refused the row, by which checks, and when.
A batch that makes the rows anew, the whole relation or an interval of it, takes what was put aside of them away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from batchsql.check import compile_checks
from batchsql.compiler import Compiled
from batchsql.engines.base import Session, rows_as_dicts
from batchsql.errors import BatchError, UsageError, did_you_mean
from batchsql.ledger import read_relations
from batchsql.pipeline.checks import relations_of
from batchsql.pipeline.events import Options, ignore
from batchsql.pipeline.opening import open_when_free
from batchsql.values import Check, Node, Scope, TableName, Verdict, literal, quote

SCHEMA = "quarantine"
OWN_COLUMNS = {"batchsql_batch_id": "BIGINT", "batchsql_checks": "VARCHAR", "batchsql_put_aside_at": "TIMESTAMP"}
_OFFENDING = 'temp."batchsql_offending"'


def quarantine_of(node: Node) -> TableName:
    """Where the refused rows of a node are."""
    return TableName(SCHEMA, node.key)


def put_aside(
    compiled: Compiled,
    node: Node,
    scope: Scope,
    verdicts: Sequence[Verdict],
    session: Session,
    *,
    batch_id: int,
    now: datetime,
    limited: bool = True,
) -> int:
    """Move the rows that checks of severity `quarantine` refuse out of what the batch wrote; return how many.

    limited: whether `max_quarantined` counts: not for rows that come from quarantine, and may all go back there.
    Raises BatchError where a check blames no single row, where the rows cannot be moved, or where they are too many.
    """
    failing = {verdict.check for verdict in verdicts if verdict.severity == "quarantine" and verdict.state == "warn"}
    checks = [check for check in node.checks if check.name in failing]
    if not checks:
        return 0
    if scope.kind == "view" or node.relation is None:
        raise _refused(checks[0], "rows of a view cannot be put aside", "materialize the model as a table")
    plan = compile_checks(checks, scope, relations_of(compiled, checks))
    for preparation in plan.prepare:
        session.execute(preparation)
    conditions = []
    for asked in plan.questions:
        if asked.offending is None:
            raise _refused(asked.check, "blames no single row, so none can be put aside", "use severity error or warn")
        conditions.append((asked.check.name, f"coalesce({asked.offending}, false)"))
    named = ", ".join(f"CASE WHEN {condition} THEN {literal(name)} END" for name, condition in conditions)
    within = f"({scope.predicate}) AND " if scope.predicate else ""
    any_of = " OR ".join(condition for _, condition in conditions)
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {_OFFENDING} AS SELECT rowid AS line, concat_ws(', ', {named}) AS checks "
        f"FROM {scope.relation} WHERE {within}({any_of})"
    )
    moved = int(session.query(f"SELECT count(*) FROM {_OFFENDING}")[0][0])
    if limited:
        _refuse_too_many(node, checks[0], moved, scope, session)
    _move(node, session, batch_id, now)
    session.execute(f"DROP TABLE {_OFFENDING}")
    return moved


def _refuse_too_many(node: Node, check: Check, moved: int, scope: Scope, session: Session) -> None:
    limit = node.config.max_quarantined
    where = f" WHERE {scope.predicate}" if scope.predicate else ""
    total = int(session.query(f"SELECT count(*) FROM {scope.relation}{where}")[0][0])
    most = total * float(limit[:-1]) / 100 if limit.endswith("%") else float(limit)
    if moved > most:
        raise _refused(
            check,
            f"{moved:,} of {total:,} rows would go into quarantine, and max_quarantined is {limit}",
            "mend the input, or raise max_quarantined (a number of rows, or a share such as 10%)",
        )


def _move(node: Node, session: Session, batch_id: int, now: datetime) -> None:
    assert node.relation is not None  # noqa: S101  put_aside has made sure
    table, target = quarantine_of(node), node.relation
    columns = session.columns(f"FROM {target.sql}")
    _make_room(table, columns, session)
    names = ", ".join(quote(name) for name, _ in columns)
    moment = f"TIMESTAMP '{now:%Y-%m-%d %H:%M:%S.%f}'"
    session.execute(
        f"INSERT INTO {table.sql} ({', '.join(OWN_COLUMNS)}, {names}) "
        f"SELECT {batch_id}, refused.checks, {moment}, {', '.join(f'kept.{quote(name)}' for name, _ in columns)} "
        f"FROM {target.sql} AS kept JOIN {_OFFENDING} AS refused ON kept.rowid = refused.line"
    )
    session.execute(f"DELETE FROM {target.sql} WHERE rowid IN (SELECT line FROM {_OFFENDING})")


def _make_room(table: TableName, columns: tuple[tuple[str, str], ...], session: Session) -> None:
    """Make the quarantine table, or add the columns it lacks. Made by name, not AS: see the facts on two inserts."""
    session.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(table.schema)}")
    all_columns = [*OWN_COLUMNS.items(), *columns]
    listed = ", ".join(f"{quote(name)} {kind}" for name, kind in all_columns)
    session.execute(f"CREATE TABLE IF NOT EXISTS {table.sql} ({listed})")
    there = {name.lower() for name, _ in session.columns(f"FROM {table.sql}")}
    for name, kind in columns:
        if name.lower() not in there:
            session.execute(f"ALTER TABLE {table.sql} ADD COLUMN {quote(name)} {kind}")


def clear_superseded(node: Node, predicate: str | None, session: Session) -> None:
    """Take away what was put aside of rows that the batch makes anew: all, or those that the condition picks."""
    where = f" WHERE {predicate}" if predicate else ""
    session.execute(f"DELETE FROM {quarantine_of(node).sql}{where}")


def told(verdicts: Sequence[Verdict], after: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts of a batch from which rows were moved: of the checks that moved them as they were, else as after."""
    before = {verdict.check: verdict for verdict in verdicts if verdict.severity == "quarantine" and verdict.failures}
    return tuple(
        msgspec.structs.replace(before[verdict.check], message=f"put aside: {before[verdict.check].message}")
        if verdict.check in before and verdict.state == "pass"
        else verdict
        for verdict in after
    )


def _refused(check: Check, why: str, hint: str) -> BatchError:
    return BatchError(f"the check {check.name}: {why}", path=check.path or None, line=check.line or None, hint=hint)


# --- asking and dropping ----------------------------------------------------------------------------------------


def list_quarantine(compiled: Compiled) -> list[dict[str, Any]]:
    """For each model with rows put aside: how many, by which checks, since when."""
    engine = open_when_free(compiled, Options(), ignore, read_only=True)
    session = engine.session()
    try:
        found = []
        for table in sorted(name for name in read_relations(session) if name.schema == SCHEMA):
            query = (
                f"SELECT {literal(table.name)} AS model, count(*) AS rows, string_agg(DISTINCT batchsql_checks, ', ') "
                f"AS checks, min(batchsql_put_aside_at) AS since FROM {table.sql} HAVING count(*) > 0"
            )
            found += rows_as_dicts(*session.query_named(query))
        return found
    finally:
        session.close()
        engine.close()


def show_quarantine(compiled: Compiled, model: str, limit: int) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """The rows of a model that were put aside, newest first. Raises UsageError where there are none."""
    node = known_model(compiled, model)
    engine = open_when_free(compiled, Options(), ignore, read_only=True)
    session = engine.session()
    try:
        require_rows(node, session)
        query = f"SELECT * FROM {quarantine_of(node).sql} ORDER BY batchsql_put_aside_at DESC LIMIT {int(limit)}"
        return session.query_named(query)
    finally:
        session.close()
        engine.close()


def drop_quarantine(compiled: Compiled, model: str, options: Options) -> int:
    """Drop the rows of a model that were put aside; return how many."""
    node = known_model(compiled, model)
    engine = open_when_free(compiled, options, ignore)
    session = engine.session()
    try:
        require_rows(node, session)
        return session.execute(f"DELETE FROM {quarantine_of(node).sql}")
    finally:
        session.close()
        engine.close()


def known_model(compiled: Compiled, model: str) -> Node:
    """The node of that name. Raises UsageError."""
    node = compiled.graph.nodes.get(model)
    if node is None or node.relation is None:
        raise UsageError(f"there is no model '{model}'", hint=did_you_mean(model, compiled.graph.nodes))
    return node


def require_rows(node: Node, session: Session) -> None:
    """Raise UsageError where no row of the node is in quarantine."""
    table = quarantine_of(node)
    if table not in read_relations(session) or not session.query(f"SELECT 1 FROM {table.sql} LIMIT 1"):
        raise UsageError(f"no row of {node.key} is in quarantine", hint="`batchsql quarantine list` shows which are")
