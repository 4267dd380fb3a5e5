"""Expectations computed natively, against Great Expectations' own pandas engine: success, counts, percentages, lists.

Each example is a table of random rows and random arguments. All expectations are asked of it at once: here, in one
statement; there, as one suite. NaN is not among the rows: for pandas it is a missing value, here it is a value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

pytest.importorskip("great_expectations")

from batchsql.check import compile_checks, judge, sample_statements, with_samples
from batchsql.check.expectations import plain
from batchsql.engines.duckdb import DuckdbSession, open_engine
from batchsql.values import Check, Scope, Target, Verdict
from batchsql.values.vocabulary import SIGNATURES

COLUMNS = {
    "i": "bigint",
    "j": "bigint",
    "x": "double",
    "y": "double",
    "m": "decimal(10, 2)",
    "n": "decimal(10, 2)",
    "s": "varchar",
    "u": "varchar",
    "d": "date",
    "t": "timestamp",
    "b": "boolean",
}
SHOWN = 5
OTHER_ROWS = 7

Row = tuple[Any, ...]


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


WHOLE = st.integers(-5, 9)
FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.5, 2.0, -3.25]), st.floats(-1e6, 1e6), st.sampled_from([math.inf, -math.inf])
)
FINITE = st.one_of(st.sampled_from([0.0, 1.5, 2.0]), st.floats(-100, 100))
MONEY = st.decimals(-50, 50, places=2)
NUMBERS_TO_SOME = re.compile("nan|inf", re.IGNORECASE)
"""What DuckDB takes as JSON in any case, Python in one spelling, and the standard not at all."""
TEXTS = st.one_of(
    st.sampled_from(
        ["a", "ab", "B", "", "é", "e\u0301", "it's", "😀", "2013-01-05", "2013-1-5", "99", '{"a": 1}', "a%b_c"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00\n\r"), max_size=3),
).filter(lambda text: not NUMBERS_TO_SOME.search(text))

DAYS = st.dates(date(2012, 12, 28), date(2013, 1, 5))
TIMES = st.datetimes(datetime(2012, 12, 31), datetime(2013, 1, 2)).map(lambda t: t.replace(microsecond=0))
ROW = st.tuples(
    maybe(WHOLE),
    maybe(WHOLE),
    maybe(FLOATS),
    maybe(FINITE),
    maybe(MONEY),
    MONEY,
    maybe(TEXTS),
    maybe(TEXTS),
    maybe(DAYS),
    maybe(TIMES),
    maybe(st.booleans()),
)
ROWS = st.lists(ROW, max_size=14)


@pytest.fixture(scope="module")
def session() -> Iterator[DuckdbSession]:
    engine = open_engine(Target(name="test", database=":memory:"), ())
    session = engine.session()
    session.execute(f"create table other as select * from range({OTHER_ROWS})")
    yield session
    session.close()
    engine.close()


def ours(session: DuckdbSession, rows: Sequence[Row], checks: Sequence[Check]) -> list[Verdict]:
    listed = ", ".join(f"unnest(?::{kind}[]) as {name}" for name, kind in COLUMNS.items())
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in COLUMNS]
    session.execute(f"create or replace table t as select {listed}", columns)
    plan = compile_checks(checks, Scope(relation="t"), {"other": "other"})
    for preparation in plan.prepare:
        session.query(preparation)
    verdicts = judge(plan, [session.query(statement.sql)[0] for statement in plan.statements])
    samples = [session.query(sample.sql) for sample in sample_statements(plan, verdicts)]
    return list(with_samples(plan, verdicts, samples))


# --- Great Expectations -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gx_definition() -> Any:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False, "profilers": False}
    asset = context.data_sources.add_pandas("native_parity").add_dataframe_asset("t")
    return asset.add_batch_definition_whole_dataframe("all")


def frame(rows: Sequence[Row]) -> Any:
    """The rows in pandas, each column in the type that keeps its values apart from what is missing."""
    import pandas as pd

    kinds = {"bigint": "float64", "double": "float64", "timestamp": "datetime64[us]"}
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=kinds.get(kind, "object"))
            for (name, kind), values in zip(COLUMNS.items(), columns, strict=True)
        }
    )


def theirs(definition: Any, rows: Sequence[Row], checks: Sequence[Check]) -> list[Any]:
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    expectations = [
        ExpectationConfiguration(type=check.kind, kwargs=gx_arguments(check), meta={"at": at}).to_domain_obj()
        for at, check in enumerate(checks)
    ]
    batch = definition.get_batch({"dataframe": frame(rows)})
    wanted = {"result_format": "BASIC", "partial_unexpected_count": SHOWN}
    result = batch.validate(ExpectationSuite("parity", expectations=expectations), result_format=wanted)
    return sorted(result.results, key=lambda each: each.expectation_config.meta["at"])


def gx_arguments(check: Check) -> dict[str, Any]:
    names = {
        "column": lambda: {"column": check.columns[0]},
        "pair": lambda: {"column_A": check.columns[0], "column_B": check.columns[1]},
        "columns": lambda: {"column_list": list(check.columns)},
        "table": dict,
    }
    return {**names[SIGNATURES[check.kind].domain](), **check.arguments}


# --- comparison -------------------------------------------------------------------------------------------------------


IN_NO_ORDER = ("expect_column_values_to_be_dateutil_parseable", "expect_column_values_to_match_json_schema")
"""Their lists are of distinct values."""


def compare(session: DuckdbSession, definition: Any, rows: Sequence[Row], checks: Sequence[Check]) -> None:
    for check, own, other in zip(checks, ours(session, rows, checks), theirs(definition, rows, checks), strict=True):
        said = f"{check.kind} {check.columns} {check.arguments}\n{rows}\nours {own.result}\ntheirs "
        said += f"{other.success} {other.result} {other.exception_info}"
        assert not other.exception_info.get("raised_exception", True), said
        assert own.result["success"] == other.success, said
        expected = {name: clean(value) for name, value in other.result.items()}
        if not expected.get("partial_unexpected_list") or check.kind in IN_NO_ORDER:
            expected.pop("partial_unexpected_list", None)
        if own.result.get("observed_value") is None or not expected.get("details"):
            expected.pop("details", None)
        found = {name: value for name, value in own.result.items() if name in expected}
        assert set(found) == set(expected), said
        for name, value in expected.items():
            assert alike(*in_order(name, found[name], value)), f"{name}\n{said}"


def in_order(name: str, found: Any, expected: Any) -> tuple[Any, Any]:
    """What is missing from a set has no order there."""
    return (sorted(found), sorted(expected)) if name == "partial_missing_list" else (found, expected)


def clean(value: Any) -> Any:
    """A value of theirs, as ours are: plain, pandas' missing values None, times without needless zeros."""
    import numpy as np
    import pandas as pd

    if isinstance(value, dict):
        return {key: clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
    return plain(value)


def alike(found: Any, expected: Any) -> bool:
    if isinstance(found, dict) and isinstance(expected, list):
        found = list(found.values())
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(alike(found[key], expected[key]) for key in found)
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(alike, found, expected))
    numbers = [as_number(value) for value in (found, expected)]
    if None not in numbers:
        return numbers[0] == numbers[1] or math.isclose(numbers[0], numbers[1], rel_tol=1e-9, abs_tol=1e-9)
    return as_text(found) == as_text(expected)


