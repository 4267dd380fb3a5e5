"""`batchsql rollback`: tables are exactly what they were before, and the next build goes on from there."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pipeline_folder import Folder

from batchsql import pipeline
from batchsql.cli.boundary import run
from batchsql.errors import UsageError
from batchsql.pipeline import Options
from batchsql.values import RunResult

PROJECT = "name: shop\nmodels:\n  +keep_history: 5\nseeds:\n  +keep_history: 5\nsnapshots:\n  +keep_history: 5\n"
DAYS = """{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day',
    begin='2024-01-01', end='2024-01-05', batch_size='day') }}
select id, day, amount from {{ ref('events') }}
"""
FILES = {
    "batchsql.yml": PROJECT,
    "models/sources.yml": "sources: [{name: main, tables: [{name: raw, event_time: day, loaded_at_field: seq}]}]\n",
    "models/events.sql": """{{ config(materialized='table', event_time='day') }}
select * from {{ source('main', 'raw') }}""",
    "models/days.sql": DAYS,
    "models/keyed.sql": "{{ config(materialized='incremental', unique_key='id') }} select id, amount from events",
    "models/added.sql": """{{ config(materialized='incremental') }} select id, seq from {{ ref('events') }}
{% if is_incremental() %} where seq > (select max(seq) from {{ this }}) {% endif %}""",
    "models/seen.sql": "{{ config(materialized='view') }} select day, count(*) as n from days group by day",
    "snapshots/versions.sql": """{% snapshot versions %}
{{ config(unique_key='id', strategy='check', check_cols='all') }}
select id, amount from {{ ref('events') }}{% endsnapshot %}""",
    "seeds/colours.csv": "id,name\n1,red\n",
}
TABLES = ("events", "days", "keyed", "added", "seen", "versions", "colours")
RAW = """create table raw as
select i as id, date '2024-01-01' + (i % 4)::int as day, i as amount, 1 as seq from range(8) r(i)"""


@pytest.fixture
def shop(folder: Folder) -> Folder:
    return begin(folder)


def begin(folder: Folder) -> Folder:
    for path, text in FILES.items():
        folder.write(path, text)
    folder.change(RAW)
    return folder


def contents(folder: Folder) -> dict[str, Any]:
    there = {name for (name,) in folder.query("select table_name from information_schema.tables")}
    return {name: folder.query(f"select * from {name} order by all") if name in there else None for name in TABLES}


def undo(folder: Folder, model: str | None = None, **which: int) -> RunResult:
    return pipeline.rollback(folder.compile(), Options(command="batchsql rollback"), model=model, **which)


def load(folder: Folder) -> int:
    result = folder.build()
    assert {outcome.state for outcome in result.outcomes} == {"committed"}, result.outcomes
    return result.run_id or 0


def more(folder: Folder, at: int) -> None:
    folder.change(f"insert into raw values ({100 + at}, '2024-01-02', 5, {at})")
    folder.change(f"update raw set amount = amount + 1, seq = {at} where id in (1, 3)")


def test_a_run_is_taken_back_whole(shop: Folder) -> None:
    load(shop)
    before = contents(shop)
    more(shop, 2)
    last = load(shop)
    after = contents(shop)
    assert after != before
    result = undo(shop, run=last)
    assert result.exit_code == 0
    assert contents(shop) == before
    assert {entry.split()[0] for entry in shop.due()} >= {"events", "days", "keyed", "added"}
    load(shop)
    assert contents(shop) | {"versions": 0} == after | {"versions": 0}
    assert shop.due() == []


def test_an_undo_can_be_undone(shop: Folder) -> None:
    load(shop)
    more(shop, 2)
    last = load(shop)
    after = contents(shop)
    undone = undo(shop, run=last).run_id
    undo(shop, run=undone or 0)
    assert contents(shop) == after


def test_what_was_not_there_is_gone_again(shop: Folder) -> None:
    first = load(shop)
    undo(shop, run=first)
    assert contents(shop) == dict.fromkeys(TABLES)
    assert pipeline.doctor(shop.compile(), Options()).findings == ()
    load(shop)
    assert shop.due() == []


def test_a_model_goes_back_several_runs(shop: Folder) -> None:
    first = load(shop)
    before = contents(shop)
    for at in (2, 3):
        more(shop, at)
        load(shop)
    now = contents(shop)
    undo(shop, "keyed", to=first)
    assert contents(shop) == now | {"keyed": before["keyed"]}
    assert shop.due() == ["keyed"]


def test_intervals_that_were_not_loaded_are_due_again(shop: Folder) -> None:
    shop.write("models/days.sql", DAYS.replace("2024-01-05", "2024-01-03"))
    first = load(shop)
    before = contents(shop)["days"]
    shop.write("models/days.sql", DAYS)
    load(shop)
    undo(shop, "days", to=first)
    assert contents(shop)["days"] == before
    assert pipeline.doctor(shop.compile(), Options()).findings == ()
    assert shop.due() == ["days 2024-01-03", "days 2024-01-04", "seen"]


def test_a_full_refresh_is_taken_back(shop: Folder) -> None:
    load(shop)
    before = contents(shop)
    shop.change("delete from raw where id < 5")
    last = shop.build(full_refresh=True).run_id or 0
    assert contents(shop) != before
    undo(shop, run=last)
    assert contents(shop) == before


def test_columns_come_back(shop: Folder) -> None:
    load(shop)
    before = shop.query("from days order by all")
    shop.write("models/days.sql", DAYS.replace("amount from", "amount, 1 as more from"))
    last = shop.build("days", full_refresh=True).run_id or 0
    assert len(shop.query("from days")[0]) == 4
    undo(shop, run=last)
    assert shop.query("from days order by all") == before


def test_checks_judge_what_is_restored(shop: Folder) -> None:
    load(shop)
    more(shop, 2)
    last = load(shop)
    after = contents(shop)
    shop.write(
        "models/checks.yml",
        "models:\n  - name: keyed\n    columns: [{name: id, checks: [{accepted_values: {values: [102]}}]}]\n",
    )
    result = undo(shop, run=last)
    assert {outcome.batch.model: outcome.state for outcome in result.outcomes}["keyed"] == "check_failed"
    assert result.exit_code == 3
    assert contents(shop) == after


def test_only_so_many_runs_are_kept(shop: Folder) -> None:
    shop.write("batchsql.yml", PROJECT.replace("5", "2"))
    runs = []
    for at in range(2, 6):
        runs.append(load(shop))
        more(shop, at)
    kept = shop.query("select distinct table_name from duckdb_tables() where schema_name = 'batchsql_history'")
    assert {int(name.rpartition("@")[2].partition(".")[0]) for (name,) in kept} == set(runs[-2:])
    with pytest.raises(UsageError, match="not kept"):
        undo(shop, "keyed", to=runs[0])
    undo(shop, "keyed", to=runs[1])


def test_what_is_kept_and_not_needed_any_more_is_left_over(shop: Folder) -> None:
    load(shop)
    more(shop, 2)
    load(shop)
    assert pipeline.doctor(shop.compile(), Options()).findings == ()
    shop.write("batchsql.yml", "name: shop\n")
    found = pipeline.doctor(shop.compile(), Options()).findings
    assert {each.kind for each in found} == {"leftover"}
    assert all(each.hint.startswith('drop table "batchsql_history"') for each in found)


def test_intervals_that_were_loaded_in_one_pass_are_taken_back(shop: Folder) -> None:
    shop.write("models/days.sql", DAYS.replace("batch_size='day'", "batch_size='day', coalesce=4"))
    load(shop)
    before = contents(shop)
    shop.change("update raw set amount = amount + 1, seq = 2")
    last = load(shop)
    assert shop.query(f"select count(*) from batchsql.batch where run_id = {last} and model = 'days'") == [(4,)]
    after = contents(shop)
    assert after["days"] != before["days"]
    assert pipeline.doctor(shop.compile(), Options()).findings == ()
    undone = undo(shop, run=last).run_id or 0
    assert contents(shop) == before
    assert pipeline.doctor(shop.compile(), Options()).findings == ()
    undo(shop, run=undone)
    assert contents(shop) == after


def test_nothing_is_kept_where_nobody_asks_for_it(shop: Folder) -> None:
    shop.write("batchsql.yml", "name: shop\n")
    load(shop)
    more(shop, 2)
    last = load(shop)
    assert shop.query("select 1 from duckdb_tables() where schema_name = 'batchsql_history'") == []
    with pytest.raises(UsageError, match="not kept"):
        undo(shop, run=last)


def test_what_was_loaded_since_is_undone_first(shop: Folder) -> None:
    first = load(shop)
    more(shop, 2)
    load(shop)
    with pytest.raises(UsageError, match="was loaded by run 2 since"):
        undo(shop, run=first)


def test_the_command(shop: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    load(shop)
    before = contents(shop)
    more(shop, 2)
    load(shop)
    folder = ["--project-dir", str(shop.root)]
    assert run(["rollback", *folder], {}) == 2
    assert run(["rollback", "keyd", *folder], {}) == 2
    assert "did you mean 'keyed'" in capsys.readouterr().err
    assert run(["rollback", "keyed", *folder], {}) == 0
    assert contents(shop)["keyed"] == before["keyed"]
    assert run(["plan", *folder], {}) == 0
    assert "rolled back" in capsys.readouterr().out


STEPS = st.lists(
    st.sampled_from(["more", "late", "fewer", "refresh", "code", "seed"]), min_size=1, max_size=3, unique=True
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=STEPS, second=STEPS)
def test_undo_gives_exactly_the_tables_before(first: list[str], second: list[str]) -> None:
    with TemporaryDirectory() as place:
        folder = begin(Folder(Path(place)))
        load(folder)
        states = [contents(folder)]
        runs = []
        for number, steps in enumerate((first, second), start=2):
            refresh = change(folder, steps, number)
            result = folder.build(full_refresh=refresh)
            assert result.exit_code == 0
            runs.append(result.run_id)
            states.append(contents(folder))
        for run_id, state in zip(reversed(runs), states[-2::-1], strict=True):
            if run_id is not None:
                undo(folder, run=run_id)
            assert contents(folder) == state
        load(folder)
        expected = folder.query("select id, day, amount from raw order by all")
        assert folder.query("select id, day, amount from days order by all") == expected
        assert folder.due() == []


def change(folder: Folder, steps: list[str], at: int) -> bool:
    for step in steps:
        if step == "more":
            more(folder, at)
        elif step == "late":
            folder.change(f"update raw set amount = -{at}, seq = {at} where day = '2024-01-03'")
        elif step == "fewer":
            folder.change(f"delete from raw where id = {at}")
        elif step == "seed":
            folder.write("seeds/colours.csv", f"id,name\n1,red\n2,blue{at}\n")
        elif step == "code":
            folder.write(
                "models/keyed.sql", FILES["models/keyed.sql"].replace("amount from", f"amount * {at} as amount from")
            )
    return "refresh" in steps
