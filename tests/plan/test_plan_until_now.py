"""The interval that is still going on: loaded where `until_now` is set, and again while its input changes."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from test_plan_due import DAYS, NOW, daily, due, graph, loaded, node

from batchsql.values import Graph, Interval, LedgerState

TODAY = Interval(datetime(2024, 1, 5), datetime(2024, 1, 6))


def with_today(found: Graph, *, early: bool, **ids: int) -> LedgerState:
    """As `loaded`, with today's interval in `d`; early: loaded before the day was over."""
    state = loaded(found, **ids)
    intervals = dict.fromkeys([*DAYS, TODAY], ids["d"])
    return msgspec.structs.replace(state, intervals={"d": intervals}, early={"d": (TODAY,)} if early else {})


def test_the_interval_that_goes_on_is_due_too() -> None:
    found = graph(node("a"), daily("d", "a", until_now=True))
    assert due(found, LedgerState())[-1] == "d 2024-01-05: first load"
    assert due(found, loaded(found, a=1, d=2)) == ["d 2024-01-05: not loaded yet"]


def test_it_is_due_again_when_its_input_is_newer_and_with_it_those_of_lookback() -> None:
    found = graph(node("a"), daily("d", "a", until_now=True, lookback=1))
    assert due(found, with_today(found, early=True, a=1, d=2)) == []
    assert due(found, with_today(found, early=True, a=3, d=2)) == [
        "d 2024-01-04: lookback of 1",
        "d 2024-01-05: was not over yet when it was loaded",
    ]


def test_what_was_loaded_when_it_was_over_stays() -> None:
    found = graph(node("a"), daily("d", "a", until_now=True))
    assert due(found, with_today(found, early=False, a=3, d=2)) == []


def test_a_range_may_begin_before_the_grid_and_end_after_now() -> None:
    found = graph(daily("d", until_now=True))
    start, end = datetime(2023, 12, 31), datetime(2024, 1, 1)
    assert due(found, loaded(found, d=1), start=start, end=end) == ["d 2023-12-31: asked for"]
    assert due(found, loaded(found, d=1), start=NOW, end=NOW + timedelta(days=1)) == [
        "d 2024-01-05: asked for",
        "d 2024-01-06: asked for",
    ]
    plain = graph(daily("d"))
    assert due(plain, loaded(plain, d=1), start=start, end=end) == []
