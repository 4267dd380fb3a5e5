"""What each expectation costs alone, from its definition to its verdict, against a SELECT of the same written by hand.

    python benchmarks/expectation_costs.py [rows]        2,000,000 where not said; writes docs/expectation_costs.json

By hand is the least that tells whether the expectation holds: the number of offending rows, or the value to compare.
CPU seconds within the process, the least of five runs in turns. docs/checks.py shows the figures.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from checks_speed import CARRIERS, disordered, least, query_of

from batchsql.check import compile_checks, judge
from batchsql.check.expectations import BY_PYTHON
from batchsql.values import Check, Scope
from batchsql.values.vocabulary import SIGNATURES

FIGURES = Path(__file__).parents[1] / "docs" / "expectation_costs.json"
MORE = """, null::integer as nothing, day + 1 as next_day, day as same_day, 1000 - quantity as rest, -i as falling,
    '{"a": ' || i % 997 || '}' as json, '2013-01-' || (10 + i % 20) as date, (hash(i) % 1000)::integer as scattered"""
LISTED = ", ".join(f"'{carrier}'" for carrier in CARRIERS)
ORDERED = "(select id {sign} lag(id) over () as wrong from big) where wrong"
WITHIN = "avg({0}) - 3 * stddev_samp({0}) as low, avg({0}) + 3 * stddev_samp({0}) as high"
BOUNDS = {"min_value": 0, "max_value": 10**15}
EVERY = {"type_": "BIGINT"}

Asked = tuple[tuple[str, ...], dict[str, Any], str]
"""Columns, arguments, and by hand: what follows FROM where rows are counted, else a whole SELECT."""

EACH_ROW: dict[str, Asked] = {
    "expect_column_values_to_be_null": (("nothing",), {}, "big where nothing is not null"),
    "expect_column_values_to_not_be_null": (("amount",), {}, "big where amount is null"),
    "expect_column_values_to_be_unique": (("id",), {}, disordered("big", "id")),
    "expect_column_values_to_be_between": (
        ("scattered",),
        {"min_value": 0, "max_value": 999},
        "big where scattered < 0 or scattered > 999",
    ),
    "expect_column_values_to_be_in_set": (
        ("carrier",),
        {"value_set": list(CARRIERS)},
        f"big where carrier not in ({LISTED})",
    ),
    "expect_column_values_to_not_be_in_set": (
        ("carrier",),
        {"value_set": ["XX", "YY"]},
        "big where carrier in ('XX', 'YY')",
    ),
    "expect_column_values_to_be_increasing": (("id",), {}, ORDERED.format(sign="<")),
    "expect_column_values_to_be_decreasing": (
        ("falling",),
        {},
        ORDERED.format(sign=">").replace("id", "falling"),
    ),
    "expect_column_value_lengths_to_be_between": (
        ("note",),
        {"min_value": 1, "max_value": 20},
        "big where length(note) < 1 or length(note) > 20",
    ),
    "expect_column_value_lengths_to_equal": (("carrier",), {"value": 2}, "big where length(carrier) <> 2"),
    "expect_column_values_to_match_regex": (
        ("note",),
        {"regex": "^note [0-9]+$"},
        "big where not regexp_matches(note, '^note [0-9]+$')",
    ),
    "expect_column_values_to_not_match_regex": (
        ("note",),
        {"regex": "[A-Z]"},
        "big where regexp_matches(note, '[A-Z]')",
    ),
    "expect_column_values_to_match_regex_list": (
        ("note",),
        {"regex_list": ["^note [0-9]+$", "^NOTE"]},
        "big where not (regexp_matches(note, '^note [0-9]+$') or regexp_matches(note, '^NOTE'))",
    ),
    "expect_column_values_to_not_match_regex_list": (
        ("note",),
        {"regex_list": ["[A-Z]", "!$"]},
        "big where regexp_matches(note, '[A-Z]') or regexp_matches(note, '!$')",
    ),
    "expect_column_values_to_match_like_pattern": (
        ("note",),
        {"like_pattern": "note %"},
        "big where note not like 'note %'",
    ),
    "expect_column_values_to_not_match_like_pattern": (("note",), {"like_pattern": "%!"}, "big where note like '%!'"),
    "expect_column_values_to_match_like_pattern_list": (
        ("note",),
        {"like_pattern_list": ["note %", "%!"]},
        "big where not (note like 'note %' or note like '%!')",
    ),
    "expect_column_values_to_not_match_like_pattern_list": (
        ("note",),
        {"like_pattern_list": ["%!", "%?"]},
        "big where note like '%!' or note like '%?'",
    ),
    "expect_column_values_to_match_strftime_format": (
        ("date",),
        {"strftime_format": "%Y-%m-%d"},
        "big where try_strptime(date, '%Y-%m-%d') is null",
    ),
    "expect_column_values_to_be_json_parseable": (("json",), {}, "big where not json_valid(json)"),
    "expect_column_value_z_scores_to_be_less_than": (
        ("amount",),
        {"threshold": 3, "double_sided": True},
        f"big, (select {WITHIN.format('amount')} from big) where amount < low or amount > high",
    ),
    "expect_column_values_to_not_be_outliers": (
        ("amount",),
        {"method": "iqr", "multiplier": 1.5},
        "big, (select quantile_cont(amount, [0.25, 0.75]) as q from big) "
        "where amount < q[1] - 1.5 * (q[2] - q[1]) or amount > q[2] + 1.5 * (q[2] - q[1])",
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        ("arrival", "departure"),
        {"or_equal": True},
        "big where arrival < departure",
    ),
    "expect_column_pair_values_to_be_equal": (("day", "same_day"), {}, "big where day <> same_day"),
    "expect_column_pair_values_to_be_in_set": (
        ("carrier", "carrier"),
        {"value_pairs_set": [[each, each] for each in CARRIERS]},
        f"big where (carrier, carrier) not in {tuple((each, each) for each in CARRIERS)}",
    ),
    "expect_compound_columns_to_be_unique": (
        ("day", "number"),
        {},
        disordered("big", "(day, number)"),
    ),
    "expect_multicolumn_sum_to_equal": (
        ("quantity", "rest"),
        {"sum_total": 1000},
        "big where quantity + rest <> 1000",
    ),
    "expect_multicolumn_values_to_be_equal": (("day", "same_day"), {}, "big where day <> same_day"),
    "expect_multicolumn_values_to_be_unique": (("day", "next_day"), {}, "big where day = next_day"),
    "expect_select_column_values_to_be_unique_within_record": (
        ("day", "next_day"),
        {},
        "big where day = next_day",
    ),
    "unexpected_rows_expectation": (
        (),
        {"unexpected_rows_query": "select * from {batch} where amount < 0"},
        "big where amount < 0",
    ),
}
OF_TYPE = "select data_type from duckdb_columns() where table_name = 'big' and column_name = 'id'"
NAMES = "select column_name from duckdb_columns() where table_name = 'big'"
DISTINCT = "select distinct carrier from big"
SAME = "select carrier, count(*) as n from big group by carrier order by carrier"
WHOLE: dict[str, Asked] = {
    "expect_column_values_to_be_of_type": (("id",), EVERY, OF_TYPE),
    "expect_column_values_to_be_in_type_list": (("id",), {"type_list": ["BIGINT"]}, OF_TYPE),
    "expect_column_type_to_be": (("id",), EVERY, OF_TYPE),
    "expect_column_to_exist": (("id",), {}, NAMES),
    "expect_column_max_to_be_between": (("amount",), BOUNDS, "select max(amount) from big"),
    "expect_column_min_to_be_between": (("amount",), BOUNDS, "select min(amount) from big"),
    "expect_column_mean_to_be_between": (("amount",), BOUNDS, "select avg(amount) from big"),
    "expect_column_median_to_be_between": (("amount",), BOUNDS, "select median(amount) from big"),
    "expect_column_sum_to_be_between": (("amount",), BOUNDS, "select sum(amount) from big"),
    "expect_column_stdev_to_be_between": (("amount",), BOUNDS, "select stddev_samp(amount) from big"),
    "expect_column_unique_value_count_to_be_between": (
        ("scattered",),
        BOUNDS,
        "select count(distinct scattered) from big",
    ),
    "expect_column_proportion_of_unique_values_to_be_between": (
        ("scattered",),
        BOUNDS,
        "select count(distinct scattered) / count(scattered) from big",
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": (
        ("amount",),
        BOUNDS,
        "select count(amount) / count(*) from big",
    ),
    "expect_column_quantile_values_to_be_between": (
        ("amount",),
        {"quantile_ranges": {"quantiles": [0.25, 0.75], "value_ranges": [[0, 500], [500, 1000]]}},
        "select quantile_disc(amount, [0.25, 0.75]) from big",
    ),
    "expect_column_distinct_values_to_be_in_set": (("carrier",), {"value_set": list(CARRIERS)}, DISTINCT),
    "expect_column_distinct_values_to_contain_set": (("carrier",), {"value_set": ["AA"]}, DISTINCT),
    "expect_column_distinct_values_to_equal_set": (("carrier",), {"value_set": list(CARRIERS)}, DISTINCT),
    "expect_column_most_common_value_to_be_in_set": (
        ("carrier",),
        {"value_set": list(CARRIERS), "ties_okay": True},
        "select carrier, count(*) as n from big group by carrier order by n desc limit 1",
    ),
    "expect_column_kl_divergence_to_be_less_than": (
        ("carrier",),
        {"partition_object": {"values": list(CARRIERS), "weights": [0.1] * 10}, "threshold": 0.1},
        f"select sum(n / t * ln(n / t / 0.1)) from (select n, sum(n) over () as t from ({SAME}))",
    ),
    "expect_table_row_count_to_be_between": ((), BOUNDS, "select count(*) from big"),
    "expect_table_row_count_to_equal": ((), {"value": 0}, "select count(*) from big"),
    "expect_table_row_count_to_equal_other_table": (
        (),
        {"other_table_name": "other"},
        "select (select count(*) from big), (select count(*) from other)",
    ),
    "expect_table_column_count_to_be_between": ((), {"min_value": 1, "max_value": 100}, NAMES),
    "expect_table_column_count_to_equal": ((), {"value": 0}, NAMES),
    "expect_table_columns_to_match_ordered_list": ((), {"column_list": []}, NAMES),
    "expect_table_columns_to_match_set": ((), {"column_set": []}, NAMES),
    "expect_query_results_to_match_comparison": (
        (),
        {
            "base_query": SAME.replace("big", "{batch}"),
            "comparison_query": SAME.replace("big", "other"),
        },
        f"from ({SAME}) except all from ({SAME.replace('big', 'other')})",
    ),
}


def asked_of(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[Check, str]]:
    """Each expectation as a check that the table passes, and its SELECT by hand."""
    names = [name for (name,) in connection.execute(NAMES).fetchall()]
    [(rows,)] = connection.execute("select count(*) from big").fetchall()
    counted = {"expect_table_row_count_to_equal": rows, "expect_table_column_count_to_equal": len(names)}
    asked: dict[str, tuple[Check, str]] = {}
    for name, (columns, arguments, sql) in (EACH_ROW | WHOLE).items():
        own = dict(arguments)
        own |= {"value": counted[name]} if name in counted else {}
        own |= {each: names for each in ("column_list", "column_set") if each in own}
        by_hand = sql if sql.startswith(("select ", "from ")) else f"select count(*) from {sql}"
        asked[name] = (Check(name=name, kind=name, columns=columns, arguments=own), by_hand)
    return asked


def ours(connection: duckdb.DuckDBPyConnection, check: Check) -> None:
    plan = compile_checks([check], Scope(relation="big"), {"other": "other"})
    for preparation in plan.prepare:
        connection.execute(preparation)
    verdicts = judge(plan, [connection.execute(statement.sql).fetchall()[0] for statement in plan.statements])
    assert [verdict.state for verdict in verdicts] == ["pass"], verdicts


def both(connection: duckdb.DuckDBPyConnection, check: Check, sql: str) -> dict[str, Callable[[], object]]:
    return {"hand": lambda: connection.execute(sql).fetchall(), "ours": lambda: ours(connection, check)}


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    connection = duckdb.connect()
    connection.execute(f"create table big as {query_of(rows).replace(' from range', MORE + ' from range')}")
    connection.execute("create view other as from big")
    figures: dict[str, Any] = {}
    for name, (check, sql) in asked_of(connection).items():
        times = least(both(connection, check, sql), seconds=0.5, rounds=5)
        figures[name] = {each: round(1000 * seconds, 2) for each, seconds in times.items()}
        print(f"{name:<64} {figures[name]['hand']:9.2f} ms   {times['ours'] / times['hand']:6.2f} x", flush=True)
    without = set(SIGNATURES) - set(figures) - set(BY_PYTHON)
    assert not without, without
    told = {"rows": rows, "duckdb": duckdb.__version__, "milliseconds": figures}
    FIGURES.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
