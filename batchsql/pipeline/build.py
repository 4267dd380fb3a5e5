"""A whole run, top to bottom: open the warehouse, read what it holds, plan, run the batches, close."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import msgspec

from batchsql.compiler import Compiled, CurrentRun
from batchsql.compiler.former import remember_texts, with_differences
from batchsql.compiler.selecting import selection
from batchsql.engines.duckdb import DuckdbEngine, DuckdbSession
from batchsql.errors import UsageError
from batchsql.graph import order_constraints
from batchsql.ledger import (
    RunRecord,
    close_killed_runs,
    create_ledger,
    next_ids,
    read_estimates,
    read_state,
    record_run_end,
    record_run_start,
)
from batchsql.pipeline.attempt import utc_now
from batchsql.pipeline.coalescing import run_together
from batchsql.pipeline.events import BatchFinished, BatchStarted, Listener, Note, Options, PlanGrew, RunStarted, ignore
from batchsql.pipeline.facts import run_record
from batchsql.pipeline.holder import holding
from batchsql.pipeline.hooks import RunHooks
from batchsql.pipeline.hooks import skipped as skipped_by
from batchsql.pipeline.inputs import input_versions
from batchsql.pipeline.opening import open_when_free
from batchsql.pipeline.parts import grouped, singles
from batchsql.pipeline.planned import confirmed, world_of
from batchsql.pipeline.quarantine import known_model, require_rows
from batchsql.pipeline.rounds import decide, put_off, skipped
from batchsql.pipeline.shared import RunState
from batchsql.pipeline.unit_tests import UnitTestsBefore, held_back, unit_tests_before
from batchsql.pipeline.workers import Workers
from batchsql.plan import PlanRequest, tangible_parents
from batchsql.values import Batch, Graph, Input, LedgerState, Outcome, Plan, RunResult
from batchsql.values.history import RELEASED
from batchsql.values.planned import PlannedRun
from batchsql.values.readings import UNKNOWN
from batchsql.values.unit_tests import UnitResult

CHECKPOINT_GROWTH = 64 * 1024 * 1024  # bytes that the file may grow in a run before space is given back


def make_plan(compiled: Compiled, options: Options) -> Plan:
    """What is due, and why; the warehouse is opened for reading only."""
    engine = open_when_free(compiled, options, ignore, read_only=True)
    try:
        return _plan(compiled, options, engine, ignore, look_ahead=True)[0]
    finally:
        engine.close()


def plan_to_keep(compiled: Compiled, options: Options) -> PlannedRun:
    """What is due, with what that rests on, and what it will take as far as past batches tell."""
    engine = open_when_free(compiled, options, ignore, read_only=True)
    session = engine.session()
    try:
        plan, state, versions = _plan(compiled, options, engine, ignore, look_ahead=True)
        return PlannedRun(
            plan=plan,
            world=world_of(compiled, plan, state, versions),
            variables=options.variables,
            target=compiled.project.target.name,
            full_refresh=options.full_refresh,
            checks=options.checks,
            force=options.force,
            estimates=read_estimates(session),
        )
    finally:
        session.close()
        engine.close()


def build(compiled: Compiled, options: Options, on_event: Listener = ignore) -> RunResult:
    """Bring the warehouse up to date. Nothing due: nothing is written, and no run is recorded.

    Raises WarehouseBusyError when another process holds the warehouse for longer than `options.wait`.
    """
    started = time.perf_counter()
    engine = open_when_free(compiled, options, on_event)
    try:
        plan, state, versions = _plan(compiled, options, engine, on_event)
        if options.planned:
            plan = confirmed(compiled, options.planned, state, versions)
        if not plan.batches:
            return RunResult(
                run_id=None,
                outcomes=(),
                not_due=plan.not_due,
                seconds=time.perf_counter() - started,
                last_run_at=state.last_run_at,
            )
        remember_texts(compiled)
        return _run(compiled, options, engine, plan, state, versions, on_event, started)
    finally:
        engine.close()


def release_quarantine(compiled: Compiled, model: str, options: Options, on_event: Listener = ignore) -> RunResult:
    """Load the rows of a model that are in quarantine, through its checks; those that are refused again stay there.

    Raises UsageError where there is nothing to release.
    """
    started = time.perf_counter()
    node = known_model(compiled, model)
    engine = open_when_free(compiled, options, on_event)
    try:
        session = engine.session()
        require_rows(node, session)
        state = read_state(session)
        session.close()
        plan = Plan(batches=(Batch(model=model, reason=RELEASED, release=True),))
        return _run(compiled, options, engine, plan, state, {}, on_event, started)
    finally:
        engine.close()


def _plan(
    compiled: Compiled, options: Options, engine: DuckdbEngine, on_event: Listener, *, look_ahead: bool = False
) -> tuple[Plan, LedgerState, dict[str, tuple[Input, ...]]]:
    found = selection(compiled, options.select, options.exclude)
    for text in found.unanswered:
        if compiled.selection_fails:
            raise UsageError(f"the selection '{text}' matches nothing")
        on_event(Note(f"warning: the selection '{text}' matches nothing"))
    chosen = found.keys
    selected = {key for key in chosen if not options.kinds or compiled.graph[key].kind in options.kinds}
    compiled.selected = tuple(key for key in chosen if key in selected)
    if found.ids and not found.everything:
        compiled.chosen = found.ids | found.names
    session = engine.session()
    try:
        state = _read_state(compiled, session)
        versions = input_versions(compiled.graph, compiled.root, session)
        compiled.elsewhere = reading_elsewhere(compiled.graph, options, selected, state)
        versions |= {key: (Input(key, "relation", UNKNOWN),) for key in compiled.elsewhere}
        force = options.force or compiled.reads_part is not None  # what it would read is not what it read before
        request = msgspec.structs.replace(_request(options), look_ahead=look_ahead, force=force)
        plan = decide(compiled, session, selected, state, versions, request)
        return with_differences(compiled, plan, state), state, versions
    finally:
        session.close()


def _request(options: Options) -> PlanRequest:
    return PlanRequest(
        now=utc_now(),
        full_refresh=options.full_refresh,
        force=options.force,
        checks=options.checks,
        start=options.start,
        end=options.end,
    )


def _run(
    compiled: Compiled,
    options: Options,
    engine: DuckdbEngine,
    plan: Plan,
    state: LedgerState,
    versions: dict[str, tuple[Input, ...]],
    on_event: Listener,
    started: float,
) -> RunResult:
    target = compiled.project.target
    session = engine.session()
    run, record = _begin(compiled, options, session, plan, state, versions)
    outcomes: list[Outcome] = []
    housekeeping = _Housekeeping(engine)

    def finished(outcome: Outcome) -> None:
        for part in outcome.parts or [msgspec.structs.replace(outcome, batch=one) for one in singles(outcome.batch)]:
            outcomes.append(part)
            on_event(BatchFinished(part))
        _pass_on(run, on_event)
        if outcome.state == "committed" and (outcome.rows_deleted or outcome.batch.rebuild):
            housekeeping.after_replacement()

    crew = _Crew(run, engine)
    workers = Workers(max(1, options.threads or target.threads), crew.work, crew.stop)
    with holding(target.database, run.run_id, options.command), _signals_to(workers.interrupt):
        close_killed_runs(session, utc_now())
        record_run_start(session, run.run_id, utc_now(), record)
        on_event(RunStarted(run.run_id, plan, state.seconds))
        hooks = RunHooks(compiled, session, run.invocation_id, run.started_at, run.log)
        before = hooks.before()
        work = _Work(compiled, options, workers, finished, on_event)
        tests = work.through(plan, state, skipped_by(before))
        not_due = plan.not_due
        while plan.later:
            why = _stopped(options, workers, outcomes) or skipped_by(before)
            plan, state, held = _further(compiled, options, session, plan, state, versions, outcomes, why)
            run.expect(plan)
            on_event(PlanGrew(plan))
            for outcome in held:
                finished(outcome)
            tests += work.through(plan, state, "")
            not_due += plan.not_due
        result = RunResult(
            run_id=run.run_id,
            outcomes=tuple(outcomes),
            not_due=not_due,
            seconds=time.perf_counter() - started,
            interrupted=workers.interrupted,
            hooks=before,
            judges=options.checks,
            unit_tests=tests,
        )
        result = msgspec.structs.replace(result, hooks=before + hooks.after(result))
        _pass_on(run, on_event)
        record_run_end(session, run.run_id, utc_now(), _state(result), _totals(result) | {"bytes": engine.file_size})
        session.close()
    return result


class _Work:
    """The batches of a plan, run by the workers."""

    def __init__(
        self,
        compiled: Compiled,
        options: Options,
        workers: Workers,
        finished: Callable[[Outcome], None],
        on_event: Listener,
    ) -> None:
        self._compiled, self._options, self._workers = compiled, options, workers
        self._finished, self._on_event = finished, on_event

    def through(self, plan: Plan, state: LedgerState, reason: str) -> tuple[UnitResult, ...]:
        """Run all that may run; returns what became of unit tests. reason: why nothing may, where that is so."""
        for note in plan.notes:
            self._on_event(Note(f"{note.model}: {note.reason}"))
        units, runnable, held = _runnable(self._compiled, self._options, plan, state, reason)
        for outcome in held:
            self._finished(outcome)
        self._workers.run(
            grouped(self._compiled.graph, runnable),
            waits_for(self._compiled.graph),
            lambda batch: self._on_event(BatchStarted(singles(batch)[0])),
            self._finished,
            fail_fast=self._options.fail_fast,
        )
        return units.results


def _stopped(options: Options, workers: Workers, outcomes: list[Outcome]) -> str:
    """Why nothing more is begun; nothing where it may be."""
    if workers.interrupted:
        return "interrupted"
    failed = next((outcome for outcome in outcomes if outcome.state != "committed"), None)
    return f"{failed.batch} failed, and --fail-fast was asked for" if failed and options.fail_fast else ""


def _further(
    compiled: Compiled,
    options: Options,
    session: DuckdbSession,
    plan: Plan,
    state: LedgerState,
    versions: dict[str, tuple[Input, ...]],
    outcomes: list[Outcome],
    stopped: str,
) -> tuple[Plan, LedgerState, tuple[Outcome, ...]]:
    """The plan for what was to be decided later, what was loaded when it was made, and what cannot run."""
    if stopped:
        return Plan(), state, tuple(skipped(entry.model, entry.reason, stopped) for entry in plan.later)
    held = put_off(plan, outcomes, waits_for(compiled.graph))
    left = {entry.model for entry in plan.later} - {outcome.batch.model for outcome in held}
    state = _read_state(compiled, session)
    return decide(compiled, session, left, state, versions, _request(options)), state, held


def _read_state(compiled: Compiled, session: DuckdbSession) -> LedgerState:
    return read_state(session, [key for key, node in compiled.graph.nodes.items() if node.config.lookback])


def _begin(
    compiled: Compiled,
    options: Options,
    session: DuckdbSession,
    plan: Plan,
    state: LedgerState,
    versions: dict[str, tuple[Input, ...]],
) -> tuple[RunState, RunRecord]:
    """The state of a new run, and what the ledger is to know of it."""
    create_ledger(session)
    run_id, batch_id = next_ids(session)
    record = run_record(compiled.root, options.command, compiled.project.target.name)
    run = RunState(
        compiled, plan, state, versions, run_id=run_id, first_batch_id=batch_id, invocation_id=record.invocation_id
    )
    run.store_failures = options.store_failures
    run.judges = options.checks
    compiled.run = CurrentRun(run.invocation_id, run.started_at, run.log)
    return run, record


def _pass_on(run: RunState, on_event: Listener) -> None:
    """Tell what templates said since the last time."""
    for message in run.said():
        on_event(Note(message))


def _runnable(
    compiled: Compiled, options: Options, plan: Plan, state: LedgerState, reason: str
) -> tuple[UnitTestsBefore, tuple[Batch, ...], tuple[Outcome, ...]]:
    """What came of the unit tests, the batches that may run, and the outcomes of the others.

    reason: why none may run, where that is so.
    """
    if reason:
        skipped = tuple(Outcome(batch=batch, state="skipped", error=reason) for batch in plan.batches)
        return UnitTestsBefore(), (), skipped
    units = UnitTestsBefore()
    if options.unit_tests:
        units = unit_tests_before(compiled, plan, state, everything=options.force)
    return units, *held_back(plan, units.failing, waits_for(compiled.graph), everything=options.fail_fast)


def reading_elsewhere(graph: Graph, options: Options, selected: set[str], state: LedgerState) -> dict[str, str]:
    """What is read in place of models that are not selected: where another environment has them, and this has not."""
    return {
        key: relation
        for key, relation in options.elsewhere.items()
        if key in graph.nodes
        and key not in selected
        and (options.favor_elsewhere or graph[key].relation not in state.relations)
    }


def waits_for(graph: Graph) -> dict[str, frozenset[str]]:
    """For each node that may run, those that must have ended well before it; a source has ended when it is checked."""
    waits = {
        key: before
        | frozenset(graph[key].after)
        | {parent for parent in tangible_parents(graph, key) if graph[parent].source}
        for key, before in order_constraints(graph).items()
    }
    return waits | {key: frozenset(node.after) for key, node in graph.nodes.items() if node.source and node.after}


def _totals(result: RunResult) -> dict[str, float]:
    """What the ledger keeps of a run as a whole."""
    return {
        "batches": sum(outcome.state != "skipped" for outcome in result.outcomes),
        "rows_written": sum(outcome.rows_written for outcome in result.outcomes if outcome.state == "committed"),
        "seconds": round(result.seconds, 3),
    }


def _state(result: RunResult) -> str:
    if result.interrupted:
        return "interrupted"
    return {0: "succeeded", 3: "check_failed"}.get(result.exit_code, "failed")


class _Crew:
    """A session for each thread that works on batches."""

    def __init__(self, run: RunState, engine: DuckdbEngine) -> None:
        self._run = run
        self._engine = engine
        self._own = threading.local()
        self._sessions: list[DuckdbSession] = []

    def work(self, batch: Batch) -> Outcome:
        """Run a batch in this thread's session."""
        session = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = self._engine.session()
            self._sessions.append(session)
        outcomes = run_together(self._run, batch, session)
        worst = next((outcome for outcome in outcomes if outcome.state != "committed"), outcomes[0])
        return msgspec.structs.replace(worst, batch=batch, parts=outcomes) if batch.joins else worst

    def stop(self) -> None:
        """Interrupt what runs; each batch is rolled back by its own thread."""
        self._run.stopping = True
        for session in self._sessions:
            session.interrupt()


class _Housekeeping:
    """Gives space back before the file has grown much: replaced tables keep theirs until a checkpoint."""

    def __init__(self, engine: DuckdbEngine) -> None:
        self._engine = engine
        self._size = engine.file_size

    def after_replacement(self) -> None:
        """Checkpoint when the file has grown by more than a half and CHECKPOINT_GROWTH since the last time."""
        size = self._engine.file_size
        if size - self._size > max(CHECKPOINT_GROWTH, self._size // 2):
            self._engine.checkpoint()
            self._size = self._engine.file_size


@contextmanager
def _signals_to(interrupt: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM roll back and record what runs; a second signal ends the process at once, as kill does.

    The handler only passes word on, since an exception raised by it could come at any moment, and lose an outcome.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def handle(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        interrupt()

    for number in signals:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number in signals:
            signal.signal(number, before[number])
