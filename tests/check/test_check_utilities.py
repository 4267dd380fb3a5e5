"""The generic tests of dbt_utils and what dbt_expectations adds, natively: what passes, and how many fail."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from batchsql.errors import ProjectError
from batchsql.values import Verdict

sys.path.insert(0, str(Path(__file__).parent.parent / "pipeline"))
from pipeline_folder import Folder

ROWS = """
{{ config(materialized='table') }}
select * from (values
    (1, 'a', 'x', 10.0, timestamp '2024-01-01', timestamp '2024-01-02'),
    (2, 'a', '',  11.0, timestamp '2024-01-02', timestamp '2024-01-03'),
    (3, 'b', ' ', 12.0, timestamp '2024-01-04', timestamp '2024-01-05'),
    (5, 'b', null, 99.0, timestamp '2024-01-04', timestamp '2024-01-04')
) as t(id, g, s, v, low, high)
"""
OF_COLUMN = [
    ("g", "dbt_utils.not_constant", 0),
    ("g", "dbt_utils.not_constant: {group_by_columns: [g]}", 2),
    ("id", "not_constant: {where: id = 1}", 1),
    ("s", "dbt_utils.at_least_one", 0),
    ("s", "dbt_utils.at_least_one: {where: s is null}", 1),
    ("s", "dbt_utils.at_least_one: {group_by_columns: [id]}", 1),
    ("s", "dbt_utils.not_null_proportion: {at_least: 0.75}", 0),
    ("s", "dbt_utils.not_null_proportion: {at_least: 0.8}", 1),
    ("s", "dbt_utils.not_null_proportion: {at_most: 0.6, group_by_columns: [g]}", 1),
    ("s", "dbt_utils.not_empty_string", 2),
    ("s", "dbt_utils.not_empty_string: {trim_whitespace: false}", 1),
    ("g", "dbt_utils.not_accepted_values: {values: [a, c]}", 1),
    ("id", "dbt_utils.not_accepted_values: {values: [4], quote: false}", 0),
    ("id", "dbt_utils.cardinality_equality: {to: ref('other'), field: id}", 2),
    ("id", "dbt_utils.cardinality_equality: {to: ref('orders'), field: id}", 0),
    ("id", "dbt_utils.relationships_where: {to: ref('other'), field: id}", 2),
    ("id", "dbt_utils.relationships_where: {to: ref('other'), field: id, from_condition: id < 3}", 0),
    ("id", "dbt_utils.relationships_where: {to: ref('other'), field: id, to_condition: id <> 1}", 3),
    ("id", "dbt_utils.sequential_values", 1),
    ("id", "dbt_utils.sequential_values: {where: id < 4}", 0),
    ("id", "dbt_utils.sequential_values: {interval: 2, group_by_columns: [g]}", 1),
    ("low", "dbt_utils.sequential_values: {datepart: day, where: id < 3}", 0),
    ("low", "dbt_utils.sequential_values: {datepart: day, where: id < 4}", 1),
    ("v", "dbt_expectations.expect_column_values_to_be_within_n_stdevs: {group_by: [id], sigma_threshold: 1}", 1),
    ("v", "dbt_expectations.expect_column_values_to_be_within_n_stdevs", 0),
    ("low", "dbt_expectations.expect_row_values_to_have_recent_data: {datepart: day, interval: 1}", 1),
    ("low", "dbt_expectations.expect_row_values_to_have_recent_data: {datepart: year, interval: 500}", 0),
    ("v", "dbt_expectations.expect_column_mean_to_be_between: {group_by: [g], max_value: 20}", 1),
    ("v", "dbt_expectations.expect_column_mean_to_be_between: {group_by: [g], max_value: 60}", 0),
    ("v", "dbt_expectations.expect_column_sum_to_be_between: {group_by: [g], min_value: 21, strictly: true}", 1),
    ("v", "dbt_expectations.expect_column_max_to_be_between: {arguments: {group_by: [g], max_value: 11}}", 1),
    ("v", "dbt_expectations.expect_column_unique_value_count_to_be_between: {group_by: [g], min_value: 3}", 2),
    ("v", "dbt_expectations.expect_column_min_to_be_between: {group_by: [g], min_value: 11, row_condition: id > 1}", 0),
]
OF_TABLE = [
    ("dbt_utils.equal_rowcount: {compare_model: ref('other')}", 2),
    ("dbt_utils.equal_rowcount: {compare_model: ref('orders'), group_by_columns: [g]}", 0),
    ("dbt_utils.fewer_rows_than: {compare_model: ref('other')}", 2),
    ("dbt_utils.fewer_rows_than: {compare_model: ref('orders')}", 1),
    ("dbt_utils.fewer_rows_than: {compare_model: ref('other'), where: id = 1}", 0),
    ("dbt_utils.recency: {datepart: day, field: low, interval: 1}", 1),
    ("dbt_utils.recency: {datepart: day, field: low, interval: 1, group_by_columns: [g]}", 2),
    ("dbt_utils.recency: {datepart: year, field: low, interval: 500, ignore_time_component: true}", 0),
    (
        "dbt_utils.mutually_exclusive_ranges: {lower_bound_column: low, upper_bound_column: high, where: id < 5}",
        0,
    ),
    ("dbt_utils.mutually_exclusive_ranges: {lower_bound_column: low, upper_bound_column: high}", 1),
    (
        "dbt_utils.mutually_exclusive_ranges: {lower_bound_column: low, upper_bound_column: high, "
        "zero_length_range_allowed: true}",
        0,
    ),
    (
        "dbt_utils.mutually_exclusive_ranges: {lower_bound_column: low, upper_bound_column: high, gaps: not_allowed, "
        "where: id < 5}",
        1,
    ),
    (
        "dbt_utils.mutually_exclusive_ranges: {lower_bound_column: low, upper_bound_column: high, gaps: required, "
        "where: id < 5, partition_by: g}",
        1,
    ),
]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """All of them in one build, by their names."""
    folder = Folder(tmp_path_factory.mktemp("shop"))
    folder.write("models/orders.sql", ROWS)
    folder.write("models/other.sql", "{{ config(materialized='table') }} select unnest([1, 2]) as id")
    lines = ["models:", "- name: orders", "  checks:"]
    lines += [f"  - {_named(check, f't{number}')}" for number, (check, _) in enumerate(OF_TABLE)]
    lines += ["  columns:"]
    for name in dict.fromkeys(column for column, _, _ in OF_COLUMN):
        lines += [f"  - name: {name}", "    checks:"]
        lines += [f"    - {_named(c, f'c{number}')}" for number, (of, c, _) in enumerate(OF_COLUMN) if of == name]
    folder.write("models/orders.yml", "\n".join(lines) + "\n")
    result = folder.build()
    assert [outcome.error for outcome in result.outcomes if outcome.error] == []
    return {found.check: found for outcome in result.outcomes for found in outcome.verdicts}


def _named(check: str, name: str) -> str:
    given = f"name: {name}, severity: warn"
    return f"{check[:-1]}, {given}}}" if check.endswith("}") else f"{check}: {{{given}}}"


@pytest.mark.parametrize(
    "number", range(len(OF_COLUMN)), ids=[f"{check} of {column}" for column, check, _ in OF_COLUMN]
)
def test_of_a_column(verdicts: dict[str, Verdict], number: int) -> None:
    assert verdicts[f"c{number}"].failures == OF_COLUMN[number][2]


@pytest.mark.parametrize("number", range(len(OF_TABLE)), ids=[check for check, _ in OF_TABLE])
def test_of_a_table(verdicts: dict[str, Verdict], number: int) -> None:
    assert verdicts[f"t{number}"].failures == OF_TABLE[number][1]


def test_what_fails_is_shown(verdicts: dict[str, Verdict]) -> None:
    found = verdicts["t0"]
    assert found.sample == ({"count_a": 4, "count_b": 2, "difference": 2},)
    assert found.message == "2 found: equal rowcount (compare_model other)"


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("dbt_utils.recency: {field: low, interval: 1}", "needs 'datepart'"),
        ("dbt_utils.recency: {field: low, interval: 1, datepart: fortnight}", "'datepart' must be one of"),
        ("dbt_utils.not_constant", "looks at one column"),
        ("dbt_utils.fewer_rows_than: {compare_model: nothing}", "nothing"),
        ("dbt_utils.equal_rowcount: {compare_modle: ref('orders')}", "compare_modle"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, check: str, said: str) -> None:
    folder = Folder(tmp_path)
    folder.write("models/orders.sql", ROWS)
    folder.write("models/orders.yml", f"models:\n- name: orders\n  checks:\n  - {check}\n")
    with pytest.raises(ProjectError, match=said) as error:
        folder.compile()
    assert error.value.line == 4
