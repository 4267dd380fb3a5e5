"""Expectations in property files: their names, their arguments, and those of other packages for the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from batchsql.project import read_project
from batchsql.values import Check


def read(folder: Path, checks: str, column: str | None = "amount") -> tuple[Check, ...]:
    """The checks of a model, written as a list in YAML, under a column or under the model."""
    lines = checks.strip("\n").splitlines()
    (folder / "models").mkdir()
    (folder / "batchsql.yml").write_text("name: shop\n")
    for name in ("orders", "other"):
        (folder / "models" / f"{name}.sql").write_text("select 1 as amount")
    indent = " " * (10 if column else 6)
    under = f"    columns:\n      - name: {column}\n        checks:\n" if column else "    checks:\n"
    body = "\n".join(indent + line for line in lines)
    (folder / "models" / "m.yml").write_text(f"models:\n  - name: orders\n{under}{body}\n")
    project = read_project(folder, environment={})
    assert project.warnings == ()
    return next(model.checks for model in project.models if model.name == "orders")


@pytest.mark.parametrize(
    ("written", "kind", "arguments"),
    [
        (
            "- expect_column_values_to_be_between: {min_value: 0, max_value: 2013-01-01, strict_min: true, mostly: 1}",
            "expect_column_values_to_be_between",
            {"min_value": 0, "max_value": "2013-01-01", "strict_min": True, "mostly": 1},
        ),
        (
            "- ExpectColumnValuesToBeInSet: {value_set: [1, a]}",
            "expect_column_values_to_be_in_set",
            {"value_set": [1, "a"]},
        ),
        (
            "- ExpectColumnKLDivergenceToBeLessThan: {threshold: 1}",
            "expect_column_kl_divergence_to_be_less_than",
            {"threshold": 1},
        ),
        (
            "- expect_column_values_to_not_be_null: {row_condition: 'col(\"a\") > 5', "
            "condition_parser: great_expectations}",
            "expect_column_values_to_not_be_null",
            {"row_condition": 'col("a") > 5', "condition_parser": "great_expectations"},
        ),
        (
            "- dbt_expectations.expect_column_values_to_be_between: {min_value: 1, strictly: true, "
            "row_condition: 'a > 1'}",
            "expect_column_values_to_be_between",
            {
                "min_value": 1,
                "strict_min": True,
                "strict_max": True,
                "row_condition": "a > 1",
                "condition_parser": "sql",
            },
        ),
        (
            "- dbt_expectations.expect_column_values_to_be_in_set: {value_set: [1, 2], quote_values: false}",
            "expect_column_values_to_be_in_set",
            {"value_set": [1, 2]},
        ),
        (
            "- dbt_expectations.expect_column_values_to_be_in_set: {value_set: [1, 2]}",
            "expect_column_values_to_be_in_set",
            {"value_set": ["1", "2"]},
        ),
        (
            "- dbt_expectations.expect_column_values_to_match_regex: {regex: ab, flags: i, is_raw: true}",
            "expect_column_values_to_match_regex",
            {"regex": "(?i)ab"},
        ),
        (
            "- dbt_expectations.expect_column_values_to_be_increasing: {sort_column: at, group_by: [a], "
            "strictly: false}",
            "expect_column_values_to_be_increasing",
            {"strictly": False, "order_by_column": "at", "group_by_columns": ["a"]},
        ),
        (
            "- dbt_expectations.expect_column_quantile_values_to_be_between: {quantile: 0.5, min_value: 1}",
            "expect_column_quantile_values_to_be_between",
            {"quantile_ranges": {"quantiles": [0.5], "value_ranges": [[1, None]]}},
        ),
        (
            "- dbt_expectations.expect_column_distinct_count_to_equal: {value: 3}",
            "expect_column_unique_value_count_to_be_between",
            {"min_value": 3, "max_value": 3, "strict_min": False, "strict_max": False},
        ),
        (
            "- dbt_expectations.expect_column_values_to_be_of_type: {column_type: date}",
            "expect_column_values_to_be_of_type",
            {"type_": "date"},
        ),
    ],
)
def test_of_a_column(tmp_path: Path, written: str, kind: str, arguments: dict[str, Any]) -> None:
    (check,) = read(tmp_path, written)
    assert (check.kind, check.columns, check.arguments) == (kind, ("amount",), arguments)
    assert check.name == f"{kind}_orders_amount"


@pytest.mark.parametrize(
    ("written", "columns", "arguments"),
    [
        (
            "- expect_column_pair_values_a_to_be_greater_than_b: {column_A: a, column_B: b, or_equal: true}",
            ("a", "b"),
            {"or_equal": True},
        ),
        (
            "- dbt_expectations.expect_column_pair_values_A_to_be_greater_than_B: {column_A: a, column_B: b}",
            ("a", "b"),
            {},
        ),
        (
            "- expect_column_pair_values_to_be_in_set: {column_A: a, column_B: b, "
            "value_pairs_set: [[1, null], [2, 3]]}",
            ("a", "b"),
            {"value_pairs_set": [[1, None], [2, 3]]},
        ),
        (
            "- dbt_expectations.expect_compound_columns_to_be_unique: {column_list: [a, b], quote_columns: false}",
            ("a", "b"),
            {},
        ),
        ("- expect_table_row_count_to_be_between: {min_value: 1}", (), {"min_value": 1}),
        (
            "- dbt_expectations.expect_table_row_count_to_equal_other_table: {compare_model: ref('other')}",
            (),
            {"other_table_name": "other"},
        ),
        (
            "- dbt_expectations.expect_table_columns_to_contain_set: {column_list: [a, b]}",
            (),
            {"column_set": ["a", "b"], "exact_match": False},
        ),
        (
            "- unexpected_rows_expectation: {unexpected_rows_query: 'select * from {batch} where a < 0'}",
            (),
            {"unexpected_rows_query": "select * from {batch} where a < 0"},
        ),
        ("- UnexpectedRowsExpectation: {unexpected_rows_query: 'from x'}", (), {"unexpected_rows_query": "from x"}),
    ],
)
def test_of_a_table(tmp_path: Path, written: str, columns: tuple[str, ...], arguments: dict[str, Any]) -> None:
    (check,) = read(tmp_path, written, column=None)
    assert (check.columns, check.arguments) == (columns, arguments)


@pytest.mark.parametrize(
    ("said", "meant"),
    [("critical", "error"), ("warning", "warn"), ("info", "info"), ("error", "error"), ("WARN", "warn")],
)
def test_severities_in_both_tongues(tmp_path: Path, said: str, meant: str) -> None:
    (check,) = read(tmp_path, f"- expect_column_values_to_be_unique: {{severity: {said}}}")
    assert check.severity == meant


def test_what_people_keep_with_a_check(tmp_path: Path) -> None:
    (check,) = read(
        tmp_path, "- expect_column_values_to_be_unique: {meta: {owner: ann}, notes: [one, two], name: keys}"
    )
    assert (check.name, check.meta, check.notes) == ("keys", {"owner": "ann"}, "one\ntwo")


def test_two_of_a_kind_have_names_of_their_own(tmp_path: Path) -> None:
    written = (
        "- expect_column_values_to_be_between: {max_value: 1}\n- expect_column_values_to_be_between: {max_value: 2}"
    )
    first, second = read(tmp_path, written)
    assert first.name != second.name
