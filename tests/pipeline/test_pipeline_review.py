"""Ways in which data could be lost, or be other than it is said to be; each was once possible."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from pipeline_folder import Folder

from batchsql import pipeline
from batchsql.errors import ProjectError
from batchsql.pipeline import Note, Options
from batchsql.values import RunResult

SNAPSHOT = (
    "{% snapshot h %}{{ config(unique_key='id', strategy='check', check_cols='all') }} select * from s{% endsnapshot %}"
)
HEAD = "{{ config(materialized='table') }} "
DAILY = """{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts',
    begin='2024-01-01', end='2024-01-04', batch_size='day'{more}) }}}} select ts, v from {source}"""


def states(result: RunResult) -> list[tuple[str, str]]:
    return [(str(outcome.batch), outcome.state) for outcome in result.outcomes]


def test_a_full_refresh_keeps_the_history_of_snapshots(folder: Folder) -> None:
    folder.write("seeds/s.csv", "id,v\n1,a\n")
    folder.write("snapshots/h.sql", SNAPSHOT)
    folder.build()
    folder.write("seeds/s.csv", "id,v\n1,b\n")
    folder.build()
    folder.build(full_refresh=True)
    assert folder.query("select v from h order by v") == [("a",), ("b",)]


def test_tables_that_the_ledger_does_not_know_are_gone_on_with(folder: Folder) -> None:
    folder.write("models/inc.sql", "{{ config(materialized='incremental') }} select 3 as id")
    folder.change("create table inc as select 1 as id union all select 2")
    folder.build()
    assert folder.query("from inc order by id") == [(1,), (2,), (3,)]


@pytest.mark.parametrize("hook", ["commit", "rollback", "select 1; commit; begin"])
def test_a_hook_cannot_end_the_transaction(folder: Folder, hook: str) -> None:
    folder.write("models/m.sql", f"{{{{ config(materialized='table', post_hook='{hook}') }}}} select null as id")
    folder.write("models/m.yml", "models: [{name: m, columns: [{name: id, checks: [not_null]}]}]")
    result = folder.build()
    assert result.exit_code == 1
    assert "post_hook" in result.outcomes[0].error
    assert folder.query("select count(*) from duckdb_tables() where table_name = 'm'") == [(0,)]


def test_what_run_query_does_is_part_of_the_batch(folder: Folder) -> None:
    text = "{% if execute %}{% do run_query('create table made as select 1 as x') %}{% endif %}"
    folder.write("models/m.sql", HEAD + text + " select null as id")
    folder.write("models/m.yml", "models: [{name: m, columns: [{name: id, checks: [not_null]}]}]")
    assert folder.build().exit_code == 3
    assert folder.query("select count(*) from duckdb_tables() where table_name = 'made'") == [(0,)]


def test_two_models_cannot_share_a_relation(folder: Folder) -> None:
    folder.write("models/m.sql", "select 1 as a")
    folder.write("models/k.sql", "{{ config(alias='M') }} select 2 as a")
    with pytest.raises(ProjectError, match="would both land"):
        folder.compile()


def test_no_model_lands_in_the_ledgers_schema(folder: Folder) -> None:
    folder.write("models/m.sql", "{{ config(schema='batchsql', alias='run_event') }} select 1 as a")
    with pytest.raises(ProjectError, match="where the ledger is"):
        folder.compile()


def test_names_in_strings_are_physical(folder: Folder) -> None:
    folder.write("models/x.sql", "select 1 as a")
    folder.write("models/m.sql", HEAD + """select '{{ this }}' as me, '{{ ref("x") }}' as other""")
    folder.build()
    assert folder.query("from m") == [('"main"."m"', '"main"."x"')]


def test_a_failed_lookback_is_due_again(folder: Folder) -> None:
    folder.write("landing/e.csv", "ts,v\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n")
    source = "sources: [{name: raw, tables: [{name: e, files: landing/*.csv, event_time: ts}]}]"
    folder.write("models/s.yml", source + "\nmodels: [{name: d, columns: [{name: v, checks: [not_null]}]}]")
    folder.write("models/d.sql", DAILY.format(more=", lookback=2", source="raw.e"))
    assert folder.build().exit_code == 0
    folder.write("landing/e.csv", "ts,v\n2024-01-01,1\n2024-01-02,\n2024-01-03,33\n")
    assert folder.build().exit_code == 3
    assert folder.due() == ["d 2024-01-02"]
    folder.write("landing/e.csv", "ts,v\n2024-01-01,1\n2024-01-02,22\n2024-01-03,33\n")
    folder.build()
    assert folder.query("select v from d order by ts") == [(1,), (22,), (33,)]


def test_a_rebuild_that_code_asks_for_is_not_forgotten(folder: Folder) -> None:
    events = "{{ config(materialized='table', event_time='ts') }} "
    events += "select timestamp '2024-01-01' + to_days(i::int) as ts, 1 as v from range(3) r(i)"
    folder.write("models/e.sql", events)
    folder.write("models/d.sql", DAILY.format(more=", on_change='rebuild'", source="e"))
    folder.build()
    folder.write(
        "models/d.sql", DAILY.format(more=", on_change='rebuild'", source="e").replace(" v from", " v + 1 as v from")
    )
    folder.build(start=datetime(2024, 1, 1), end=datetime(2024, 1, 2))
    folder.build()
    assert folder.query("select distinct v from d") == [(2,)]


def test_reloaded_intervals_are_seen_through_a_view(folder: Folder) -> None:
    folder.write("seeds/s.csv", "ts,v\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n")
    folder.write("models/e.sql", "{{ config(event_time='ts') }} select ts::timestamp as ts, v from s")
    folder.write("models/a.sql", DAILY.format(more="", source="e"))
    folder.write("models/v.sql", "{{ config(event_time='ts') }} select * from a")
    folder.write("models/b.sql", DAILY.format(more="", source="v"))
    folder.build()
    folder.build("a", start=datetime(2024, 1, 2), end=datetime(2024, 1, 3))
    assert [name for name in folder.due() if name.startswith("b")] == ["b 2024-01-02"]


def test_a_table_behind_an_unselected_view_is_not_called_up_to_date(folder: Folder) -> None:
    folder.write("seeds/s.csv", "id\n1\n")
    folder.write("models/v.sql", "select * from s")
    folder.write("models/t.sql", HEAD + "select * from v")
    folder.build()
    folder.write("seeds/s.csv", "id\n1\n2\n")
    folder.build("s")
    assert folder.due("t") == ["t"]
    folder.build("t")
    assert folder.query("select count(*) from t") == [(2,)]


def test_values_are_not_rounded_to_fit_a_column(folder: Folder) -> None:
    folder.write("models/m.sql", "{{ config(materialized='incremental') }} select 1 as amount")
    folder.build()
    folder.write("models/m.sql", "{{ config(materialized='incremental') }} select 1.75 as amount")
    result = folder.build()
    assert "would be rounded" in result.outcomes[0].error
    assert folder.query("from m") == [(1,)]


@pytest.mark.parametrize("value", ["12345678901234567890.12", "1e400", "0x1F", "inf", "-Infinity", "nan"])
def test_a_seed_keeps_what_the_engine_would_misread(folder: Folder, value: str) -> None:
    folder.write("seeds/s.csv", f"id,v\n1,{value}\n")
    folder.build()
    assert folder.query("select v from s") == [(value,)]


def test_a_file_in_tests_runs_when_only_the_other_side_changes(folder: Folder) -> None:
    folder.write("seeds/a.csv", "id\n1\n")
    folder.write("seeds/b.csv", "id\n1\n")
    folder.write(
        "tests/same.sql",
        "select coalesce(a.id, b.id) as id from a full join b using (id) where a.id is null or b.id is null",
    )
    assert folder.build().exit_code == 0
    for changed in ("a", "b"):
        folder.write(f"seeds/{changed}.csv", "id\n1\n2\n")
        assert folder.build().exit_code == 3
        folder.write(f"seeds/{changed}.csv", "id\n1\n")
        assert folder.build().exit_code == 0


def test_checks_of_sources_and_of_ephemeral_models_run(folder: Folder) -> None:
    folder.write("landing/e.csv", "id\n1\n1\n")
    folder.write(
        "models/s.yml",
        "sources: [{name: raw, tables: [{name: e, files: landing/*.csv}]}]\n"
        "models: [{name: eph, columns: [{name: id, checks: [{unique: {severity: warn}}]}]}]",
    )
    folder.write("tests/few.sql", "{{ config(severity='warn') }} select * from raw.e")
    folder.write("models/eph.sql", "{{ config(materialized='ephemeral') }} select * from raw.e")
    folder.write("models/m.sql", HEAD + "select * from eph")
    result = folder.build()
    found = sorted((verdict.kind, verdict.state) for outcome in result.outcomes for verdict in outcome.verdicts)
    assert found == [("sql", "warn"), ("unique", "warn")]


def test_secrets_are_not_in_the_ledger(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHSQL_SECRET_KEY", "hunter2hunter2")
    folder.write("models/m.sql", HEAD + "select '{{ env_var(\"BATCHSQL_SECRET_KEY\") }}' as k, null as id")
    folder.write("models/m.yml", "models: [{name: m, columns: [{name: id, checks: [not_null]}]}]")
    assert folder.build().exit_code == 3
    record = folder.query("select record from batchsql.batch")[0][0]
    assert "hunter2" not in record
    assert json.loads(record)["checks"][0]["sample"][0]["k"] == "*****"
    assert not (folder.root / ".batchsql" / "pieces.msgpack").exists()


@pytest.mark.parametrize("value", ["zz' or '1'='1", "1 or true", "1; drop table m", "1--", '"x"'])
def test_supplied_values_do_not_become_sql_in_yaml(folder: Folder, value: str) -> None:
    folder.write("models/m.sql", HEAD + "select null as id, 'b' as b")
    check = "not_null: {where: \"b = '{{ var('v') }}'\"}"
    folder.write("models/m.yml", f"models: [{{name: m, columns: [{{name: id, checks: [{{{check}}}]}}]}}]")
    with pytest.raises(ProjectError, match="--vars"):
        folder.compile(v=value)
    folder.compile(v="b")


def test_what_templates_say_is_heard(folder: Folder) -> None:
    folder.write("models/m.sql", HEAD + "{% if execute %}{% do log('hello', info=true) %}{% endif %} select 1 as a")
    heard: list[str] = []
    folder.build(on_event=lambda event: heard.append(event.message) if isinstance(event, Note) else None)
    assert "hello" in heard


def test_a_file_in_tests_can_be_checked_by_name(folder: Folder) -> None:
    folder.write("models/a.sql", HEAD + "select 1 as x")
    folder.write("models/a.yml", "models: [{name: a, columns: [{name: x, checks: [not_null]}]}]")
    folder.write("tests/none.sql", "select * from a where x > 1")
    folder.build()
    result = pipeline.run_checks(folder.compile(), Options(select=("none",)))
    assert [verdict.check for outcome in result.outcomes for verdict in outcome.verdicts] == ["none"]


def test_an_event_time_that_is_no_column_is_refused(folder: Folder) -> None:
    folder.write("models/m.sql", "{{ config(event_time='orderedat') }} select 1 as id, now() as ordered_at")
    with pytest.raises(ProjectError, match="which its query does not give") as caught:
        folder.compile()
    assert caught.value.hint == "did you mean 'ordered_at'?"
