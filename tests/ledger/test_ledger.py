from __future__ import annotations

from datetime import datetime

import pytest

from batchsql.engines.duckdb import DuckdbSession, open_engine
from batchsql.ledger import (
    TABLES,
    BatchRecord,
    RunRecord,
    create_ledger,
    next_ids,
    read_batches,
    read_runs,
    read_state,
    record_batch,
    record_run_end,
    record_run_start,
)
from batchsql.values import Input, Interval, Target, Verdict

START = datetime(2024, 1, 1)
DAYS = [Interval(datetime(2024, 1, day), datetime(2024, 1, day + 1)) for day in range(1, 4)]
RUN = RunRecord(
    command="batchsql build",
    code_version="abc",
    batchsql_version="1",
    target="dev",
    user="ann",
    host="here",
    pid=7,
    invocation_id="u",
)


@pytest.fixture
def session() -> DuckdbSession:
    opened = open_engine(Target(name="t", database=":memory:"), []).session()
    create_ledger(opened)
    return opened


def enter(session: DuckdbSession, batch_id: int, model: str, **given: object) -> None:
    values = {
        "run_id": 1,
        "state": "committed",
        "interval": None,
        "rebuilt": False,
        "rows_written": 5,
        "started_at": START,
        "ended_at": START,
        "record": BatchRecord(fingerprint="f"),
    }
    record_batch(session, batch_id=batch_id, model=model, **(values | given))


def test_making_the_ledger_twice_is_harmless(session: DuckdbSession) -> None:
    create_ledger(session)
    assert next_ids(session) == (1, 1)


def test_the_warehouse_documents_every_table_and_column_as_they_are(session: DuckdbSession) -> None:
    rows = session.query(
        "select table_name, column_name, data_type, comment from duckdb_columns() where schema_name = 'batchsql' "
        "order by table_name, column_index"
    )
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for table, column, kind, comment in rows:
        found.setdefault(table, {})[column] = (kind, comment)
    assert found == {table: columns for table, (_, _, columns) in TABLES.items()}
    assert all(comment for columns in found.values() for _, comment in columns.values())


def test_a_run_is_one_row_with_its_newest_state(session: DuckdbSession) -> None:
    record_run_start(session, 1, START, RUN)
    assert read_runs(session)[0]["state"] == "started"
    totals = {"batches": 2, "rows_written": 9, "seconds": 1.5, "bytes": 100}
    record_run_end(session, 1, datetime(2024, 1, 1, 1), "succeeded", totals)
    run = read_runs(session)[0]
    assert (run["state"], run["user"], run["rows_written"], run["pid"]) == ("succeeded", "ann", 9, 7)
    assert (run["started_at"], run["ended_at"]) == (START, datetime(2024, 1, 1, 1))
    assert next_ids(session)[0] == 2


def test_inputs_and_verdicts_are_spread_out_by_the_views(session: DuckdbSession) -> None:
    verdict = Verdict(
        check="c",
        kind="unique",
        state="warn",
        failures=3,
        columns=("a", "b"),
        severity="warn",
        message="m",
        sample=({"a": 1, "b": "x'y"},),
    )
    record = BatchRecord(fingerprint="f", inputs=(Input("x", "file", "1:2"),), checks=(verdict,))
    enter(session, 1, "m", record=record, interval=DAYS[0])
    assert session.query("select input, kind, version from batchsql.batch_input") == [("x", "file", "1:2")]
    columns = "check_name, columns, state, failures, sample->0->>'b', slice_start"
    expected = [("c", "a, b", "warn", 3, "x'y", DAYS[0].start)]
    assert session.query(f"select {columns} from batchsql.check_result") == expected


def test_the_state_counts_what_committed_and_knows_what_did_not(session: DuckdbSession) -> None:
    enter(session, 1, "m", interval=DAYS[0])
    enter(session, 2, "m", interval=DAYS[1])
    enter(session, 3, "m", interval=DAYS[2], state="check_failed")
    enter(session, 4, "t")
    enter(session, 5, "t", state="failed")
    enter(session, 6, "t", state="checked")
    state = read_state(session)
    assert state.intervals == {"m": {DAYS[0]: 1, DAYS[1]: 2}}
    assert state.unfinished == {("m", DAYS[2]): "check_failed", ("t", None): "failed"}
    assert {key: value.batch_id for key, value in state.newest.items()} == {"m": 2, "t": 4}


def test_batches_before_a_rebuild_no_longer_count(session: DuckdbSession) -> None:
    enter(session, 1, "m", interval=DAYS[0])
    enter(session, 2, "m", interval=DAYS[1])
    enter(session, 3, "m", interval=DAYS[2], rebuilt=True)
    assert read_state(session).intervals == {"m": {DAYS[2]: 3}}


def test_a_success_after_a_failure_clears_it(session: DuckdbSession) -> None:
    enter(session, 1, "t", state="failed")
    enter(session, 2, "t")
    assert read_state(session).unfinished == {}


def test_history_can_be_asked_by_model_and_by_failure(session: DuckdbSession) -> None:
    enter(session, 1, "a")
    enter(session, 2, "b", state="failed", record=BatchRecord(fingerprint="f", error="boom"))
    assert [row["batch_id"] for row in read_batches(session, model="a")] == [1]
    failed = read_batches(session, failed=True)
    assert [(row["model"], row["error"]) for row in failed] == [("b", "boom")]


def test_an_empty_warehouse_has_an_empty_ledger() -> None:
    opened = open_engine(Target(name="t", database=":memory:"), []).session()
    assert read_state(opened).newest == {}
    assert read_runs(opened) == []
