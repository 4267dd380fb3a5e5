from __future__ import annotations

import json
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from batchsql.errors import ProjectError
from batchsql.report import lines
from batchsql.report.failure import block, error_block, error_record
from batchsql.report.live import draw, times
from batchsql.report.progress import ModelPicture, Picture, Progress, model_line
from batchsql.report.summary import Written, summary
from batchsql.report.table import json_text
from batchsql.values import Batch, Check, Interval, NotDue, Outcome, Plan, RunResult, Verdict

NOW = datetime(2026, 1, 2, 3, 4, 5)
CHECKS = {"unique_by_day": Check(name="unique_by_day", kind="unique", path="models/marts.yml", line=12)}
WRITTEN = Written(CHECKS, lambda path, line: f"line {line} of {path}")


def day(number: int) -> Interval:
    start = datetime(2013, 1, 1) + timedelta(days=number)
    return Interval(start, start + timedelta(days=1))


def committed(model: str = "by_day", rows: int = 1204, **more: object) -> Outcome:
    batch = Batch(model=model, interval=day(40))
    return Outcome(batch=batch, state="committed", rows_written=rows, seconds=0.02, **more)  # type: ignore[arg-type]


def result(*outcomes: Outcome, interrupted: bool = False) -> RunResult:
    return RunResult(run_id=1, outcomes=outcomes, not_due=(), seconds=3.2, interrupted=interrupted)


def verdict(state: str, failures: int = 0, **more: object) -> Verdict:
    return Verdict(check="unique_by_day", kind="unique", state=state, failures=failures, **more)  # type: ignore[arg-type]


def test_a_line_for_a_batch() -> None:
    line = lines.outcome_line(committed(), done=12, total=400, width=20)
    assert line == " 12 of 400  ok     by_day 2013-02-10         1,204 rows    0.02 s"
    assert "view" in lines.outcome_line(committed(), shape="view")


def test_a_line_says_what_is_amiss() -> None:
    warned = lines.outcome_line(committed(verdicts=(verdict("warn", 3),)))
    assert warned.startswith("warn ")
    assert warned.endswith("unique_by_day: 3 rows")
    failed = lines.outcome_line(Outcome(batch=Batch(model="x"), state="failed", error="no column y\nmore"))
    assert failed.startswith("fail ")
    assert failed.endswith("no column y")
    skipped = lines.outcome_line(Outcome(batch=Batch(model="x"), state="skipped", error="upstream y failed"))
    assert skipped.split() == ["skip", "x", "upstream", "y", "failed"]


def test_events_become_json_objects_of_one_line() -> None:
    plan = Plan(
        batches=(Batch(model="by_day", interval=day(0), reason="first load"),), not_due=(NotDue("b", "up to date"),)
    )
    held_back = Outcome(batch=plan.batches[0], state="check_failed", verdicts=(verdict("fail", 2, sample=({"k": 1},)),))
    records = [
        lines.run_started_record(1, plan, NOW),
        lines.batch_started_record({"model": "by_day"}, NOW),
        lines.batch_finished_record(held_back, NOW),
        lines.note_record("waiting", NOW),
        lines.run_finished_record(result(held_back), NOW),
    ]
    read = [json.loads(json_text(record)) for record in records]
    assert [record["event"] for record in read] == [
        "run_started", "batch_started", "batch_finished", "note", "run_finished",
    ]  # fmt: skip
    assert read[2]["checks"][0]["sample"] == [{"k": 1}]
    assert read[4]["exit_code"] == 3
    assert read[4]["time"] == "2026-01-02T03:04:05.000Z"


def test_an_error_shows_its_line_and_points_at_the_name_it_is_about() -> None:
    error = ProjectError(
        "unknown key 'tagz'", path="models/a.yml", line=7, source_line="    tagz: [x]", hint="did you mean 'tags'?"
    )
    assert error_block(error).splitlines() == [
        "Project error: unknown key 'tagz'",
        "  --> models/a.yml:7",
        "    |",
        "  7 |     tagz: [x]",
        "    |     ^^^^",
        "  help: did you mean 'tags'?",
    ]
    assert error_record(error)["exit_code"] == 2


def test_a_column_wins_over_a_guess_and_no_guess_is_made_between_two() -> None:
    assert block("E", "m", {"path": "p", "line": 1, "source_line": "a, a", "column": 4}).endswith("   ^")
    assert "^" not in block("E", "no 'a'", {"path": "p", "line": 1, "source_line": "a, a"})
    assert block("E", "m", {"path": "p"}).endswith("--> p")


def test_a_sign_is_pointed_at_only_where_the_line_holds_it_once() -> None:
    message = 'syntax error at or near ")"'
    twice = {"path": "p", "line": 1, "source_line": "select date_trunc('day', at) as day, count(*)"}
    assert "^" not in block("E", message, twice)
    assert block("E", message, twice | {"source_line": "from (select 1 as)"}).endswith("|                  ^")


