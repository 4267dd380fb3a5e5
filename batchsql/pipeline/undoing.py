"""Undo: relations are made what they were before a run, of the rows that its batches kept, in one transaction.

An undo is a run of its own, and its batches are in the ledger like all others. What was undone is due again, as is what
is downstream of it: the next build loads it, from the inputs and by the code of then.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import count as numbers

from msgspec import Struct
from msgspec.structs import replace

from batchsql.compiler import Compiled
from batchsql.engines.base import Session
from batchsql.errors import BatchsqlError, UsageError, did_you_mean
from batchsql.ledger import (
    Entry,
    close_killed_runs,
    create_ledger,
    effective,
    next_ids,
    read_entries,
    read_relations,
    record_run_end,
    record_run_start,
    record_undone,
)
from batchsql.load import LoadRequest, asks_to_finish, plan_finish
from batchsql.pipeline.attempt import utc_now
from batchsql.pipeline.checks import judge_batch
from batchsql.pipeline.describing import descriptions
from batchsql.pipeline.events import BatchFinished, BatchStarted, Listener, Options, RunStarted, ignore
from batchsql.pipeline.facts import run_record
from batchsql.pipeline.holder import holding
from batchsql.pipeline.keeping import kept_in, store_rows, view_text
from batchsql.pipeline.opening import open_when_free
from batchsql.pipeline.past import with_past
from batchsql.pipeline.reporting import error_report
from batchsql.report.mask import masker
from batchsql.values import Batch, Interval, Node, Outcome, Plan, RunResult, Scope, TableName, Verdict, quote
from batchsql.values.keeping import HISTORY, Kept


class Undo(Struct, frozen=True, kw_only=True):
    """What of a model is undone, the newest first; by slice what stood before, and stands now; back to before a run."""

    node: Node
    relation: TableName
    undone: tuple[Entry, ...]
    before: dict[Interval | None, Entry]
    now: dict[Interval | None, Entry]
    run: int
    reason: str


class _HeldBack(Exception):  # noqa: N818  not an error of the program: a check said no
    """A check refuses what was restored, so everything is rolled back."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.error)
        self.outcome = outcome


def rollback(
    compiled: Compiled,
    options: Options,
    *,
    model: str | None = None,
    to: int | None = None,
    run: int | None = None,
    on_event: Listener = ignore,
) -> RunResult:
    """Make a model what it was after run `to`; or all that run `run` loaded, what it was before.

    Raises UsageError where the rows are not kept any more, or where something of the run was loaded since.
    """
    started = time.perf_counter()
    engine = open_when_free(compiled, options, on_event)
    session = engine.session()
    try:
        undos = _of_model(compiled, session, model, to) if model is not None else _of_run(compiled, session, run or 0)
        there = read_relations(session)
        for undo in undos:
            _require_kept(undo, there)
        return _run(compiled, options, session, undos, there, on_event, started)
    finally:
        session.close()
        engine.close()


# --- what is to be undone ---------------------------------------------------------------------------------------


def _of_model(compiled: Compiled, session: Session, model: str, to: int | None) -> list[Undo]:
    node = compiled.graph.nodes.get(model)
    if node is None or node.relation is None:
        raise UsageError(f"there is no model '{model}'", hint=did_you_mean(model, compiled.graph.nodes))
    entries = read_entries(session, model)
    runs = sorted({entry.run_id for entry in effective(entries)})
    if not runs:
        raise UsageError(f"{model} is not loaded")
    goal = to if to is not None else max((number for number in runs if number < runs[-1]), default=0)
    if goal >= runs[-1]:
        listed = ", ".join(map(str, runs[-5:]))
        raise UsageError(f"{model} was not loaded since run {goal}", hint=f"what it holds is of the runs {listed}")
    return [_undo(node, entries, goal + 1, f"rolled back to run {goal}")]


def _of_run(compiled: Compiled, session: Session, run: int) -> list[Undo]:
    by_model: dict[str, list[Entry]] = {}
    for entry in read_entries(session):
        by_model.setdefault(entry.model, []).append(entry)
    found = []
    for key, node in compiled.graph.nodes.items():
        entries = by_model.get(key, [])
        if node.relation is None or not any(entry.run_id == run for entry in entries):
            continue
        is_undo = any(entry.record.before_run for entry in entries if entry.run_id == run)
        since = (entries if is_undo else effective(entries))[-1:]
        if since and since[0].run_id > run:
            raise UsageError(
                f"{key} was loaded by run {since[0].run_id} since",
                hint=f"undo that first: batchsql rollback --run {since[0].run_id}",
            )
        found.append(_undo(node, entries, run, f"run {run} rolled back"))
    if not found:
        raise UsageError(f"run {run} loaded nothing that is still in the project", hint="`batchsql history` lists runs")
    return found


