"""What the ledger remembers of checks, from real builds, and how it is drawn."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline_folder import Folder

from batchsql import pipeline
from batchsql.cli.boundary import run
from batchsql.errors import UsageError
from batchsql.pipeline import Options
from batchsql.report.audit import Tick, audit_text, history_record, sparkline, ticks
from batchsql.report.table import json_text
from batchsql.report.words import visible
from batchsql.values.audit import CheckHistory, Judgement


@pytest.fixture
def shop(folder: Folder) -> Folder:
    """Ten days, a row each; on the third and the seventh the amount is missing."""
    rows = "\n".join(f"2026-01-{day:02}," + ("" if day in (3, 7) else str(day)) for day in range(1, 11))
    folder.write("seeds/days.csv", "day,amount\n" + rows + "\n")
    folder.write("models/by_day.sql", "{{ config(materialized='incremental', incremental_strategy='microbatch', "
                 "event_time='day', begin='2026-01-01', end='2026-01-11', batch_size='day') }}\n"
                 "select day::timestamp as day, amount from days\n")  # fmt: skip
    folder.write("seeds/seeds.yml", "seeds:\n  - name: days\n    config: {event_time: day}\n")
    folder.write(
        "models/models.yml",
        "models:\n  - name: by_day\n    checks:\n      - row_count: {min: 1}\n    columns:\n      - name: amount\n"
        "        checks:\n          - not_null: {severity: warn}\n      - name: day\n        checks: [not_null]\n",
    )
    return folder


def test_a_model_by_interval_tells_which_intervals_are_amiss(shop: Folder) -> None:
    assert pipeline.audit(shop.compile(), "by_day")[0].now == "never"
    shop.build()
    histories = {each.check: each for each in pipeline.audit(shop.compile(), "by_day")}
    assert list(histories) == ["not_null_by_day_amount", "not_null_by_day_day", "row_count_by_day"]
    amount = histories["not_null_by_day_amount"]
    assert (amount.now, amount.amiss, amount.amiss_now, amount.standing) == ("warn", 2, 2, 10)
    assert amount.failures == (0, 0, 1, 0, 0, 0, 1, 0, 0, 0)
    assert amount.first is not None
    assert amount.last is not None
    assert (amount.first.slice_start, amount.last.slice_start) == (datetime(2026, 1, 3), datetime(2026, 1, 7))
    assert amount.last.sample[0]["amount"] is None
    assert histories["row_count_by_day"].now == "pass"


def test_an_interval_that_is_mended_is_amiss_no_more_but_not_forgotten(shop: Folder) -> None:
    shop.build()
    text = (shop.root / "seeds/days.csv").read_text()
    shop.write(
        "seeds/days.csv", text.replace("2026-01-03,\n", "2026-01-03,3\n").replace("2026-01-07,\n", "2026-01-07,7\n")
    )
    shop.build()
    shop.build("by_day", start=datetime(2026, 1, 1), end=datetime(2026, 1, 11))
    (amount,) = pipeline.audit(shop.compile(), "by_day", column="AMOUNT")
    assert (amount.now, amount.amiss_now, amount.amiss) == ("pass", 0, 2)
    assert len(amount.states) >= 20


def test_what_was_said_before_does_not_count_since(shop: Folder) -> None:
    shop.build()
    amount, *_ = pipeline.audit(shop.compile(), "by_day", since=datetime(2999, 1, 1))
    assert (amount.states, amount.amiss, amount.first) == ((), 0, None)
    assert (amount.now, amount.amiss_now) == ("warn", 2)


def test_a_check_that_the_project_has_no_more_is_gone_not_forgotten(shop: Folder) -> None:
    shop.build()
    shop.write("models/models.yml", "models:\n  - name: by_day\n    checks:\n      - row_count: {min: 1}\n")
    histories = pipeline.audit(shop.compile(), "by_day")
    assert [(each.check, each.in_project) for each in histories] == [
        ("row_count_by_day", True), ("not_null_by_day_amount", False), ("not_null_by_day_day", False),
    ]  # fmt: skip
    assert "  gone " in audit_text("by_day", histories)


def test_a_name_that_is_none_is_refused_with_advice(shop: Folder) -> None:
    shop.build()
    with pytest.raises(UsageError) as refused:
        pipeline.audit(shop.compile(), "by_dya")
    assert refused.value.hint == "did you mean 'by_day'?"
    with pytest.raises(UsageError) as refused:
        pipeline.audit(shop.compile(), "by_day", column="colour")
    assert refused.value.hint == "its checks look at amount, day"


def test_what_others_judge_for_a_source_and_files_of_tests(folder: Folder) -> None:
    folder.write("landing/a.csv", "n\n1\n")
    folder.write(
        "models/sources.yml",
        "sources:\n  - name: landing\n    tables:\n      - name: a\n        files: landing/*.csv\n"
        "        checks:\n          - row_count: {min: 2, severity: warn}\n",
    )
    folder.write("models/b.sql", "select n from landing.a")
    folder.write("tests/no_ones.sql", "{{ config(severity='warn') }}\nselect * from b where n = 1")
    folder.build()
    pipeline.run_checks(folder.compile(), Options(select=("landing.a",)))
    (counted,) = pipeline.audit(folder.compile(), "landing.a")
    assert (counted.now, counted.kind) == ("warn", "row_count")
    (file,) = pipeline.audit(folder.compile(), "no_ones")
    assert (file.now, file.kind, file.amiss) == ("warn", "sql", 1)


@given(st.lists(st.tuples(st.sampled_from(["pass", "warn", "fail", "error"]), st.integers(0, 10**9)), max_size=400))
def test_a_sparkline_never_hides_a_failure(verdicts: list[tuple[str, int]]) -> None:
    states, failures = [state for state, _ in verdicts], [number for _, number in verdicts]
    places = ticks(states, failures, 30)  # type: ignore[arg-type]
    drawn = sparkline(places)
    assert len(drawn) == min(30, len(verdicts))
    assert (set(drawn) <= {"·"}) == (set(states) <= {"pass"})
    assert ("×" in drawn) == ("error" in states)


def test_a_sparkline_is_drawn_against_the_most_failures() -> None:
    assert sparkline([Tick("pass", 0), Tick("warn", 1), Tick("fail", 50), Tick("warn", 100)]) == "·▁▅█"
    assert sparkline([Tick("fail", 0), Tick("error", 0)]) == "▁×"


def history(name: str, columns: tuple[str, ...], failures: list[int]) -> CheckHistory:
    last = Judgement(
        batch_id=7, judged_at=datetime(2026, 1, 2), state="fail", failures=3,
        message="3 of 9 rows: tailnum is null " * 5,
        sample=({"flight_key": "AA133-JFK-2013-01-02T20Z" * 12, "tailnum": None},),
    )  # fmt: skip
    amiss = sum(number > 0 for number in failures)
    return CheckHistory(
        check=name, kind="not_null", columns=columns, severity="error", now="fail" if amiss else "pass", standing=1,
        amiss_now=1, states=tuple("fail" if number else "pass" for number in failures), failures=tuple(failures),
        amiss=amiss, first=last if amiss else None, last=last if amiss else None,
    )  # fmt: skip


@given(
    st.lists(
        st.builds(
            history,
            st.text("abcdef_", min_size=1, max_size=90),
            st.lists(st.text("xyz", min_size=1, max_size=30), max_size=4).map(tuple),
            st.lists(st.integers(0, 10**6), max_size=500),
        ),
        max_size=5,
    ),
    st.integers(80, 140),
)
def test_lines_fit_the_terminal(histories: list[CheckHistory], width: int) -> None:
    text = audit_text("some_model", histories, width=width)
    assert all(visible(line) <= width for line in text.splitlines())


def test_what_the_check_looked_at_is_the_first_of_a_sample() -> None:
    text = audit_text("m", [history("not_null_m_tailnum", ("tailnum",), [0, 3])], width=80)
    assert "such as tailnum ∅, flight_key AA133" in " ".join(text.split())
    record = json.loads(json_text(history_record(history("a", ("tailnum",), [0, 3]))))
    assert (record["failures"], record["last"]["judged_at"]) == ([0, 3], "2026-01-02T00:00:00")


def test_the_command(shop: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shop.build()
    monkeypatch.chdir(shop.root)
    assert run(["audit", "by_day", "--column", "amount"], {}) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "by_day: 1 check, 10 verdicts, 1 amiss now"
    assert lines[1].split() == ["check", "columns", "now", "failures", "not", "ok"]
    assert lines[2].split() == ["not_null_by_day_amount", "amount", "warn", "··█···█···", "2", "of", "10"]
    assert lines[3].strip().startswith("first on 2026-01-03 (batch ")
    assert run(["audit", "by_day", "--json"], {}) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["now"] for record in records] == ["warn", "pass", "pass"]
