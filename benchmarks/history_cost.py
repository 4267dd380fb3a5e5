"""What it costs to compare a batch with the batches before it: `python benchmarks/history_cost.py [rows]`.

A table of 20,000,000 rows (where not said otherwise) and 20 columns; a day of it, a sixty-first part, is the batch. In
CPU milliseconds within the process, the least of five runs: nine typical checks without and with the profile of all
columns; DuckDB's own SUMMARIZE of the same rows; measures for within_history; and no_new_values against all other days.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import duckdb

from batchsql.check import compile_checks
from batchsql.check.profile import profile_expressions
from batchsql.values import Check, Scope
from batchsql.values.history import Past

DAYS, DAY = 61, 30
COLUMNS = (
    "i AS id, i // {per_day} AS day, 'k' || i % 20 AS carrier, 'N' || i % 4000 AS tailnum, i % 24 AS hour, "
    "TIMESTAMP '2013-01-01' + to_seconds(i) AS at, i % 7 = 0 AS late, "
    "(random() * 3000)::DECIMAL(9, 2) AS amount, "
    + ", ".join(f"hash(i, {number}) % 100003 AS whole_{number}" for number in range(6))
    + ", "
    + ", ".join(f"random() * {number + 1} AS number_{number}" for number in range(6))
)


def least(work: Callable[[], object]) -> float:
    """CPU milliseconds, of all threads."""
    figures = []
    for _ in range(5):
        started = time.process_time()
        work()
        figures.append((time.process_time() - started) * 1000)
    return min(figures)


def check(kind: str, column: str = "", **arguments: object) -> Check:
    return Check(name=f"{kind}_{column}", kind=kind, columns=(column,) if column else (), arguments=arguments)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
    connection = duckdb.connect()
    per_day = rows // DAYS
    connection.execute(f"CREATE TABLE t AS SELECT {COLUMNS.format(per_day=per_day)} FROM range({rows}) AS r(i)")
    columns = [(name, str(kind)) for name, kind, *_ in connection.execute("DESCRIBE t").fetchall()]
    scope = Scope(relation="t", predicate=f"day = {DAY}", history="t", history_predicate=f"day <> {DAY}", rows=per_day)
    typical = [
        *(check("not_null", name) for name in ("id", "carrier", "tailnum", "hour")),
        check("accepted_values", "carrier", values=[f"k{number}" for number in range(20)]),
        check("accepted_range", "hour", min_value=0, max_value=23),
        check("expect_column_values_to_match_regex", "tailnum", regex="^N[0-9]+$"),
        check("expect_column_mean_to_be_between", "amount", min_value=0, max_value=3000),
        check("row_count", min=1),
    ]
    compared = [
        check("within_history", measure="rows"),
        check("within_history", "amount", measure="sum"),
        check("within_history", "tailnum", measure="null_share"),
        check("within_history", "tailnum", measure="distinct"),
    ]
    unknown = Past(batches=28, needed=7)
    known = Past(batches=28, needed=7, values_seen=tuple(f"k{number}" for number in range(20)))

    def asked(one: Check) -> str:
        return compile_checks([one], scope, {}).statements[0].sql

    alone = f"SELECT count(*), {', '.join(profile_expressions(columns))} FROM t WHERE day = {DAY}"
    ways = {
        "nine typical checks": compile_checks(typical, scope, {}).statements[0].sql,
        "the same, with a profile": compile_checks(typical, scope, {}, columns).statements[0].sql,
        "a profile alone": alone,
        "SUMMARIZE": f"SUMMARIZE SELECT * FROM t WHERE day = {DAY}",
        "four within_history": compile_checks(compared, scope, {}).statements[0].sql,
        "no_new_values, values known": asked(check("no_new_values", "carrier", past=known)),
        "no_new_values, asking history": asked(check("no_new_values", "carrier", past=unknown)),
    }
    print(f"{per_day:,} rows of {rows:,}, {len(columns)} columns; CPU ms")
    for name, sql in ways.items():
        print(f"  {name:<28} {least(lambda sql=sql: connection.execute(sql).fetchall()):8.1f}")


if __name__ == "__main__":
    main()
