"""Judging a batch inside its transaction: its own checks on the rows it wrote, and those it hosts for others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec
from msgspec import Struct

from batchsql.check import CheckPlan, compile_checks, judge, read_profile, sample_statements, with_samples
from batchsql.compiler import Assembled, Compiled, Situation, assemble, readable
from batchsql.engines.base import Session
from batchsql.errors import BatchError, BatchsqlError, EngineError
from batchsql.pipeline.custom import CUSTOM, judge_in_python
from batchsql.pipeline.reporting import located
from batchsql.values import Check, Node, Scope, Verdict
from batchsql.values.history import Profile


class Judged(Struct, frozen=True):
    """The verdicts on a batch, and its profile where one was asked for."""

    verdicts: tuple[Verdict, ...] = ()
    profile: Profile | None = None


class Asked(Struct, frozen=True):
    """Checks of a batch that are asked together. own: of the node's own rows. texts: of files in tests/, by name."""

    plan: CheckPlan
    own: bool
    texts: dict[str, Assembled] = {}


def chosen_checks(compiled: Compiled, node: Node) -> tuple[Check, ...]:
    """The checks of a node that are selected; those of its contract and columns always are."""
    chosen, ids = compiled.chosen, compiled.ids if compiled.chosen is not None else {}
    return tuple(
        check
        for check in node.checks
        if chosen is None or (name := known_by(check)) not in ids or name in chosen or check.name in chosen
    )


def known_by(check: Check) -> str:
    """The name under which a run knows a check: of a file in tests/ the file's."""
    return str(check.arguments["test"]) if check.kind == "sql" else check.name


def judge_batch(
    compiled: Compiled,
    node: Node,
    scope: Scope,
    session: Session,
    *,
    own: bool = True,
    others: bool = True,
    profiled: bool = False,
) -> Judged:
    """The verdicts on what a batch wrote.

    own: whether the checks of its own rows run. others: whether those run that look at whole relations, files in tests/
    among them, and what the node hosts for others. profiled: whether a profile is taken, in the scan of its own checks.
    Raises BatchError when a check cannot be evaluated, naming its file and line; the transaction is lost then.
    """
    columns = session.columns(f"FROM {scope.relation}") if profiled else ()
    verdicts: list[Verdict] = []
    profile = None
    for asked in plans_of(compiled, node, scope, session, own=own, others=others, profiled=columns):
        found = _evaluate(compiled, asked.plan, asked.texts, session)
        verdicts += found.verdicts
        profile = profile or found.profile
    verdicts += judge_in_python(compiled, node, scope, session, own=own, others=others)
    if compiled.warnings_fail:
        verdicts = [msgspec.structs.replace(each, state="fail") if _warns(each) else each for each in verdicts]
    return Judged(tuple(verdicts), profile)


def _warns(verdict: Verdict) -> bool:
    return verdict.state == "warn" and verdict.severity in ("error", "warn")


class BrokenCheck(Exception):  # noqa: N818  not an error of the program: the batch is tried without it
    """Checks of a dbt project cannot be evaluated, which leaves the others their say."""

    def __init__(self, verdicts: tuple[Verdict, ...]) -> None:
        super().__init__()
        self.verdicts = verdicts


def judge_without(
    compiled: Compiled,
    node: Node,
    scope: Scope,
    session: Session,
    broken: tuple[Verdict, ...],
    *,
    own: bool,
    others: bool,
    profiled: bool,
) -> Judged:
    """As judge_batch, without checks that are known to be broken, whose verdicts are given.

    Raises BrokenCheck for another one of a dbt project: the transaction is lost, and the batch is to be tried again.
    """
    names = {verdict.check for verdict in broken}
    asked = msgspec.structs.replace(node, checks=tuple(check for check in node.checks if check.name not in names))
    try:
        found = judge_batch(compiled, asked, scope, session, own=own, others=others, profiled=profiled)
    except BatchsqlError as error:
        of_rows, _ = _apart(node, asked.checks)
        checks = [check for check in asked.checks if check.name == error.check] if error.check else of_rows
        if not checks or compiled.project.dialect != "dbt":
            raise
        verdicts = (Verdict(check=each.name, kind=each.kind, state="error", message=error.message) for each in checks)
        raise BrokenCheck(tuple(verdicts)) from error
    return msgspec.structs.replace(found, verdicts=found.verdicts + broken)


