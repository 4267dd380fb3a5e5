from __future__ import annotations

import pytest
from pipeline_folder import Folder


@pytest.fixture
def shop(folder: Folder) -> Folder:
    """A seed, a view, a table, an ephemeral model, with and without ref()."""
    folder.write("seeds/raw_orders.csv", "id,customer,amount\n1,ann,10\n2,bob,20\n3,ann,5\n")
    folder.write("models/stg_orders.sql", "select id, customer, amount from {{ ref('raw_orders') }}\n")
    folder.write("models/big.sql", "{{ config(materialized='ephemeral') }}\nselect * from stg_orders where amount > 5")
    folder.write(
        "models/customers.sql",
        "{{ config(materialized='table') }}\nselect customer, sum(amount) as total\nfrom big group by customer\n",
    )
    return folder


def states(result) -> dict[str, str]:
    return {str(outcome.batch): outcome.state for outcome in result.outcomes}


def test_a_project_is_built_in_order(shop: Folder) -> None:
    result = shop.build()
    assert list(states(result).values()) == ["committed"] * 3
    assert list(states(result)) == ["raw_orders", "stg_orders", "customers"]
    assert shop.query("from customers order by all") == [("ann", 10), ("bob", 20)]
    assert result.exit_code == 0


def test_a_second_build_has_nothing_to_do_and_leaves_no_trace(shop: Folder) -> None:
    shop.build()
    before = shop.query("select count(*) from batchsql.run_event")
    result = shop.build()
    assert (result.outcomes, result.run_id) == ((), None)
    assert shop.query("select count(*) from batchsql.run_event") == before


def test_a_comment_changes_nothing_and_a_query_just_what_reads_it(shop: Folder) -> None:
    shop.build()
    shop.write("models/stg_orders.sql", "-- a comment\nSELECT id, customer, amount FROM {{ ref('raw_orders') }}")
    assert shop.due() == []
    shop.write(
        "models/customers.sql",
        "{{ config(materialized='table') }}\nselect customer, max(amount) as total from big group by customer",
    )
    assert shop.due() == ["customers"]
    shop.write("models/big.sql", "{{ config(materialized='ephemeral') }}\nselect * from stg_orders where amount > 4")
    shop.build()
    assert shop.query("from customers order by all") == [("ann", 10), ("bob", 20)]


def test_a_changed_seed_runs_what_reads_it(shop: Folder) -> None:
    shop.build()
    shop.write("seeds/raw_orders.csv", "id,customer,amount\n1,cid,100\n")
    assert shop.due() == ["raw_orders", "stg_orders", "customers"]
    shop.build()
    assert shop.query("from customers") == [("cid", 100)]


def test_the_same_folder_with_plain_names_gives_the_same_graph_and_tables(shop: Folder) -> None:
    shop.build()
    first = shop.compile().graph
    tables = shop.query("from customers order by all")
    shop.write("models/stg_orders.sql", "select id, customer, amount from raw_orders\n")
    second = shop.compile().graph
    assert {key: node.parents for key, node in first.nodes.items()} == {
        key: node.parents for key, node in second.nodes.items()
    }
    shop.build(full_refresh=True)
    assert shop.query("from customers order by all") == tables


def test_a_view_can_become_a_table_and_back(shop: Folder) -> None:
    shop.build()
    shop.write("models/stg_orders.sql", "{{ config(materialized='table') }} select * from raw_orders")
    shop.build()
    assert shop.query("select count(*) from duckdb_tables() where table_name = 'stg_orders'") == [(1,)]
    shop.write("models/stg_orders.sql", "{{ config(materialized='view') }} select * from raw_orders")
    shop.build()
    assert shop.query("select count(*) from duckdb_views() where view_name = 'stg_orders'") == [(1,)]


