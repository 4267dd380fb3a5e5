from __future__ import annotations

import json
from datetime import datetime

from batchsql.report.history import Wrong, history_text
from batchsql.report.lineage import lineage_dot, lineage_mermaid, lineage_record, lineage_text
from batchsql.report.listing import listing
from batchsql.report.plans import nothing_due, plan_record, plan_text
from batchsql.report.table import as_json
from batchsql.values import Batch, Config, Graph, Interval, Node, NotDue, Plan


def node(key: str, *parents: str, kind: str = "model", materialized: str = "table") -> Node:
    config = Config(materialized=materialized)  # type: ignore[arg-type]
    return Node(key=key, kind=kind, path=f"models/{key}.sql", config=config, parents=parents)  # type: ignore[arg-type]


GRAPH = Graph(
    nodes={
        n.key: n
        for n in (
            node("raw.flights", kind="source"),
            node("stg_flights", "raw.flights", materialized="view"),
            node("by_day", "stg_flights"),
            node("by_carrier", "stg_flights"),
            node("summary", "by_day", "by_carrier"),
            node("report", "summary"),
            node("no_flight_is_lost", "summary", kind="test"),
        )
    }
)


def test_tree_draws_what_is_below_a_node_once() -> None:
    assert lineage_text(GRAPH, GRAPH.nodes).splitlines() == [
        "raw.flights (source)",
        "└─ stg_flights (view)",
        "   ├─ by_day (table)",
        "   │  └─ summary (table)",
        "   │     └─ report (table)",
        "   └─ by_carrier (table)",
        "      └─ summary (table) ...",
    ]


def test_tree_of_a_selection_starts_at_its_own_roots() -> None:
    assert lineage_text(GRAPH, ["by_day", "summary"]) == "by_day (table)\n└─ summary (table)"


def test_dot_and_mermaid_hold_the_edges_of_what_is_shown() -> None:
    assert '  "stg_flights" -> "by_day"' in lineage_dot(GRAPH, GRAPH.nodes)
    assert lineage_mermaid(GRAPH, ["raw.flights", "stg_flights"]).splitlines() == [
        "flowchart LR",
        '  n0[("raw.flights")]',
        '  n1["stg_flights"]',
        "  n0 --> n1",
    ]
    assert lineage_record(GRAPH, ["by_day", "summary"])["edges"] == [{"from": "by_day", "to": "summary"}]


def test_listing_by_name_path_and_json() -> None:
    keys = ["stg_flights", "by_day"]
    assert listing(GRAPH, keys, "name") == "stg_flights\nby_day"
    assert listing(GRAPH, keys, "path") == "models/stg_flights.sql\nmodels/by_day.sql"
    first = json.loads(listing(GRAPH, keys, "json").splitlines()[0])
    assert (first["name"], first["materialized"], first["parents"]) == ("stg_flights", "view", ["raw.flights"])


def day(number: int) -> Interval:
    return Interval(datetime(2013, 2, number), datetime(2013, 2, number + 1))


PLAN = Plan(
    batches=(
        Batch(model="stg_flights", reason="the query changed"),
        *(Batch(model="by_day", interval=day(n), reason="not loaded yet") for n in (1, 2, 3)),
        Batch(model="by_day", interval=day(5), reason="failed last time"),
    ),
    not_due=(NotDue("summary", "up to date"),),
)


def test_plan_draws_intervals_of_one_reason_together() -> None:
    assert plan_text(PLAN).splitlines() == [
        "5 batches of 2 models due",
        "  stg_flights  all                                the query changed",
        "  by_day       3 batches, 2013-02-01..2013-02-04  not loaded yet",
        "  by_day       2013-02-05                         failed last time",
        "not due: summary (up to date)",
    ]
    assert plan_record(PLAN)["batches"][1] == {
        "model": "by_day",
        "start": "2013-02-01T00:00:00",
        "end": "2013-02-02T00:00:00",
        "reason": "not loaded yet",
        "rebuild": False,
        "judges": "batch",
        "estimated_rows": None,
        "estimated_seconds": None,
    }


def test_a_plan_shows_no_stretch_that_holds_more_than_is_due() -> None:
    due = [Batch(model="by_day", interval=day(n), reason="failed last time") for n in (5, 8)]
    between = Batch(model="by_day", interval=day(6), reason="not loaded yet")
    text = plan_text(Plan(batches=(due[0], between, due[1])))
    assert "2 batches, 2013-02-05, 2013-02-08  failed last time" in text
    many = tuple(Batch(model="by_day", interval=day(n)) for n in (1, 2, 4, 6, 8, 10))
    assert "6 batches, 2013-02-01..2013-02-03, 2013-02-04, 2013-02-06, and 2 more" in plan_text(Plan(batches=many))


def test_a_plan_keeps_to_the_width() -> None:
    reasons = ("calls current_localtimestamp(), whose value changes by itself", "upstream stg_flights was loaded since")
    batches = tuple(Batch(model="flights_by_carrier", interval=day(n + 1), reason=reasons[n % 2]) for n in range(9))
    later = NotDue(
        "c", "all 3 intervals are loaded; a, read as a whole, changed since: `on_input_change: rerun` loads them again"
    )
    for width in (60, 80, 90):
        text = plan_text(Plan(batches=batches, not_due=(later,)), width=width)
        assert max(map(len, text.splitlines())) <= width
        assert max(map(len, nothing_due(Plan(not_due=(later,)), width=width).splitlines())) <= width


