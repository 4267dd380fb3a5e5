"""A source whose columns are others than when it was last read: a verdict, by the policy its declaration states."""

from __future__ import annotations

from pathlib import Path

import pytest
from pipeline_folder import Folder

from batchsql import pipeline
from batchsql.errors import ProjectError
from batchsql.pipeline import Options

DRIFTS = "select model, state, columns, message from batchsql.check_result where kind = 'drift' order by batch_id"


def sources(folder: Folder, policy: str) -> None:
    folder.write(
        "models/sources.yml",
        "sources:\n  - name: landing\n    tables:\n      - name: orders\n        files: landing/*.csv\n"
        f"        on_drift: {policy}\n",
    )


@pytest.fixture
def shop(folder: Folder) -> Folder:
    sources(folder, "warn")
    folder.write("landing/a.csv", "id,amount,note\n1,2,a\n")
    folder.write("models/orders.sql", "{{ config(materialized='table') }} select * from landing.orders")
    folder.write("models/total.sql", "{{ config(materialized='table') }} select count(*) as n from orders")
    assert folder.build().exit_code == 0
    return folder


def test_dropped_added_and_retyped_columns_are_named_once(shop: Folder) -> None:
    shop.write("landing/a.csv", "id,amount,channel\n1,2.5,web\n")
    result = shop.build()
    assert result.exit_code == 0
    verdict = result.outcomes[0].verdicts[0]
    assert verdict.message == (
        "the columns of landing.orders changed: amount was BIGINT, is DOUBLE; note VARCHAR is gone; "
        "channel VARCHAR is new"
    )
    assert shop.query(DRIFTS) == [("orders", "warn", "amount, note, channel", verdict.message)]
    shop.write("landing/a.csv", "id,amount,channel\n1,3.5,web\n")
    assert shop.build().outcomes[0].verdicts == ()


def test_error_holds_back_what_reads_it_until_it_is_accepted(shop: Folder) -> None:
    sources(shop, "error")
    shop.write("landing/a.csv", "id,amount\n1,2\n")
    for _ in range(2):
        result = shop.build()
        assert result.exit_code == 3
        assert [outcome.state for outcome in result.outcomes] == ["check_failed", "skipped"]
        assert shop.query("select note from orders") == [("a",)]
    assert shop.query(DRIFTS)[-1][1] == "fail"
    assert shop.query(DRIFTS)[-1][3].endswith("note VARCHAR is gone; one run with `on_drift: warn` accepts them")
    sources(shop, "warn")
    assert shop.build().exit_code == 0
    sources(shop, "error")
    shop.write("landing/a.csv", "id,amount\n1,3\n")
    assert shop.build().exit_code == 0


def test_ignore_says_nothing(shop: Folder) -> None:
    sources(shop, "ignore")
    shop.write("landing/a.csv", "id\n1\n")
    assert shop.build().outcomes[0].verdicts == ()


def test_a_query_that_breaks_on_the_drift_is_explained_by_it(shop: Folder) -> None:
    shop.write("models/orders.sql", "{{ config(materialized='table') }} select id, note from landing.orders")
    shop.build()
    shop.write("landing/a.csv", "id,remark\n1,a\n")
    outcome = shop.build().outcomes[0]
    assert outcome.state == "failed"
    assert "note VARCHAR is gone; remark VARCHAR is new" in outcome.verdicts[0].message


def test_intervals_of_one_run_say_it_once(folder: Folder) -> None:
    sources(folder, "warn")
    text = (Path(folder.root) / "models/sources.yml").read_text()
    folder.write("models/sources.yml", text + "        event_time: day\n")
    folder.write("landing/a.csv", "day,n\n2024-01-01 00:00:00,1\n")
    folder.write(
        "models/days.sql",
        "{{ config(materialized='incremental', event_time='day', begin='2024-01-01', end='2024-01-04', "
        "batch_size='day') }} select day, n from landing.orders",
    )
    folder.build()
    folder.write("landing/a.csv", "day,n,more\n2024-01-01 00:00:00,1,2\n")
    result = folder.build(full_refresh=True)
    assert [len(outcome.verdicts) for outcome in result.outcomes] == [1, 0, 0]


def test_a_relation_drifts_too(folder: Folder) -> None:
    folder.write("models/sources.yml", "sources: [{name: erp, tables: [{name: people}]}]\n")
    folder.change("create schema erp")
    folder.change("create table erp.people as select 1 as id")
    folder.write("models/named.sql", "{{ config(materialized='table') }} select * from erp.people")
    assert folder.build().exit_code == 0
    folder.change("alter table erp.people add column email varchar")
    assert folder.build().outcomes[0].verdicts[0].message.endswith("email VARCHAR is new")


def test_a_release_from_quarantine_does_not_forget_what_was_seen(shop: Folder) -> None:
    shop.write(
        "models/orders.yml",
        "models: [{name: orders, config: {max_quarantined: 100%}, "
        "columns: [{name: id, checks: [{accepted_range: {min_value: 5, severity: quarantine}}]}]}]\n",
    )
    shop.write("landing/a.csv", "id,amount,note\n1,3,a\n7,3,b\n")
    shop.build()
    shop.write("models/orders.yml", "models: [{name: orders}]\n")
    pipeline.release_quarantine(shop.compile(), "orders", Options(command="test"))
    shop.write("landing/a.csv", "id,amount\n1,2\n")
    assert [verdict.kind for verdict in shop.build().outcomes[0].verdicts] == ["drift"]


def test_a_policy_that_is_none_is_named_with_its_line(shop: Folder) -> None:
    sources(shop, "fail")
    with pytest.raises(ProjectError, match="'on_drift' must be ignore, warn or error, not 'fail'") as raised:
        shop.compile()
    assert raised.value.line == 6
