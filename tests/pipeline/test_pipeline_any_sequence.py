"""Whatever comes, in whatever order: after a build the tables are those of a full load, and nothing is due."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Literal

import duckdb
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pipeline_folder import Folder

SOURCE = """sources:
  - name: landing
    tables:
      - name: events
        files: landing/*.csv
        event_time: ts
        version_by: {by}
"""
STAGED = """{{{{ config(materialized='{kind}', event_time='ts') }}}}
select id, ts, amount * {factor} as amount from {{{{ source('landing', 'events') }}}}
"""
DAILY = """{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts',
    begin='2024-01-01', end='2024-01-09', batch_size='{size}', on_change='rebuild', coalesce={coalesce}) }}}}
select id, ts, amount + {added} as amount from {{{{ ref('staged') }}}}
"""
BY_DAY = """{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day',
    begin='2024-01-01', end='2024-01-09', batch_size='2 days') }}
select ts::date::timestamp as day, count(*) as n, sum(amount)::bigint as amount from {{ ref('daily') }} group by all
"""
TOTAL = """{{ config(materialized='table') }}
select (select coalesce(sum(n), 0) from {{ ref('by_day') }})::bigint as n, count(*) as staged from {{ ref('staged') }}
"""
CHECK = "models: [{name: daily, columns: [{name: amount, checks: [{accepted_range: {max_value: %d}}]}]}]"

names = st.sampled_from(["a", "b", "c"])
files = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 23), st.integers(0, 5)), min_size=1, max_size=6)


class AnySequence(RuleBasedStateMachine):
    """Files that come, change and go; code that changes; checks that fail; each now and then followed by a build."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.folder = Folder(self.root)
        self.factor, self.added, self.most, self.size = 1, 0, 1000, "day"
        self.landed: dict[str, list[tuple[int, int, int]]] = {}
        self.built = False

    @initialize(
        kind=st.sampled_from(["view", "table", "ephemeral"]),
        by=st.sampled_from(["modified", "content"]),
        coalesce=st.sampled_from([0, 3]),
    )
    def begin(self, kind: Literal["view", "table", "ephemeral"], by: str, coalesce: int) -> None:
        self.kind, self.coalesce = kind, coalesce
        self.folder.write("models/sources.yml", SOURCE.format(by=by))
        self.folder.write("models/by_day.sql", BY_DAY)
        self.folder.write("models/total.sql", TOTAL)
        self.write_code()
        self.land("a", [(0, 12, 1), (3, 12, 2)])

    def write_code(self) -> None:
        self.folder.write("models/staged.sql", STAGED.format(kind=self.kind, factor=self.factor))
        self.folder.write("models/daily.sql", DAILY.format(added=self.added, size=self.size, coalesce=self.coalesce))
        self.folder.write("models/daily.yml", CHECK % self.most)

    @rule(name=names, rows=files)
    def land(self, name: str, rows: list[tuple[int, int, int]]) -> None:
        """A new file, or other rows under a name that was there."""
        self.landed[name] = rows
        lines = [f"{i},2024-01-{day + 1:02d} {hour:02d}:30:00,{amount}" for i, (day, hour, amount) in enumerate(rows)]
        self.folder.write(f"landing/{name}.csv", "\n".join(["id,ts,amount", *lines]) + "\n")
        self.built = False

    @rule(name=names, row=st.tuples(st.integers(0, 7), st.integers(0, 23), st.integers(0, 5)))
    def add_late_row(self, name: str, row: tuple[int, int, int]) -> None:
        self.land(name, [*self.landed.get(name, []), row])

    @precondition(lambda self: len(self.landed) > 1)
    @rule(name=names)
    def take_away(self, name: str) -> None:
        if self.landed.pop(name, None) is not None:
            self.folder.remove(f"landing/{name}.csv")
            self.built = False

    @rule(name=names)
    def deliver_again(self, name: str) -> None:
        """The same rows, in another order, with another time of modification."""
        if name in self.landed:
            self.land(name, self.landed[name])
            file = self.root / "landing" / f"{name}.csv"
            head, *lines = file.read_text().splitlines()
            file.write_text("\n".join([head, *reversed(lines)]) + "\n")
            os.utime(file, ns=(1, file.stat().st_mtime_ns - 10**9))

    @rule(factor=st.integers(1, 3), added=st.integers(0, 1), size=st.sampled_from(["day", "4 days", "month"]))
    def edit(self, factor: int, added: int, size: str) -> None:
        self.factor, self.added, self.size = factor, added, size
        self.write_code()
        self.built = False

    @rule()
    def build_with_a_check_that_fails(self) -> None:
        self.most = 2
        self.write_code()
        self.folder.build()
        self.most = 1000
        self.write_code()
        self.built = False

    @rule()
    def build(self) -> None:
        result = self.folder.build()
        assert result.exit_code == 0, [(outcome.batch, outcome.error) for outcome in result.outcomes]
        self.built = True

    @invariant()
    def what_is_built_is_a_full_load(self) -> None:
        if not self.built:
            return
        rows = [
            (number, f"2024-01-{day + 1:02d} {hour:02d}:30:00", amount * self.factor + self.added)
            for lines in self.landed.values()
            for number, (day, hour, amount) in enumerate(lines)
        ]
        connection = duckdb.connect(str(self.root / "shop.duckdb"), read_only=True)
        there = connection.execute("select id, ts::varchar, amount from daily order by all").fetchall()
        days = connection.execute("select day::date::varchar, n, amount from by_day order by all").fetchall()
        total = connection.execute("select n, staged from total").fetchall()
        connection.close()
        assert there == sorted(rows)
        by_day: dict[str, list[int]] = {}
        for _, moment, amount in rows:
            by_day.setdefault(moment[:10], []).append(amount)
        assert days == sorted((day, len(amounts), sum(amounts)) for day, amounts in by_day.items())
        assert total == [(len(rows), len(rows))]
        assert self.folder.build().outcomes == ()

    def teardown(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


def test_after_any_sequence_the_tables_are_those_of_a_full_load() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    short = settings(max_examples=4, stateful_step_count=8, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(AnySequence, settings=short)


@pytest.mark.slow
def test_after_any_long_sequence_the_tables_are_those_of_a_full_load() -> None:
    long = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(AnySequence, settings=long)