def as_number(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if math.isnan(number) else number


def as_text(value: Any) -> Any:
    return value.replace("T", " ").removesuffix(" 00:00:00") if isinstance(value, str) else value


# --- what is asked ----------------------------------------------------------------------------------------------------


def expect(kind: str, *columns: str, **arguments: Any) -> Check:
    return Check(name=f"{kind} {columns} {arguments}", kind=kind, columns=columns, arguments=arguments)


def between(low: Any, high: Any, strict: tuple[bool, bool] = (False, False)) -> dict[str, Any]:
    return {"min_value": low, "max_value": high, "strict_min": strict[0], "strict_max": strict[1]}


MOSTLY = st.sampled_from([1, 0.9, 0.5, 0.25, 0])
STRICT = st.tuples(st.booleans(), st.booleans())


@st.composite
def each_row(draw: Any) -> list[Check]:
    """Expectations that each value of a column meets or not."""
    mostly, strict = {"mostly": draw(MOSTLY)}, draw(STRICT)
    numbers, texts = draw(st.lists(WHOLE, min_size=1, max_size=4)), draw(st.lists(TEXTS, min_size=1, max_size=3))
    low = draw(WHOLE)
    high = low + draw(st.integers(0, 6))
    day = draw(DAYS)
    pattern = draw(st.sampled_from(["a", "^[a-z]+$", "é", "[0-9]{2}", "^$", "b$", r"\d", "(?i)B", "^.$"]))
    column = draw(st.sampled_from(list(COLUMNS)))
    return [
        expect("expect_column_values_to_not_be_null", column, **mostly),
        expect("expect_column_values_to_be_null", column, **mostly),
        expect("expect_column_values_to_be_unique", column, **mostly),
        expect("expect_column_values_to_be_between", "i", **between(low, high, strict), **mostly),
        expect("expect_column_values_to_be_between", "x", **between(low, None, strict), **mostly),
        expect("expect_column_values_to_be_between", "m", **between(None, high, strict), **mostly),
        expect(
            "expect_column_values_to_be_between",
            "t",
            **between(datetime(2013, 1, 1), datetime(2013, 1, 1, 18), strict),
            **mostly,
        ),
        expect("expect_column_values_to_be_between", "d", **between(day, day + timedelta(2), strict), **mostly),
        expect("expect_column_values_to_be_in_set", "i", value_set=numbers, **mostly),
        expect("expect_column_values_to_be_in_set", "s", value_set=[*texts, None], **mostly),
        expect("expect_column_values_to_be_in_set", "b", value_set=[True], **mostly),
        expect("expect_column_values_to_not_be_in_set", "x", value_set=numbers, **mostly),
        expect("expect_column_values_to_not_be_in_set", "s", value_set=texts, **mostly),
        expect("expect_column_value_lengths_to_be_between", "s", **between(1, 2, strict), **mostly),
        expect("expect_column_value_lengths_to_equal", "u", value=1, **mostly),
        expect("expect_column_values_to_match_regex", "s", regex=pattern, **mostly),
        expect("expect_column_values_to_not_match_regex", "u", regex=pattern, **mostly),
        expect(
            "expect_column_values_to_match_regex_list",
            "s",
            regex_list=[pattern, "a"],
            match_on=draw(st.sampled_from(["any", "all"])),
            **mostly,
        ),
        expect("expect_column_values_to_not_match_regex_list", "u", regex_list=[pattern, "b"], **mostly),
        expect("expect_column_values_to_match_strftime_format", "s", strftime_format="%Y-%m-%d", **mostly),
        expect("expect_column_values_to_be_json_parseable", "s", **mostly),
        expect("expect_column_values_to_be_dateutil_parseable", "s", **mostly),
        expect("expect_column_values_to_be_increasing", "i", strictly=strict[0], **mostly),
        expect("expect_column_values_to_be_decreasing", "y", strictly=strict[0], **mostly),
        expect("expect_column_values_to_be_increasing", "t", strictly=strict[1], **mostly),
        expect(
            "expect_column_value_z_scores_to_be_less_than",
            "y",
            threshold=draw(st.sampled_from([0.5, 1.05, 2])),
            double_sided=strict[0],
            **mostly,
        ),
        expect("expect_column_values_to_not_be_outliers", "y", method="iqr", multiplier=1.25, **mostly),
        expect("expect_column_values_to_not_be_outliers", "y", method="std", multiplier=1.05, **mostly),
    ]


@st.composite
def several_columns(draw: Any) -> list[Check]:
    """Expectations about pairs and about several columns."""
    mostly = {"mostly": draw(MOSTLY)}
    pair = {"ignore_row_if": draw(st.sampled_from(["both_values_are_missing", "either_value_is_missing", "neither"]))}
    rows = {"ignore_row_if": draw(st.sampled_from(["all_values_are_missing", "any_value_is_missing", "never"]))}
    pairs = draw(st.lists(st.tuples(WHOLE, WHOLE), max_size=6))
    return [
        expect("expect_column_pair_values_to_be_equal", "i", "j", **pair, **mostly),
        expect("expect_column_pair_values_to_be_equal", "s", "u", **pair, **mostly),
        expect(
            "expect_column_pair_values_a_to_be_greater_than_b", "x", "y", or_equal=draw(st.booleans()), **pair, **mostly
        ),
        expect(
            "expect_column_pair_values_to_be_in_set",
            "i",
            "j",
            value_pairs_set=[list(p) for p in pairs],
            **pair,
            **mostly,
        ),
        expect("expect_compound_columns_to_be_unique", "i", "b", **rows, **mostly),
        expect("expect_compound_columns_to_be_unique", "s", "d", **rows, **mostly),
        expect("expect_multicolumn_sum_to_equal", "i", "j", sum_total=draw(WHOLE), **rows, **mostly),
        expect("expect_multicolumn_values_to_be_equal", "i", "j", **rows, **mostly),
        expect("expect_select_column_values_to_be_unique_within_record", "i", "j", **rows, **mostly),
    ]


@st.composite
def wholes(draw: Any) -> list[Check]:
    """Expectations about a whole column or table."""
    strict = draw(STRICT)
    low = draw(WHOLE)
    bounds = between(low, low + draw(st.integers(0, 8)), strict)
    numbers, texts = draw(st.lists(WHOLE, min_size=1, max_size=8)), draw(st.lists(TEXTS, min_size=1, max_size=4))
    share = between(draw(st.sampled_from([0, 0.3])), draw(st.sampled_from([0.5, 1])), strict)
    names = draw(st.sampled_from([list(COLUMNS), list(COLUMNS)[::-1], ["i", "j"], [*COLUMNS, "more"]]))
    return [
        *(
            expect(kind, column, **bounds)
            for kind in (
                "expect_column_max_to_be_between",
                "expect_column_min_to_be_between",
                "expect_column_mean_to_be_between",
                "expect_column_median_to_be_between",
                "expect_column_sum_to_be_between",
                "expect_column_stdev_to_be_between",
            )
            for column in ("i", "y")
        ),
        expect("expect_column_max_to_be_between", "n", **bounds),
        expect("expect_column_mean_to_be_between", "n", **bounds),
        expect("expect_column_sum_to_be_between", "n", **bounds),
        expect("expect_column_min_to_be_between", "t", min_value=datetime(2013, 1, 1)),
        expect(
            "expect_column_max_to_be_between", "t", **between(datetime(2013, 1, 1), datetime(2013, 1, 1, 12), strict)
        ),
        expect("expect_column_unique_value_count_to_be_between", "s", **bounds),
        expect("expect_column_proportion_of_unique_values_to_be_between", "i", **share),
        expect("expect_column_proportion_of_non_null_values_to_be_between", "s", **share),
        *(
            expect(
                "expect_column_quantile_values_to_be_between",
                column,
                quantile_ranges={
                    "quantiles": [0, 0.25, 0.5, 0.9],
                    "value_ranges": [[None, 2], [0, 3], [low, None], [1, 9]],
                },
                allow_relative_error=draw(st.sampled_from([False, "linear", "lower", "higher", "nearest", "midpoint"])),
            )
            for column in ("y",)
        ),
        expect("expect_column_distinct_values_to_be_in_set", "i", value_set=numbers),
        expect("expect_column_distinct_values_to_contain_set", "i", value_set=numbers),
        expect("expect_column_distinct_values_to_equal_set", "s", value_set=texts),
        expect("expect_column_most_common_value_to_be_in_set", "i", value_set=numbers, ties_okay=strict[0]),
        expect("expect_column_most_common_value_to_be_in_set", "s", value_set=texts),
        expect("expect_column_to_exist", draw(st.sampled_from(["i", "y", "none"]))),
        expect("expect_column_to_exist", "j", column_index=draw(st.integers(1, 12))),
        expect("expect_table_row_count_to_be_between", **bounds),
        expect("expect_table_row_count_to_equal", value=draw(st.integers(0, 5))),
        expect("expect_table_column_count_to_be_between", min_value=draw(st.sampled_from([3, 11])), max_value=12),
        expect("expect_table_column_count_to_equal", value=draw(st.sampled_from([11, 12]))),
        expect("expect_table_columns_to_match_ordered_list", column_list=names),
        expect("expect_table_columns_to_match_set", column_set=names, exact_match=strict[0]),
    ]


@st.composite
def divergences(draw: Any) -> list[Check]:
    """How far a column's distribution is from an expected one."""
    threshold = draw(st.sampled_from([None, 0.1, 0.5, 2]))
    values = draw(st.lists(WHOLE, min_size=1, max_size=5, unique=True))
    weights = [1 / len(values)] * len(values)
    bins = sorted(
        draw(st.lists(st.sampled_from([-90.0, -20.0, 0.0, 1.0, 2.0, 30.0, 80.0]), min_size=3, max_size=5, unique=True))
    )
    ends = draw(st.sampled_from(["closed", "below", "above", "both"]))
    bins = [
        *([-math.inf] if ends in ("below", "both") else []),
        *bins,
        *([math.inf] if ends in ("above", "both") else []),
    ]
    count = len(bins) - 1
    parts = [1 / count] * count
    tails = {"tail_weights": [0.05, 0.05]} if ends == "closed" and draw(st.booleans()) else {}
    parts = [part * 0.9 for part in parts] if tails else parts
    holdout = 0 if tails or ends == "both" else draw(st.sampled_from([0, 0.1]))
    return [
        expect(
            "expect_column_kl_divergence_to_be_less_than",
            "i",
            partition_object={"values": values, "weights": weights},
            threshold=threshold,
            tail_weight_holdout=draw(st.sampled_from([0, 0.1])),
        ),
        expect(
            "expect_column_kl_divergence_to_be_less_than",
            "y",
            partition_object={"bins": bins, "weights": parts, **tails},
            threshold=threshold,
            tail_weight_holdout=holdout,
            internal_weight_holdout=draw(st.sampled_from([0, 0.1])) if not holdout else 0,
        ),
    ]


CONDITIONS = [
    ('col("i") > 2', "great_expectations"),
    ('col("s") == "a"', "great_expectations"),
    ('col("s").notNull()', "great_expectations"),
    ("i > 2 and j <= 5", "pandas"),
    ("i in [1, 2, 3] or s == 'ab'", "pandas"),
    ("(y > 0) & ~(j > 3)", "pandas"),
    ("0 <= i < 5", "pandas"),
    ("i != 2", "pandas"),
    ("s.notnull() and `u` != 'a'", "pandas"),
    ({"type": "nullity", "column": {"name": "i"}, "is_null": False}, "great_expectations"),
    ({"type": "comparison", "column": {"name": "i"}, "operator": "IN", "parameter": [1, 2, 3]}, "great_expectations"),
    (
        {
            "type": "or",
            "conditions": [
                {"type": "comparison", "column": {"name": "i"}, "operator": ">=", "parameter": 4},
                {"type": "comparison", "column": {"name": "s"}, "operator": "==", "parameter": "a"},
            ],
        },
        "great_expectations",
    ),
]


@st.composite
def conditions(draw: Any) -> list[Check]:
    """The same expectations under each row condition."""
    mostly = {"mostly": draw(MOSTLY)}
    value_set = draw(st.lists(WHOLE, min_size=1, max_size=4))
    return [
        expect(kind, *columns, **arguments, row_condition=condition, condition_parser=parser)
        for condition, parser in CONDITIONS
        for kind, columns, arguments in (
            ("expect_column_values_to_not_be_null", ("u",), mostly),
            ("expect_column_values_to_be_unique", ("i",), mostly),
            ("expect_column_values_to_be_in_set", ("j",), {"value_set": value_set, **mostly}),
            ("expect_column_pair_values_a_to_be_greater_than_b", ("x", "y"), mostly),
            ("expect_compound_columns_to_be_unique", ("i", "b"), mostly),
            ("expect_column_mean_to_be_between", ("y",), {"min_value": 0}),
            ("expect_column_unique_value_count_to_be_between", ("i",), {"min_value": 2, "max_value": 4}),
            ("expect_table_row_count_to_be_between", (), {"min_value": 1, "max_value": 4}),
        )
    ]


RELAXED = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)


