"""Row conditions in the tongues of Great Expectations, as SQL."""

from __future__ import annotations

from typing import Any

import pytest

from batchsql.check.metrics import ArgumentError
from batchsql.check.metrics.conditions import condition_sql

COLUMN = {"name": 'a"b'}


@pytest.mark.parametrize(
    ("condition", "parser", "sql"),
    [
        (None, None, ""),
        ("a ilike 'x%'", None, "a ilike 'x%'"),
        ("a > 5", "duckdb", "a > 5"),
        ('col("a") > 5', None, '"a" > 5'),
        ('col("a b") == "it\'s"', "great_expectations", "\"a b\" = 'it''s'"),
        ('col("a").notNull()', "great_expectations", '"a" is not null'),
        ('col("a") >= date("2013-01-01")', "great_expectations", "\"a\" >= timestamp '2013-01-01'"),
        ('(col("a") > 1) & (col("b").is_in([1, 2]))', "great_expectations", '("a" > 1) and ("b" in (1, 2))'),
        ('~(col("a") > 1)', "great_expectations", 'not ("a" > 1)'),
        ("a > 5 and b in ['x', 'y']", "pandas", "(\"a\" > 5) and (\"b\" in ('x', 'y'))"),
        ("a > 5 | b < 3 & c == '&'", "pandas", '("a" > 5) or (("b" < 3) and ("c" = \'&\'))'),
        ("a != 1", "pandas", '"a" is distinct from 1'),
        ("not a > -1", "pandas", '("a" > -1) is not true'),
        ("a not in [1]", "pandas", '("a" in (1)) is not true'),
        ("`a b` * 2 <= 1.5 < c", "pandas", '("a b" * 2) <= 1.5 and 1.5 < "c"'),
        ({"type": "nullity", "column": COLUMN, "is_null": True}, None, '"a""b" is null'),
        ({"type": "comparison", "column": COLUMN, "operator": "NOT_IN", "parameter": [1]}, None, '"a""b" not in (1)'),
        ({"type": "comparison", "column": COLUMN, "operator": "IN", "parameter": []}, None, "false"),
        (
            {
                "type": "and",
                "conditions": [
                    {"type": "nullity", "column": COLUMN, "is_null": False},
                    {"type": "pass_through", "pass_through_filter": "b == 1"},
                ],
            },
            None,
            '("a""b" is not null) and ("b" = 1)',
        ),
    ],
)
def test_conditions_become_sql(condition: Any, parser: str | None, sql: str) -> None:
    assert condition_sql(condition, parser) == sql


@pytest.mark.parametrize(
    ("condition", "parser", "message"),
    [
        ("a >", "pandas", "not understood: a >"),
        ("(" * 300, "pandas", "not understood"),
        ("a.str.contains('x')", "pandas", "calls what is not understood"),
        ("__import__('os').system('true')", "great_expectations", "calls what is not understood"),
        ("lambda: 1", "pandas", "a part that is not understood"),
        ("a > 1", "polars", "must be one of"),
        (5, None, "must be text"),
        ({"type": "comparison", "column": COLUMN, "operator": "~", "parameter": 1}, None, "unknown operator '~'"),
        ({"type": "comparison", "column": COLUMN, "operator": "IN", "parameter": "ab"}, None, "needs a list"),
        ({"type": "nullity"}, None, "names no column"),
        ({"type": "guess", "column": COLUMN}, None, "unknown type 'guess'"),
    ],
)
def test_what_is_not_understood_is_refused(condition: Any, parser: str | None, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        condition_sql(condition, parser)
