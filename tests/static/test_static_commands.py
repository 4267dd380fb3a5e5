"""The static check on the command line: by itself, in a plan, and before a build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from static_project import write_files

from batchsql.cli.boundary import run

TABLE = "{{ config(materialized='table') }}\n"


@pytest.fixture
def renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A project that was built, in which a column of the one staging model was renamed then."""
    write_files(
        tmp_path,
        {
            "seeds/raw_flights.csv": "flight,day,delay\n1,2013-01-01,5\n",
            "models/stg_flights.sql": f"{TABLE}select flight, day, delay from raw_flights\n",
            "models/daily.sql": "select day, sum(delay) as total, max(delay) as worst from stg_flights group by day\n",
            "models/late.sql": "select flight\nfrom stg_flights\nwhere delay > 15\n",
            "models/weekly.sql": "select date_trunc('week', day) as week, sum(total) as total from daily group by 1\n",
        },
    )
    monkeypatch.chdir(tmp_path)
    assert run(["build"], {}) == 0
    (tmp_path / "models/stg_flights.sql").write_text(
        f"{TABLE}select flight, day, delay as dep_delay from raw_flights\n"
    )
    capsys.readouterr()
    return tmp_path


def test_a_plan_names_all_that_a_renamed_column_breaks(renamed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "--json"], {}) == 0
    found = json.loads(capsys.readouterr().out)["static"]
    assert [(error["path"], error["line"], error["column"]) for error in found["errors"]] == [
        ("models/daily.sql", 1, "delay"),
        ("models/late.sql", 3, "delay"),
    ]
    assert [error["breaks"] for error in found["errors"]] == [
        ["daily.total", "daily.worst", "weekly.total"],
        ["late.*"],
    ]
    assert "its code no longer gives it; new there: dep_delay" in found["errors"][0]["hint"]
    assert found["unchecked"] == []


def test_the_check_alone_says_it_for_people(renamed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--static"], {}) == 2
    said = capsys.readouterr().out
    assert "--> models/late.sql:3\n" in said
    assert "2 errors in 2 models of 4" in said


def test_a_strict_build_runs_nothing(renamed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "--strict"], {}) == 2
    said = capsys.readouterr()
    assert "there is no column 'delay' in stg_flights" in said.err
    assert run(["show", "--inline", "select delay from stg_flights"], {}) == 0


def test_a_build_tells_before_it_begins(renamed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "-s", "stg_flights"], {}) == 0
    assert "delay" not in capsys.readouterr().err  # nothing that was asked for is wrong
    assert run(["build"], {}) == 1
    assert "warning: models/late.sql:3: there is no column 'delay' in stg_flights" in capsys.readouterr().err
