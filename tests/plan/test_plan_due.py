from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from batchsql.plan import PlanRequest, make_plan
from batchsql.plan.due import describe_changes
from batchsql.values import (
    Check,
    Config,
    Graph,
    Input,
    Interval,
    LedgerState,
    Loaded,
    Node,
    Query,
    Source,
    Step,
    TableName,
)

NOW = datetime(2024, 1, 5, 12)
DAYS = [Interval(datetime(2024, 1, day), datetime(2024, 1, day + 1)) for day in range(1, 5)]


def node(
    key: str, *parents: str, materialized: str = "table", volatile: tuple[str, ...] = (), **config: object
) -> Node:
    return Node(
        key=key,
        kind="model",
        path=f"models/{key}.sql",
        config=Config(materialized=materialized, **config),
        relation=TableName("main", key),
        query=Query(sql="", reads=(), columns=None, fingerprint=key, volatile=volatile),
        parents=tuple(sorted(parents)),
        fingerprint=f"{key}-1",
    )


def daily(key: str, *parents: str, **config: object) -> Node:
    return node(
        key,
        *parents,
        materialized="incremental",
        incremental_strategy="microbatch",
        event_time="ts",
        begin=datetime(2024, 1, 1),
        batch_size=Step(1, "day"),
        **config,
    )


def graph(*nodes: Node) -> Graph:
    return Graph(nodes={each.key: each for each in nodes})


def loaded(found: Graph, **ids: int) -> LedgerState:
    """A warehouse that holds the named models, each loaded by the batch of that id, interval models wholly."""
    return LedgerState(
        newest={key: Loaded(batch_id=number, fingerprint=found[key].fingerprint) for key, number in ids.items()},
        intervals={key: dict.fromkeys(DAYS, ids[key]) for key in ids if found[key].config.by_interval},
        codes={key: {found[key].fingerprint: len(DAYS)} for key in ids if found[key].config.by_interval},
        relations={found[key].relation: "view" if found[key].config.materialized == "view" else "table" for key in ids},
    )


def due(
    found: Graph, state: LedgerState, versions: dict[str, tuple[Input, ...]] | None = None, **request: object
) -> list[str]:
    plan = make_plan(found, set(found.nodes), state, versions or {}, PlanRequest(now=NOW, **request))
    return [f"{batch}: {batch.reason}" for batch in plan.batches]


def test_what_was_never_loaded_is_due() -> None:
    found = graph(node("a"), node("b", "a"))
    assert due(found, LedgerState()) == ["a: first load", "b: first load"]


def test_what_is_loaded_is_not_due() -> None:
    found = graph(node("a"), node("b", "a"), daily("c", "a"))
    assert due(found, loaded(found, a=1, b=2, c=3)) == []


def test_a_changed_query_is_due_and_so_is_what_reads_it() -> None:
    found = graph(node("a"), node("b", "a"), node("c"))
    state = loaded(found, a=1, b=2, c=3)
    found.nodes["a"] = msgspec.structs.replace(found["a"], fingerprint="a-2")
    assert due(found, state) == ["a: code changed", "b: upstream a runs"]


def test_an_upstream_loaded_since_makes_due() -> None:
    found = graph(node("a"), node("b", "a"))
    assert due(found, loaded(found, a=3, b=2)) == ["b: upstream a was loaded since"]


def test_a_change_reaches_through_an_ephemeral_model() -> None:
    found = graph(node("a"), node("e", "a", materialized="ephemeral"), node("b", "e"))
    assert due(found, loaded(found, a=3, b=2)) == ["b: upstream a was loaded since"]


def test_a_relation_dropped_by_hand_is_made_again() -> None:
    found = graph(node("a"))
    state = msgspec.structs.replace(loaded(found, a=1), relations={})
    assert due(found, state) == ["a: main.a is missing from the warehouse"]


def test_a_changed_file_makes_its_readers_due() -> None:
    found = graph(node("a"))
    before = Input("landing/x.csv", "file", "10:1")
    state = loaded(found, a=1)
    state.newest["a"] = Loaded(batch_id=1, fingerprint="a-1", inputs=(before,))
    assert due(found, state, {"a": (before,)}) == []
    assert due(found, state, {"a": (Input("landing/x.csv", "file", "10:2"),)}) == ["a: landing/x.csv changed"]
    assert due(found, state, {"a": (before, Input("landing/y.csv", "file", "1:1"))}) == ["a: landing/y.csv is new"]


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ((), (), None),
        ((("a", "1"),), (("a", "1"),), None),
        ((("a", "1"),), (), "a is gone"),
        ((("a", "1"), ("b", "1")), (("a", "2"), ("b", "2")), "2 files changed, a first"),
        ((), (("a", "1"), ("b", "1")), "2 files are new, a first"),
        ((("s", "unknown"),), (("s", "unknown"),), "nothing tells whether s changed"),
    ],
)
def test_changes_in_words(before: tuple, now: tuple, words: str | None) -> None:
    def inputs(pairs: tuple) -> list[Input]:
        return [Input(name, "file", version) for name, version in pairs]

    assert describe_changes(inputs(before), inputs(now)) == words


def test_a_query_that_calls_now_is_always_due() -> None:
    found = graph(node("a", volatile=("now",)))
    assert due(found, loaded(found, a=1)) == ["a: calls now(), whose value changes by itself"]


