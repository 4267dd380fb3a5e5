"""`batchsql check`: the checks run on what is there. Nothing is written but their verdicts."""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial

import msgspec

from batchsql.compiler import Compiled, CurrentRun, readable
from batchsql.compiler.selecting import selection
from batchsql.engines.base import Session
from batchsql.errors import BatchsqlError, EngineError
from batchsql.ledger import (
    BatchRecord,
    close_killed_runs,
    create_ledger,
    next_ids,
    read_relations,
    record_batch,
    record_run_end,
)
from batchsql.ledger import record_run_start as start_run
from batchsql.pipeline.attempt import utc_now
from batchsql.pipeline.checks import judge_batch, known_by
from batchsql.pipeline.contracts import judge_contract
from batchsql.pipeline.events import BatchFinished, BatchStarted, Listener, Note, Options, RunStarted, ignore
from batchsql.pipeline.facts import run_record
from batchsql.pipeline.holder import holding
from batchsql.pipeline.hooks import RunHooks
from batchsql.pipeline.opening import open_when_free
from batchsql.pipeline.past import with_past
from batchsql.pipeline.reporting import error_report
from batchsql.pipeline.stored import store_failures, with_tables
from batchsql.values import Batch, Check, Node, NotDue, Outcome, Plan, RunResult, Scope, TableName, Verdict


def run_checks(compiled: Compiled, options: Options, on_event: Listener = ignore) -> RunResult:
    """Judge the whole of each selected relation, as it is. Each verdict is recorded, in a transaction a relation."""
    started = time.perf_counter()
    nodes = _to_check(compiled, options)
    engine = open_when_free(compiled, options, on_event)
    session = engine.session()
    try:
        relations = read_relations(session)
        there = [node for node in nodes if not node.writes or node.relation is None or node.relation in relations]
        absent = tuple(NotDue(node.key, "not in the warehouse yet") for node in nodes if node not in there)
        if not there:
            return RunResult(run_id=None, outcomes=(), not_due=absent, seconds=time.perf_counter() - started)
        create_ledger(session)
        run_id, batch_id = next_ids(session)
        target = compiled.project.target
        batches = [Batch(model=node.key, reason="asked for", judges="everything") for node in there]
        with holding(target.database, run_id, options.command):
            close_killed_runs(session, utc_now())
            record = run_record(compiled.root, options.command, target.name)
            start_run(session, run_id, utc_now(), record)
            on_event(RunStarted(run_id, Plan(batches=tuple(batches), not_due=absent)))
            compiled.run = CurrentRun(record.invocation_id, utc_now(), partial(_log, on_event))
            hooks = _hooks(compiled, session)
            before = hooks.before() if hooks else ()
            outcomes: list[Outcome] = []
            for number, (node, batch) in enumerate(zip(there, batches, strict=True)):
                on_event(BatchStarted(batch))
                ids = (run_id, batch_id + number)
                outcomes.append(_check(compiled, node, batch, ids, relations, session, options.store_failures))
                on_event(BatchFinished(outcomes[-1]))
                if options.fail_fast and outcomes[-1].state != "committed":
                    break
            seconds = time.perf_counter() - started
            result = RunResult(run_id=run_id, outcomes=tuple(outcomes), not_due=absent, seconds=seconds, hooks=before)
            if hooks:
                result = msgspec.structs.replace(result, hooks=before + hooks.after(result))
            state = {0: "succeeded", 3: "check_failed"}.get(result.exit_code, "failed")
            totals = {"batches": len(outcomes), "rows_written": 0, "seconds": round(result.seconds, 3)}
            record_run_end(session, run_id, utc_now(), state, totals)
        return result
    finally:
        session.close()
        engine.close()


def _log(on_event: Listener, message: str, on_screen: bool) -> None:
    if on_screen:
        on_event(Note(message))


def _hooks(compiled: Compiled, session: Session) -> RunHooks | None:
    """The hooks of a run that only judges: in a dbt project they run then too."""
    run = compiled.run
    if compiled.project.dialect != "dbt" or run.started_at is None or run.on_log is None:
        return None
    return RunHooks(compiled, session, run.invocation_id, run.started_at, run.on_log)


