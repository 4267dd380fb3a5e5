"""What the checks of a model become: their statements, the time of each, and the suite that says the same."""

from __future__ import annotations

import time
from typing import Any

from msgspec import Struct

from batchsql.check import CheckPlan, compile_checks
from batchsql.check.suite import suite_of
from batchsql.compiler import Compiled, readable
from batchsql.engines.base import Session
from batchsql.errors import UsageError, did_you_mean
from batchsql.ledger import read_relations
from batchsql.pipeline.checks import relations_of
from batchsql.pipeline.custom import CUSTOM
from batchsql.pipeline.events import Options, ignore
from batchsql.pipeline.opening import open_when_free
from batchsql.values import Check, Node, Scope


class Pass(Struct, frozen=True):
    """A statement that checks become. seconds: of wall clock, on what is there; None where it was not run."""

    title: str
    sql: str
    seconds: float | None = None


def explain_checks(compiled: Compiled, model: str, *, timed: bool = False) -> list[Pass]:
    """The statements for all checks of a model's own rows; if timed, run, and each check's alone after them.

    They are those for the whole relation; a batch's are the same with the batch's rows in their place. Raises
    UsageError for a model that is not there, EngineError where a statement cannot run.
    """
    node, checks = _own_checks(compiled, model)
    checks = tuple(check for check in checks if check.kind != CUSTOM)  # those have no SQL
    if not timed:
        scope = Scope(relation=readable(compiled, node.key))
        return _passes(compile_checks(checks, scope, relations_of(compiled, checks)))
    engine = open_when_free(compiled, Options(), ignore, read_only=True)
    session = engine.session()
    try:
        found = read_relations(session)
        if node.relation is not None and node.relation not in found:
            raise UsageError(f"{model} is not in the warehouse yet", hint="`batchsql build` makes it")
        is_table = node.relation is not None and found[node.relation] == "table"
        scope = Scope(relation=readable(compiled, node.key), kind="table" if is_table else "view")
        plan = compile_checks(checks, scope, relations_of(compiled, checks))
        passes = [Pass(each.title, each.sql, _seconds(session, each.sql)) for each in _passes(plan)]
        for check in checks:
            alone = plan.alone(check)
            for preparation in alone.prepare:
                session.query(preparation)
            sql = alone.statements[0].sql
            passes.append(Pass(f"{check.name} alone", sql, _seconds(session, sql)))
        return passes
    finally:
        session.close()
        engine.close()


def export_suite(compiled: Compiled, model: str) -> dict[str, Any]:
    """The checks of a model as a suite of Great Expectations. Raises UsageError."""
    node, checks = _own_checks(compiled, model)
    return suite_of(node.key, checks, relations_of(compiled, checks))


def _own_checks(compiled: Compiled, model: str) -> tuple[Node, tuple[Check, ...]]:
    """A node and the checks of its own rows; those of files in tests/, which look at several, are left out."""
    node = compiled.graph.nodes.get(model)
    if node is None:
        raise UsageError(f"there is no model '{model}'", hint=did_you_mean(model, compiled.graph.nodes))
    everywhere = [check for other in compiled.graph.nodes.values() for check in other.checks if check.kind != "sql"]
    hosted = [check for check in everywhere if check.arguments.get("of") == node.key and check not in node.checks]
    own = [check for check in node.checks if check.kind != "sql" and check.arguments.get("of", node.key) == node.key]
    if not own and not hosted:
        raise UsageError(f"{model} has no checks")
    return node, (*own, *hosted)


def _passes(plan: CheckPlan) -> list[Pass]:
    prepared = [Pass("prepare", sql) for sql in plan.prepare]
    count = len(plan.questions)
    return [*prepared, *(Pass(f"all {count} checks" if count > 1 else "the check", s.sql) for s in plan.statements)]


def _seconds(session: Session, sql: str) -> float:
    started = time.perf_counter()
    session.query(sql)
    return time.perf_counter() - started