def _undo(node: Node, entries: Sequence[Entry], run: int, reason: str) -> Undo:
    """What leads from now to the time before a run: over what was loaded since; or, of an undo, over all since."""
    assert node.relation is not None  # noqa: S101  the caller has looked
    goal, now = effective([entry for entry in entries if entry.run_id < run]), effective(entries)
    leads_there = now[: len(goal)] == goal
    undone = now[len(goal) :] if leads_there else [entry for entry in entries if entry.run_id >= run]
    return Undo(
        node=node,
        relation=node.relation,
        undone=tuple(reversed(undone)),
        before=_standing(goal),
        now=_standing(now),
        run=run,
        reason=reason,
    )


def _standing(entries: Sequence[Entry]) -> dict[Interval | None, Entry]:
    """By slice, the newest batch that counts."""
    found: dict[Interval | None, Entry] = {}
    for entry in entries:
        if entry.rebuilt:
            found.clear()
        found[entry.interval] = entry
    return found


def _require_kept(undo: Undo, there: dict[TableName, str]) -> None:
    """Raise UsageError where not everything that is needed is kept."""
    for entry in undo.undone:
        kept = entry.record.kept
        tables = (kept.removed, kept.added) if kept else ()
        gone = [name for name in tables if name and TableName(HISTORY, name) not in there]
        elsewhere = entry.record.relation != str(undo.relation)
        if kept is None or kept.kind == "lost" or gone or elsewhere:
            why = "it landed elsewhere then" if elsewhere else "what it replaced is not kept"
            raise UsageError(
                f"run {entry.run_id} cannot be undone for {undo.node.key}: {why}",
                hint="`keep_history: N`, of a model or of the project, keeps what batches replace for N runs",
            )


# --- undoing it -------------------------------------------------------------------------------------------------


def _run(
    compiled: Compiled,
    options: Options,
    session: Session,
    undos: Sequence[Undo],
    there: dict[TableName, str],
    on_event: Listener,
    started: float,
) -> RunResult:
    target = compiled.project.target
    create_ledger(session)
    run_id, first_id = next_ids(session)
    ids = numbers(first_id)
    batches = [Batch(model=undo.node.key, reason=undo.reason) for undo in undos]
    outcomes: list[Outcome] = []
    with holding(target.database, run_id, options.command):
        close_killed_runs(session, utc_now())
        record_run_start(session, run_id, utc_now(), run_record(compiled.root, options.command, target.name))
        on_event(RunStarted(run_id, Plan(batches=tuple(batches))))
        session.begin()
        try:
            for undo, batch in zip(undos, batches, strict=True):
                on_event(BatchStarted(batch))
                work = _Work(compiled, session, run_id, ids, there)
                outcomes.append(work.through(undo, batch))
            session.commit()
        except _HeldBack as held:
            session.rollback()
            outcomes = _all_back(batches, held.outcome)
        except BatchsqlError as error:
            session.rollback()
            failed = Outcome(
                batch=batches[len(outcomes)],
                state="failed",
                error=error.message,
                error_report=error_report(compiled.root, error),
            )
            outcomes = _all_back(batches, failed)
        for outcome in outcomes:
            on_event(BatchFinished(outcome))
        result = RunResult(run_id=run_id, outcomes=tuple(outcomes), not_due=(), seconds=time.perf_counter() - started)
        state = {0: "succeeded", 3: "check_failed"}.get(result.exit_code, "failed")
        rows = sum(outcome.rows_written for outcome in outcomes)
        totals = {"batches": len(outcomes), "rows_written": rows, "seconds": round(result.seconds, 3)}
        record_run_end(session, run_id, utc_now(), state, totals)
    return result


def _all_back(batches: Sequence[Batch], culprit: Outcome) -> list[Outcome]:
    """The outcomes where one of them held all back."""
    why = f"{culprit.batch} could not be rolled back, and all of it is undone together or not at all"
    return [
        culprit if batch == culprit.batch else Outcome(batch=batch, state="skipped", error=why) for batch in batches
    ]