def _to_check(compiled: Compiled, options: Options) -> list[Node]:
    """The selected nodes with checks; and, with just those checks, the hosts of checks that are selected.

    In a dbt project a check is selected by itself, since what it looks at brings it along.
    """
    named = {check.name for node in compiled.graph.nodes.values() for check in node.checks}
    chosen = {word for word in options.select if word in named}
    others = [word for word in options.select if word not in named]
    selected: set[str] = set(chosen)
    if others or not chosen:
        selected |= selection(compiled, others, [word for word in options.exclude if word not in named]).names
    left_out = {word for word in options.exclude if word in named}
    compiled.selected = tuple(key for key in compiled.graph.nodes if key in selected)
    found = []
    for node in compiled.graph.nodes.values():
        asked = tuple(
            check
            for check in node.checks
            if check.name not in left_out and _is_selected(compiled, node, check, selected)
        )
        if node.key in selected and node.config.contract and len(asked) == len(node.checks):
            found.append(node)
        elif asked:
            found.append(node if len(asked) == len(node.checks) else msgspec.structs.replace(node, checks=asked))
    return found


def _is_selected(compiled: Compiled, node: Node, check: Check, selected: set[str]) -> bool:
    name = known_by(check)
    if check.name in selected or name in selected:
        return True
    return node.key in selected and (compiled.project.dialect != "dbt" or name not in compiled.ids)


def _check(
    compiled: Compiled,
    node: Node,
    batch: Batch,
    ids: tuple[int, int],
    relations: dict[TableName, str],
    session: Session,
    stores: bool,
) -> Outcome:
    """Judge one relation, in a transaction with the record of it. ids: of the run and of the batch."""
    (run_id, batch_id) = ids
    began, started = utc_now(), time.perf_counter()
    kind = "table" if node.relation and relations.get(node.relation) == "table" else "view"
    scope = Scope(relation=readable(compiled, node.key), kind="view" if kind == "view" else "table")
    session.begin()
    try:
        told = with_past(node, batch, session, began)
        verdicts = _verdicts(compiled, told, scope, session)
        stored = store_failures(compiled, told, scope, verdicts, session, asked_for=stores)
        verdicts = judge_contract(node, session) + with_tables(verdicts, stored)
    except (BatchsqlError, EngineError) as error:
        session.rollback()
        report = error_report(compiled.root, error)
        return Outcome(batch=batch, state="failed", batch_id=batch_id, error=error.message, error_report=report)
    failing = [verdict.message for verdict in verdicts if verdict.state in ("fail", "error")]
    _record(
        session,
        node,
        run_id,
        batch_id,
        began,
        BatchRecord(fingerprint=node.fingerprint, checks_fingerprint=node.checks_fingerprint, checks=verdicts),
    )
    session.commit()
    return Outcome(
        batch=batch,
        state="check_failed" if failing else "committed",
        batch_id=batch_id,
        started_at=began,
        seconds=time.perf_counter() - started,
        verdicts=verdicts,
        error="; ".join(failing),
    )


def _verdicts(compiled: Compiled, node: Node, scope: Scope, session: Session) -> tuple[Verdict, ...]:
    """The verdicts on what is there. In a dbt project a check that cannot be evaluated leaves the others their say."""
    try:
        return judge_batch(compiled, node, scope, session).verdicts
    except BatchsqlError:
        if compiled.project.dialect != "dbt":
            raise
    session.rollback()
    session.begin()
    found: list[Verdict] = []
    for check in node.checks:
        try:
            found += judge_batch(compiled, msgspec.structs.replace(node, checks=(check,)), scope, session).verdicts
        except BatchsqlError as error:
            session.rollback()
            session.begin()
            found.append(Verdict(check=check.name, kind=check.kind, state="error", message=error.message))
    return tuple(found)


def _record(session: Session, node: Node, run_id: int, batch_id: int, began: datetime, record: BatchRecord) -> None:
    record_batch(
        session,
        batch_id=batch_id,
        run_id=run_id,
        model=node.key,
        state="checked",
        interval=None,
        rebuilt=False,
        rows_written=0,
        started_at=began,
        ended_at=utc_now(),
        record=record,
    )
