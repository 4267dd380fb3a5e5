"""One batch: write the slice, check it, enter it in the ledger, commit; or roll back and record why.

This is the only place where a model's data changes, beside undoing.py, which puts back what a batch kept.
"""

from __future__ import annotations

import time
from datetime import datetime

import msgspec

from batchsql.compiler import Situation, assemble, readable
from batchsql.compiler.made_by import made_by, require_known
from batchsql.engines.base import Session
from batchsql.errors import BatchError, BatchsqlError, EngineError
from batchsql.load import (
    LoadRequest,
    Question,
    Statement,
    asks_to_finish,
    dbt_seed_query,
    explain,
    incoming,
    plan_cleanup,
    plan_finish,
    plan_stage,
    plan_write,
    questions,
    scope,
    seed_query,
)
from batchsql.pipeline.attempt import Attempt, outcome_of, parts_of, record_attempt, utc_now
from batchsql.pipeline.checks import BrokenCheck, chosen_checks, failing, judge_without
from batchsql.pipeline.contracts import (
    columns_read,
    declared_order,
    declared_table,
    judge_contract,
    judge_drift,
    refuse_broken,
)
from batchsql.pipeline.describing import descriptions
from batchsql.pipeline.hooks import run_model_hooks
from batchsql.pipeline.keeping import keep_after, keep_before
from batchsql.pipeline.macros import create_schema, query_runner, write_by_macro
from batchsql.pipeline.past import with_past
from batchsql.pipeline.python_models import QUERY, python_result
from batchsql.pipeline.quarantine import OWN_COLUMNS, clear_superseded, put_aside, quarantine_of, told
from batchsql.pipeline.rebuilding import in_place
from batchsql.pipeline.reporting import error_report, located
from batchsql.pipeline.seeds import columns_kept, refuse_text, seed_of
from batchsql.pipeline.shared import RunState
from batchsql.pipeline.stored import forget, store_again, store_failures, with_tables
from batchsql.plan import steps
from batchsql.values import Batch, Node, Outcome, Scope, State, Verdict, quote

ATTEMPTS = 5
FIRST_PAUSE = 0.02  # seconds; doubled with every lost conflict


class _HeldBack(Exception):  # noqa: N818  not an error of the program: a check said no
    """A check of severity error failed, so the batch is rolled back."""


def run_batch(run: RunState, batch: Batch, session: Session, broken: tuple[Verdict, ...] = ()) -> Outcome:
    """Load, check and commit one batch; never raises for what a user can meet.

    A lost write conflict is tried again. After any other failure the batch is rolled back and the failure recorded in a
    transaction of its own.
    """
    node = run.compiled.graph[batch.model]
    started = time.perf_counter()
    for number in range(1, ATTEMPTS + 1):
        attempt = Attempt(
            node=node,
            batch=batch,
            batch_id=run.next_batch_id(),
            number=number,
            started_at=utc_now(),
            rebuild=run.must_rebuild(node),
            broken=broken,
        )
        try:
            _load(run, attempt, session)
        except BrokenCheck as found:
            session.rollback()
            return run_batch(run, batch, session, broken + found.verdicts)
        except _HeldBack:
            session.rollback()
            return _failed(run, attempt, session, "check_failed", None, started)
        except EngineError as error:
            session.rollback()
            if error.conflict and number < ATTEMPTS and not run.stopping:
                time.sleep(FIRST_PAUSE * 2**number)
                continue
            state: State = "interrupted" if run.stopping else "failed"
            return _failed(run, attempt, session, state, _in_words(run, attempt, error), started)
        except BatchsqlError as error:
            session.rollback()
            return _failed(run, attempt, session, "failed", error, started)
        run.stored_failures.update(each.table for each in attempt.stored)
        forget(attempt.stored, session)
        if batch.judges == "batch":
            for part in attempt.parts or (attempt.as_part(),):
                rebuilt = attempt.rebuild and part.batch_id == attempt.batch_id
                run.committed(node, part.batch_id, rebuilt=rebuilt, made=attempt.made, interval=part.batch.interval)
            run.saw(node, attempt.source_columns)
        return _after_commit(run, attempt, session, started)
    raise AssertionError("the last attempt returns")


def _after_commit(run: RunState, attempt: Attempt, session: Session, started: float) -> Outcome:
    """The outcome of a batch that is visible; where a hook after its commit fails, that is a failure of its own."""
    if attempt.only_judged:
        return outcome_of(attempt, "committed", started)
    try:
        _run_hooks(run, attempt, session, "post_hook", attempt.node.config.post_hook_outside)
    except (BatchsqlError, EngineError) as error:
        session.rollback()
        attempt.batch_id = run.next_batch_id()
        failure = BatchError(error.message, path=attempt.node.path) if isinstance(error, EngineError) else error
        return _failed(run, attempt, session, "failed", failure, started)
    return outcome_of(attempt, "committed", started)