def test_summary_when_all_is_well() -> None:
    passed = committed(verdicts=(verdict("pass"), verdict("pass")))
    expected = "done: 1 batch, 1,204 rows, checks: 2 passed, 0 warned, 0 failed, in 3.20 s (run 1)"
    assert summary(result(passed), WRITTEN) == expected


def test_summary_of_a_failed_check_shows_where_it_is_written_and_the_rows() -> None:
    found = verdict("fail", 2, sample=({"carrier": "UA", "n": 2}, {"carrier": "B6", "n": 3}))
    held_back = Outcome(batch=Batch(model="by_day"), state="check_failed", verdicts=(found,))
    skipped = Outcome(batch=Batch(model="next"), state="skipped")
    text = summary(result(held_back, skipped), WRITTEN)
    assert text.splitlines() == [
        "Check failed: unique_by_day in by_day: 2 rows",
        "  --> models/marts.yml:12",
        "     |",
        "  12 | line 12 of models/marts.yml",
        "    carrier  n",
        "    ───────  ─",
        "    UA       2",
        "    B6       3",
        "",
        "not all well: 2 batches (1 failed a check, 1 skipped), 0 rows, checks: 0 passed, 0 warned, 1 failed, "
        "in 3.20 s (run 1)",
        "next: mend it, then `batchsql build --select by_day+` runs what is missing, and nothing else",
    ]


def test_what_was_only_judged_again_is_not_loaded_by_another_build() -> None:
    judged = Outcome(batch=Batch(model="by_day", judges="others"), state="check_failed", verdicts=(verdict("fail", 1),))
    assert "next: mend the check, or the rows that are there (--full-refresh" in summary(result(judged), WRITTEN)


def test_batches_that_failed_alike_are_told_once() -> None:
    failed = [
        Outcome(
            batch=Batch(model="by_day", interval=day(n)),
            state="failed",
            error="cannot cast 'x'",
            error_report={"label": "Batch failed", "path": "models/by_day.sql", "line": 3, "hint": "try_cast"},
        )
        for n in range(3)
    ]
    text = summary(result(*failed), WRITTEN)
    assert text.count("cannot cast") == 1
    assert "Batch failed in by_day 2013-01-01: cannot cast 'x'" in text
    assert "  3 | line 3 of models/by_day.sql" in text
    assert "and the same in 2 more batches" in text


def test_batches_that_failed_of_one_cause_are_told_once_whatever_their_dates_and_numbers() -> None:
    failed = [
        Outcome(
            batch=Batch(model="by_day", interval=day(n)),
            state="failed",
            error=f"the batch has rows outside its interval {day(n)}, {n + 3} in all; their day is: {day(n + 1)}, NULL",
        )
        for n in range(322)
    ]
    text = summary(result(*failed), WRITTEN)
    assert text.count("rows outside its interval") == 1
    assert "and much the same in 321 more batches: `batchsql history --run 1 --failed`" in text


def test_a_model_has_three_blocks_at_most() -> None:
    words = ["one", "two", "three", "four", "five"]
    failed = [
        Outcome(batch=Batch(model="by_day", interval=day(n)), state="failed", error=f"cause {word}")
        for n, word in enumerate(words)
    ]
    text = summary(result(*failed), WRITTEN)
    assert text.count("Failed in by_day") == 3
    assert "And 2 more batches of by_day failed of other causes: `batchsql history --run 1 --failed`" in text


def test_warnings_are_counted_over_all_batches() -> None:
    warned = [committed(verdicts=(verdict("warn", n),)) for n in (2, 3)]
    text = summary(result(*warned), WRITTEN)
    assert text.splitlines()[:2] == [
        "Warnings: 1 check warned, 2 times in all",
        "  unique_by_day  5 rows  models/marts.yml:12  in 2 batches",
    ]
    assert summary(result(warned[0]), WRITTEN).startswith("Warnings\n  unique_by_day  2 rows  models/marts.yml:12")


def test_an_interruption_says_what_was_rolled_back() -> None:
    stopped = Outcome(batch=Batch(model="by_day", interval=day(0)), state="interrupted")
    text = summary(result(committed(), stopped, interrupted=True), WRITTEN)
    assert "Interrupted; rolled back: by_day 2013-01-01. The batch committed before that stays." in text
    assert "`batchsql build` goes on where this run stopped" in text
    assert "The 2 batches committed" in summary(result(committed(), committed(), interrupted=True), WRITTEN)
    assert summary(result(stopped, interrupted=True), WRITTEN).startswith(
        "Interrupted; rolled back: by_day 2013-01-01.\n"
    )