class _Work:
    """The undo of a model, within the transaction."""

    def __init__(
        self, compiled: Compiled, session: Session, run_id: int, ids: numbers[int], there: dict[TableName, str]
    ) -> None:
        self._compiled, self._session, self._run_id, self._ids, self._there = compiled, session, run_id, ids, there

    def through(self, undo: Undo, batch: Batch) -> Outcome:
        """Make the relation what it was, judge it, and enter that in the ledger. Raises _HeldBack."""
        began, started = utc_now(), time.perf_counter()
        number = next(self._ids)
        kept = self._keep(undo, number)
        for entry in undo.undone:
            self._invert(undo.relation, entry.record.kept or Kept(kind="lost"))
        is_there = self._kind(undo.relation) is not None
        if is_there:
            self._finish(undo)
        verdicts = self._judge(undo, batch) if is_there else ()
        outcome = Outcome(
            batch=batch, state="committed", batch_id=number, started_at=began, verdicts=verdicts, rows_written=0
        )
        failing = [verdict.message for verdict in verdicts if verdict.state in ("fail", "error")]
        if failing:
            raise _HeldBack(replace(outcome, state="check_failed", error="; ".join(failing)))
        rows, first = self._enter(undo, kept, is_there=is_there)
        return replace(outcome, batch_id=first, rows_written=rows, seconds=time.perf_counter() - started)

    def _keep(self, undo: Undo, number: int) -> Kept:
        """Keep what the undo replaces, so that it can be undone."""
        kind = self._kind(undo.relation)
        if not undo.node.config.keep_history:
            return Kept(kind="lost")
        if kind is None:
            return Kept(kind="nothing")
        if kind == "view":
            return Kept(kind="view", sql=view_text(self._session, undo.relation))
        name = f"{undo.node.key}@{self._run_id}.{number}"
        return Kept(kind="whole", removed=store_rows(self._session, name, f"FROM {undo.relation.sql}", always=True))

    def _kind(self, relation: TableName) -> str | None:
        return read_relations(self._session).get(relation)

    def _invert(self, relation: TableName, kept: Kept) -> None:
        """Make the relation what it was before one batch."""
        target, columns = relation.sql, ", ".join(map(quote, kept.columns))
        removed = f"SELECT {columns} FROM {kept_in(kept.removed)}" if kept.removed else ""
        if kept.kind == "with":
            return
        if kept.kind in ("nothing", "view", "whole"):
            if kind := self._kind(relation):
                self._session.execute(f"DROP {kind} {target}")
            if kept.kind == "view":
                self._session.execute(kept.sql)
            if kept.kind == "whole":
                self._session.execute(f"CREATE TABLE {target} AS FROM {kept_in(kept.removed)}")
        elif kept.kind == "slice" and self._has(relation, kept.columns):
            self._session.execute(f"DELETE FROM {target} WHERE {kept.sql}")
            if removed:
                self._session.execute(f"INSERT INTO {target} ({columns}) {removed}")
        else:
            stays = f"FROM {target}"
            if kept.kind == "slice":
                stays = f"FROM {target} WHERE ({kept.sql}) IS NOT TRUE"
            elif kept.added:
                stays = f"FROM (FROM {target} EXCEPT ALL FROM {kept_in(kept.added)})"
            union = f" UNION ALL {removed}" if removed else ""
            self._session.execute(f"CREATE OR REPLACE TABLE {target} AS SELECT {columns} {stays}{union}")

    def _has(self, relation: TableName, columns: tuple[str, ...]) -> bool:
        return tuple(name for name, _ in self._session.columns(f"FROM {relation.sql}")) == columns

    def _finish(self, undo: Undo) -> None:
        """Indexes and comments, where the relation was made anew."""
        node = undo.node
        if all(entry.record.kept and entry.record.kept.kind == "slice" for entry in undo.undone):
            return
        request = LoadRequest(target=undo.relation, config=node.config, sql="", now=utc_now())
        if asks_to_finish(request) and node.model:
            there = [name for name, _ in self._session.columns(f"FROM {undo.relation.sql}")]
            for statement in plan_finish(request, *descriptions(self._compiled, node.model), there):
                self._session.execute(statement.sql)

    def _judge(self, undo: Undo, batch: Batch) -> tuple[Verdict, ...]:
        """The verdicts of the checks on what was restored."""
        kind = self._kind(undo.relation)
        scope = Scope(relation=undo.relation.sql, kind="table" if kind == "table" else "view")
        node = with_past(undo.node, replace(batch, judges="everything"), self._session, utc_now())
        return judge_batch(self._compiled, node, scope, self._session).verdicts

    def _enter(self, undo: Undo, kept: Kept, *, is_there: bool) -> tuple[int, int]:
        """Enter each slice that is another than it was, as it is now; all of them where the relation was made anew.

        Returns how many rows these have, and the id of the first entry.
        """
        anew = any(entry.rebuilt for entry in undo.undone) or None in undo.now or None in undo.before
        slices = [each for each in undo.before if anew or undo.now.get(each) != undo.before[each]]
        gone = [] if None in undo.now and undo.before else [each for each in undo.now if each not in undo.before]
        entries = [undo.before[each] for each in slices]
        entries += [replace(undo.now[each], written=0) for each in gone]
        total, entered = 0, []
        for number, entry in enumerate(entries):
            written = entry.written
            if entry.interval is None and is_there and self._kind(undo.relation) == "table":
                written = self._session.query(f"SELECT count(*) FROM {undo.relation.sql}")[0][0]
            total += written
            batch_id = record_undone(
                self._session,
                replace(entry, written=written, rebuilt=anew and number == 0),
                run_id=self._run_id,
                next_id=lambda: next(self._ids),
                now=utc_now(),
                mask=masker(self._compiled.environment),
                kept=kept if number == 0 else Kept(kind="with"),
                reason=undo.reason,
                before_run=undo.run,
            )
            entered.append(batch_id)
        return total, entered[0]
