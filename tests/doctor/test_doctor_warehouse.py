"""`batchsql doctor`: damage done to a warehouse by hand is found, and mended by a repair and a build."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pipeline_folder import Folder

from batchsql import pipeline
from batchsql.cli.boundary import run
from batchsql.pipeline import Examination, Options

EVENTS = """{{ config(materialized='table', event_time='ts') }}
select i as id, timestamp '2024-01-01' + to_minutes(i * 37) as ts, i % 10 as amount from range(389) r(i)
"""
DAILY = """{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts',
    begin='2024-01-01', end='2024-01-11', batch_size='day') }}
select id, ts, amount * 2 as doubled from {{ ref('events') }}
"""
KEYED = "{{ config(materialized='incremental', unique_key='id') }} select id, amount from {{ ref('events') }}"
ADDED = """{{ config(materialized='incremental') }} select id, amount from {{ ref('events') }}
{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}"""
SEEN = "select id, ts from events where amount > 3"
PER_DAY = "{{ config(materialized='table') }} select ts::date as day, sum(doubled) as total from daily group by day"
TABLES = ("events", "daily", "keyed", "added", "seen", "per_day", "colours")
LOADED = ("daily", "keyed", "added", "events", "per_day")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was built, to be copied, so that each test need not build it."""
    made = shop(Folder(tmp_path_factory.mktemp("built")))
    made.build()
    return made.root


def shop(folder: Folder) -> Folder:
    models = {"events": EVENTS, "daily": DAILY, "keyed": KEYED, "added": ADDED, "seen": SEEN, "per_day": PER_DAY}
    for name, text in models.items():
        folder.write(f"models/{name}.sql", text)
    folder.write("seeds/colours.csv", "id,name\n1,red\n2,blue\n3,green\n")
    return folder


def copy(built: Path, place: Path) -> Folder:
    copytree(built, place, dirs_exist_ok=True)
    return Folder(place)


@pytest.fixture
def sound(built: Path, tmp_path: Path) -> Folder:
    return copy(built, tmp_path)


def look(folder: Folder, *, repair: bool = False) -> Examination:
    return pipeline.doctor(folder.compile(), Options(command="batchsql doctor"), repair=repair)


def said(folder: Folder) -> list[str]:
    return [f"{each.relation} {each.message}" for each in look(folder).findings]


def contents(folder: Folder) -> dict[str, list[tuple[object, ...]]]:
    return {name: folder.query(f"select * from {name} order by all") for name in TABLES}


def test_nothing_is_said_of_what_is_as_it_was_loaded(sound: Folder) -> None:
    assert said(sound) == []
    assert look(sound).relations == len(TABLES)


def test_an_empty_warehouse_has_nothing_wrong(folder: Folder) -> None:
    shop(folder).change("create table mine (a int)")
    assert said(folder) == []