@given(st.integers(40, 120))
def test_the_end_of_a_run_keeps_to_the_width(width: int) -> None:
    found = verdict("fail", 2, sample=({"carrier": "UA", "remark": "long words " * 20},))
    warned = committed(verdicts=(verdict("warn", 123_456),) * 2)
    held_back = Outcome(batch=Batch(model="by_day"), state="check_failed", verdicts=(found,))
    failed = Outcome(
        batch=Batch(model="other", interval=day(1)),
        state="failed",
        error='Binder Error: Referenced column "amont" not found in the FROM clause, nor anywhere else',
        error_report={
            "path": "models/other.sql",
            "line": 3,
            "source_line": "select customer, order_id, product, quantity, ordered_at, sum(amont) as spent, 1 as one",
            "hint": "did you mean 'amount', or did you perhaps mean something else that is a little longer?",
        },
    )
    text = summary(result(warned, held_back, failed), WRITTEN, width=width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= max(width, 44), text
    caret = next(i for i, line in enumerate(lines) if "^^^^^" in line)
    start = lines[caret].index("^")
    assert lines[caret - 1][start : start + 5] == "amont"


def test_a_line_of_a_batch_is_cut_at_the_width_and_a_line_of_a_model_leaves_out_what_does_not_fit() -> None:
    failed = Outcome(batch=Batch(model="x"), state="failed", error="Binder Error: no column of this name far and wide")
    line = lines.outcome_line(failed, columns=60)
    assert len(line) <= 60
    assert line.endswith("…")
    days = tuple(Outcome(batch=Batch(model="x", interval=day(n)), state="committed", rows_written=1) for n in (0, 1, 3))
    assert model_line(days, columns=90).endswith("3 batches 2013-01-01..2013-01-03, 2013-01-04")
    assert model_line(days, columns=60).endswith("3 batches")


@given(st.integers(50, 130), st.integers(0, 3000), st.floats(0, 9000))
def test_the_picture_keeps_to_the_width(width: int, done: int, seconds: float) -> None:
    running = tuple(
        ModelPicture(model=f"model_{n}_by_day", done=n, total=n * 200 + 1, current="2013-01-01", seconds=seconds)
        for n in range(3)
    )
    picture = Picture(done=done, total=3001, rows=336_776, elapsed=seconds, remaining=seconds / 2, running=running)
    console = Console(width=width, no_color=True)
    with console.capture() as capture:
        console.print(draw(picture, width=width))
    drawn = capture.get().splitlines()
    assert len(drawn) == 4
    assert width < 75 or "…" not in drawn[0]


def plan_of(days: int) -> Plan:
    return Plan(batches=(Batch(model="first"), *(Batch(model="by_day", interval=day(n)) for n in range(days))))


def test_remaining_time_comes_from_the_past_then_from_the_pace() -> None:
    plan = plan_of(10)
    assert Progress(plan, now=0.0).picture(0.0).remaining is None
    progress = Progress(plan, now=0.0, past={"first": 2.0, "by_day": 1.0})
    assert progress.picture(0.0).remaining == 12.0
    progress.start(plan.batches[0], 0.0)
    assert progress.picture(1.0).remaining == 11.0
    progress.finish(Outcome(batch=plan.batches[0], state="committed", seconds=2.0, rows_written=5), 2.0)
    progress.start(plan.batches[1], 2.0)
    progress.finish(Outcome(batch=plan.batches[1], state="committed", seconds=3.0, rows_written=7), 5.0)
    picture = progress.picture(5.0)
    assert (picture.done, picture.total, picture.rows, picture.elapsed) == (2, 11, 12, 5.0)
    assert picture.remaining == 27.0
    assert times(picture) == "5.0 s elapsed, about 27 s left"


def test_a_model_is_told_of_when_it_is_through() -> None:
    plan = plan_of(2)
    progress = Progress(plan, now=0.0)
    first, second = (Outcome(batch=b, state="committed", rows_written=2, seconds=0.5) for b in plan.batches[1:])
    progress.finish(first, 1.0)
    assert progress.finished("by_day") is None
    progress.finish(second, 2.0)
    through = progress.finished("by_day")
    assert through is not None
    assert model_line(through) == "ok     by_day          4 rows    1.00 s  2 batches 2013-01-01..2013-01-03"


def test_the_picture_draws_a_line_for_each_running_model() -> None:
    plan = plan_of(365)
    progress = Progress(plan, now=0.0)
    progress.start(plan.batches[0], 0.0)
    progress.start(plan.batches[1], 0.0)
    console = Console(width=120, no_color=True)
    with console.capture() as capture:
        console.print(draw(progress.picture(3.2), rows=1))
    drawn = capture.get().splitlines()
    assert "0 of 366 batches" in drawn[0]
    assert drawn[1].startswith("  first")
    assert drawn[2] == "  and 1 more model"


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 100)), max_size=20), st.integers(1, 20))
def test_remaining_is_never_negative(ran: list[tuple[int, float]], days: int) -> None:
    plan = plan_of(days)
    progress = Progress(plan, now=0.0)
    now = 0.0
    for (threads, seconds), batch in zip(ran, plan.batches, strict=False):
        progress.start(batch, now)
        now += seconds / (threads + 1)
        progress.finish(Outcome(batch=batch, state="committed", seconds=seconds), now)
    remaining = progress.picture(now).remaining
    assert remaining is None or remaining >= 0


def test_new_code_that_cannot_run_is_no_matter_of_a_check() -> None:
    tried = Outcome(batch=Batch(model="by_day", judges="others"), state="failed", error="no such column")
    assert "next: mend it, then `batchsql build --select by_day+`" in summary(result(tried), WRITTEN)