def test_nothing_due_is_one_line_and_a_line_for_whoever_needs_attention() -> None:
    up_to_date = (NotDue("a", "up to date"), NotDue("b", "all 365 intervals are loaded"))
    behind = NotDue("c", "all 3 intervals are loaded; the code changed since: new intervals use it")
    last = datetime(2026, 1, 2, 3, 4, 5)
    assert nothing_due(Plan(not_due=up_to_date), last) == (
        "nothing is due: 2 models up to date, last run 2026-01-02 03:04:05 UTC"
    )
    assert nothing_due(Plan(not_due=(*up_to_date, behind))).splitlines() == [
        "nothing is due: 2 models up to date",
        "  c  all 3 intervals are loaded; the code changed since: new intervals use it",
    ]


def test_history_of_runs_and_of_batches() -> None:
    began = datetime(2026, 1, 2, 3, 4, 5)
    run = {"run_id": 12, "state": "succeeded", "started_at": began, "ended_at": None, "command": "batchsql build"}
    run |= {"seconds": 3.2, "batches": 14, "rows_written": 1204, "code_version": "0123456789abcdef-dirty"}
    lines = history_text([run]).splitlines()
    assert lines[0].split() == ["run", "state", "started", "(UTC)", "took", "batches", "rows", "code", "command"]
    expected = "12 succeeded 2026-01-02 03:04:05 3.20 s 14 1,204 0123456-dirty batchsql build"
    assert " ".join(lines[2].split()) == expected
    assert history_text([]) == "the ledger holds nothing of the kind"


def failed_batch(number: int, **more: object) -> dict[str, object]:
    began = datetime(2026, 1, 2, 3, 4, 5)
    batch = {"batch_id": number, "run_id": 12, "state": "failed", "model": "by_day", "slice_start": day(1).start}
    batch |= {"slice_end": day(1).end, "started_at": began, "ended_at": began, "rows_written": 0}
    return batch | {"reason": "calls current_localtimestamp(), whose value changes by itself"} | more


def wrong(number: int, **more: object) -> Wrong:
    batch = {"batch_id": number, "run_id": 12, "model": "by_day", "slice_start": day(1).start, "slice_end": day(1).end}
    return Wrong(**batch | {"error": "no column x\nmore", "checks": None, "others": 3} | more)  # type: ignore[arg-type]


def test_history_says_below_what_failed_why() -> None:
    batches = [
        failed_batch(8),
        failed_batch(7),
        failed_batch(6, state="check_failed"),
        failed_batch(5, state="committed"),
    ]
    checks = wrong(6, checks="unique_by_day_day (2 rows), not_null_by_day_x (not evaluated)")
    text = history_text(batches, [wrong(8), wrong(7), checks])
    assert "by_day  2013-02-01" in text
    assert [line.strip() for line in text.splitlines() if line.startswith("      ")] == [
        "no column x",
        "the same",
        "failed: unique_by_day_day (2 rows), not_null_by_day_x (not evaluated)",
    ]
    run = {"run_id": 12, "state": "failed", "started_at": None, "command": "batchsql build"}
    assert history_text([run], [wrong(8)]).endswith("\n      by_day 2013-02-01: no column x; and 3 more")


def test_history_fits_the_width_and_keeps_what_matters() -> None:
    batches = [failed_batch(8), failed_batch(7, state="check_failed", model="not_null_where_it_counts")]
    for width in (80, 90):
        lines = history_text(batches, [wrong(8, error="long words " * 30)], known={"run"}, width=width).splitlines()
        assert max(map(len, lines)) <= width
        assert "01-02 03:04:05" in lines[2]
        assert "run" not in lines[0].split()
    began = datetime(2026, 1, 2, 3, 4, 5)
    run = {
        "run_id": 12,
        "state": "check_failed",
        "started_at": began,
        "command": "batchsql build -s a b c d e f g",
    }
    run |= {"seconds": 63.2, "batches": 1400, "rows_written": 392_316, "code_version": "0123456789abcdef-dirty"}
    lines = history_text([run], width=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert "392,316" in lines[2]
    assert "batchsql bui" in lines[2]


def test_after_a_build_nothing_is_said_of_inputs_that_stay_as_they_are() -> None:
    behind = NotDue(
        "c", "all 3 intervals are loaded; a, read as a whole, changed since: `on_input_change: rerun` loads them again"
    )
    assert "read as a whole" in nothing_due(Plan(not_due=(behind,)))
    assert nothing_due(Plan(not_due=(behind,)), after_build=True) == "nothing is due: 1 model up to date"


def test_json_has_no_numbers_that_json_lacks() -> None:
    rows = [(float("nan"), [1.5, float("inf")]), (2.0, {"a": -float("inf")})]
    assert json.loads(as_json(("a", "b"), rows)) == [{"a": None, "b": [1.5, None]}, {"a": 2.0, "b": {"a": None}}]
