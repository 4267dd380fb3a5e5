"""What is expected of a batch, by the batches before it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from statistics import median

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchsql.check import compile_checks, judge, measure_of, read_profile
from batchsql.check.history import NORMAL, TOLERANCE, expected_range
from batchsql.check.history_words import age, amount
from batchsql.check.profile import profile_expressions
from batchsql.pipeline.past import intervals_before
from batchsql.values import Check, Interval, Scope
from batchsql.values.history import Past

numbers = st.floats(-1e9, 1e9)
histories = st.lists(numbers, min_size=5, max_size=40)


@given(histories, st.floats(1, 1e12), st.floats(1, 1e12))
def test_how_far_out_an_outlier_lies_does_not_matter(history: list[float], one: float, other: float) -> None:
    far = 3 * (max(map(abs, history)) + 1)
    assert expected_range([*history, far + one]) == expected_range([*history, far + other])


@given(histories, st.floats(-1e30, 1e30))
def test_one_outlier_widens_the_range_no_further_than_its_neighbours_do(history: list[float], outlier: float) -> None:
    found = expected_range([*history, outlier], margin="0")
    spread = max(history) - min(history)
    assert min(history) <= found.median <= max(history) or len(history) < 2
    assert found.high - found.median <= TOLERANCE * NORMAL * spread * (1 + 1e-9) + 1e-6


@given(histories, st.floats(0, 10))
def test_the_range_lies_around_the_median_and_moves_with_the_values(history: list[float], tolerance: float) -> None:
    found = expected_range(history, tolerance, "0")
    assert found.low <= median(history) == found.median <= found.high
    moved = expected_range([value + 1000 for value in history], tolerance, "0")
    assert math.isclose(moved.high, found.high + 1000, rel_tol=1e-6, abs_tol=1e-3)
    wider = expected_range(history, tolerance + 1, "0")
    assert wider.low <= found.low
    assert found.high <= wider.high


def test_values_that_are_all_the_same_leave_the_margin() -> None:
    same = [200.0] * 7
    assert (expected_range(same).low, expected_range(same).high) == (180, 220)
    assert (expected_range(same, margin="5").low, expected_range(same, margin="5").high) == (195, 205)
    assert (expected_range(same, margin="0").low, expected_range(same, margin="0").high) == (200, 200)


def check(kind: str, past: Past | None = None, column: str = "", **more: object) -> Check:
    arguments = {**more, **({"past": past} if past else {})}
    return Check(name=kind, kind=kind, columns=(column,) if column else (), arguments=arguments)


def test_whole_checks_share_the_scan() -> None:
    checks = [
        check("volume"),
        check("within_history", column="amount", measure="null_share"),
        check("within_history", column="amount", measure="sum"),
        check("freshness", Past(interval=True), column="at", error_after=60.0),
    ]
    plan = compile_checks(checks, Scope(relation="t", predicate="day = 3"), {}, [("id", "BIGINT")])
    assert plan.statements[0].sql == (
        "select count(*),\n  count(*),\n"
        '  count_if("amount" is null) / nullif(count(*), 0),\n'
        '  coalesce(sum("amount"::double), 0),\n'
        '  epoch(max("at")),\n'
        '  count("id"),\n  approx_count_distinct("id"),\n  min("id")::VARCHAR,\n  max("id")::VARCHAR,\n'
        '  avg("id"::DOUBLE),\n  stddev_samp("id"::DOUBLE)\nfrom t where (day = 3)'
    )


def test_history_is_asked_only_about_values_of_the_batch() -> None:
    scope = Scope(relation="t", predicate="day = 3", history="t", history_predicate="day <> 3")
    asked = check("no_new_values", Past(batches=9, needed=7), column="k", known=["x"])
    plan = compile_checks([asked], scope, {})
    assert plan.questions[0].offending == (
        '"k" is not null and "k"::varchar not in (\'x\') and "k" not in '
        '(select "k" from t where (day <> 3) and "k" in '
        '(select "k" from t where (day = 3) and "k" is not null and "k"::varchar not in (\'x\')))'
    )


@pytest.mark.parametrize(
    ("observed", "state"), [(100, "pass"), (110, "pass"), (111, "fail"), (89, "fail"), (None, "fail")]
)
def test_verdicts(observed: float | None, state: str) -> None:
    asked = check("within_history", Past(values=(100.0,) * 7, needed=7), column="a", measure="mean")
    plan = compile_checks([asked], Scope(relation="t"), {})
    (verdict,) = judge(plan, [(5, observed)])
    assert verdict.state == state
    assert verdict.result["expected"] == [90.0, 110.0]


def test_what_is_measured_has_a_name_by_which_it_is_found_again() -> None:
    asked = Check(
        name="x", kind="within_history", columns=("amount",), arguments={"measure": "sum"}, where="paid  and\n true"
    )
    assert measure_of(asked) == "sum of amount where paid and true"
    assert measure_of(check("volume")) == "rows"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (59.6, "1 minute"), (5400, "1 hour 30 minutes"), (266461, "3 days 2 hours"), (-60, "-1 minute")],
)
def test_ages(seconds: float, words: str) -> None:
    assert age(seconds) == words


def test_amounts() -> None:
    share = check("within_history", column="a", measure="null_share")
    assert [amount(share, 0.125), amount(check("volume"), 12345.0), amount(check("volume"), 0.12345)] == [
        "12.5%",
        "12,345",
        "0.1235",
    ]


days = st.integers(0, 400).map(lambda day: datetime(2024, 1, 1) + timedelta(day))


@given(st.sets(days, max_size=60), days, st.booleans(), st.integers(1, 20))
def test_intervals_before(known: set[datetime], start: datetime, same_weekday: bool, most: int) -> None:
    def day(at: datetime) -> Interval:
        return Interval(at, at + timedelta(1))

    intervals = {day(each): number for number, each in enumerate(sorted(known))}
    week = {Interval(start - timedelta(7), start): 999}
    found = intervals_before(day(start), intervals | week, same_weekday=same_weekday, most=most)
    earlier = [each for each in sorted(known, reverse=True) if each < start]
    wanted = [each for each in earlier if not same_weekday or each.weekday() == start.weekday()]
    assert found == [day(each) for each in wanted[:most]]


def test_months_are_about_as_long_as_one_another() -> None:
    months = [Interval(datetime(2024, month, 1), datetime(2024, month + 1, 1)) for month in range(1, 6)]
    found = intervals_before(months[-1], dict.fromkeys(months, 1), same_weekday=False, most=10)
    assert found == months[3::-1]


TYPES = {
    "whole": "range::BIGINT",
    "huge": "170141183460469231731687303715884105727::HUGEINT",
    "exact": "(range / 3)::DECIMAL(18, 3)",
    "floating": "case range when 0 then 'inf'::DOUBLE when 1 then 'nan'::DOUBLE else range end",
    "words": "repeat('x', 100) || range",
    "truth": "range % 2 = 0",
    "day": "date '2024-01-01' + range::INTEGER",
    "moment": "timestamptz '2024-01-01 00:00:00+00'",
    "listed": "[range]",
    "struct": "{'a': range}",
    "many": "map {'a': range}",
    "bytes": "'x'::BLOB",
    "nothing": "NULL::INTEGER",
    "choice": "'a'::ENUM('a', 'b')",
    "span": "interval 1 day",
    "json": "'{}'::JSON",
    "unique": "gen_random_uuid()",
}


@pytest.mark.parametrize("rows", [0, 1, 10])
def test_a_profile_of_every_type(rows: int) -> None:
    connection = duckdb.connect()
    listed = ", ".join(f'{expression} as "{name}"' for name, expression in TYPES.items())
    connection.execute(f"create table t as select {listed} from range({rows})")
    columns = [(name, str(kind)) for name, kind, *_ in connection.execute("describe t").fetchall()]
    row = connection.execute(f"select {', '.join(profile_expressions(columns))} from t").fetchone()
    assert row is not None
    found = {column.name: column for column in read_profile(columns, rows, row).columns}
    assert found["nothing"].nulls == rows
    assert found["whole"].nulls == 0
    if rows == 10:
        assert (found["whole"].low, found["whole"].high, found["whole"].mean) == ("0", "9", 4.5)
        assert found["floating"].mean is None
        assert found["truth"].mean == 0.5
        assert len(found["words"].high or "") == 80
        assert (found["day"].low, found["day"].high) == ("2024-01-01", "2024-01-10")
        assert found["listed"].distinct is None
        assert found["choice"].low == "a"
