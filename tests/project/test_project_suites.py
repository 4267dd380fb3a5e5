"""Suites in checks/*.json are checks of a model; what batchsql exports is read again as what it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from batchsql.check.suite import suite_of
from batchsql.errors import ProjectError
from batchsql.project import read_project
from batchsql.values import Check


def project(folder: Path, suites: dict[str, Any], checks: str = "") -> tuple[Check, ...]:
    (folder / "models").mkdir()
    (folder / "checks").mkdir()
    (folder / "batchsql.yml").write_text("name: shop\n")
    (folder / "models" / "orders.sql").write_text("select 1 as id")
    if checks:
        (folder / "models" / "m.yml").write_text(f"models:\n  - name: orders\n    checks:\n{checks}")
    for name, suite in suites.items():
        text = suite if isinstance(suite, str) else json.dumps(suite, indent=2)
        (folder / "checks" / name).write_text(text)
    read = read_project(folder, environment={})
    return next(model.checks for model in read.models if model.name == "orders")


BETWEEN = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {
        "column": "id",
        "min_value": 0.0,
        "row_condition": {"type": "nullity", "column": {"name": "id"}, "is_null": False},
        "condition_parser": "great_expectations",
        "mostly": 0.9,
    },
    "meta": {"owner": "ann"},
    "severity": "warning",
    "notes": "seen in March",
    "id": None,
}


def test_a_suite_as_great_expectations_writes_it(tmp_path: Path) -> None:
    suite = {"name": "x", "id": None, "expectations": [BETWEEN], "meta": {"great_expectations_version": "1.24.1"}}
    (check,) = project(tmp_path, {"orders.json": suite})
    assert (check.kind, check.columns, check.severity) == ("expect_column_values_to_be_between", ("id",), "warn")
    assert (check.meta, check.notes, check.arguments["mostly"]) == ({"owner": "ann"}, "seen in March", 0.9)
    assert check.arguments["row_condition"] == BETWEEN["kwargs"]["row_condition"]
    assert (check.path, check.line) == ("checks/orders.json", 6)


def test_a_suite_adds_to_what_stands_in_yaml(tmp_path: Path) -> None:
    suite = {"meta": {"model": "orders"}, "expectations": [BETWEEN]}
    checks = project(tmp_path, {"any.json": suite}, "      - row_count: {min: 1}\n")
    assert [check.kind for check in checks] == ["row_count", "expect_column_values_to_be_between"]


def test_what_is_exported_is_read_again(tmp_path: Path) -> None:
    written = [
        Check(name="one", kind="expect_column_values_to_be_unique", columns=("id",), severity="info", error_if="> 3"),
        Check(
            name="two",
            kind="expect_column_pair_values_a_to_be_greater_than_b",
            columns=("a", "b"),
            arguments={"or_equal": True, "mostly": 0.5},
            meta={"owner": "ann"},
            notes="n",
        ),
        Check(
            name="three",
            kind="expect_column_values_to_be_increasing",
            columns=("id",),
            arguments={"order_by_column": "at"},
        ),
        Check(name="four", kind="unexpected_rows_expectation", arguments={"unexpected_rows_query": "from {batch}"}),
    ]
    found = project(tmp_path, {"orders.json": suite_of("orders", written, {})})
    told = [(c.name, c.kind, c.columns, c.arguments, c.severity, c.error_if, c.meta, c.notes) for c in found]
    assert told == [(c.name, c.kind, c.columns, c.arguments, c.severity, c.error_if, c.meta, c.notes) for c in written]


@pytest.mark.parametrize(
    ("name", "suite", "message", "line"),
    [
        ("order.json", {"expectations": []}, "there is no model 'order' for this suite", 1),
        ("orders.json", [], "a suite is a mapping with a list of 'expectations'", 1),
        ("orders.json", '{"expectations":\n [,]}', "this is not JSON", 2),
        ("orders.json", {"expectations": [{"type": "expect_column_to_exits", "kwargs": {}}]}, "there is no check", 4),
        ("orders.json", {"expectations": [{"kwargs": {}}]}, "an expectation has a 'type' and 'kwargs'", 1),
        (
            "orders.json",
            {"expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "id", "colum_index": 1}}]},
            "takes no 'colum_index'",
            4,
        ),
    ],
)
def test_a_suite_that_is_wrong(tmp_path: Path, name: str, suite: Any, message: str, line: int) -> None:
    with pytest.raises(ProjectError) as raised:
        project(tmp_path, {name: suite})
    assert message in raised.value.message
    assert (raised.value.path, raised.value.line) == (f"checks/{name}", line)
