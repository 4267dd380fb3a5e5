"""Plans that are kept and carried out, retry, and explain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pipeline_folder import Folder

from batchsql.cli.boundary import run

DAYS = """{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day',
    begin='2024-01-01', end='2024-01-05', batch_size='day') }}
select id, day{{ extra }} from {{ ref('events') }} where id % {{ var('keep', 1) }} = 0
"""
FILES = {
    "models/events.sql": """{{ config(materialized='table', event_time='day') }}
select i as id, date '2024-01-01' + (i % 4)::int as day from range(8) r(i)""",
    "models/days.sql": DAYS.replace("{{ extra }}", ""),
    "models/seen.sql": "{{ config(materialized='table') }} select day, count(*) as n from days group by day",
}


@pytest.fixture
def shop(folder: Folder) -> Folder:
    for path, text in FILES.items():
        folder.write(path, text)
    return folder


def call(folder: Folder, *arguments: str) -> int:
    return run([*arguments, "--project-dir", str(folder.root)], {})


def test_a_plan_is_carried_out_as_it_was_read(shop: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.json"
    assert call(shop, "plan", "-s", "+days", "--out", str(file), "--vars", "keep: 2") == 0
    assert call(shop, "build", "--plan", str(file)) == 0
    assert shop.query("select count(*) from days") == [(4,)], "with the variables of the plan"
    assert shop.query("select count(*) from information_schema.tables where table_name = 'seen'") == [(0,)]
    assert call(shop, "build", "--plan", str(file)) == 2
    assert "what is loaded of days" in capsys.readouterr().err


MOVES = {
    "the code of days": lambda shop: shop.write("models/days.sql", DAYS.replace("{{ extra }}", ", 1 as more")),
    "what is loaded of events": lambda shop: shop.build("events", force=True),
    "the relation of events": lambda shop: shop.change("drop table events"),
}


@pytest.mark.parametrize("moved", MOVES)
def test_a_plan_is_refused_when_the_world_has_moved(
    shop: Folder, tmp_path: Path, moved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.json"
    shop.build("events")
    assert call(shop, "plan", "--out", str(file)) == 0
    MOVES[moved](shop)
    before = shop.query("select count(*) from batchsql.batch")
    capsys.readouterr()
    assert call(shop, "build", "--plan", str(file)) == 2
    assert moved in capsys.readouterr().err.replace("\n", " ").replace("  ", " ")
    assert shop.query("select count(*) from batchsql.batch") == before


def test_what_is_no_plan_is_refused(shop: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.json").write_text("{}")
    assert call(shop, "build", "--plan", str(tmp_path / "plan.json")) == 2
    assert call(shop, "build", "--plan", str(tmp_path / "none.json")) == 2
    assert call(shop, "build", "-s", "days", "--plan", str(tmp_path / "plan.json")) == 2
    assert "is no plan" in capsys.readouterr().err


def test_the_plan_tells_what_it_will_take(shop: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    shop.build()
    capsys.readouterr()
    assert call(shop, "plan", "--full-refresh", "--json") == 0
    batches = json.loads(capsys.readouterr().out)["batches"]
    assert [each["estimated_rows"] for each in batches if each["model"] == "days"] == [2, 2, 2, 2]
    assert all(each["estimated_seconds"] >= 0 for each in batches)
    assert call(shop, "plan", "--full-refresh") == 0
    assert "about 20 rows" in capsys.readouterr().out


def test_retry_runs_the_slices_that_failed_with_the_same_variables(shop: Folder) -> None:
    broken = FILES["models/events.sql"].replace("as day from", "as day, if(i = 2, 1, 0) as bad from")
    shop.write("models/events.sql", broken)
    text = DAYS.replace("{{ extra }}", ", if(bad = 1, error('no'), 0) as e")
    shop.write("models/days.sql", text)
    assert call(shop, "build", "--vars", "keep: 2") == 1
    shop.write("models/days.sql", DAYS.replace("{{ extra }}", ", 0 as e"))
    assert call(shop, "retry") == 0
    last = "(select max(run_id) from batchsql.batch)"
    slices = shop.query(f"select model, slice_start::date::varchar from batchsql.batch where run_id = {last}")
    assert slices == [("days", "2024-01-03"), ("seen", None)]
    assert shop.query("select count(*) from days") == [(4,)]


def test_explain_says_why(shop: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(shop, "explain", "days") == 0
    out = capsys.readouterr().out
    assert "days is due" in out
    assert "the ledger knows no attempt" in out
    shop.build()
    assert call(shop, "explain", "seen") == 0
    out = capsys.readouterr().out
    assert "seen is not due: up to date" in out
    assert "because: first load" in out
    assert "read days (batch " in out
    assert call(shop, "explain", "days", "2024-01-03", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["slice_start"] for each in found["happened"]] == ["2024-01-03T00:00:00"]
    assert call(shop, "explain", "seen", "2024-01-03") == 2
    assert call(shop, "explain", "sen") == 2
