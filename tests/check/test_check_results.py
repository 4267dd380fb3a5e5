"""Checks on real rows in DuckDB, against what a plain loop over the same rows counts."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from batchsql.check import batch_rows, compile_checks, judge, sample_statements, with_samples
from batchsql.engines.duckdb import DuckdbSession, open_engine
from batchsql.errors import EngineError
from batchsql.values import Check, Scope, Target, Verdict

Row = tuple[Any, ...]
COLUMNS = ("id", "code", "amount", "day")
PARENTS = {"parent": '"parent"'}


@pytest.fixture(scope="module")
def session() -> Iterator[DuckdbSession]:
    engine = open_engine(Target(name="test", database=":memory:"), ())
    session = engine.session()
    yield session
    session.close()
    engine.close()


def verdicts(session: DuckdbSession, checks: Sequence[Check], scope: Scope) -> tuple[Verdict, ...]:
    plan = compile_checks(checks, scope, PARENTS)
    for preparation in plan.prepare:
        session.query(preparation)
    found = judge(plan, [session.query(statement.sql)[0] for statement in plan.statements])
    return with_samples(plan, found, [session.query(sample.sql) for sample in sample_statements(plan, found)])


def fill(session: DuckdbSession, table: str, rows: Sequence[Row]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], [], []]
    session.execute(
        f"create or replace table {table} as select unnest(?::bigint[]) as id, unnest(?::varchar[]) as code, "
        "unnest(?::double[]) as amount, unnest(?::date[]) as day, unnest(?::integer[]) as part",
        columns,
    )


# --- the oracle ---------------------------------------------------------------------------------------------------


def key_of(row: Row, columns: Sequence[str]) -> tuple[Any, ...] | None:
    """The key, NaN equal to itself; None where a part of it is NULL."""
    values = [row[COLUMNS.index(column)] for column in columns]
    if any(value is None for value in values):
        return None
    return tuple("NaN" if isinstance(value, float) and math.isnan(value) else value for value in values)


def repeated_keys(batch: Sequence[Row], history: Sequence[Row], columns: Sequence[str]) -> int:
    counts = Counter(key_of(row, columns) for row in (*batch, *history))
    of_batch = {key_of(row, columns) for row in batch} - {None}
    return sum(counts[key] > 1 for key in of_batch)


def outside(value: float | None, low: float, high: float) -> bool:
    return value is not None and (math.isnan(value) or value < low or value > high)


ROW = st.tuples(
    st.one_of(st.none(), st.integers(-3, 6)),
    st.one_of(
        st.none(), st.sampled_from(["a", "b", "B", "", "é", "e\u0301", "it's", "😀", "NaN"]), st.text(max_size=2)
    ),
    st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 1.5, math.nan, math.inf, -math.inf])),
    st.one_of(st.none(), st.dates(), st.sampled_from([date(2013, 1, 1), date(9999, 12, 31), date(1, 1, 1)])),
)
EXPECTED = {
    "not_null": lambda batch, _: sum(row[0] is None or row[3] is None for row in batch),
    "unique": lambda batch, history: repeated_keys(batch, history, ["code"]),
    "unique float": lambda batch, history: repeated_keys(batch, history, ["amount"]),
    "unique pair": lambda batch, history: repeated_keys(batch, history, ["id", "day"]),
    "unique where": lambda batch, history: repeated_keys(
        [row for row in batch if row[0] is not None and row[0] > 0],
        [row for row in history if row[0] is not None and row[0] > 0],
        ["code"],
    ),
    "accepted_values": lambda batch, _: sum(row[1] not in ("a", "it's", "é", None) for row in batch),
    "accepted numbers": lambda batch, _: sum(row[0] not in (1, 2, None) for row in batch),
    "accepted_range": lambda batch, _: sum(outside(row[2], -1, 100) for row in batch),
    "days": lambda batch, _: sum(row[3] is not None and row[3] <= date(2013, 1, 1) for row in batch),
    "relationships": lambda batch, _: sum(row[1] not in ("a", "b", "😀", None) for row in batch),
    "expression": lambda batch, _: sum(row[0] is not None and row[0] < 0 for row in batch),
    "row_count": lambda batch, _: int(len(batch) < 4),
    "rows where": lambda batch, _: int(sum(row[1] == "a" for row in batch) > 1),
}
CHECKS = (
    Check(name="not_null", kind="not_null", columns=("id", "day")),
    Check(name="unique", kind="unique", columns=("code",)),
    Check(name="unique float", kind="unique", columns=("amount",)),
    Check(name="unique pair", kind="unique", columns=("id", "day")),
    Check(name="unique where", kind="unique", columns=("code",), where="id > 0"),
    Check(name="accepted_values", kind="accepted_values", columns=("code",), arguments={"values": ["a", "it's", "é"]}),
    Check(
        name="accepted numbers", kind="accepted_values", columns=("id",), arguments={"values": [1, 2], "quote": False}
    ),
    Check(
        name="accepted_range",
        kind="accepted_range",
        columns=("amount",),
        arguments={"min_value": -1, "max_value": "10 * 10"},
    ),
    Check(
        name="days",
        kind="accepted_range",
        columns=("day",),
        arguments={"min_value": date(2013, 1, 1), "inclusive": False},
    ),
    Check(name="relationships", kind="relationships", columns=("code",), arguments={"to": "parent", "field": "code"}),
    Check(name="expression", kind="expression", arguments={"expression": "id >= 0 -- or unknown"}),
    Check(name="row_count", kind="row_count", arguments={"min": 4}),
    Check(name="rows where", kind="row_count", where="code = 'a'", arguments={"max": 1}),
)


def compare(session: DuckdbSession, scope: Scope, batch: Sequence[Row], history: Sequence[Row]) -> None:
    found = {verdict.check: verdict for verdict in verdicts(session, CHECKS, scope)}
    expected = {name: count(batch, history) for name, count in EXPECTED.items()}
    assert {name: verdict.failures for name, verdict in found.items()} == expected
    for verdict in found.values():
        shown = 0 if verdict.kind == "row_count" else min(verdict.failures, 5)
        assert len(verdict.sample) == shown
        json.dumps(verdict.sample, allow_nan=False)


@settings(deadline=None, max_examples=60)
@given(batch=st.lists(ROW, max_size=12), history=st.lists(ROW, max_size=8), rows=st.sampled_from([None, 5]))
def test_counts_are_those_of_a_loop_over_the_rows(
    session: DuckdbSession, batch: list[Row], history: list[Row], rows: int | None
) -> None:
    fill(session, "parent", [(1, code, None, None, 0) for code in ("a", "b", "😀", None)])
    fill(session, "everything", [(*row, 1) for row in batch] + [(*row, 0) for row in history])
    fill(session, "staged", [(*row, 1) for row in batch])
    fill(session, "target", [(*row, 0) for row in history] + [(*row, 2) for row in batch])
    session.execute("create or replace view seen as from staged")
    part = Scope(relation="everything", predicate="part = 1 or false", history="everything", rows=rows)
    compare(session, structs.replace(part, history_predicate="part = 0 or part > 1"), batch, history)
    staged = Scope(relation="staged", history="target", history_predicate="part <> 2", rows=rows)
    compare(session, staged, batch, history)
    compare(session, Scope(relation="staged", rows=rows), batch, ())
    compare(session, Scope(relation="seen", kind="view", rows=rows), batch, ())


@settings(deadline=None, max_examples=40)
@given(keys=st.lists(st.integers(0, 30), max_size=20), ascending=st.booleans())
def test_keys_in_order_are_judged_like_keys_in_any_order(
    session: DuckdbSession, keys: list[int], ascending: bool
) -> None:
    rows = [(key, str(key), float(key), None, 0) for key in (sorted(keys) if ascending else keys)]
    fill(session, "ordered", rows)
    checks = [
        Check(name=name, kind="unique", columns=tuple(name.split("+"))) for name in ("id", "id+code", "code+amount")
    ]
    expected = sum(count > 1 for count in Counter(keys).values())
    assert [verdict.failures for verdict in verdicts(session, checks, Scope(relation="ordered"))] == [expected] * 3


def test_keys_of_many_row_groups(session: DuckdbSession) -> None:
    session.execute("create or replace table many as select i as id, hash(i) as scattered from range(300_000) r(i)")
    checks = [Check(name=name, kind="unique", columns=(name,)) for name in ("id", "scattered")]
    assert [verdict.failures for verdict in verdicts(session, checks, Scope(relation="many"))] == [0, 0]
    session.execute("insert into many values (299_999, 1), (7, 2)")
    found = verdicts(session, checks, Scope(relation="many"))
    assert [verdict.failures for verdict in found] == [2, 0]
    assert sorted(row["id"] for row in found[0].sample) == [7, 299_999]


# --- what a person reads ------------------------------------------------------------------------------------------


@pytest.fixture
def flights(session: DuckdbSession) -> DuckdbSession:
    session.execute(
        "create or replace table flights as select i as id, case when i >= 13 then 'N' || i % 4000 end as tailnum, "
        "['EWR', 'JFK', 'LGA'][1 + i % 3] as origin from range(4334) r(i)"
    )
    session.execute("create or replace table parent as select 'N' || i as code from range(3999) r(i)")
    return session


def message(session: DuckdbSession, **check: Any) -> str:
    return verdicts(session, [Check(name="it", **check)], Scope(relation="flights"))[0].message


def test_messages_say_how_many_of_how_many(flights: DuckdbSession) -> None:
    one = {"columns": ("tailnum",)}
    assert message(flights, kind="not_null", **one) == "13 of 4,334 rows: tailnum is null"
    assert message(flights, kind="not_null", columns=("id",)) == "id is not null"
    assert message(flights, kind="not_null", where="origin = 'JFK'", **one) == (
        "4 of 4,334 rows: tailnum is null where origin = 'JFK'"
    )
    assert message(flights, kind="not_null", columns=("id", "tailnum")) == "13 of 4,334 rows: id or tailnum is null"
    assert message(flights, kind="unique", **one) == "321 values of tailnum occur more than once"
    assert message(flights, kind="unique", columns=("tailnum", "origin")) == "(tailnum, origin) is unique"
    assert message(flights, kind="accepted_values", columns=("origin",), arguments={"values": ["EWR", "JFK"]}) == (
        "1,444 of 4,334 rows: origin is not one of 'EWR', 'JFK'"
    )
    assert message(flights, kind="accepted_range", columns=("id",), arguments={"min_value": 1}) == (
        "1 of 4,334 rows: id is not at least 1"
    )
    assert message(flights, kind="relationships", arguments={"to": "parent", "field": "code"}, **one) == (
        "1 of 4,334 rows: tailnum is not in parent.code"
    )
    assert message(flights, kind="row_count", arguments={"max": 4000}) == "4,334 rows: at most 4,000 rows expected"
    assert message(flights, kind="expression", arguments={"expression": "id < 4333"}) == (
        "1 of 4,334 rows: not (id < 4333)"
    )
    assert message(flights, kind="sql", path="tests/data/low.sql", arguments={"sql": "from flights where id < 2;"}) == (
        "2 rows returned by tests/data/low.sql"
    )


def test_thresholds_decide_what_failures_mean(flights: DuckdbSession) -> None:
    def state(**thresholds: Any) -> tuple[str, str]:
        check = Check(name="it", kind="not_null", columns=("tailnum",), **thresholds)
        verdict = verdicts(flights, [check], Scope(relation="flights"))[0]
        return verdict.state, verdict.message.partition(" (")[2]

    assert state() == ("fail", "")
    assert state(severity="warn") == ("warn", "")
    assert state(error_if="> 13") == ("warn", "")
    assert state(error_if=">= 13") == ("fail", "")
    assert state(error_if="> 100", warn_if="> 50") == ("pass", "tolerated: warns if > 50, fails if > 100)")
    assert state(error_if="> 5", warn_if="> 50", severity="warn") == ("pass", "tolerated: warns if > 50)")
    assert state(error_if="between 1 and 12", warn_if="not between 0 and 12") == ("warn", "")


def test_nothing_found_can_be_a_failure(flights: DuckdbSession) -> None:
    check = Check(name="it", kind="not_null", columns=("id",), error_if="= 0")
    assert verdicts(flights, [check], Scope(relation="flights"))[0].state == "fail"


def test_samples_are_bounded_and_survive_json(session: DuckdbSession) -> None:
    session.execute(
        r"""create or replace table odd as select 'nan'::double as nan, '-inf'::double as low,
        date '290000-01-01' as far, timestamptz '2013-03-10 06:30:00+00' as at_utc,
        '\xFF'::blob as bytes, 1.50::decimal(4, 2) as money,
        12345678901234567890.12345::decimal(38, 5) as exact, interval 3 day as pause, [1, null] as list,
        {'a': 'nan'::double} as struct, repeat('é', 1000) as long, repeat([1], 1000) as many, null as nothing,
        'x' as "quo""te" from range(9)"""
    )
    check = Check(name="it", kind="not_null", columns=("nothing",))
    verdict = verdicts(session, [check], Scope(relation="odd"))[0]
    assert (verdict.failures, len(verdict.sample)) == (9, 5)
    row = verdict.sample[0]
    assert {name: row[name] for name in list(row)[:10]} == {
        "nan": "NaN",
        "low": "-Infinity",
        "far": "290000-01-01",
        "at_utc": "2013-03-10 06:30:00+00",
        "bytes": "\\xFF",
        "money": 1.5,
        "exact": "12345678901234567890.12345",
        "pause": "3 days",
        "list": [1, None],
        "struct": {"a": "NaN"},
    }
    assert row["long"] == "é" * 200 + "…"
    assert row["many"].endswith("…")
    assert row['quo"te'] == "x"
    json.dumps(verdict.sample, allow_nan=False)


def test_a_check_that_does_not_bind_is_found_alone(flights: DuckdbSession) -> None:
    good = Check(name="good", kind="not_null", columns=("tailnum",))
    wrong = Check(name="wrong", kind="not_null", columns=("tail_number",))
    plan = compile_checks([good, wrong], Scope(relation="flights"), {})
    with pytest.raises(EngineError):
        flights.query(plan.statements[0].sql)
    alone = plan.alone(good)
    assert judge(alone, [flights.query(alone.statements[0].sql)[0]])[0].failures == 13
    with pytest.raises(EngineError, match="tail_number"):
        flights.query(plan.alone(wrong).statements[0].sql)


def test_rows_of_the_batch_are_counted_on_the_way(flights: DuckdbSession) -> None:
    check = Check(name="it", kind="not_null", columns=("id",))
    plan = compile_checks([check], Scope(relation="flights", predicate="origin = 'JFK'"), {})
    assert batch_rows(plan, [flights.query(plan.statements[0].sql)[0]]) == 1445
    assert batch_rows(compile_checks((), Scope(relation="flights"), {}), []) is None


def test_an_empty_batch_passes_what_looks_at_rows(flights: DuckdbSession) -> None:
    checks = [
        *(check for check in CHECKS if check.name in ("row_count",)),
        Check(name="it", kind="not_null", columns=("id",)),
    ]
    found = verdicts(flights, checks, Scope(relation="flights", predicate="id < 0"))
    assert [(verdict.state, verdict.message) for verdict in found] == [
        ("fail", "0 rows: at least 4 rows expected"),
        ("pass", "id is not null"),
    ]


@pytest.mark.parametrize(
    "query",
    [
        "from flights where id < 2 -- only these",
        "from flights where id < 2; -- a; b\n ;",
        "from flights where id < 2 /* ; */",
        "select ';' as x, '--' as y from flights where id < 2;",
        "from flights where tailnum is null and id < 2 and 'a;' <> '; -- '",
    ],
)
def test_a_query_may_end_in_semicolons_and_comments(flights: DuckdbSession, query: str) -> None:
    check = Check(name="it", kind="sql", arguments={"sql": query})
    assert verdicts(flights, [check], Scope(relation="flights"))[0].failures == 2
