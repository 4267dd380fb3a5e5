"""What a caller asks of a run, and what it hears while the run goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

from batchsql.values import Batch, Kind, Outcome, Plan
from batchsql.values.planned import PlannedRun


class Options(Struct, frozen=True, kw_only=True):
    """What to run and how.

    start, end: a range of time in UTC, half-open, to load again in interval models.
    threads: batches at a time; None for what the target says.
    wait: seconds to wait for a warehouse that another process holds; 0 for not at all.
    command: the command as typed, for the ledger, secrets masked.
    variables: what --vars supplied, for the ledger.
    store_failures: whether the failing rows of checks that say nothing about it are kept.
    unit_tests: whether models that are new, or whose code changed, must pass their unit tests before they are loaded.
    force: whether everything selected runs, due or not. kinds: what alone may run; all where it is empty.
    checks: whether batches are judged. elsewhere: names of relations to read for models that are not selected and not
    there, by key; favor_elsewhere: also where they are there. planned: a plan that was kept, to be carried out.
    """

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    full_refresh: bool = False
    threads: int | None = None
    fail_fast: bool = False
    start: datetime | None = None
    end: datetime | None = None
    wait: float = 0.0
    command: str = ""
    variables: dict[str, Any] = {}
    unit_tests: bool = True
    store_failures: bool = False
    force: bool = False
    kinds: frozenset[Kind] = frozenset()
    checks: bool = True
    elsewhere: dict[str, str] = {}
    favor_elsewhere: bool = False
    planned: PlannedRun | None = None


class RunStarted(Struct, frozen=True):
    """The warehouse is open, the plan is made. seconds: what one batch of each model took so far, in wall clock."""

    run_id: int
    plan: Plan
    seconds: dict[str, float] = {}


class PlanGrew(Struct, frozen=True):
    """More is due, as it turned out when other batches had run."""

    plan: Plan


class BatchStarted(Struct, frozen=True):
    """A batch was given to a worker."""

    batch: Batch


class BatchFinished(Struct, frozen=True):
    """A batch is committed, rolled back or skipped."""

    outcome: Outcome


class Note(Struct, frozen=True):
    """Something a person may want to know: a wait, a warning, an interruption."""

    message: str


Event = RunStarted | PlanGrew | BatchStarted | BatchFinished | Note
Listener = Callable[[Event], None]


def ignore(_: Event) -> None:
    """A listener that does not listen."""
