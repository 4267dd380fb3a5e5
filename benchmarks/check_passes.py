"""Which statements check fastest? CPU milliseconds of several ways to ask the same of the same rows.

Run it with `python benchmarks/check_passes.py [rows in the big table]` (20 million unless told). The last part compares
what `batchsql.check` makes of twelve checks with each check as a statement of its own, and with hand-written SQL.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb

from batchsql.check import compile_checks
from batchsql.values import Check, Scope

DAY = "ts >= timestamp '2024-02-10' and ts < timestamp '2024-02-11'"
OTHER_DAYS = f"({DAY}) is not true"
CARRIERS = "('AA', 'UA', 'DL', 'B6', 'EV', 'MQ', 'US', 'WN', '9E', 'VX')"


def fill(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    """60 days in order of time; ids ascending, codes and customers scattered; a NULL and a -5 in one row of `rare`."""
    connection.execute(
        f"""create table big as select i as id, 'k' || (hash(i) % 1000000000000) as code,
          {CARRIERS.replace("(", "[").replace(")", "]")}[(hash(i + 7) % 10 + 1)::int] as carrier,
          (hash(i + 1) % 1000)::double / 10 as amount, (hash(i + 2) % 101)::int as quantity,
          case when i = {rows // 2} then null else (hash(i + 2) % 101)::int end as rare,
          (hash(i + 3) % 1000000)::bigint as customer, 'note ' || (hash(i + 4) % 5000) as note,
          (i * 60 // {rows})::int as day, (i % ({rows} // 60))::int as number,
          timestamp '2024-01-01' + to_microseconds((i * {5_184_000_000_000 // rows})::bigint) as ts
        from range({rows}) r(i)"""
    )
    connection.execute("create table customers as select distinct customer from big")
    connection.execute("checkpoint")
    connection.execute(f"create temp table staged as from big where {DAY}")
    connection.execute("create temp table small as from staged limit 10000")


def cpu(connection: duckdb.DuckDBPyConnection, statements: str | tuple[str, ...]) -> float:
    """The least of a few runs, in CPU seconds."""
    best, spent = 1e9, 0.0
    while spent < 0.5:
        started = time.process_time()
        for sql in (statements,) if isinstance(statements, str) else statements:
            connection.execute(sql).fetchall()
        took = time.process_time() - started
        best, spent = min(best, took), spent + took + 0.02
    return best


def compare(connection: duckdb.DuckDBPyConnection, title: str, ways: Mapping[str, str | tuple[str, ...]]) -> None:
    print(f"\n{title}")
    for name, statements in ways.items():
        print(f"  {name:<58} {cpu(connection, statements) * 1000:10.2f} ms", flush=True)


def row_conditions(connection: duckdb.DuckDBPyConnection) -> None:
    conditions = {
        "not_null, none NULL": "amount is null",
        "not_null, one NULL in all": "rare is null",
        "accepted_range, none outside": "quantity < 0 or quantity > 100",
        "accepted_values of 10 texts": f"carrier not in {CARRIERS}",
        "expression": "not (amount + quantity >= 0)",
    }
    for place, relation, where in (
        ("whole table", "big", "true"),
        ("a day of the table", "big", DAY),
        ("10,000 rows", "small", "true"),
    ):
        for name, condition in conditions.items():
            compare(
                connection,
                f"{place}: {name}",
                {
                    "where": f"select count(*) from {relation} where {where} and ({condition})",
                    "count_if": f"select count_if({condition}) from {relation} where {where}",
                    "count(*) filter": f"select count(*) filter ({condition}) from {relation} where {where}",
                },
            )
        every = conditions.values()
        asked = [f"select count(*) from {relation} where {where} and ({each})" for each in ("true", *every)]
        subqueries = ", ".join(f"({each})" for each in asked)
        compare(
            connection,
            f"{place}: all of these and the number of rows",
            {
                "a statement each": tuple(asked),
                "scalar subqueries in one statement": f"select {subqueries}",
                "count(*) filter in one scan": "select count(*), "
                + ", ".join(f"count(*) filter ({each})" for each in every)
                + f" from {relation} where {where}",
                "count_if in one scan (chosen)": "select count(*), "
                + ", ".join(f"count_if({each})" for each in every)
                + f" from {relation} where {where}",
            },
        )


def uniqueness(connection: duckdb.DuckDBPyConnection) -> None:
    for place, relation, where in (
        ("whole table", "big", "true"),
        ("a day of the table", "big", DAY),
        ("a staged day", "staged", "true"),
        ("10,000 rows", "small", "true"),
    ):
        for keys in ("id", "code", "carrier", "day, number", "carrier, customer"):
            known = f"{where} and " + " and ".join(f"{key} is not null" for key in keys.split(", "))
            key = f"({keys})" if ", " in keys else keys
            rows = f"from {relation} where {known}"
            disorder = f"select 1 from (select {key} <= lag({key}) over () as d {rows}) where d"
            repeated = f"group by {keys} having count(*) > 1"
            groups = f"select count(*) from (select 1 {rows} group by {keys})"
            compare(
                connection,
                f"{place}: unique {keys}",
                {
                    "count - count(distinct)": f"select count({key}) - count(distinct {key}) {rows}",
                    "count - number of groups": f"select (select count(*) {rows}) - ({groups})",
                    "group by having": f"select count(*) from (select 1 {rows} {repeated})",
                    "group by having, unless in order (chosen if large)": "select count(*) "
                    f"from (select 1 {rows} and exists ({disorder}) {repeated})",
                },
            )


def uniqueness_across_batches(connection: duckdb.DuckDBPyConnection) -> None:
    for place, relation, where, history in (
        ("a day of the table", "big", DAY, OTHER_DAYS),
        ("a staged day", "staged", "true", OTHER_DAYS),
        ("10,000 staged rows", "small", "true", OTHER_DAYS),
    ):
        for keys in ("id", "code", "day, number"):
            key = f"({keys})" if ", " in keys else keys
            of_batch = f"select {keys} from {relation} where {where}"
            same = " and ".join(f"big.{each} = batch.{each}" for each in keys.split(", "))
            compare(
                connection,
                f"{place} against all other days: {keys}",
                {
                    "history in batch (chosen)": f"select count(*) from big where {history} and {key} in ({of_batch})",
                    "history in distinct batch": f"select count(*) from big where {history} and {key} in "
                    f"({of_batch.replace('select', 'select distinct', 1)})",
                    "history join batch": f"select count(*) from big join ({of_batch}) as batch on {same} "
                    f"where {history}",
                    "batch in history": f"select count(*) from ({of_batch}) where {key} in "
                    f"(select {keys} from big where {history})",
                },
            )


def relationships(connection: duckdb.DuckDBPyConnection) -> None:
    for place, relation, where in (("whole table", "big", "true"), ("a staged day", "staged", "true")):
        for column, parent in (("customer", "customers"), *((("id", "big"),) if relation != "big" else ())):
            child = f"from {relation} where {where} and {column} is not null"
            orphans = f"as child anti join {parent} as parent on child.{column} = parent.{column}"
            known = f"select {column} from {parent} where {column} is not null"
            compare(
                connection,
                f"{place}: {column} is in {parent}",
                {
                    "not in": f"select count(*) {child} and {column} not in ({known})",
                    "not exists": f"select count(*) from (select {column} {child}) as child where not exists "
                    f"(select 1 from {parent} as parent where parent.{column} = child.{column})",
                    "anti join (chosen)": f"select count(*) from (select {column} {child}) {orphans}",
                    "anti join of distinct": f"select count(*) from (select distinct {column} {child}) {orphans}",
                },
            )


def views(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "create temp view totals as select day, carrier, customer % 1000 as c, count(*) as n, sum(amount) as total "
        "from big join customers using (customer) where day < 6 group by all"
    )
    conditions = ("n is null", "total is null", "total < 0", "not (n > 0)")
    repeated = "select count(*) from (select 1 from {} group by day, carrier, c having count(*) > 1)"
    counts = ", ".join(f"count_if({each})" for each in conditions)
    subqueries = ", ".join(f"(select count(*) from totals where {each})" for each in conditions)
    compare(
        connection,
        "a view over a join and an aggregate: four row checks and one key",
        {
            "reading the view once, checking nothing": "select count(*), sum(total) from totals",
            "scalar subqueries": f"select {subqueries}, ({repeated.format('totals')})",
            "count_if in one scan, the key apart": f"select {counts}, ({repeated.format('totals')}) from totals",
            "of rows kept in a CTE (chosen)": f"with kept as materialized (from totals) select {counts}, "
            f"({repeated.format('kept')}) from kept",
        },
    )


TWELVE = (
    *(Check(name=name, kind="not_null", columns=(name,)) for name in ("id", "code", "rare", "amount")),
    Check(name="unique id", kind="unique", columns=("id",)),
    Check(name="unique code", kind="unique", columns=("code", "ts")),
    Check(name="set", kind="accepted_values", columns=("carrier",), arguments={"values": CARRIERS[2:-2].split("', '")}),
    Check(name="range", kind="accepted_range", columns=("quantity",), arguments={"min_value": 0, "max_value": 100}),
    Check(name="note", kind="expression", arguments={"expression": "regexp_matches(note, '^note [0-9]+$')"}),
    Check(name="pair", kind="expression", arguments={"expression": "amount * 10 <= 1000 + quantity"}),
    Check(
        name="is in", kind="relationships", columns=("customer",), arguments={"to": "customers", "field": "customer"}
    ),
    Check(name="rows", kind="row_count", arguments={"min": 1}),
)


def by_hand(relation: str) -> str:
    """What a careful person would write for the twelve checks."""
    return f"""select count(*), count(*) - count(id), count(*) - count(code), count(*) - count(rare),
      count(*) - count(amount), count(id) - count(distinct id), count_if(carrier not in {CARRIERS}),
      count_if(quantity not between 0 and 100), count_if(not regexp_matches(note, '^note [0-9]+$')),
      count_if(not (amount * 10 <= 1000 + quantity)),
      (select count(*) from (select 1 from {relation} group by code, ts having count(*) > 1)),
      (select count(*) from {relation} anti join customers using (customer) where customer is not null)
    from {relation}"""


def twelve_checks(connection: duckdb.DuckDBPyConnection) -> None:
    parents = {"customers": "customers"}
    history = {"history": "big", "history_predicate": OTHER_DAYS}
    for place, scope in (
        ("10,000 rows", Scope(relation="small", rows=10_000)),
        ("a staged day", Scope(relation="staged", rows=333_333)),
        ("a staged day, keys against all others too", Scope(relation="staged", rows=333_333, **history)),
        (
            "a day of the table, keys against all others too",
            Scope(relation="big", predicate=DAY, rows=333_333, **history),
        ),
        ("whole table", Scope(relation="big")),
    ):
        plan = compile_checks(TWELVE, scope, parents)
        ways: dict[str, str | tuple[str, ...]] = {
            "batchsql, one statement": plan.statements[0].sql,
            "batchsql, a statement a check": tuple(plan.alone(check).statements[0].sql for check in TWELVE),
        }
        if not scope.history:
            ways = {"by hand": by_hand(scope.relation), **ways}
        compare(connection, f"{place}: twelve checks", ways)
    started = time.process_time()
    for _ in range(1000):
        compile_checks(TWELVE, Scope(relation="small", rows=10_000), parents)
    print(f"\nto make the statement itself: {time.process_time() - started:.3f} ms")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
    with tempfile.TemporaryDirectory() as folder:
        connection = duckdb.connect(str(Path(folder) / "checks.duckdb"))
        connection.execute("set TimeZone = 'UTC'")
        fill(connection, rows)
        print(f"duckdb {duckdb.__version__}, {rows:,} rows, a day is {rows // 60:,}")
        for part in (row_conditions, uniqueness, uniqueness_across_batches, relationships, views, twelve_checks):
            part(connection)
        connection.close()


if __name__ == "__main__":
    main()
