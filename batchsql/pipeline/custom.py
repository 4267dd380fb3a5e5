"""Checks that are written in Python, on the rows of a batch, in its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from batchsql.compiler import Compiled, readable
from batchsql.engines.base import Session
from batchsql.values import Check, Node, Scope, Verdict

CUSTOM = "custom"


def judge_in_python(
    compiled: Compiled, node: Node, scope: Scope, session: Session, *, own: bool, others: bool
) -> tuple[Verdict, ...]:
    """The verdicts of the node's custom checks. own, others: as of judge_batch.

    Raises UsageError where Great Expectations is not installed, and ProjectError for a check that is wrong.
    """
    verdicts: list[Verdict] = []
    by_query: dict[str, list[Check]] = {}
    for check in node.checks:
        of = str(check.arguments.get("of", node.key))
        if check.kind != CUSTOM or not (own if of == node.key else others):
            continue
        query = _rows(scope, check) if of == node.key else _rows(Scope(relation=readable(compiled, of)), check)
        by_query.setdefault(query, []).append(check)
    for query, checks in by_query.items():
        verdicts += _judge(checks, query, session, compiled.root)
    return tuple(verdicts)


def _judge(checks: Sequence[Check], query: str, session: Session, root: Path) -> tuple[Verdict, ...]:
    from batchsql.gx.custom import judge_custom  # late: nothing of gx/ is loaded where no project asks for it

    return judge_custom(checks, query, session.connection, root)


def _rows(scope: Scope, check: Check) -> str:
    conditions = [f"({condition}\n)" for condition in (scope.predicate, check.where) if condition]
    return f"select * from {scope.relation}" + (f" where {' and '.join(conditions)}" if conditions else "")