def _load(run: RunState, attempt: Attempt, session: Session) -> None:
    """The transaction. Whatever it raises, the caller rolls back."""
    node = attempt.node
    attempt.inputs = run.inputs_of(node)
    if attempt.batch.judges == "batch" and not attempt.batch.release:
        run.refuse_duplicates(node)
        _look_at_sources(run, attempt, session)
        if attempt.batch.interval:
            first = attempt.batch.joins[0] if attempt.batch.joins else attempt.batch
            attempt.reads = run.readings_of(node, first.interval or attempt.batch.interval, session)
    else:
        attempt.source_columns = run.columns_seen(node)
    if attempt.only_judged:
        is_table = node.relation and run.relations.get(node.relation) == "table"
        session.begin()
        if node.config.by_interval:
            _try_code(run, attempt, session)
        relation = readable(run.compiled, node.key)
        _judge(run, attempt, session, Scope(relation=relation, kind="table" if is_table else "view"))
    else:
        if node.relation:
            schema = node.relation.schema
            run.with_schema(schema, lambda: create_schema(run.compiled, node, schema, session))
        _run_hooks(run, attempt, session, "pre_hook", node.config.pre_hook_outside)
        session.begin()
        _land(run, attempt, session)
    attempt.parts = parts_of(run, attempt, session)
    record_attempt(run, attempt, session, "committed", None)
    session.commit()


def _land(run: RunState, attempt: Attempt, session: Session) -> None:
    """Write the batch and judge it, by a macro of the project where there is one for it."""
    node = attempt.node
    request = _request(run, attempt, session)
    macro = None if attempt.batch.release else made_by(run.compiled, node)
    if macro is None:
        require_known(run.compiled, node)
        request = in_place(request, session)
    if macro is None:
        _write(run, attempt, session, request)
        return
    keep_before(run, attempt, session, request, by_macro=True)
    attempt.made, attempt.written = write_by_macro(
        run.compiled, node, macro, attempt.assembled, session, rebuild=attempt.rebuild
    )
    _judge(
        run, attempt, session, Scope(relation=request.target.sql, kind="table" if attempt.made == "table" else "view")
    )


def _look_at_sources(run: RunState, attempt: Attempt, session: Session) -> None:
    """Note what columns the sources have. Raises _HeldBack when a drift is an error."""
    attempt.source_columns = columns_read(run, attempt.node, attempt.inputs, session)
    attempt.of_columns = judge_drift(run, attempt.node, attempt.source_columns)
    if any(verdict.state == "fail" for verdict in attempt.of_columns):
        raise _HeldBack


def _keep_contract(attempt: Attempt, verdicts: tuple[Verdict, ...]) -> None:
    """Note the verdict on the contract; raises BatchError where it is broken."""
    attempt.of_columns += verdicts
    refuse_broken(attempt.node, verdicts)


def _write(run: RunState, attempt: Attempt, session: Session, request: LoadRequest) -> None:
    """Land the batch and judge it."""
    node, situation = attempt.node, attempt.assembled.situation if attempt.assembled else Situation()
    _run_hooks(run, attempt, session, "pre_hook", node.config.pre_hook)
    with python_result(run.compiled, node, session, incremental=situation.incremental):
        request = _write_rows(run, attempt, session, request)
    for question in questions(request):
        _ask(attempt, session, question)
    if quarantine_of(node) in run.relations:
        _clear_quarantine(attempt, session, request)
    if asks_to_finish(request) and node.model:
        there = [name for name, _ in session.columns(f"FROM {request.target.sql}")]
        for statement in plan_finish(request, *descriptions(run.compiled, node.model), there):
            session.execute(statement.sql)
    _run_hooks(run, attempt, session, "post_hook", node.config.post_hook)
    written = scope(request)
    if attempt.written:
        written = msgspec.structs.replace(written, rows=attempt.written)
    _judge(run, attempt, session, written)
    keep_after(run, attempt, session, request)
    for statement in plan_cleanup(request):
        session.execute(statement.sql)