def test_a_failing_model_stops_only_what_depends_on_it(shop: Folder) -> None:
    shop.write("models/bad.sql", "select 1 as a,\n  amout\nfrom stg_orders\n")
    shop.write("models/after_bad.sql", "select * from bad")
    result = shop.build()
    assert states(result) == {
        "raw_orders": "committed",
        "stg_orders": "committed",
        "bad": "failed",
        "after_bad": "skipped",
        "customers": "committed",
    }
    bad = next(outcome for outcome in result.outcomes if outcome.batch.model == "bad")
    assert (bad.error_report["path"], bad.error_report["line"]) == ("models/bad.sql", 2)
    assert bad.error_report["source_line"] == "  amout"
    assert "amount" in bad.error_report["hint"]
    assert result.exit_code == 1


def test_fail_fast_starts_nothing_more(shop: Folder) -> None:
    shop.write("models/a_bad.sql", "select nope from range(1)")
    result = shop.build(fail_fast=True)
    assert states(result)["customers"] == "skipped"


def test_a_failed_batch_is_recorded_and_runs_again_after_the_fix(shop: Folder) -> None:
    shop.write("models/bad.sql", "select amout from stg_orders")
    shop.build()
    assert shop.query("select state from batchsql.batch where model = 'bad'") == [("failed",)]
    assert shop.query("select state from batchsql.run") == [("failed",)]
    shop.write("models/bad.sql", "select amount from stg_orders")
    assert shop.due() == ["bad"]
    shop.build()
    assert shop.due() == []


def test_a_relation_dropped_by_hand_comes_back(shop: Folder) -> None:
    shop.build()
    shop.change("drop table customers")
    assert shop.due() == ["customers"]


def test_selection_builds_only_what_was_asked_for(shop: Folder) -> None:
    result = shop.build("+stg_orders")
    assert list(states(result)) == ["raw_orders", "stg_orders"]


def test_every_row_can_be_traced(shop: Folder) -> None:
    shop.build()
    inputs = shop.query("select model, input, kind from batchsql.batch_input order by batch_id, input")
    assert inputs == [
        ("raw_orders", "seeds/raw_orders.csv", "file"),
        ("stg_orders", "raw_orders", "model"),
        ("customers", "stg_orders", "model"),
    ]
    run = shop.query(
        'select state, command, batches, rows_written, host is not null, "user" is not null from batchsql.run'
    )
    assert run == [("succeeded", "test", 3, 5, True, True)]


def test_batches_run_side_by_side(folder: Folder) -> None:
    for number in range(20):
        folder.write(f"models/m{number}.sql", "{{ config(materialized='table') }} select * from range(1000)")
    folder.write("models/last.sql", " union all ".join(f"select * from m{number}" for number in range(20)))
    result = folder.build(threads=4)
    assert set(states(result).values()) == {"committed"}
    assert folder.query("select count(*) from last") == [(20_000,)]


def test_hooks_run_inside_the_transaction(folder: Folder) -> None:
    folder.write(
        "models/m.sql",
        """{{ config(materialized='table', pre_hook="create table if not exists log (x int)",
      post_hook=["insert into log select count(*) from {{ this }}", "insert into log values (99)"]) }}
select 1 as a union all select 2""",
    )
    folder.build()
    assert folder.query("from log order by x") == [(2,), (99,)]
    folder.write(
        "models/m.sql",
        """{{ config(materialized='table',
      post_hook=["insert into log values (7)", "insert into nowhere values (1)"]) }} select 3 as a""",
    )
    result = folder.build()
    assert result.exit_code == 1
    assert folder.query("from log order by x") == [(2,), (99,)]
    assert folder.query("from m order by a") == [(1,), (2,)]


def test_the_batch_id_can_be_a_column(folder: Folder) -> None:
    folder.write("models/m.sql", "{{ config(materialized='table') }} select {{ batch.id }} as batch_id")
    folder.build()
    assert folder.query("select batch_id from m") == folder.query("select batch_id from batchsql.batch")
