"""What the warehouse holds, what is due, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from batchsql.values.basics import Interval, TableName
from batchsql.values.project import RunHook, Severity
from batchsql.values.readings import Reading, Wanted
from batchsql.values.unit_tests import UnitResult


class Input(Struct, frozen=True, order=True):
    """One input of a batch and its version: a batch id, a file's `size:mtime_ns`, or `unknown`."""

    name: str
    kind: Literal["model", "source", "file", "relation"]
    version: str


class Loaded(Struct, frozen=True, kw_only=True):
    """The newest committed batch of a model: by which code, from what.

    checks_fingerprint: of the checks that judged it last; judged_by: the batch that ran them.
    judged_code: fingerprint of the code as it was then, which need not be what made the rows.
    source_columns: name and type of the columns that each source it read had then.
    """

    batch_id: int
    fingerprint: str
    inputs: tuple[Input, ...] = ()
    checks_fingerprint: str = ""
    judged_by: int = 0
    judged_code: str = ""
    source_columns: dict[str, tuple[tuple[str, str], ...]] = {}


class LedgerState(Struct, frozen=True, kw_only=True):
    """What the plan needs to know of the warehouse.

    newest: each model's newest committed batch.
    intervals: for interval models, each loaded interval with the id of its newest batch, since the last rebuild.
    inputs: for each of those intervals, what its newest batch read, where the plan asks for it.
    early: those of them that were not over yet when their newest batch began.
    readings: for those of models that are compared with their inputs, what the newest batch read, by input.
    interval_codes: the fingerprint of the code that made each of them.
    compared: by model and input, the version that all intervals were compared with last, and the batch that says so.
    codes: for interval models, how many of those intervals each code made, by fingerprint.
    unfinished: the state of the newest attempt at a model's slice, where that attempt did not commit; DAMAGED where the
        slice no longer holds what was loaded: of the slice None, so that the relation is to be made anew.
    relations: what is there: name -> `table` or `view`.
    seconds: by model, what one committed batch took on average, in wall clock.
    last_run_at: when the newest run began or ended, UTC; None before the first.
    """

    newest: dict[str, Loaded] = {}
    intervals: dict[str, dict[Interval, int]] = {}
    inputs: dict[str, dict[Interval, tuple[Input, ...]]] = {}
    early: dict[str, tuple[Interval, ...]] = {}
    readings: dict[str, dict[Interval, dict[str, Reading]]] = {}
    interval_codes: dict[str, dict[Interval, str]] = {}
    compared: dict[str, dict[str, tuple[str, int]]] = {}
    codes: dict[str, dict[str, int]] = {}
    unfinished: dict[tuple[str, Interval | None], str] = {}
    relations: dict[TableName, str] = {}
    seconds: dict[str, float] = {}
    last_run_at: datetime | None = None


class Batch(Struct, frozen=True, kw_only=True):
    """One model × one slice. interval is None where the slice is everything.

    rebuild: make the relation anew, whatever is there.
    last: the last batch of its model in this plan; checks of the whole relation run with it.
    release: load the rows that are in quarantine.
    joins: the neighbouring batches that are loaded in one pass; its interval is then theirs together.
    compared: inputs of an interval model with the version that all its intervals are level with once this batch is in.
    judges: which checks run: those of what the batch writes; or, writing nothing, `everything` on what is there, or
            just the `others`: those that look at other relations too.
    """

    model: str
    interval: Interval | None = None
    reason: str = ""
    rebuild: bool = False
    last: bool = True
    judges: Literal["batch", "everything", "others"] = "batch"
    release: bool = False
    joins: tuple[Batch, ...] = ()
    compared: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.model if self.interval is None else f"{self.model} {self.interval}"


class NotDue(Struct, frozen=True):
    """A selected model that will not run, and why."""

    model: str
    reason: str