def _write_rows(run: RunState, attempt: Attempt, session: Session, request: LoadRequest) -> LoadRequest:
    """Land the batch's rows; returns the request with the columns that were asked for on the way."""
    node = attempt.node
    if header := node.config.extra.get("sql_header"):
        session.run_script(str(header))
    for statement in plan_stage(request):
        _execute(attempt, session, statement)
    request = _with_columns(run, request, session, node)
    if request.declared and request.fresh and request.staged_columns is None:
        request = msgspec.structs.replace(request, staged_columns=session.columns(request.sql))
    if request.staged_columns and (request.declared or not request.fresh) and node.kind != "snapshot":
        found = judge_contract(node, session, request.staged_columns)
        if any(verdict.state == "fail" for verdict in found):
            _keep_contract(attempt, found)
    was = session.columns(f"FROM {request.target.sql}") if request.seed and request.existing == "table" else ()
    if was and request.seed:
        request = msgspec.structs.replace(request, target_columns=columns_kept(session, request.seed, was))
    keep_before(run, attempt, session, request, by_macro=False)
    for statement in plan_write(request):
        _execute(attempt, session, statement)
    if request.seed and was and not request.seed.as_dbt:
        refuse_text(session, request, request.seed, was)
    return request


def _clear_quarantine(attempt: Attempt, session: Session, request: LoadRequest) -> None:
    """Take away what was put aside of rows that were just made anew, or are just released."""
    if request.fresh or request.seed or attempt.batch.release:
        clear_superseded(attempt.node, None, session)
    elif request.interval:
        clear_superseded(attempt.node, scope(request).predicate, session)


def _try_code(run: RunState, attempt: Attempt, session: Session) -> None:
    """Let the engine understand the query of an interval model, so that new code which cannot run is told at once."""
    config = attempt.node.config
    first = next(steps(config.begin, datetime.max, config.batch_size)) if config.begin and config.batch_size else None
    situation = Situation(incremental=True, interval=first, batch_id=attempt.batch_id, run_query=query_runner(session))
    attempt.assembled = assemble(run.compiled, attempt.node.key, situation)
    session.columns(attempt.assembled.sql)


def _judge(run: RunState, attempt: Attempt, session: Session, written: Scope) -> None:
    """Judge the batch, and put aside what its checks want in quarantine. Raises _HeldBack when a check fails.

    A broken contract comes first, as a BatchError: checks of columns that are not there would only say so less well.
    """
    batch = attempt.batch
    node = msgspec.structs.replace(attempt.node, checks=chosen_checks(run.compiled, attempt.node))
    node = with_past(node, batch, session, utc_now(), run.intervals_of)
    if batch.judges != "others":
        _keep_contract(attempt, judge_contract(node, session))
    if not run.judges:
        return
    profiled = node.config.profile and batch.judges == "batch"
    judged = {"own": batch.judges != "others", "others": batch.last, "profiled": profiled}
    found = judge_without(run.compiled, node, written, session, attempt.broken, **judged)
    attempt.verdicts, attempt.profile = found.verdicts, found.profile
    if attempt.verdicts:
        _store(run, attempt, node, session, written)
    if batch.judges == "batch" and node.writes:
        moved = put_aside(
            run.compiled,
            node,
            written,
            attempt.verdicts,
            session,
            batch_id=attempt.batch_id,
            now=utc_now(),
            limited=not batch.release,
        )
        if moved:
            attempt.written -= moved
            after = judge_without(run.compiled, node, written, session, attempt.broken, **judged)
            attempt.verdicts, attempt.profile = told(attempt.verdicts, after.verdicts), after.profile
            run.relations.setdefault(quarantine_of(node), "table")
    if any(verdict.state in ("fail", "error") for verdict in attempt.verdicts):
        raise _HeldBack


def _store(run: RunState, attempt: Attempt, node: Node, session: Session, written: Scope) -> None:
    """Keep failing rows, before any of them is moved. node: with checks that know the past."""
    attempt.stored = store_failures(
        run.compiled,
        node,
        written,
        attempt.verdicts,
        session,
        asked_for=run.store_failures,
        already=run.stored_failures,
        rollback_ahead=any(_may_hold_back(verdict) for verdict in attempt.verdicts),
    )
    attempt.verdicts = with_tables(attempt.verdicts, attempt.stored)


def _may_hold_back(verdict: Verdict) -> bool:
    return verdict.state in ("fail", "error") or (verdict.severity == "quarantine" and verdict.failures > 0)


