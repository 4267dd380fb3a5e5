"""The failing rows of checks, kept in the warehouse to be looked at: `store_failures`.

They lie in `<schema of the target>_dbt_test__audit`, a table a check, under the check's name or alias, made anew by the
first batch of a run that the check judges; later batches of the run add to it.

A batch that is rolled back takes what it wrote here with it. So its failing rows are lifted out before, in session
variables, which no rollback touches, and written again in the transaction that records the failure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from batchsql.check import Question, compile_checks
from batchsql.compiler import Compiled, readable
from batchsql.compiler.naming import audit_schema
from batchsql.engines.base import Session
from batchsql.errors import BatchError
from batchsql.pipeline.checks import Asked, plans_of, relations_of
from batchsql.values import Check, Node, Scope, TableName, Verdict, literal, quote

MOST_LIFTED = 100_000
"""Rows a check that are kept of a batch that is rolled back: they are held in memory."""

_RESERVED = ("batchsql", "quarantine")
_ROW = quote("failing row")


class Stored(Struct, frozen=True):
    """What was kept of a check: in which table, and the variable that has the rows in case of a rollback.

    fresh: whether the table was made anew, and not added to. lifted: whether there is such a variable.
    """

    check: str
    table: TableName
    variable: str
    fresh: bool
    lifted: bool


def table_of(compiled: Compiled, check: Check) -> TableName:
    """Where the failing rows of a check are kept. Raises BatchError where something else is."""
    schema = audit_schema(compiled, check)
    table = TableName(schema, check.alias or check.name)
    lands = (str(node.relation).lower() for node in compiled.graph.nodes.values() if node.relation)
    if schema.lower() in _RESERVED or str(table).lower() in lands:
        raise BatchError(
            f"the failing rows of {check.name} would be stored in {table}, where other things are",
            path=check.path or None,
            line=check.line or None,
            hint="choose another `alias` or `schema` for the check",
        )
    return table


def store_failures(
    compiled: Compiled,
    node: Node,
    scope: Scope,
    verdicts: Sequence[Verdict],
    session: Session,
    *,
    asked_for: bool,
    already: Collection[TableName] = (),
    rollback_ahead: bool = False,
) -> tuple[Stored, ...]:
    """Keep the failing rows of the checks that want it, in the batch's transaction; what was kept.

    asked_for: whether those checks want it too that say nothing about it. already: tables made anew in this run.
    rollback_ahead: whether the batch may be rolled back, so that the rows must be lifted out as well.
    """
    judged = {verdict.check: verdict for verdict in verdicts}
    wanting = {
        check.name: how
        for check in node.checks
        if check.name in judged
        and judged[check.name].state != "error"
        and (how := check.store_failures_as or ("table" if asked_for else "ephemeral")) != "ephemeral"
    }
    if not wanting:
        return ()
    stored: list[Stored] = []
    for asked in plans_of(compiled, node, scope, session, only=wanting):
        for question in asked.plan.questions:
            check, failing = question.check, question.failing
            if failing is None:
                continue
            if check.limit is not None and compiled.project.dialect == "dbt":
                failing = f"select * from ({failing}) limit {check.limit}"
            table = table_of(compiled, check)
            fresh = table not in already
            if not fresh and not judged[check.name].failures and not check.calculates:
                continue
            variable = f"batchsql_failing_{len(stored)}"
            if rollback_ahead:
                session.execute(_lifted(variable, failing))
            if wanting[check.name] == "view":
                _make_view(table, _of_everything(compiled, node, asked, question), session)
            else:
                _write(table, failing, session, fresh=fresh)
            stored.append(Stored(check.name, table, variable, fresh, rollback_ahead))
    return tuple(stored)


def with_tables(verdicts: Sequence[Verdict], stored: Sequence[Stored]) -> tuple[Verdict, ...]:
    """The verdicts, with the tables that their failing rows are kept in."""
    tables = {each.check: str(each.table) for each in stored}
    return tuple(replace(each, stored_in=tables[each.check]) if each.check in tables else each for each in verdicts)


def store_again(stored: Sequence[Stored], session: Session) -> None:
    """Write the rows that were lifted out of a batch before it was rolled back; of a view, as a table."""
    for each in stored:
        if not each.lifted:
            continue
        rows = f"select {_ROW}.* from (select unnest(getvariable({literal(each.variable)})) as {_ROW})"
        _write(each.table, rows, session, fresh=each.fresh)


def forget(stored: Sequence[Stored], session: Session) -> None:
    """Give back the memory of what was lifted out."""
    for each in stored:
        if each.lifted:
            session.execute(f"reset variable {quote(each.variable)}")


def _lifted(variable: str, failing: str) -> str:
    rows = f"(select * from ({failing}) limit {MOST_LIFTED}) as {_ROW}"
    return f"set variable {quote(variable)} = (select coalesce(list({_ROW}), []) from {rows})"


def _write(table: TableName, query: str, session: Session, *, fresh: bool) -> None:
    kind = _kind(table, session)
    if kind is not None and not fresh:
        session.execute(f"INSERT INTO {table.sql} BY NAME {query}")
        return
    _make_way(table, kind, "VIEW", session)
    session.execute(f"CREATE OR REPLACE TABLE {table.sql} AS {query}")


def _make_view(table: TableName, query: str, session: Session) -> None:
    _make_way(table, _kind(table, session), "BASE TABLE", session)
    session.execute(f"CREATE OR REPLACE VIEW {table.sql} AS {query}")


def _make_way(table: TableName, kind: str | None, other: str, session: Session) -> None:
    """Make the schema, and drop what is there under that name and of the other kind: one does not replace the other."""
    session.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(table.schema)}")
    if kind == other:
        session.execute(f"DROP {kind.removeprefix('BASE ')} {table.sql}")


def _kind(table: TableName, session: Session) -> str | None:
    """`BASE TABLE` or `VIEW`; None where there is nothing of that name."""
    query = (
        "SELECT table_type FROM information_schema.tables WHERE table_catalog = current_database() "
        "AND lower(table_schema) = lower(?) AND lower(table_name) = lower(?)"
    )
    found = session.query(query, [table.schema, table.name])
    return str(found[0][0]) if found else None


def _of_everything(compiled: Compiled, node: Node, asked: Asked, question: Question) -> str:
    """The failing rows of the whole relation, since a view is looked at when the batch is long over."""
    if not asked.own:
        return question.failing or ""
    check = question.check
    everything = Scope(relation=readable(compiled, node.key), kind="view")
    plan = compile_checks((check,), everything, relations_of(compiled, (check,)))
    return plan.questions[0].failing or ""
