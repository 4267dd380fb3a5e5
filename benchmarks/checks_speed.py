"""Twelve typical checks, by the names of Great Expectations, against the best queries written by hand.

    python benchmarks/checks_speed.py [rows] [--peers-rows N] [--dbt PATH] [--gx-python PATH]

20,000,000 rows where not said; a day of them is a sixty-first part.
Four not-null, two unique, in-set, between, regex, row count, mean, column pair: on the whole table; on a batch of one
day that goes into it, its keys against history too; on 10,000 rows. By hand is written twice: with separate counts, as
each is cheapest alone, and in one scan; the cheaper of the two counts. Beside them stand the tests that dbt makes of
the same checks, a query each. Figures are CPU seconds within the process, the least of a few runs in turns.

Then the peers themselves, as whole processes on 2,000,000 rows, since some take minutes on more: the `dbt` executable,
and a Python that has Great Expectations (with pandas; over SQLAlchemy, where duckdb-engine is installed there; and on
batchsql.gx, where batchsql is). DBT and GX_PYTHON in the environment name them too; what is not named is left out.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import checks_peers as peers
import duckdb
import measure

from batchsql.check import compile_checks, judge
from batchsql.values import Check, Scope

CARRIERS = ("AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "UA")
DAYS = 61
DAY = 30


def expect(kind: str, *columns: str, **arguments: object) -> Check:
    return Check(name=f"{kind} {columns}", kind=kind, columns=columns, arguments=arguments)


TWELVE = (
    *(expect("expect_column_values_to_not_be_null", name) for name in ("id", "day", "carrier", "amount")),
    expect("expect_column_values_to_be_unique", "id"),
    expect("expect_compound_columns_to_be_unique", "day", "number", ignore_row_if="any_value_is_missing"),
    expect("expect_column_values_to_be_in_set", "carrier", value_set=list(CARRIERS)),
    expect("expect_column_values_to_be_between", "quantity", min_value=0, max_value=100),
    expect("expect_column_values_to_match_regex", "note", regex="^note [0-9]+$"),
    expect("expect_table_row_count_to_be_between", min_value=1),
    expect("expect_column_mean_to_be_between", "amount", min_value=0, max_value=1000),
    expect("expect_column_pair_values_a_to_be_greater_than_b", "arrival", "departure", or_equal=True),
)


def query_of(rows: int) -> str:
    listed = ", ".join(f"'{carrier}'" for carrier in CARRIERS)
    a_day = -(-rows // DAYS)
    return f"""select i as id, i // {a_day} as day, i % {a_day} as number,
        [{listed}][1 + i % 10] as carrier, (hash(i) % 100000) / 100 as amount, (i * 7 % 101)::integer as quantity,
        'note ' || (i % 5000) as note, timestamp '2013-01-01' + to_seconds(i // 10) as departure,
        timestamp '2013-01-01' + to_seconds(i // 10 + i % 3600) as arrival from range({rows}) r(i)"""


def fill(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    connection.execute(f"create table big as {query_of(rows)}")
    connection.execute("checkpoint")


IN_SET = f"carrier not in {CARRIERS}"
BETWEEN = "quantity < 0 or quantity > 100"
REGEX = "not regexp_matches(note, '^note [0-9]+$')"
PAIR = "not (arrival >= departure)"
REPEATED = "select count(*) from (select 1 from {rows} group by {key} having count(*) > 1)"


def disordered(rows: str, key: str) -> str:
    """Repeated keys, looked for only where the keys are not in order: what who knows the data would write."""
    order = f"exists (select 1 from (select {key} <= lag({key}) over () as d from {rows}) where d)"
    where = " and " if " where " in rows else " where "
    return REPEATED.format(rows=f"{rows}{where}{order}", key=key.strip("()"))


def apart(rows: str) -> tuple[str, ...]:
    """A statement each, as each is cheapest."""
    where = " and " if " where " in rows else " where "
    nulls = (f"{name} is null" for name in ("id", "day", "carrier", "amount"))
    counts = tuple(f"select count(*) from {rows}{where}({each})" for each in (*nulls, IN_SET, BETWEEN, REGEX, PAIR))
    return (
        *counts,
        disordered(rows, "id"),
        disordered(rows, "(day, number)"),
        f"select count(*), avg(amount) from {rows}",
    )


def together(rows: str) -> tuple[str, ...]:
    """One scan, and a subquery for each key."""
    conditions = (*(f"{name} is null" for name in ("id", "day", "carrier", "amount")), IN_SET, BETWEEN, REGEX, PAIR)
    counts = ", ".join(f"count_if({each})" for each in conditions)
    keys = f"({disordered(rows, 'id')}), ({disordered(rows, '(day, number)')})"
    return (f"select count(*), avg(amount), {counts}, {keys} from {rows}",)


def as_dbt(rows: str) -> tuple[str, ...]:
    """A query each over the rows that fail, as dbt writes its tests; uniqueness by grouping."""
    where = " and " if " where " in rows else " where "
    nulls = (f"{name} is null" for name in ("id", "day", "carrier", "amount"))
    failing = [f"select * from {rows}{where}({each})" for each in (*nulls, IN_SET, BETWEEN, REGEX, PAIR)]
    repeated = "select {0}, count(*) as n from {1} group by {0} having count(*) > 1"
    failing.extend(repeated.format(key, rows) for key in ("id", "day, number"))
    failing.append(f"select avg(amount) as m from {rows} having not (avg(amount) between 0 and 1000)")
    failing.append(f"select count(*) as n from {rows} having count(*) < 1")
    return tuple(f"select count(*), count(*) <> 0, count(*) <> 0 from ({query})" for query in failing)


def against_history(batch: str, history: str) -> tuple[str, ...]:
    """What a careful hand would add for a batch: its keys looked for in history, within their span."""
    first, last = f"(select min(id) from {batch})", f"(select max(id) from {batch})"
    return (
        f"select count(*) from {history} and id between {first} and {last} and id in (select id from {batch})",
        f"select count(*) from {history} and (day, number) in (select day, number from {batch})",
    )


def ours(connection: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    """The twelve checks from definition to verdict."""
    plan = compile_checks(TWELVE, scope, {})
    for preparation in plan.prepare:
        connection.execute(preparation)
    verdicts = judge(plan, [connection.execute(statement.sql).fetchall()[0] for statement in plan.statements])
    assert [verdict.state for verdict in verdicts] == ["pass"] * len(TWELVE), [v.message for v in verdicts]


def by_hand(connection: duckdb.DuckDBPyConnection, statements: tuple[str, ...]) -> None:
    for sql in statements:
        connection.execute(sql).fetchall()


def least(ways: Mapping[str, Callable[[], object]], seconds: float, rounds: int = 1) -> dict[str, float]:
    """The least CPU seconds of each way, the ways run in turns for so long, and so many times at least."""
    best = dict.fromkeys(ways, 1e9)
    until = time.monotonic() + seconds
    done = 0
    while done < rounds or time.monotonic() < until:
        for name, way in ways.items():
            started = time.process_time()
            way()
            best[name] = min(best[name], time.process_time() - started)
        done += 1
    return best


def report(title: str, figures: Mapping[str, float]) -> None:
    hand = min(figure for name, figure in figures.items() if name.startswith("by hand"))
    print(f"\n{title}")
    for name, figure in figures.items():
        print(f"  {name:<28} {figure * 1000:10.1f} CPU ms   {figure / hand:6.2f} x the best by hand", flush=True)


def contest(rows: int) -> None:
    """Statements within one process."""
    with tempfile.TemporaryDirectory() as folder:
        connection = duckdb.connect(str(Path(folder) / "checks.duckdb"))
        fill(connection, rows)
        a_day = -(-rows // DAYS)
        print(f"duckdb {duckdb.__version__}, {rows:,} rows, {a_day:,} a day")
        connection.execute(f"create temp table staged as from big where day = {DAY}")
        connection.execute("create table small as from big limit 10000")
        places = {
            "whole table": ("big", Scope(relation="big"), 30.0),
            "10,000 rows": ("small", Scope(relation="small", rows=10_000), 3.0),
        }
        for title, (relation, scope, seconds) in places.items():
            ways = {
                "by hand, a statement each": lambda relation=relation: by_hand(connection, apart(relation)),
                "by hand, in one scan": lambda relation=relation: by_hand(connection, together(relation)),
                "batchsql": lambda scope=scope: ours(connection, scope),
                "as dbt tests": lambda relation=relation: by_hand(connection, as_dbt(relation)),
            }
            report(f"{title}: twelve checks", least(ways, seconds))
        history = Scope(relation="staged", history="big", history_predicate=f"day <> {DAY}", rows=a_day)
        others = against_history("staged", f"big where day <> {DAY}")
        ways = {
            "by hand, a statement each": lambda: by_hand(connection, (*apart("staged"), *others)),
            "by hand, in one scan": lambda: by_hand(connection, (*together("staged"), *others)),
            "batchsql": lambda: ours(connection, history),
            "as dbt tests, whole table": lambda: by_hand(connection, as_dbt("big")),
        }
        report(f"a batch of {a_day:,} rows, its keys against history: twelve checks", least(ways, 8.0))
        connection.close()


def contest_of_processes(rows: int, dbt: str | None, gx_python: str | None) -> None:
    """The twelve checks on one table as each program runs them, from its start to its end."""
    print(f"\nwhole processes, {rows:,} rows: twelve checks")
    dbt = peers.installed(dbt, "DBT", "the tests of dbt")
    gx_python = peers.installed(gx_python, "GX_PYTHON", "Great Expectations")
    measure.compile_bytecode()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        database, expectations = folder / "ours" / "peers.duckdb", folder / "ours" / "expectations.json"
        peers.write_batchsql(folder / "ours", TWELVE, query_of(rows))
        measure.cpu_seconds([*measure.BATCHSQL, "build"], folder / "ours")
        ways = {
            "by hand": peers.by_hand(database, apart("big")),
            "batchsql check": peers.with_batchsql(folder / "ours"),
        }
        if dbt:
            peers.write_dbt(folder / "dbt", database, CARRIERS)
            measure.cpu_seconds([dbt, "parse", "--quiet"], folder / "dbt")
            ways["dbt test"] = peers.with_dbt(dbt, folder / "dbt")
        if gx_python:
            for name in ("pandas", "sqlalchemy", "batchsql"):
                ways[f"Great Expectations, {name}"] = peers.with_gx(gx_python, name, database, expectations)
        said: dict[str, str] = {}
        figures: dict[str, float] = {}
        for _ in range(3):
            for name, way in ways.items():
                seconds, said[name] = way()
                figures[name] = min(seconds, figures.get(name, seconds))
    for name, figure in figures.items():
        ratio = figure / figures["batchsql check"]
        print(f"  {name:<32} {figure:8.2f} CPU s   {ratio:6.2f} x batchsql   {said[name]}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Twelve typical checks, against the best by hand and against the peers."
    )
    parser.add_argument("rows", nargs="?", type=int, default=20_000_000)
    parser.add_argument("--peers-rows", type=int, default=2_000_000)
    parser.add_argument("--dbt", metavar="PATH")
    parser.add_argument("--gx-python", metavar="PATH")
    asked = parser.parse_args()
    contest(asked.rows)
    contest_of_processes(asked.peers_rows, asked.dbt, asked.gx_python)


if __name__ == "__main__":
    main()