DAMAGES = {
    "delete from daily where ts::date = '2024-01-05' and id % 2 = 0": ["main.daily 2024-01-05"],
    "insert into daily select * from daily where ts::date = '2024-01-03' limit 2": ["main.daily 2024-01-03"],
    "update daily set ts = ts + interval 1 day where ts::date = '2024-01-07'": [
        "main.daily 2024-01-07",
        "main.daily 2024-01-08",
    ],
    "insert into daily values (1, '2030-01-01', 2)": ["main.daily 1 row is outside"],
    "delete from keyed where id between 10 and 20": ["main.keyed has 378 rows, 11 fewer"],
    "insert into added values (1, 2)": ["main.added has 390 rows, 1 more"],
    "delete from events where id = 7": ["main.events has 388 rows, 1 fewer"],
    "delete from colours": ["main.colours has 0 rows, 3 fewer"],
    "drop table keyed": ["main.keyed is not in the warehouse"],
    "drop view seen": ["main.seen is not in the warehouse"],
    "create or replace view seen as select id, ts from events where amount > 4": ["main.seen is a view of another"],
    "create or replace view seen as select id from events": ["main.seen lacks the column ts TIMESTAMP"],
    "alter table daily drop column doubled": ["main.daily lacks the column doubled"],
    "alter table per_day add column more int": ["main.per_day has a column more"],
    "alter table per_day alter day type timestamp": ["main.per_day has day as TIMESTAMP"],
    "truncate daily": [f"main.daily 2024-01-{day:02}" for day in range(1, 11)],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_mended(sound: Folder, damage: str) -> None:
    before = contents(sound)
    sound.change(damage)
    found = said(sound)
    assert len(found) == len(DAMAGES[damage]), found
    assert all(text.startswith(start) for text, start in zip(found, DAMAGES[damage], strict=True)), found
    assert said(sound) == found, "looking changes nothing"
    look(sound, repair=True)
    sound.build()
    assert contents(sound) == before
    assert said(sound) == []
    assert sound.due() == []


def test_a_table_in_place_of_a_view_is_found(sound: Folder) -> None:
    sound.change("drop view seen")
    sound.change("create table seen as select 1 as id")
    assert said(sound) == ["main.seen is a table, and was made as a view"]


def test_only_what_is_damaged_is_due_and_what_reads_it(sound: Folder) -> None:
    sound.change("delete from daily where ts::date = '2024-01-05'")
    assert sound.due() == []
    assert [str(part) for _, part in look(sound, repair=True).due] == ["2024-01-05"]
    assert sound.due() == ["daily 2024-01-05", "per_day"]
    look(sound, repair=True)
    assert sound.due() == ["daily 2024-01-05", "per_day"]


def test_a_repair_changes_nothing_but_the_ledger(sound: Folder) -> None:
    sound.change("delete from daily where ts::date = '2024-01-05'")
    before = contents(sound)
    look(sound, repair=True)
    assert contents(sound) == before
    assert sound.query(
        "select state, slice_start::date::varchar from batchsql.batch order by batch_id desc limit 1"
    ) == [("damaged", "2024-01-05")]
    assert "2024-01-05 has 0 rows, 39 fewer" in str(
        sound.query("select reason from batchsql.batch_detail where state = 'damaged'")
    )


def test_a_failed_attempt_at_a_repair_does_not_end_it(sound: Folder) -> None:
    before = contents(sound)
    sound.change("delete from added where id < 5")
    look(sound, repair=True)
    sound.write("models/added.sql", ADDED.replace("amount", "error('no') as amount"))
    sound.build()
    sound.write("models/added.sql", ADDED)
    sound.build()
    assert contents(sound) == before


def test_relations_of_models_that_are_gone_are_left_over(sound: Folder) -> None:
    sound.remove("models/keyed.sql")
    sound.change("create table mine as select 1 as a")
    assert said(sound) == ["main.keyed was loaded for keyed, which is gone"]
    assert look(sound).findings[0].repairs == ()
    assert look(sound, repair=True).due == ()


def test_a_source_with_new_columns_is_drift(folder: Folder) -> None:
    folder.change("create table raw as select 1 as id")
    folder.write("models/sources.yml", "sources:\n  - {name: main, tables: [{name: raw}]}\n")
    folder.write(
        "models/copied.sql", "{{ config(materialized='incremental') }} select * from {{ source('main', 'raw') }}"
    )
    folder.build()
    folder.change("alter table raw add column name varchar")
    found = look(folder).findings
    assert [(each.kind, each.message, each.repairs) for each in found] == [
        ("drift", "lacks the column name VARCHAR", ())
    ]


def test_a_snapshot_is_not_made_anew(folder: Folder) -> None:
    folder.change("create table raw as select 1 as id, 'a' as name")
    folder.write("models/sources.yml", "sources:\n  - {name: main, tables: [{name: raw}]}\n")
    folder.write(
        "snapshots/kept.sql",
        "{% snapshot kept %}{{ config(unique_key='id', strategy='check', check_cols='all') }}"
        "select * from {{ source('main', 'raw') }}{% endsnapshot %}",
    )
    folder.build()
    folder.change("update raw set name = 'b'")
    folder.build()
    assert said(folder) == []
    folder.change("delete from kept where dbt_valid_to is not null")
    (finding,) = look(folder).findings
    assert finding.repairs == ()
    assert "rollback" in finding.hint


def test_the_command_ends_with_code_1_when_something_was_found(
    sound: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--project-dir", str(sound.root)]
    assert run(["doctor", *folder], {}) == 0
    assert capsys.readouterr().out == "7 relations compared with the ledger: all as it says\n"
    sound.change("delete from daily where ts::date = '2024-01-05'")
    assert run(["doctor", "--json", *folder], {}) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["repairs"] == [{"start": "2024-01-05T00:00:00", "end": "2024-01-06T00:00:00"}]
    assert run(["doctor", "--repair", *folder], {}) == 1
    assert "1 batch made due" in capsys.readouterr().out
    assert run(["build", "-q", *folder], {}) == 0
    assert run(["doctor", *folder], {}) == 0


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    damages=st.lists(
        st.tuples(st.sampled_from(LOADED), st.integers(1, 6), st.integers(0, 5)),
        min_size=1,
        max_size=4,
    )
)
def test_rows_that_are_taken_away_are_found_whatever_they_are(built: Path, damages: list[tuple[str, int, int]]) -> None:
    with TemporaryDirectory() as place:
        folder = copy(built, Path(place))
        before = contents(folder)
        hurt = set()
        for table, divisor, rest in damages:
            taken = folder.query(f"select count(*) from {table} where rowid % {divisor} = {rest}")[0][0]
            folder.change(f"delete from {table} where rowid % {divisor} = {rest}")
            hurt |= {f"main.{table}"} if taken else set()
        assert {each.relation for each in look(folder).findings} == hurt
        look(folder, repair=True)
        folder.build()
        assert contents(folder) == before


def test_a_full_refresh_that_stopped_half_way_is_due_and_no_damage(sound: Folder) -> None:
    sound.write("models/daily.yml", "models: [{name: daily, checks: [{expression: ts::date != '2024-01-05'}]}]")
    sound.build("daily", full_refresh=True, fail_fast=True)
    assert sound.query("select count(distinct ts::date) from daily where ts >= '2024-01-05'") == [(6,)]
    assert "daily 2024-01-06" in sound.due()
    assert said(sound) == []
