from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchsql.plan.intervals import Coverage, advance, floor, steps, whole_steps
from batchsql.values import Interval, Step

UNITS = ("minute", "hour", "day", "week", "month", "quarter", "year")
moments = st.datetimes(datetime(1999, 1, 1), datetime(2040, 1, 1))


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [
        ("day", 1, "day"),
        ("15 minutes", 15, "minute"),
        ("Hour", 1, "hour"),
        ("5 days", 5, "day"),
        ("1 month", 1, "month"),
    ],
)
def test_a_step_is_read_as_people_write_it(text: str, count: int, unit: str) -> None:
    assert Step.parse(text) == Step(count, unit)


@pytest.mark.parametrize("text", ["", "daily", "0 days", "-1 day", "1.5 hours", "fortnight", "day day"])
def test_what_is_no_step_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="step of time"):
        Step.parse(text)


@given(moments, st.sampled_from(UNITS))
def test_a_moment_lies_between_its_boundary_and_the_next(moment: datetime, unit: str) -> None:
    start = floor(moment, unit)
    assert start <= moment < advance(start, Step(1, unit))
    assert floor(start, unit) == start


@given(moments, st.integers(1, 40), st.sampled_from(UNITS[1:]), st.integers(1, 7))
def test_steps_touch_and_never_overlap(begin: datetime, length: int, unit: str, count: int) -> None:
    end = begin + timedelta(days=length)
    found = list(steps(begin, end, Step(count, unit)))
    assert found[0].start <= begin < found[0].end
    assert found[-1].end == end
    assert all(before.end == after.start for before, after in pairwise(found))


def test_the_interval_that_is_going_on_is_not_whole() -> None:
    found = whole_steps(day("2024-01-30"), None, day("2024-02-02T13:00"), Step(1, "day"))
    assert [str(interval) for interval in found] == ["2024-01-30", "2024-01-31", "2024-02-01"]


def test_an_end_cuts_the_last_interval() -> None:
    found = whole_steps(day("2024-01-10"), day("2024-03-15"), day("2024-06-01"), Step(1, "month"))
    assert [str(interval) for interval in found] == [
        "2024-01-01..2024-02-01",
        "2024-02-01..2024-03-01",
        "2024-03-01..2024-03-15",
    ]


def test_an_end_in_the_future_loads_nothing_early() -> None:
    found = whole_steps(day("2024-01-01"), day("2030-01-01"), day("2024-01-03T00:00"), Step(1, "day"))
    assert found[-1].end == day("2024-01-03")


hours = st.integers(0, 60)
loads = st.lists(st.tuples(hours, st.integers(1, 12)), max_size=12)


@given(loads, hours, st.integers(1, 12))
def test_coverage_agrees_with_counting_hours(loaded: list[tuple[int, int]], start: int, length: int) -> None:
    origin = day("2024-01-01")

    def interval(first: int, count: int) -> Interval:
        return Interval(origin + timedelta(hours=first), origin + timedelta(hours=first + count))

    batches = {interval(first, count): number + 1 for number, (first, count) in enumerate(loaded)}
    held: dict[int, set[int]] = {}
    for found, number in batches.items():
        first = int((found.start - origin) / timedelta(hours=1))
        for hour in range(first, first + int((found.end - found.start) / timedelta(hours=1))):
            held.setdefault(hour, set()).add(number)
    coverage = Coverage(batches)
    wanted = interval(start, length)
    numbers = {number for hour in range(start, start + length) for number in held.get(hour, ())}
    assert coverage.holds(wanted) == all(hour in held for hour in range(start, start + length))
    assert coverage.oldest_batch(wanted) == min(numbers, default=0)
    assert coverage.newest_batch(wanted) == max(numbers, default=0)
