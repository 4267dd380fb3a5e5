"""Every metric runs in DuckDB, over a relation and over a relation with a condition, and says what it says by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from batchsql.check.metrics import AGGREGATE_METRICS, MAP_METRICS, ArgumentError
from batchsql.engines.duckdb import DuckdbSession, open_engine
from batchsql.values import Target

TABLE = '"t" where keep'
PAIR, NUMBER, TEXT, DAY = ['"a"', '"b"'], ['"a"'], ['"s"'], ['"day"']


@pytest.fixture(scope="module")
def session() -> Iterator[DuckdbSession]:
    engine = open_engine(Target(name="test", database=":memory:"), ())
    session = engine.session()
    session.execute(
        """create table t as select * from (values
            (1, 1, 'abc', date '2013-01-01', true), (2, 1, 'b', date '2013-01-02', true),
            (2, 3, '{"a": 1}', null, true), (null, 4, null, date '2013-01-02', true),
            (null, null, '2013-02-30', date '2013-01-04', true), (9, 9, 'not kept', null, false)
        ) r(a, b, s, day, keep)"""
    )
    yield session
    session.close()
    engine.close()


def unexpected(session: DuckdbSession, name: str, columns: list[str], arguments: dict[str, Any]) -> list[Any]:
    """The values, of the first column, of the unexpected rows."""
    metric = MAP_METRICS[name]
    ignored = metric.ignored(columns, arguments)
    looked_at = f"(from {TABLE}) where not ({ignored})" if ignored else f"(from {TABLE})"
    condition = metric.unexpected(columns, arguments, TABLE)
    sql = f"select {columns[0]} from (select *, {condition} as wrong from {looked_at}) where wrong"
    return [row[0] for row in session.query(sql)]


MAPS: list[tuple[str, list[str], dict[str, Any], list[Any]]] = [
    ("column_values.nonnull", NUMBER, {}, [None, None]),
    ("column_values.null", NUMBER, {}, [1, 2, 2]),
    ("column_values.between", NUMBER, {"min_value": 2}, [1]),
    (
        "column_values.between",
        NUMBER,
        {"min_value": 1, "max_value": 2, "strict_min": True, "strict_max": True},
        [1, 2, 2],
    ),
    ("column_values.in_set", NUMBER, {"value_set": [1, None]}, [2, 2]),
    ("column_values.in_set", NUMBER, {"value_set": []}, [1, 2, 2]),
    ("column_values.in_set", TEXT, {"value_set": ["abc", "b", "it's"]}, ['{"a": 1}', "2013-02-30"]),
    ("column_values.not_in_set", NUMBER, {"value_set": [2]}, [2, 2]),
    ("column_values.not_in_set", NUMBER, {"value_set": []}, []),
    ("column_values.value_length.between", TEXT, {"min_value": 2, "max_value": 8}, ["b", "2013-02-30"]),
    ("column_values.value_length.equals", TEXT, {"value": 3}, ["b", '{"a": 1}', "2013-02-30"]),
    ("column_values.match_regex", TEXT, {"regex": "^[a-c]+$"}, ['{"a": 1}', "2013-02-30"]),
    ("column_values.not_match_regex", TEXT, {"regex": "b"}, ["abc", "b"]),
    (
        "column_values.match_regex_list",
        TEXT,
        {"regex_list": ["a", "b"], "match_on": "all"},
        ["b", '{"a": 1}', "2013-02-30"],
    ),
    ("column_values.not_match_regex_list", TEXT, {"regex_list": ["^b", "^a"]}, ["abc", "b"]),
    ("column_values.match_like_pattern", TEXT, {"like_pattern": "%b%"}, ['{"a": 1}', "2013-02-30"]),
    ("column_values.not_match_like_pattern", TEXT, {"like_pattern": "_!_%", "escape": "!"}, []),
    ("column_values.match_like_pattern_list", TEXT, {"like_pattern_list": ["a%", "b"]}, ['{"a": 1}', "2013-02-30"]),
    ("column_values.not_match_like_pattern_list", TEXT, {"like_pattern_list": ["a%", "b"]}, ["abc", "b"]),
    (
        "column_values.match_strftime_format",
        TEXT,
        {"strftime_format": "%Y-%m-%d"},
        ["abc", "b", '{"a": 1}', "2013-02-30"],
    ),
    ("column_values.json_parseable", TEXT, {}, ["abc", "b", "2013-02-30"]),
    ("column_values.unique", NUMBER, {}, [2, 2]),
    ("column_values.increasing", ['"b"'], {}, []),
    ("column_values.increasing", ['"b"'], {"strictly": True}, [1]),
    ("column_values.decreasing", NUMBER, {}, [2]),
    ("column_values.z_score.under_threshold", NUMBER, {"threshold": 1, "double_sided": True}, [1]),
    ("column_values.z_score.under_threshold", NUMBER, {"threshold": 1, "double_sided": False}, []),
    ("column_values.not_outliers", ['"b"'], {"multiplier": 0.1}, [4]),
    ("column_values.not_outliers", ['"b"'], {"method": "std", "multiplier": 1}, [4]),
    ("column_pair_values.equal", PAIR, {}, [2, 2, None]),
    ("column_pair_values.equal", PAIR, {"ignore_row_if": "either_value_is_missing"}, [2, 2]),
    ("column_pair_values.a_greater_than_b", PAIR, {}, [1, 2, None]),
    ("column_pair_values.a_greater_than_b", PAIR, {"or_equal": True, "ignore_row_if": "neither"}, [2, None, None]),
    ("column_pair_values.in_set", PAIR, {"value_pairs_set": [[1, 1], [None, 4]]}, [2, 2]),
    ("multicolumn_values.equal", PAIR, {}, [2, 2, None]),
    ("multicolumn_sum.equal", PAIR, {"sum_total": 3}, [1, 2, None]),
    ("select_column_values.unique.within_record", PAIR, {"ignore_row_if": "never"}, [1, None]),
    ("compound_columns.unique", ['"a"', '"day"'], {}, []),
]


@pytest.mark.parametrize(("name", "columns", "arguments", "expected"), MAPS)
def test_map_metrics(
    session: DuckdbSession, name: str, columns: list[str], arguments: dict[str, Any], expected: list[Any]
) -> None:
    assert unexpected(session, name, columns, arguments) == expected


AGGREGATES: list[tuple[str, list[str], dict[str, Any], Any]] = [
    ("column.mean", NUMBER, {}, 5 / 3),
    ("column.sum", NUMBER, {}, 5),
    ("column.min", DAY, {}, date(2013, 1, 1)),
    ("column.max", NUMBER, {}, 2),
    ("column.median", NUMBER, {}, 2),
    ("column.standard_deviation", NUMBER, {}, pytest.approx(3**-0.5)),
    ("column.non_null_count", NUMBER, {}, 3),
    ("column.non_null_proportion", NUMBER, {}, 0.6),
    ("column.distinct_values.count", NUMBER, {}, 2),
    ("column.distinct_values.count.under_threshold", NUMBER, {"threshold": 2}, False),
    ("column.unique_proportion", NUMBER, {}, 2 / 3),
    ("column_values.length.min", TEXT, {}, 1),
    ("column_values.length.max", TEXT, {}, 10),
    ("column_values.between.count", NUMBER, {"min_value": 2}, 2),
    ("column_values.null.count", NUMBER, {}, 2),
    ("column_values.nonnull.count", NUMBER, {}, 3),
    ("table.row_count", [], {}, 5),
    ("column.distinct_values", NUMBER, {}, [1, 2]),
    ("column.distinct_values.not_in_set", NUMBER, {"value_set": [2, 7]}, [1]),
    ("column.distinct_values.not_in_set.count", NUMBER, {"value_set": []}, 2),
    ("column.distinct_values.missing_from_column", NUMBER, {"value_set": [2, 7, 7, None]}, [7]),
    ("column.distinct_values.missing_from_column.count", TEXT, {"value_set": ["abc", "x", "y"]}, 2),
    ("column.value_counts", NUMBER, {}, [{"value": 1, "count": 1}, {"value": 2, "count": 2}]),
    ("column.most_common_value", NUMBER, {}, [2]),
    ("column.sample_values", NUMBER, {"count": 2}, [1, 2]),
    ("column.quantile_values", NUMBER, {"quantiles": [0, 0.25, 0.26, 1]}, [1, 1, 2, 2]),
    ("column.quantile_values", NUMBER, {"quantiles": [0.25], "allow_relative_error": "linear"}, [1.5]),
    ("column.quantile_values", NUMBER, {"quantiles": [0.25], "allow_relative_error": "higher"}, [2]),
    ("column.histogram", NUMBER, {"bins": [0, 1, 2]}, [0, 3]),
    ("column.partition", NUMBER, {"n_bins": 2}, [1, 1.5, 2]),
    ("column.partition", NUMBER, {"bins": "ntile", "n_bins": 2}, [1, 2, 2]),
    ("column.outlier_statistics", NUMBER, {}, {"lower_reference": 1.5, "upper_reference": 2, "spread": 0.5}),
    ("table.columns", [], {}, ["a", "b", "s", "day", "keep"]),
    ("table.column_types", [], {}, [{"name": "a", "type": "INTEGER"}]),
    ("table.column_count", [], {}, 5),
]


@pytest.mark.parametrize(("name", "columns", "arguments", "expected"), AGGREGATES)
def test_aggregate_metrics(
    session: DuckdbSession, name: str, columns: list[str], arguments: dict[str, Any], expected: Any
) -> None:
    metric = AGGREGATE_METRICS[name]
    value = metric.sql(columns, arguments, TABLE)
    found = session.query(f"select {value} from {TABLE}" if metric.reads == "shared" else f"select {value}")[0][0]
    assert (found[:1] if name == "table.column_types" else found) == expected


def test_every_metric_is_tried() -> None:
    assert {name for name, *_ in MAPS} == set(MAP_METRICS)
    assert {name for name, *_ in AGGREGATES} == set(AGGREGATE_METRICS)


def test_infinities_have_no_deviation_and_stop_nothing(session: DuckdbSession) -> None:
    session.execute("create or replace table inf as select unnest([1, 2, 'inf'::double, '-inf'::double]) as x")
    deviation = AGGREGATE_METRICS["column.standard_deviation"].sql(['"x"'], {}, "inf")
    assert session.query(f"select {deviation} from inf") == [(None,)]


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("column_values.between", {}, "needs 'min_value'"),
        ("column_values.between", {"min_value": 2, "max_value": 1}, "above 'max_value'"),
        ("column_values.in_set", {"value_set": "abc"}, "must be a list"),
        ("column_values.in_set", {"value_set": [{"$PARAMETER": "x"}]}, "not a value"),
        ("column_values.match_regex_list", {"regex_list": []}, "empty"),
        ("column_values.match_regex_list", {"regex_list": ["a"], "match_on": "some"}, "any or all"),
        ("column_values.match_regex", {"regex": "^(?!a)"}, "RE2"),
        ("column_values.match_regex_list", {"regex_list": [r"(a)\1"]}, "RE2"),
        ("column_values.z_score.under_threshold", {"threshold": "3"}, "a number"),
        ("column_values.not_outliers", {"method": "guess"}, "iqr or std"),
    ],
)
def test_arguments_that_make_no_sense(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        MAP_METRICS[name].unexpected(['"a"'], arguments, "t")


def test_what_only_looks_like_looking_around_is_no_error() -> None:
    for pattern in (r"\(\?=", r"(?i)a", r"(?:a|b)", r"\\1", r"(?P<x>a)"):
        assert "regexp_matches" in MAP_METRICS["column_values.match_regex"].unexpected(['"a"'], {"regex": pattern}, "t")