def _request(run: RunState, attempt: Attempt, session: Session) -> LoadRequest:
    """What load/ needs to know. A template may ask the warehouse, and does so in the batch's transaction."""
    node, batch, config = attempt.node, attempt.batch, attempt.node.config
    existing = run.relations.get(node.relation) if node.relation else None
    seed = None
    if node.kind == "seed":
        seed = seed_of(run.compiled, node)
        sql = dbt_seed_query(seed) if seed.as_dbt else seed_query(seed)
    elif batch.release:
        names = ", ".join(
            quote(name) for name, _ in session.columns(f"FROM {quarantine_of(node).sql}")[len(OWN_COLUMNS) :]
        )
        sql = f"SELECT {names} FROM {quarantine_of(node).sql}"
        config = msgspec.structs.replace(
            config, materialized="incremental", incremental_strategy="append", unique_key=()
        )
    else:
        situation = Situation(
            incremental=node.config.materialized == "incremental" and existing == "table" and not attempt.rebuild,
            interval=batch.interval,
            batch_id=attempt.batch_id,
            run_started_at=run.started_at,
            invocation_id=run.invocation_id,
            run_query=query_runner(session),
            on_log=run.log,
        )
        attempt.assembled = assemble(run.compiled, node.key, situation)
        sql = QUERY if node.model and node.model.language == "python" else attempt.assembled.sql
    assert node.relation is not None  # noqa: S101  a batch is of a model, seed or snapshot
    return LoadRequest(
        target=node.relation,
        config=config,
        sql=sql,
        now=run.started_at,
        existing="view" if existing == "view" else "table" if existing else None,
        rebuild=attempt.rebuild,
        interval=batch.interval,
        batch_id=attempt.batch_id,
        seed=seed,
        path=node.path,
        dialect=run.compiled.project.dialect,
        declared=declared_order(run, node),
        definitions=declared_table(run, node),
        folder=str(run.compiled.root),
        external_root=str(run.compiled.project.target.attributes.get("external_root") or "."),
    )


def _with_columns(run: RunState, request: LoadRequest, session: Session, node: Node) -> LoadRequest:
    """The request with the columns it asks for. An interval model's query is asked once a run: slices do not differ."""
    query = incoming(request)
    if query is None:
        return request
    staged = run.columns.get(node.key) if request.interval else None
    if staged is None:
        staged = session.columns(query)
        run.columns[node.key] = staged
    target = session.columns(f"FROM {request.target.sql}") if not request.fresh else None
    return msgspec.structs.replace(request, staged_columns=staged, target_columns=target)


def _execute(attempt: Attempt, session: Session, statement: Statement) -> None:
    changed = session.execute(statement.sql)
    if statement.counts == "written":
        attempt.written += changed
    elif statement.counts == "deleted":
        attempt.deleted += changed


def _ask(attempt: Attempt, session: Session, question: Question) -> None:
    """Raise BatchError when a rule of the load is broken."""
    offences = question.offences(session.query(question.count)[0][0], attempt.written)
    if offences:
        examples = [str(row[0]) for row in session.query(question.examples)] if question.examples else []
        raise question.error(offences, examples, attempt.node.path)


def _run_hooks(run: RunState, attempt: Attempt, session: Session, kind: str, hooks: tuple[str, ...]) -> None:
    if hooks:
        situation = attempt.assembled.situation if attempt.assembled else Situation(run_query=query_runner(session))
        run_model_hooks(run.compiled, attempt.node, kind, hooks, situation, session)


def _in_words(run: RunState, attempt: Attempt, error: EngineError) -> BatchError:
    node = attempt.node
    if node.kind == "seed":
        return explain(error, seed_of(run.compiled, node))
    return located(run.compiled, attempt.assembled, error, node.path)


def _failed(
    run: RunState,
    attempt: Attempt,
    session: Session,
    state: State,
    error: BatchsqlError | None,
    started: float,
) -> Outcome:
    """Record a failure in a transaction of its own. Data and verdicts were rolled back; the verdicts are kept here."""
    if attempt.batch.joins:  # they will be tried apart
        forget(attempt.stored, session)
        return outcome_of(attempt, state, started)
    try:
        session.begin()
        store_again(attempt.stored, session)
        record_attempt(run, attempt, session, state, error)
        session.commit()
        run.stored_failures.update(each.table for each in attempt.stored)
        forget(attempt.stored, session)
    except EngineError as unrecorded:  # a full disk, say: the run still reports it, and the batch stays due
        session.rollback()
        error = error or BatchError(f"the failure could not be recorded: {unrecorded.message}", path=attempt.node.path)
    report = error_report(run.compiled.root, error) if error else {}
    outcome = outcome_of(attempt, state, started)
    return msgspec.structs.replace(
        outcome, error=error.message if error else failing(outcome.verdicts), error_report=report, rows_written=0
    )