def failing(verdicts: Sequence[Verdict]) -> str:
    """The messages of checks that hold a batch back."""
    return "; ".join(verdict.message for verdict in verdicts if verdict.state in ("fail", "error"))


def plans_of(
    compiled: Compiled,
    node: Node,
    scope: Scope,
    session: Session,
    *,
    own: bool = True,
    others: bool = True,
    only: Collection[str] | None = None,
    profiled: tuple[tuple[str, str], ...] = (),
) -> Iterator[Asked]:
    """The node's checks, put as SQL: those of its own rows together, each of the others when its turn comes.

    only: the names of the checks that are wanted; None for all. profiled: columns of which a profile is taken with the
    node's own.
    """
    in_sql = [check for check in node.checks if check.kind != CUSTOM]
    wanted = [check for check in in_sql if only is None or check.name in only]
    of_rows, of_relations = _apart(node, wanted)
    if own and (of_rows or profiled):
        yield Asked(compile_checks(of_rows, scope, relations_of(compiled, of_rows), profiled), True)
    for check in of_relations if others else ():
        try:
            yield _of_relation(compiled, node, check, session)
        except BatchsqlError as error:
            error.check = error.check or check.name
            raise


def _of_relation(compiled: Compiled, node: Node, check: Check, session: Session) -> Asked:
    """A check on a whole relation, which need not be the node's own."""
    arguments = {name: value for name, value in check.arguments.items() if name != "of"}
    texts = {}
    if check.kind == "sql":
        situation = Situation(run_query=session.query_named)
        texts[check.name] = assemble(compiled, str(check.arguments["test"]), situation)
        arguments["sql"] = texts[check.name].sql
    asked = msgspec.structs.replace(check, arguments=arguments)
    looked_at = Scope(relation=readable(compiled, str(check.arguments.get("of", node.key))), kind="view")
    return Asked(compile_checks((asked,), looked_at, relations_of(compiled, (asked,))), False, texts)


def _apart(node: Node, checks: Sequence[Check]) -> tuple[list[Check], list[Check]]:
    """The checks of the node's own rows, and those that look at whole relations."""
    own: list[Check] = []
    others: list[Check] = []
    for check in checks:
        is_own = check.kind != "sql" and check.arguments.get("of", node.key) == node.key
        (own if is_own else others).append(check)
    return own, others


def relations_of(compiled: Compiled, checks: Sequence[Check]) -> dict[str, str]:
    """SQL to read each relation that the checks refer to."""
    targets = {check.compared_with for check in checks if check.compared_with is not None}
    return {target: readable(compiled, target) for target in targets}


def _evaluate(compiled: Compiled, plan: CheckPlan, texts: dict[str, Assembled], session: Session) -> Judged:
    rows = []
    profile = None
    for preparation in plan.prepare:
        session.execute(preparation)
    for statement in plan.statements:
        try:
            answers, figures = statement.apart(session.query(statement.sql)[0])
        except EngineError as error:
            raise _broken(compiled, plan, texts, error) from error
        rows.append(answers)
        if plan.profiled:
            profile = read_profile(plan.profiled, int(answers[0]), figures)
    verdicts = judge(plan, rows)
    samples = [session.query(sample.sql) for sample in sample_statements(plan, verdicts)]
    return Judged(with_samples(plan, verdicts, samples), profile)


def _broken(compiled: Compiled, plan: CheckPlan, texts: dict[str, Assembled], error: EngineError) -> BatchError:
    """Say which check the engine refused, and where it is written."""
    check = _at_line(plan, error)
    if check is None:
        found = located(compiled, None, error, "")
        return BatchError(f"a check could not be evaluated: {found.message}", hint=found.hint)
    found = located(compiled, texts.get(check.name), error, check.path)
    told = BatchError(
        f"the check {check.name} could not be evaluated: {found.message}",
        path=check.path,
        line=found.line or check.line or None,
        source_line=found.source_line,
        hint=found.hint,
    )
    told.check = check.name
    return told


def _at_line(plan: CheckPlan, error: EngineError) -> Check | None:
    """The check of which an expression is on the line that the engine complains of."""
    if len(plan.questions) == 1 and not plan.profiled:
        return plan.questions[0].check
    if error.sql_line is None:
        return None
    position = 0
    for question in plan.questions:
        for expression in question.expressions:
            position = error.sql.find(expression, position)
            if position < 0:
                return None
            first = error.sql.count("\n", 0, position) + 1
            if first <= error.sql_line <= first + expression.count("\n"):
                return question.check
            position += len(expression)
    return None
