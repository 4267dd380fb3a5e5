"""`batchsql check`: the checks run on what is there. Nothing is written but their verdicts."""

from __future__ import annotations

import time
from datetime import datetime

import msgspec

from batchsql.compiler import Compiled, readable
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
from batchsql.pipeline.batch import utc_now
from batchsql.pipeline.checks import judge_batch
from batchsql.pipeline.contracts import judge_contract
from batchsql.pipeline.events import BatchFinished, BatchStarted, Listener, Options, RunStarted, ignore
from batchsql.pipeline.facts import run_record
from batchsql.pipeline.holder import holding
from batchsql.pipeline.opening import open_when_free
from batchsql.pipeline.past import with_past
from batchsql.pipeline.reporting import error_report
from batchsql.pipeline.stored import store_failures, with_tables
from batchsql.selection import select
from batchsql.values import Batch, Node, NotDue, Outcome, Plan, RunResult, Scope, TableName


def run_checks(compiled: Compiled, options: Options, on_event: Listener = ignore) -> RunResult:
    """Judge the whole of each selected relation, as it is. Each verdict is recorded, in a transaction a relation."""
    started = time.perf_counter()
    selected = set(select(compiled.graph, options.select, options.exclude))
    nodes = _to_check(compiled, selected)
    engine = open_when_free(compiled, options, on_event)
    session = engine.session()
    try:
        relations = read_relations(session)
        there = [node for node in nodes if node.relation is None or node.relation in relations]
        absent = tuple(NotDue(node.key, "not in the warehouse yet") for node in nodes if node not in there)
        if not there:
            return RunResult(run_id=None, outcomes=(), not_due=absent, seconds=time.perf_counter() - started)
        create_ledger(session)
        run_id, batch_id = next_ids(session)
        target = compiled.project.target
        batches = [Batch(model=node.key, reason="asked for") for node in there]
        with holding(target.database, run_id, options.command):
            close_killed_runs(session, utc_now())
            start_run(session, run_id, utc_now(), run_record(compiled.root, options.command, target.name))
            on_event(RunStarted(run_id, Plan(batches=tuple(batches), not_due=absent)))
            outcomes: list[Outcome] = []
            for number, (node, batch) in enumerate(zip(there, batches, strict=True)):
                on_event(BatchStarted(batch))
                ids = (run_id, batch_id + number)
                outcomes.append(_check(compiled, node, batch, ids, relations, session, options.store_failures))
                on_event(BatchFinished(outcomes[-1]))
                if options.fail_fast and outcomes[-1].state != "committed":
                    break
            result = RunResult(
                run_id=run_id, outcomes=tuple(outcomes), not_due=absent, seconds=time.perf_counter() - started
            )
            state = {0: "succeeded", 3: "check_failed"}.get(result.exit_code, "failed")
            totals = {"batches": len(outcomes), "rows_written": 0, "seconds": round(result.seconds, 3)}
            record_run_end(session, run_id, utc_now(), state, totals)
        return result
    finally:
        session.close()
        engine.close()


def _to_check(compiled: Compiled, selected: set[str]) -> list[Node]:
    """The selected nodes with checks; and, with just those checks, the hosts of files in tests/ that are selected."""
    found = []
    for node in compiled.graph.nodes.values():
        asked = tuple(check for check in node.checks if check.name in selected and check.kind == "sql")
        if node.key in selected and (node.checks or node.config.contract):
            found.append(node)
        elif asked:
            found.append(msgspec.structs.replace(node, checks=asked))
    return found


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
        told = with_past(node, msgspec.structs.replace(batch, judges="everything"), session, began)
        verdicts = judge_batch(compiled, told, scope, session).verdicts
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
