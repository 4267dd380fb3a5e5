"""What the ledger remembers of earlier batches, for the checks that compare with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

HISTORY_KINDS = ("within_history", "volume", "freshness", "no_new_values")
"""The checks that compare a batch with what was there before it, or with the time of day."""

MEASURES = ("rows", "nulls", "null_share", "distinct", "sum", "mean", "min", "max", "stdev")
"""What of a batch can be compared with history; all but `rows` are of a column. `distinct` is an estimate."""

RELEASED = "released from quarantine"
"""The reason of a batch that loads rows again that were put aside: it is no slice, and not compared with others."""


class Past(Struct, frozen=True, kw_only=True):
    """What a check is told of the time before its batch.

    values: what earlier batches had of what it measures, the newest first.
    values_seen: values of its column that earlier batches had, as text, as far as the ledger keeps them.
    only_seen: whether there is no history but those: the relation is loaded whole.
    batches: how many earlier batches there are, as far as they count. needed: how many there must be.
    now: the moment to compare with, UTC: for an interval that is over, its end.
    interval: whether the rows are those of an interval; if not, freshness is that of the relation.
    aside: why the check does not judge these rows; empty where it does.
    """

    values: tuple[float, ...] = ()
    values_seen: tuple[str, ...] = ()
    only_seen: bool = False
    batches: int = 0
    needed: int = 0
    now: datetime | None = None
    interval: bool = False
    aside: str = ""


class ColumnProfile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A column of a batch in a few figures; None where the type has no such thing, or the batch no value.

    distinct: an estimate. low, high: as text, long ones cut. mean, stdev: of numbers; of truth values, mean is the
    share that is true.
    """

    name: str
    type: str
    nulls: int = 0
    distinct: int | None = None
    low: str | None = None
    high: str | None = None
    mean: float | None = None
    stdev: float | None = None


class Profile(Struct, frozen=True, kw_only=True):
    """A batch in a few figures for each column."""

    rows: int
    columns: tuple[ColumnProfile, ...]


class PastBatch(Struct, frozen=True, kw_only=True):
    """An earlier batch that still stands. rows: that it wrote. results: of its verdicts, as far as they have any."""

    batch_id: int
    rows: int
    results: tuple[dict[str, Any], ...] = ()
    profile: Profile | None = None

    def observed(self, measure: str) -> Any:
        """What a check found that measures the same; None where none did."""
        found = (result.get("observed_value") for result in self.results if result.get("measure") == measure)
        return next((value for value in found if value is not None), None)
