"""What `build` tells of unit tests that run with it, of what they hold back, and of tests that are left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_folder import DbtFolder

UNIT_TESTS = """
models:
  - {name: loud, columns: [{name: id, data_tests: [unique]}]}
  - {name: after, columns: [{name: id, data_tests: [unique]}]}
unit_tests:
  - name: shouts
    model: loud
    given: [{input: ref('stg_orders'), rows: [{id: 1, name: a}]}]
    expect: {rows: [{name: A}]}
  - name: whispers
    model: loud
    given: [{input: ref('stg_orders'), rows: [{id: 1, name: a}]}]
    expect: {rows: [{name: a}]}
  - name: follows
    model: after
    given: [{input: ref('loud'), rows: [{id: 1}]}]
    expect: {rows: [{id: 1}]}
  - name: casts
    model: number
    given: [{input: ref('stg_orders'), rows: [{id: 1, name: a}]}]
    expect: {rows: [{number: 1}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> DbtFolder:
    folder = DbtFolder(tmp_path)
    for path in [*(tmp_path / "models").iterdir()]:
        if path.stem not in ("stg_orders",):
            path.unlink()
    folder.write("models/loud.sql", "select id, upper(name) as name from {{ ref('stg_orders') }}\n")
    folder.write("models/after.sql", "select id from {{ ref('loud') }}\n")
    folder.write("models/number.sql", "select name::int as number from {{ ref('stg_orders') }}\n")
    folder.write("models/tests.yml", UNIT_TESTS)
    return folder


def test_unit_tests_of_a_build_are_in_its_results_as_in_dbt(folder: DbtFolder) -> None:
    assert folder.run("build", "-s", "loud+", "number", "--exclude", "shouts") == 1
    assert folder.statuses() == {
        "unit_test.shop.loud": "fail",
        "unit_test.shop.after": "skipped",
        "unit_test.shop.number": "error",
        "model.shop.loud": "skipped",
        "model.shop.after": "skipped",
        "model.shop.number": "skipped",
        "test.shop.unique_loud_id": "skipped",
        "test.shop.unique_after_id": "skipped",
    }


def test_tests_that_are_left_out_do_not_run_with_a_build_and_are_due(folder: DbtFolder) -> None:
    assert folder.run("build", "-s", "+loud", "--exclude-resource-type", "unit_test", "test") == 0
    assert not [name for name in folder.statuses() if name.startswith(("test.", "unit_test."))]
    assert folder.run("build", "-s", "loud", "--exclude", "whispers") == 0
    assert folder.statuses()["test.shop.unique_loud_id"] == "pass"