@RELAXED
@given(rows=ROWS, checks=each_row())
def test_each_value(session: DuckdbSession, gx_definition: Any, rows: list[Row], checks: list[Check]) -> None:
    compare(session, gx_definition, rows, checks)


@RELAXED
@given(rows=ROWS, checks=several_columns())
def test_pairs_and_several_columns(
    session: DuckdbSession, gx_definition: Any, rows: list[Row], checks: list[Check]
) -> None:
    compare(session, gx_definition, rows, checks)


@RELAXED
@given(rows=ROWS, checks=wholes())
def test_whole_columns_and_tables(
    session: DuckdbSession, gx_definition: Any, rows: list[Row], checks: list[Check]
) -> None:
    compare(session, gx_definition, rows, checks)


@RELAXED
@given(rows=ROWS, checks=conditions())
def test_row_conditions(session: DuckdbSession, gx_definition: Any, rows: list[Row], checks: list[Check]) -> None:
    compare(session, gx_definition, rows, checks)


@RELAXED
@given(
    documents=st.lists(maybe(st.sampled_from(['{"a": 1}', '{"a": "x"}', "1", "[1]", "null"])), max_size=8),
    mostly=MOSTLY,
)
def test_json_schemas(session: DuckdbSession, gx_definition: Any, documents: list[Any], mostly: float) -> None:
    at = list(COLUMNS).index("s")
    rows = [
        tuple(text if number == at else 1 if number == at - 2 else None for number in range(len(COLUMNS)))
        for text in documents
    ]
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    checks = [expect("expect_column_values_to_match_json_schema", "s", json_schema=schema, mostly=mostly)]
    compare(session, gx_definition, rows, checks)


@RELAXED
@given(rows=ROWS, checks=divergences())
def test_distributions(session: DuckdbSession, gx_definition: Any, rows: list[Row], checks: list[Check]) -> None:
    compare(session, gx_definition, rows, checks)