class Plan(Struct, frozen=True, kw_only=True):
    """The batches that are due, in an order in which they can run one after another.

    notes: what a reader should know of models that run: a sentence each.
    later: models of which it is decided when others of this plan have run, and why.
    wanted: what must be asked of the warehouse, and the plan be made again with the answers.
    """

    batches: tuple[Batch, ...] = ()
    not_due: tuple[NotDue, ...] = ()
    notes: tuple[NotDue, ...] = ()
    later: tuple[NotDue, ...] = ()
    wanted: tuple[Wanted, ...] = ()


class Scope(Struct, frozen=True, kw_only=True):
    """Where the rows are that a batch wrote, for the checks on them; valid in the batch's own transaction.

    relation: quoted name; predicate: the condition that picks the batch's rows, None for all.
    history, history_predicate: likewise for the rows that were there before and still are; None where there are none.
    kind: a view is executed each time it is read, so its rows are kept where they are needed more than once.
    rows: how many rows the batch has, where known. It decides which statement is cheapest, never what it answers.
    """

    relation: str
    kind: Literal["table", "view"] = "table"
    predicate: str | None = None
    history: str | None = None
    history_predicate: str | None = None
    rows: int | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """What a check found in a batch.

    state: pass; warn (failed, severity or thresholds let it through); fail; error (could not be evaluated).
    failures: the count that warn_if and error_if were compared with.
    sample: up to 5 offending rows, as column -> value, values as JSON can hold them.
    stored_in: the table of the warehouse that the failing rows are kept in; empty where they are not kept.
    result: of an expectation, `success` and what Great Expectations reports: element_count, observed_value, ...
    """

    check: str
    kind: str
    state: Literal["pass", "warn", "fail", "error"]
    failures: int = 0
    columns: tuple[str, ...] = ()
    severity: Severity = "error"
    sample: tuple[dict[str, Any], ...] = ()
    message: str = ""
    stored_in: str = ""
    result: dict[str, Any] = {}


DAMAGED = "damaged"
"""The state of a ledger entry that says that a slice no longer holds what was loaded, so that it is due."""

State = Literal["committed", "failed", "check_failed", "skipped", "interrupted"]


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a batch. Times in UTC; seconds of wall clock; bytes the file grew by are not known per batch."""

    batch: Batch
    state: State
    batch_id: int = 0
    rows_written: int = 0
    rows_deleted: int = 0
    started_at: datetime | None = None
    seconds: float = 0.0
    verdicts: tuple[Verdict, ...] = ()
    error: str = ""
    error_report: dict[str, Any] = {}  # path, line, source_line, hint of the error, where there is one
    attempts: int = 1
    sql: str = ""  # the query that ran, where it was a query
    parts: tuple[Outcome, ...] = ()  # of each batch, where several were loaded in one pass


class HookOutcome(Struct, frozen=True, kw_only=True):
    """What became of a hook of a run. unique_id: as artifacts call it. sql: what it came to. Times in UTC."""

    hook: RunHook
    unique_id: str
    state: Literal["committed", "failed", "skipped"]
    sql: str = ""
    error: str = ""
    error_report: dict[str, Any] = {}
    started_at: datetime | None = None
    seconds: float = 0.0


class RunResult(Struct, frozen=True, kw_only=True):
    """A whole run. last_run_at: when the newest run before this one began, UTC, where the ledger knows one.

    judges: whether checks were to run. unit_tests: those that ran before it.
    """

    run_id: int | None
    outcomes: tuple[Outcome, ...]
    not_due: tuple[NotDue, ...]
    seconds: float
    interrupted: bool = False
    last_run_at: datetime | None = None
    hooks: tuple[HookOutcome, ...] = ()
    judges: bool = True
    unit_tests: tuple[UnitResult, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all well, 1 a batch failed, 3 a check failed; a failed batch counts before a failed check."""
        states: set[str] = {outcome.state for outcome in self.outcomes} | {hook.state for hook in self.hooks}
        if self.interrupted or "failed" in states or "interrupted" in states:
            return 1
        return 3 if "check_failed" in states else 0
