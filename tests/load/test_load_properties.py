"""What must hold of loads whatever the rows are."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from load_helper import TARGET, existing, land, open_session, request_for, rows

from batchsql.engines.duckdb import open_engine
from batchsql.errors import BatchError
from batchsql.load import plan_write
from batchsql.values import Config, Interval, Target

DAY = timedelta(days=1)
BEGIN = datetime(2024, 1, 1)
session = open_session()


def values(records: list[tuple[Any, ...]], columns: dict[str, str]) -> str:
    """A query that gives these records."""
    names = ", ".join(f'"{name}"' for name in columns)
    kinds = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in columns.items())
    listed = [", ".join("null" if v is None else f"'{v}'" for v in record) for record in records]
    listed = listed or [", ".join("null" for _ in columns)]
    end = "" if records else " where false"
    return f"select {kinds} from (values ({'), ('.join(listed)})) as t({names}){end}"


# --- merge ------------------------------------------------------------------------------------------------------

keys = st.tuples(st.integers(0, 3), st.sampled_from(["x", "y", None]))


@settings(max_examples=15, deadline=None)
@given(batches=st.lists(st.dictionaries(keys, st.integers(0, 9), max_size=6), min_size=1, max_size=4))
def test_merge_is_a_dict_update(batches: list[dict[tuple[int, str | None], int]]) -> None:
    config = Config(materialized="incremental", incremental_strategy="merge", unique_key=("a", "b"))
    expected: dict[Any, int] = {}
    for number, batch in enumerate(batches):
        records = [(*key, value) for key, value in batch.items()]
        query = values(records, {"a": "integer", "b": "varchar", "n": "integer"})
        landed = land(session, request_for(session, query, config, rebuild=number == 0))
        assert sorted(landed.scoped, key=str) == sorted(records, key=str)
        # a key with a NULL in it matches no other, so each of its rows stays
        expected |= {(*key, number) if None in key else key: value for key, value in batch.items()}
    assert rows(session) == sorted(
        ((*k[:2], v) for k, v in expected.items()), key=lambda r: (r[0], r[1] is None, r[1], r[2])
    )


# --- microbatch -------------------------------------------------------------------------------------------------

moments = st.integers(0, 10 * 24 - 1).map(lambda hours: BEGIN + timedelta(hours=hours))


@settings(max_examples=12, deadline=None)
@given(
    events=st.lists(st.tuples(moments, st.integers(0, 9)), max_size=30),
    size=st.sampled_from([1, 2, 5]),
    order=st.randoms(use_true_random=False),
    kind=st.sampled_from(["timestamp", "timestamptz"]),
)
def test_intervals_in_any_order_are_one_full_load(
    events: list[tuple[datetime, int]], size: int, order: Any, kind: str
) -> None:
    config = Config(materialized="incremental", incremental_strategy="microbatch", event_time="at")
    intervals = [Interval(BEGIN + DAY * start, BEGIN + DAY * (start + size)) for start in range(0, 10, size)]
    intervals += order.sample(intervals, k=2)  # some are loaded twice
    order.shuffle(intervals)
    for number, interval in enumerate(intervals):
        inside = [event for event in events if interval.start <= event[0] < interval.end]
        query = values(inside, {"at": kind, "n": "integer"})
        land(session, request_for(session, query, config, rebuild=number == 0, interval=interval))
    assert rows(session, 'cast("at" as timestamp), n') == sorted(events)


# --- snapshot ---------------------------------------------------------------------------------------------------

Source = dict[int, tuple[str | None, int]]
sources = st.lists(
    st.dictionaries(st.integers(0, 3), st.tuples(st.sampled_from(["p", "q", None]), st.integers(0, 9)), max_size=4),
    min_size=1,
    max_size=6,
)


class Version:
    """A version in the model: what the snapshot should hold."""

    def __init__(self, value: str | None, stamp: datetime, start: datetime, *, deleted: bool = False) -> None:
        self.value, self.stamp, self.start, self.deleted = value, stamp, start, deleted
        self.end: datetime | None = None


def follow(history: dict[int, list[Version]], source: Source, now: datetime, strategy: str, deletes: str) -> None:
    """One batch of the model."""
    for key, (value, day) in source.items():
        versions = history.setdefault(key, [])
        stamp = BEGIN + DAY * day if strategy == "timestamp" else now
        last = versions[-1] if versions else None
        if last is None:
            start = stamp
        elif last.deleted or last.end is not None:
            gone_at = last.end or last.start
            start = stamp if stamp > gone_at else max(now, gone_at)
        elif last.stamp < stamp if strategy == "timestamp" else last.value != value:
            start = max(stamp, last.start)
        else:
            continue
        if last is not None and last.end is None:
            last.end = start
        versions.append(Version(value, stamp, start))
    for key in history.keys() - source.keys():
        last = history[key][-1]
        if deletes == "ignore" or last.end is not None or last.deleted:
            continue
        last.end = max(now, last.start)
        if deletes == "new_record":
            history[key].append(Version(last.value, last.end, last.end, deleted=True))


@pytest.mark.parametrize("strategy", ["timestamp", "check"])
@pytest.mark.parametrize("deletes", ["ignore", "invalidate", "new_record"])
@settings(max_examples=10, deadline=None)
@given(runs=sources)
def test_a_snapshot_follows_its_source(strategy: str, deletes: str, runs: list[Source]) -> None:
    config = Config(
        materialized="snapshot",
        unique_key=("id",),
        strategy=strategy,  # type: ignore[arg-type]
        updated_at="changed" if strategy == "timestamp" else None,
        check_cols=("value",) if strategy == "check" else (),
        hard_deletes=deletes,  # type: ignore[arg-type]
    )
    history: dict[int, list[Version]] = {}
    seen: dict[datetime, Source] = {}
    for number, source in enumerate(runs):
        now = BEGIN + DAY * 10 + timedelta(hours=number)
        records = [(key, value, BEGIN + DAY * day) for key, (value, day) in source.items()]
        query = values(records, {"id": "integer", "value": "varchar", "changed": "timestamp"})
        request = request_for(session, query, config, rebuild=number == 0, now=now)
        landed = land(session, request)
        before = sum(map(len, history.values()))
        follow(history, source, now, strategy, deletes)
        seen[now] = source
        assert landed.written == len(landed.scoped) == sum(map(len, history.values())) - before

    flag = "dbt_is_deleted = 'True'" if deletes == "new_record" else "false"
    found = rows(session, f"id, dbt_valid_from, dbt_valid_to, value, dbt_updated_at, {flag}")
    expected = [(k, v.start, v.end, v.value, v.stamp, v.deleted) for k, versions in history.items() for v in versions]
    assert sorted(found, key=str) == sorted(expected, key=str)
    check_invariants(found, seen, strategy, deletes)
    assert session.query(f"select count(*) - count(distinct dbt_scd_id) from {TARGET.sql}") == [(0,)]


def check_invariants(found: list[Any], seen: dict[datetime, Source], strategy: str, deletes: str) -> None:
    """One open version a live key; no overlaps; for the check strategy, the past can be replayed."""
    live = set(seen[max(seen)]) if deletes != "ignore" else {key for source in seen.values() for key in source}
    assert sorted(key for key, _, end, _, _, deleted in found if end is None and not deleted) == sorted(live)
    for key in {row[0] for row in found}:
        versions = sorted((start, end or datetime.max) for other, start, end, *_ in found if other == key)
        assert all(start <= end for start, end in versions)
        assert all(one[1] <= other[0] for one, other in pairwise(versions))
    if strategy == "check" and deletes != "ignore":
        for now, source in seen.items():
            then = {
                row[0]: row[3] for row in found if row[1] <= now and (row[2] is None or now < row[2]) and not row[5]
            }
            assert then == {key: value for key, (value, _) in source.items()}


# --- the transaction --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["table", "view"])
def test_readers_see_the_old_relation_until_the_commit(kind: str, tmp_path: Any) -> None:
    engine = open_engine(Target(name="test", database=str(tmp_path / "w.duckdb")), [])
    writer, reader = engine.session(), engine.session()
    writer.execute(f"create {kind} landed as select 1 as id")
    writer.begin()
    for statement in plan_write(request_for(writer, "select 2 as id", Config(materialized="table"))):
        writer.execute(statement.sql)
    assert reader.query("from landed") == [(1,)]
    writer.commit()
    assert reader.query("from landed") == [(2,)]


def test_a_refused_batch_leaves_nothing() -> None:
    own = open_session()
    merge = Config(
        materialized="incremental",
        incremental_strategy="merge",
        unique_key=("id",),
        on_schema_change="sync_all_columns",
    )
    own.execute("create table landed as select 1 as id, 'one' as note")
    with pytest.raises(BatchError, match="not unique"):
        land(own, request_for(own, "select 1 as id, 2.5 as more from range(2)", merge))
    assert rows(own) == [(1, "one")]
    assert own.columns("from landed") == (("id", "INTEGER"), ("note", "VARCHAR"))
    assert own.query("select count(*) from duckdb_tables() where temporary") == [(0,)]
    land(own, request_for(own, "select 1 as id, 2.5 as more", merge))
    assert existing(own, TARGET) == "table"
    assert own.query("from landed") == [(1, pytest.approx(2.5))]


def test_the_mark_holds_after_deletes_and_restarts(tmp_path: Any) -> None:
    database = str(tmp_path / "w.duckdb")
    config = Config(materialized="incremental")
    for number in range(4):
        engine = open_engine(Target(name="test", database=database), [])
        own = engine.session()
        landed = land(own, request_for(own, f"select i + {number * 1000} as id from range(1000) as r(i)", config))
        assert len(landed.scoped) == 1000
        own.execute(f"delete from landed where id % {number + 2} = 0")
        own.close()
        engine.checkpoint()
        engine.close()
