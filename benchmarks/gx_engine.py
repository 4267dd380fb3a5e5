"""Twelve expectations in Great Expectations, on our engine, against one hand-written SELECT.

    python benchmarks/gx_engine.py [rows]          1,000,000 unless told otherwise; needs `pip install 'batchsql[gx]'`

CPU seconds, the best of five, one thread. A clean table, and one on which three of the twelve fail.
"""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import duckdb

HAND = """
select count(*), count_if(id is null), count_if(tail is null), count_if(dest is null), count_if(day is null),
    count(distinct id) = count(*),
    (select count(*) from (select tail, day from flights group by all having count(*) > 1)),
    count_if(origin not in ('EWR', 'JFK', 'LGA')), count_if(distance < 0 or distance > 5000),
    count_if(not regexp_matches(dest, '^[A-Z]{3}$')), avg(delay), count_if(arrived < departed)
from flights"""


def best(run: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return min(times)


def fill(connection: duckdb.DuckDBPyConnection, rows: int, broken: int) -> None:
    connection.execute(f"""
        create or replace table flights as
        select i as id, 'N' || i as tail, (i * 7 % 365)::int as day, ['EWR', 'JFK', 'LGA'][1 + i % 3] as origin,
            ['ABQ', 'ACK', 'ALB', 'ANC'][1 + i % 4] as dest,
            case when i < {broken} then -1 else i % 4900 end as distance, (i * 31 % 200) - 30 as delay,
            i % 1440 as departed, i % 1440 + case when i < {broken} then -5 else 60 end as arrived
        from range({rows}) as r(i)""")
    if broken:
        connection.execute(f"update flights set tail = null where id < {broken}")


def expectations(rows: int) -> list[Any]:
    import great_expectations.expectations as gxe

    return [
        *(gxe.ExpectColumnValuesToNotBeNull(column=name) for name in ("id", "tail", "dest", "day")),
        gxe.ExpectColumnValuesToBeUnique(column="id"),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=["tail", "day"], ignore_row_if="any_value_is_missing"),
        gxe.ExpectColumnValuesToBeInSet(column="origin", value_set=["EWR", "JFK", "LGA"]),
        gxe.ExpectColumnValuesToBeBetween(column="distance", min_value=0, max_value=5000),
        gxe.ExpectColumnValuesToMatchRegex(column="dest", regex="^[A-Z]{3}$"),
        gxe.ExpectTableRowCountToEqual(value=rows),
        gxe.ExpectColumnMeanToBeBetween(column="delay", min_value=0, max_value=100),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="arrived", column_B="departed"),
    ]


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    warnings.simplefilter("ignore")
    import great_expectations as gx

    import batchsql.gx

    batchsql.gx.register()
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    connection = duckdb.connect(config={"threads": 1})
    fill(connection, rows, 0)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_duckdb("warehouse").bind(connection)
    whole = source.add_table_asset("flights").add_batch_definition_whole_table("all")
    suite = context.suites.add(gx.ExpectationSuite(name="twelve", expectations=expectations(rows)))
    validation = context.validation_definitions.add(gx.ValidationDefinition(name="twelve", data=whole, suite=suite))
    for title, broken in (("clean", 0), ("three fail", 100)):
        fill(connection, rows, broken)
        hand = best(lambda: connection.execute(HAND).fetchall())
        ours = best(validation.run)
        before = len(source.get_execution_engine().statements)
        failed = sum(not result.success for result in validation.run().results)
        sent = len(source.get_execution_engine().statements) - before
        print(
            f"{rows:>11,} rows, {title:<10}  by hand {hand:6.3f} s   Great Expectations on DuckDB {ours:6.3f} s"
            f"   {ours / hand:5.2f} times   {sent} statements, {failed} failing"
        )


if __name__ == "__main__":
    main()
