"""Models that grow: strategies over several runs, files that change, space that is given back."""

from __future__ import annotations

import os

import pytest
from pipeline_folder import Folder

SOURCES = """sources:
  - name: landing
    tables:
      - name: orders
        files: landing/orders/*.csv
      - name: others
        files: landing/others/*.csv
"""


@pytest.fixture
def landing(folder: Folder) -> Folder:
    folder.write("models/sources.yml", SOURCES)
    folder.write("landing/orders/1.csv", "id,amount\n1,10\n2,20\n")
    folder.write("landing/others/1.csv", "id\n1\n")
    folder.write("models/stg_orders.sql", "select * from {{ source('landing', 'orders') }}")
    folder.write("models/orders.sql", "{{ config(materialized='table') }} select * from stg_orders")
    folder.write("models/others.sql", "{{ config(materialized='table') }} select * from landing.others")
    folder.build()
    return folder


def test_touching_a_landing_file_runs_just_what_reads_it(landing: Folder) -> None:
    assert landing.due() == []
    os.utime(landing.root / "landing/orders/1.csv", (1, 1))
    assert landing.due() == ["stg_orders", "orders"]


def test_a_new_landing_file_is_loaded(landing: Folder) -> None:
    landing.write("landing/orders/2.csv", "id,amount\n3,30\n")
    landing.build()
    assert landing.query("select count(*) from orders") == [(3,)]
    assert landing.query("select distinct input from batchsql.batch_input where kind = 'file' order by 1") == [
        ("landing/orders/1.csv",),
        ("landing/orders/2.csv",),
        ("landing/others/1.csv",),
    ]


def test_a_landing_folder_without_files_is_an_error_that_names_the_pattern(landing: Folder) -> None:
    landing.remove("landing/others/1.csv")
    result = landing.build()
    failed = [outcome for outcome in result.outcomes if outcome.state != "committed"]
    assert [outcome.batch.model for outcome in failed] == ["others"]
    assert "landing/others/*.csv" in failed[0].error
    assert landing.query("select count(*) from others") == [(1,)]


def test_append_merge_and_snapshot_over_several_runs(folder: Folder) -> None:
    folder.write("seeds/planes.csv", "tail,state\na,new\nb,new\n")
    folder.write("models/log.sql", "{{ config(materialized='incremental') }} select tail, state from planes")
    folder.write(
        "models/latest.sql",
        "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='tail') }} "
        "select * from planes",
    )
    folder.write(
        "snapshots/history.sql",
        "{% snapshot planes_history %}{{ config(unique_key='tail', strategy='check', check_cols=['state'], "
        "hard_deletes='invalidate') }} select * from planes{% endsnapshot %}",
    )
    folder.build()
    folder.write("seeds/planes.csv", "tail,state\nb,old\nc,new\n")
    folder.build()
    assert folder.query("from log order by all") == [("a", "new"), ("b", "new"), ("b", "old"), ("c", "new")]
    assert folder.query("from latest order by all") == [("a", "new"), ("b", "old"), ("c", "new")]
    versions = "select tail, state, dbt_valid_to is null from planes_history order by all"
    assert folder.query(versions) == [("a", "new", False), ("b", "new", False), ("b", "old", True), ("c", "new", True)]
    assert folder.due() == []


def test_is_incremental_reads_what_is_there(folder: Folder) -> None:
    folder.write("seeds/events.csv", "id\n1\n2\n")
    folder.write(
        "models/log.sql",
        "{{ config(materialized='incremental') }}\nselect id from events\n"
        "{% if is_incremental() %}\nwhere id > (select max(id) from {{ this }})\n{% endif %}\n",
    )
    folder.build()
    folder.write("seeds/events.csv", "id\n1\n2\n3\n")
    folder.build()
    assert folder.query("from log order by id") == [(1,), (2,), (3,)]


def test_duplicate_keys_in_a_merge_are_named(folder: Folder) -> None:
    folder.write(
        "models/latest.sql",
        "{{ config(materialized='incremental', incremental_strategy='merge', unique_key=['a', 'b']) }} "
        "select 1 as a, 2 as b union all select 1, 2",
    )
    result = folder.build()
    assert result.exit_code == 1
    assert "1 | 2 (2 rows)" in result.outcomes[0].error


@pytest.mark.parametrize(("mode", "columns"), [("ignore", ["id"]), ("append_new_columns", ["id", "extra"])])
def test_a_column_that_is_new_in_the_query(folder: Folder, mode: str, columns: list[str]) -> None:
    config = f"{{{{ config(materialized='incremental', unique_key='id', on_schema_change='{mode}') }}}} "
    folder.write("models/m.sql", config + "select 1 as id")
    folder.build()
    folder.write("models/m.sql", config + "select 2 as id, 'x' as extra")
    assert folder.build().exit_code == 0
    names = folder.query("select column_name from duckdb_columns() where table_name = 'm' order by column_index")
    assert [name for (name,) in names] == columns


def test_full_refresh_leaves_what_is_protected(folder: Folder) -> None:
    for name, setting in (("kept", ", full_refresh=false"), ("made_anew", "")):
        folder.write(f"models/{name}.sql", f"{{{{ config(materialized='incremental'{setting}) }}}} select 1 as x")
    folder.build()
    folder.build(full_refresh=True)
    assert folder.query("select (select count(*) from kept), (select count(*) from made_anew)") == [(1, 1)]


@pytest.mark.slow
def test_a_table_rebuilt_forty_times_does_not_make_the_file_grow(folder: Folder) -> None:
    folder.write("models/big.sql", "{{ config(materialized='table') }} select i, hash(i) as h from range(800000) r(i)")
    folder.build()
    once = (folder.root / "shop.duckdb").stat().st_size
    for _ in range(40):
        folder.build(full_refresh=True)
    assert (folder.root / "shop.duckdb").stat().st_size <= 2.5 * once


@pytest.mark.slow
def test_many_tables_rebuilt_in_one_run_do_not_make_the_file_grow_much(folder: Folder) -> None:
    for number in range(12):
        folder.write(
            f"models/m{number}.sql",
            f"{{{{ config(materialized='table') }}}} select i, hash(i + {number}) as h from range(2000000) r(i)",
        )
    folder.build()
    once = (folder.root / "shop.duckdb").stat().st_size
    for _ in range(3):
        folder.build(full_refresh=True)
    assert (folder.root / "shop.duckdb").stat().st_size <= 2.5 * once
