"""Interval arithmetic: the grid of an interval model's batches, and what of it the ledger covers.

All intervals are half-open and in UTC. Batches of one unit lie on the calendar (days at midnight, weeks on Monday,
months on the 1st); batches of several units (`5 days`) are counted from `begin`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import takewhile

from batchsql.values import Interval, Step, Unit

_FIXED = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def floor(moment: datetime, unit: Unit) -> datetime:
    """The newest calendar boundary of the unit that is not after the moment."""
    match unit:
        case "minute":
            return moment.replace(second=0, microsecond=0)
        case "hour":
            return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1)


def advance(moment: datetime, step: Step) -> datetime:
    """The moment one step later; for months and longer the moment lies on the 1st."""
    if step.unit in _FIXED:
        return moment + step.count * _FIXED[step.unit]
    months = moment.year * 12 + moment.month - 1 + step.count * _MONTHS[step.unit]
    return moment.replace(year=months // 12, month=months % 12 + 1)


def steps(begin: datetime, end: datetime, step: Step) -> Iterator[Interval]:
    """The grid of intervals from begin on, up to those that end at `end` or before it; the last may be cut at `end`.

    The first starts at the calendar boundary at or before `begin`.
    """
    start = floor(begin, step.unit)
    while start < end:
        following = advance(start, step)
        yield Interval(start, min(following, end))
        start = following


def whole_steps(
    begin: datetime, end: datetime | None, now: datetime, step: Step, *, until_now: bool = False
) -> list[Interval]:
    """The intervals that are over: the grid up to `end`, or to now; with until_now, the one that still goes on too."""
    until = datetime.max if end is None else end
    return list(
        takewhile(
            lambda interval: (interval.start if until_now else interval.end) <= now,
            steps(begin, until, step),
        )
    )


class Coverage:
    """The stretch of time that loaded intervals cover, and the batches that loaded it."""

    def __init__(self, loaded: dict[Interval, int]) -> None:
        self._loaded = loaded
        self._intervals = sorted(loaded)
        self._starts = [interval.start for interval in self._intervals]
        self._longest = max((interval.end - interval.start for interval in self._intervals), default=timedelta())

    def overlapping(self, wanted: Interval) -> Iterable[Interval]:
        """The loaded intervals that share a moment with the wanted one, by start."""
        first = bisect_right(self._starts, wanted.start - self._longest)
        last = bisect_right(self._starts, wanted.end)
        return [interval for interval in self._intervals[max(first - 1, 0) : last] if interval.overlaps(wanted)]

    def holds(self, wanted: Interval) -> bool:
        """Whether every moment of the wanted interval is loaded."""
        if wanted in self._loaded:
            return True
        reached = wanted.start
        for interval in self.overlapping(wanted):
            if interval.start > reached:
                return False
            reached = max(reached, interval.end)
        return reached >= wanted.end

    def oldest_batch(self, wanted: Interval) -> int:
        """The lowest batch id among those that loaded some of the wanted interval; 0 when none did."""
        return min((self._loaded[interval] for interval in self.overlapping(wanted)), default=0)

    def newest_batch(self, wanted: Interval) -> int:
        """The highest batch id among those that loaded some of the wanted interval; 0 when none did."""
        return max((self._loaded[interval] for interval in self.overlapping(wanted)), default=0)
