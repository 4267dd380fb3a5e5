"""Custom expectations as projects write them, where Great Expectations is not installed."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from batchsql.errors import ProjectError

sys.path.insert(0, str(Path(__file__).parent.parent / "pipeline"))
from pipeline_folder import Folder


def project(folder: Path, check: str) -> Folder:
    made = Folder(folder)
    made.write("models/n.sql", "select 1 as n")
    made.write("models/n.yml", f"models:\n- name: n\n  columns:\n  - name: n\n    checks: [{check}]\n")
    return made


@pytest.mark.skipif(find_spec("great_expectations") is not None, reason="Great Expectations is installed")
def test_what_to_install_is_said(tmp_path: Path) -> None:
    (outcome,) = project(tmp_path, "expect_n: {from: expectations/n.py}").build().outcomes
    assert (outcome.state, outcome.error) == ("failed", "Great Expectations is not installed")
    assert outcome.error_report["hint"] == "pip install 'batchsql[gx]'"


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("expect_n", "there is no check 'expect_n'"),
        ("expect_n: {from: ../other.py}", "must be a file of the project or a module"),
        ("expect_n: {from: n.py, limit: 3}", "has nothing to work on"),
        ("expect_n: {from: n.py, severity: quarantine}", "cannot be put aside"),
    ],
)
def test_what_cannot_be_is_told_before_anything_runs(tmp_path: Path, check: str, said: str) -> None:
    with pytest.raises(ProjectError, match=said) as error:
        project(tmp_path, check).compile()
    assert (error.value.path, error.value.line) == ("models/n.yml", 5)


def test_what_it_takes_is_kept_as_it_was_written(tmp_path: Path) -> None:
    folder = project(tmp_path, "ExpectColumnValuesToBeN: {from: a.b, n: [1, {x: 2}], mostly: 0.5, name: c}")
    (check,) = folder.compile().graph["n"].checks
    assert (check.kind, check.name, check.columns) == ("custom", "c", ("n",))
    assert check.arguments == {
        "expectation": "expect_column_values_to_be_n",
        "from": "a.b",
        "kwargs": {"n": [1, {"x": 2}], "mostly": 0.5, "column": "n"},
    }
