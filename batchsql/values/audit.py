"""What the ledger remembers of a check: the history of its verdicts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

State = Literal["pass", "warn", "fail", "error", "never"]


class Judgement(Struct, frozen=True, kw_only=True):
    """One verdict that was not `pass`, and on what: the interval's start and end for an interval model."""

    batch_id: int
    judged_at: datetime
    state: State
    failures: int
    message: str
    sample: tuple[dict[str, Any], ...] = ()
    slice_start: datetime | None = None
    slice_end: datetime | None = None


class CheckHistory(Struct, frozen=True, kw_only=True):
    """A check's verdicts, oldest first, and what they come to.

    now: the worst of the verdicts that still stand: the newest on each interval, or on the whole; `never` without any.
    amiss_now: how many of those are not `pass`; standing: how many there are.
    states, failures: verdict for verdict.
    amiss, first, last: of all verdicts that were not `pass`.
    observed: what it measured, where it compares batches with earlier ones, those left out that measured nothing;
    expected: what the newest of these verdicts expected, None to a side without a bound, empty where nothing was.
    in_project: whether the project still has the check.
    """

    check: str
    kind: str
    columns: tuple[str, ...]
    severity: str
    now: State = "never"
    amiss_now: int = 0
    standing: int = 0
    states: tuple[State, ...] = ()
    failures: tuple[int, ...] = ()
    amiss: int = 0
    first: Judgement | None = None
    last: Judgement | None = None
    most_failures: int = 0
    in_project: bool = True
    measure: str = ""
    observed: tuple[float, ...] = ()
    expected: tuple[float | None, ...] = ()