def test_a_failed_batch_is_due_again() -> None:
    found = graph(node("a"))
    state = msgspec.structs.replace(loaded(found, a=1), unfinished={("a", None): "check_failed"})
    assert due(found, state) == ["a: a check failed last time"]


def test_all_intervals_that_are_over_are_due_at_first_and_the_first_of_them_makes_the_table() -> None:
    found = graph(daily("d"))
    plan = make_plan(found, {"d"}, LedgerState(), {}, PlanRequest(now=NOW))
    assert [(batch.interval, batch.rebuild, batch.last) for batch in plan.batches] == [
        (DAYS[0], True, False),
        (DAYS[1], False, False),
        (DAYS[2], False, False),
        (DAYS[3], False, True),
    ]


def test_a_gap_in_the_middle_is_filled_and_nothing_else() -> None:
    found = graph(daily("d"))
    state = loaded(found, d=1)
    del state.intervals["d"][DAYS[1]]
    assert due(found, state) == ["d 2024-01-02: not loaded yet"]


def test_another_batch_size_loads_only_what_is_not_covered() -> None:
    found = graph(
        msgspec.structs.replace(
            daily("d"), config=msgspec.structs.replace(daily("d").config, batch_size=Step(2, "day"))
        )
    )
    state = loaded(found, d=1)
    assert due(found, state) == []
    del state.intervals["d"][DAYS[2]]
    assert due(found, state) == ["d 2024-01-03..2024-01-05: not loaded yet"]


def test_an_interval_upstream_that_loaded_a_day_again_makes_that_day_due() -> None:
    found = graph(daily("u"), daily("d", "u"))
    state = loaded(found, u=1, d=2)
    state.intervals["u"][DAYS[2]] = 9
    state.newest["u"] = Loaded(batch_id=9, fingerprint="u-1")
    assert due(found, state) == ["d 2024-01-03: upstream u loaded it again"]


def test_an_interval_upstream_that_will_load_a_day_makes_that_day_due() -> None:
    found = graph(daily("u"), daily("d", "u"))
    state = loaded(found, u=1, d=2)
    del state.intervals["u"][DAYS[0]]
    assert due(found, state) == ["u 2024-01-01: not loaded yet", "d 2024-01-01: upstream u loads it again"]


def test_lookback_loads_the_last_intervals_again_only_when_an_input_changed() -> None:
    found = graph(node("a"), daily("d", "a", lookback=2))
    assert due(found, loaded(found, a=1, d=2)) == []
    assert due(found, loaded(found, a=3, d=2)) == [
        "d 2024-01-03: lookback of 2",
        "d 2024-01-04: lookback of 2",
    ]


def test_a_range_that_was_asked_for_is_loaded_again() -> None:
    found = graph(daily("d"))
    request = {"start": datetime(2024, 1, 2, 6), "end": datetime(2024, 1, 3, 1)}
    assert due(found, loaded(found, d=1), **request) == ["d 2024-01-02: asked for", "d 2024-01-03: asked for"]


def test_full_refresh_makes_anew_but_not_what_is_protected() -> None:
    found = graph(daily("d"), daily("p", full_refresh=False), node("t"))
    plan = make_plan(found, set(found.nodes), loaded(found, d=1, p=2, t=3), {}, PlanRequest(now=NOW, full_refresh=True))
    assert [batch.model for batch in plan.batches] == ["d"] * 4 + ["t"]
    assert [batch.rebuild for batch in plan.batches] == [True, False, False, False, True]


def test_code_of_an_interval_model_goes_forward_unless_it_says_rebuild() -> None:
    forward, rebuild = graph(daily("d")), graph(daily("d", on_change="rebuild"))
    state = loaded(forward, d=1)
    for found in (forward, rebuild):
        found.nodes["d"] = msgspec.structs.replace(found["d"], fingerprint="d-2")
    assert due(forward, state) == ["d: code changed, no interval is due: tried, not loaded"]
    state.newest["d"] = msgspec.structs.replace(state.newest["d"], judged_code="d-2")
    assert due(forward, state) == []
    assert due(rebuild, state) == [f"d {interval}: code changed" for interval in DAYS]


def test_the_plan_says_that_loaded_intervals_may_be_behind() -> None:
    found = graph(node("a"), daily("d", "a"))
    plan = make_plan(found, set(found.nodes), loaded(found, a=3, d=2), {}, PlanRequest(now=NOW))
    assert plan.batches == ()
    assert "a, read as a whole, changed since" in plan.not_due[1].reason


def test_a_source_with_checks_is_checked_when_its_files_changed() -> None:
    source = Source(group="g", name="t", files=("x/*.csv",), format="csv")
    found = graph(Node(key="g.t", kind="source", path="", source=source, checks=(Check(name="c", kind="row_count"),)))
    version = Input("x/1.csv", "file", "1:1")
    assert due(found, LedgerState(), {"g.t": (version,)}) == ["g.t: first load"]
    state = LedgerState(newest={"g.t": Loaded(batch_id=1, fingerprint="", inputs=(version,))})
    assert due(found, state, {"g.t": (version,)}) == []
    assert due(found, state, {"g.t": (Input("x/1.csv", "file", "2:2"),)}) == ["g.t: x/1.csv changed"]


def test_only_selected_models_run() -> None:
    found = graph(node("a"), node("b", "a"))
    plan = make_plan(found, {"b"}, loaded(found, a=3, b=2), {}, PlanRequest(now=NOW))
    assert [batch.model for batch in plan.batches] == ["b"]
