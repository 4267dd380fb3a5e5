"""Batches compared with the batches before them, through real builds."""

from __future__ import annotations

from datetime import datetime

import pytest
from pipeline_folder import Folder

from batchsql import pipeline
from batchsql.errors import ProjectError
from batchsql.pipeline import Options
from batchsql.pipeline.explaining import explain_checks, export_suite
from batchsql.values import RunResult, Verdict

DAYS = 12


def events(folder: Folder, rows: dict[int, int], properties: str, columns: str = "'a' as kind, 1.0 as amount") -> None:
    """A table with so many rows on each day of January 2024, and an interval model that reads it by day."""
    given = ", ".join(f"({day}, {count})" for day, count in rows.items())
    folder.write(
        "models/events.sql",
        "{{ config(materialized='table', event_time='at') }}"
        f" select timestamp '2024-01-01' + to_days(day - 1) as at, {columns}"
        f" from (values {given}) as t(day, n), range(n) as r(i)",
    )
    folder.write(
        "models/daily.sql",
        "{{ config(materialized='incremental', event_time='at', begin='2024-01-01', end='2024-01-' ~ var('end', '13'),"
        " batch_size='day') }} select * from events",
    )
    folder.write("models/daily.yml", properties)


def verdicts(result: RunResult, model: str = "daily") -> list[Verdict]:
    return [each for outcome in result.outcomes if outcome.batch.model == model for each in outcome.verdicts]


ROWS = """models:
  - name: daily
    checks:
      - within_history: {severity: %s}
"""


def test_a_batch_far_from_its_history_is_held_back(folder: Folder) -> None:
    events(folder, {day: 100 + day for day in range(1, 12)} | {12: 10}, ROWS % "error")
    result = folder.build()
    assert result.exit_code == 3
    last = verdicts(result)[-1]
    assert last.state == "fail"
    assert last.message == "rows 10: 91 to 121 expected by 11 earlier batches (median 106)"
    assert folder.query("select count(*) from daily where \"at\" >= '2024-01-12'") == [(0,)]
    first = verdicts(result)[0]
    assert (first.state, first.message) == ("pass", "rows 101: not judged yet, 0 earlier batches of 7 needed")
    assert folder.query(
        "select observed, expected_low is null, compared_with from batchsql.observed_value order by batch_id limit 2"
    ) == [(101.0, True, 0), (102.0, True, 1)]


def test_a_warning_commits_and_says_so(folder: Folder) -> None:
    events(folder, dict.fromkeys(range(1, 12), 100) | {12: 10}, ROWS % "warn")
    result = folder.build()
    assert result.exit_code == 0
    assert verdicts(result)[-1].state == "warn"
    assert folder.query("select count(*) from daily where \"at\" >= '2024-01-12'") == [(10,)]


def test_an_interval_that_is_loaded_again_is_not_compared_with_itself(folder: Folder) -> None:
    events(folder, dict.fromkeys(range(1, 13), 100), ROWS % "error")
    assert folder.build().exit_code == 0
    events(folder, dict.fromkeys(range(1, 12), 100) | {12: 108, 11: 500}, ROWS % "warn")
    result = folder.build("events", "daily", start=_day(11), end=_day(13))
    again = verdicts(result)[-2:]
    assert [(each.state, each.result["compared_with"]) for each in again] == [("warn", 10), ("pass", 11)]
    assert again[1].message == "rows 108: 90 to 110 expected by 11 earlier batches (median 100)"


def _day(day: int) -> datetime:
    return datetime(2024, 1, day)


def test_what_was_rolled_back_is_no_history(folder: Folder) -> None:
    events(folder, dict.fromkeys(range(1, 11), 100) | {11: 9, 12: 9}, ROWS % "error")
    result = folder.build()
    assert [verdict.state for verdict in verdicts(result)][-2:] == ["fail", "fail"]
    assert verdicts(result)[-1].result["compared_with"] == 10


def test_weekdays_are_compared_with_the_same_weekday(folder: Folder) -> None:
    weekend = {day: 10 if day % 7 in (6, 0) else 1000 for day in range(1, 43)}
    properties = ROWS % "error, same_weekday: true, min_history: 3"
    events(folder, weekend, properties)
    result = pipeline.build(folder.compile(end="31"), Options(command="test"))
    assert result.exit_code == 0
    judged = [each for each in verdicts(result) if "expected" in each.result]
    assert {each.result["compared_with"] for each in judged} == {3, 4}
    assert judged[-1].message == "rows 1,000: 900 to 1,100 expected by 4 earlier batches (median 1,000)"


def test_measures_of_a_column(folder: Folder) -> None:
    listed = "\n".join(
        f"          - within_history: {{of: {of}, severity: warn}}"
        for of in ("nulls", "null_share", "distinct", "sum", "mean", "min", "max", "stdev")
    )
    properties = f"models:\n  - name: daily\n    columns:\n      - name: amount\n        checks:\n{listed}\n"
    columns = "case when i % 10 = 0 then null when day = 12 then -1000 * i else i end as amount"
    events(folder, dict.fromkeys(range(1, 13), 100), properties, columns)
    result = folder.build()
    last = {each.result["measure"].split()[0]: each for each in verdicts(result)[-8:]}
    assert {name: each.state for name, each in last.items()} == {
        "nulls": "pass",
        "null_share": "pass",
        "distinct": "pass",
        "sum": "warn",
        "mean": "warn",
        "min": "warn",
        "max": "warn",
        "stdev": "warn",
    }
    assert last["null_share"].message.startswith("null_share of amount 10%: 9% to 11% expected")


def test_a_check_that_is_new_has_the_rows_of_the_ledger_as_history(folder: Folder) -> None:
    events(folder, dict.fromkeys(range(1, 12), 100), "")
    pipeline.build(folder.compile(end="12"), Options(command="test"))
    events(folder, dict.fromkeys(range(1, 12), 100) | {12: 10}, ROWS % "warn")
    result = folder.build()
    assert verdicts(result)[-1].message.startswith("rows 10: 90 to 110 expected by 11 earlier batches")


def test_a_profile_is_history_for_checks_that_come_later(folder: Folder) -> None:
    profiled = "models:\n  - name: daily\n    config: {profile: true}\n"
    events(folder, dict.fromkeys(range(1, 13), 100), profiled, "i as amount, 'x' || i % 3 as kind")
    pipeline.build(folder.compile(end="12"), Options(command="test"))
    check = (
        "    columns:\n      - name: amount\n        checks:\n          - within_history: {of: mean, severity: warn}\n"
    )
    events(folder, dict.fromkeys(range(1, 13), 100), profiled + check, "i * 5 as amount, 'x' || i % 3 as kind")
    result = folder.build("daily")
    folder.build("events")
    assert verdicts(result)[-1].result["compared_with"] == 11
    assert folder.query(
        'select column_name, data_type, "rows", nulls, distinct_estimate between 2 and 4, "min", "max", mean '
        "from batchsql.column_profile where model = 'daily' and column_name = 'kind' order by batch_id limit 1"
    ) == [("kind", "VARCHAR", 100, 0, True, "x0", "x2", None)]


def test_a_relation_that_is_loaded_whole_is_compared_with_its_earlier_loads(folder: Folder) -> None:
    folder.write("models/t.yml", "models:\n  - name: t\n    checks:\n      - volume: {min_history: 2}\n")
    for count in (100, 104, 98, 5):
        folder.write("models/t.sql", f"{{{{ config(materialized='table') }}}} select * from range({count}) as r(i)")
        result = folder.build()
    assert result.exit_code == 3
    assert verdicts(result, "t")[0].message == "rows 5: 90 to 110 expected by 3 earlier batches (median 100)"
    assert folder.query("select count(*) from t") == [(98,)]


def test_volume_may_change_by_so_much(folder: Folder) -> None:
    changes = "volume: {min_change: -20%, max_change: 50%, last: 1, min_history: 1}"
    folder.write("models/t.yml", f"models:\n  - name: t\n    checks:\n      - {changes}\n")
    states = []
    for count in (100, 149, 120, 95):
        folder.write("models/t.sql", f"{{{{ config(materialized='table') }}}} select * from range({count}) as r(i)")
        states += [each.state for each in verdicts(folder.build(), "t")]
    assert states == ["pass", "pass", "pass", "fail"]
    folder.write(
        "models/t.yml", "models:\n  - name: t\n    checks:\n      - volume: {min_change: -10%, min_history: 1}\n"
    )
    (found,) = verdicts(folder.build(), "t")
    assert found.message == "rows 95: 108 to any expected by 3 earlier batches (median 120)"
    assert found.result["expected"] == [108, None]


def test_freshness(folder: Folder) -> None:
    folder.write("models/t.sql", "{{ config(materialized='table') }} select now() - interval 5 hour as noticed")
    for limits, state in (
        ("{max_age: 6 hours}", "pass"),
        ("{max_age: 4 hours}", "fail"),
        ("{warn_after: {count: 2, period: hour}, error_after: 1 day}", "warn"),
        ("{max_age: 1 day, where: noticed > now()}", "fail"),
    ):
        stated = f"        checks:\n          - freshness: {limits}\n"
        folder.write("models/t.yml", "models:\n  - name: t\n    columns:\n      - name: noticed\n" + stated)
        found = verdicts(folder.build(full_refresh=True), "t")[0]
        assert found.state == state, found.message
    assert found.message == "no value of noticed: at most 1 day expected"


def test_an_interval_is_fresh_by_its_own_end(folder: Folder) -> None:
    properties = """models:
  - name: daily
    columns:
      - name: at
        checks:
          - freshness: {max_age: 12 hours, severity: warn}
"""
    events(folder, dict.fromkeys(range(1, 13), 100), properties)
    found = verdicts(folder.build())[-1]
    assert found.state == "warn"
    assert found.message == ("the newest at is 1 day before 2024-01-13 00:00 UTC: at most 12 hours expected")


NEW = """models:
  - name: daily
    columns:
      - name: kind
        checks:
          - no_new_values: {%s}
"""
KINDS = "case when day = 12 and i < 3 then 'new' || i else 'k' || i % 4 end as kind"


def test_new_values_are_put_aside(folder: Folder) -> None:
    events(folder, dict.fromkeys(range(1, 13), 100), NEW % "severity: quarantine", KINDS)
    result = folder.build()
    last = verdicts(result)[-1]
    assert last.message == ("put aside: 3 rows with a value of kind that no earlier batch had: 'new0', 'new1', 'new2'")
    assert last.sample[0]["kind"].startswith("new")
    assert folder.query("select count(*) from quarantine.daily") == [(3,)]
    assert folder.query("select count(*) from daily") == [(1197,)]


def test_known_values_are_not_new(folder: Folder) -> None:
    events(folder, dict.fromkeys(range(1, 13), 100), NEW % "known: [new0, new1, new2]", KINDS)
    assert folder.build().exit_code == 0


def test_new_values_of_a_relation_that_is_loaded_whole(folder: Folder) -> None:
    properties = (
        "models:\n  - name: t\n    columns:\n      - name: k\n        checks:\n          - no_new_values: {%s}\n"
    )
    folder.write("models/t.yml", properties % "severity: error")
    states = []
    for values in ("('a'), ('b'), (null)", "('b'), (null)", "('a')", "('c'), ('c'), ('a')"):
        folder.write("models/t.sql", f"{{{{ config(materialized='table') }}}} select * from (values {values}) as v(k)")
        found = verdicts(folder.build(), "t")
        states.append((found[0].state, found[0].failures))
    assert states == [("pass", 0), ("pass", 0), ("pass", 0), ("fail", 2)]
    folder.write("models/t.yml", properties % "severity: warn")
    assert [verdicts(folder.build(), "t")[0].state for _ in range(1)] == ["warn"]


def test_what_is_added_to_a_relation_is_compared_with_what_was_added_before(folder: Folder) -> None:
    folder.write(
        "models/log.yml", "models:\n  - name: log\n    checks:\n      - volume: {min_history: 2, severity: warn}\n"
    )
    states = []
    for run, count in enumerate((5000, 100, 101, 99, 10)):
        folder.write(
            "models/log.sql",
            "{{ config(materialized='incremental', incremental_strategy='append') }} "
            f"select {run} as run, i from range({count}) as r(i)",
        )
        states += [each.state for each in verdicts(folder.build(), "log")]
    assert states == ["pass", "pass", "pass", "pass", "warn"]


def test_batchsql_check_judges_a_table_against_its_past_and_adds_none(folder: Folder) -> None:
    folder.write("models/t.yml", "models:\n  - name: t\n    checks:\n      - volume: {min_history: 2}\n")
    for count in (100, 104, 98):
        folder.write("models/t.sql", f"{{{{ config(materialized='table') }}}} select * from range({count}) as r(i)")
        folder.build()
    for _ in range(2):
        found = pipeline.run_checks(folder.compile(), Options(command="check"))
        assert verdicts(found, "t")[0].result["compared_with"] == 2


@pytest.mark.parametrize(
    ("check", "line", "message"),
    [
        ("within_history: {of: men}", 6, "'of' must be a measure, not 'men'"),
        ("within_history", 6, "within_history needs 'of': what of the column to compare"),
        ("within_history: {of: mean, last: 3, min_history: 5}", 6, "'min_history' is above 'last'"),
        ("within_history: {of: mean, tolerance: wide}", 6, "'tolerance' must be a number"),
        ("within_history: {of: mean, margin: x}", 6, "'margin' must be a share or a number"),
        ("within_history: {of: mean, margn: 1}", 6, "the check within_history takes no 'margn'"),
        ("freshness: {}", 6, "freshness needs 'max_age'"),
        ("freshness: {max_age: 5 parsecs}", 6, "'max_age' must be a length of time, not '5 parsecs'"),
        ("freshness: {warn_after: 2 days, error_after: 1 day}", 6, "it would never warn"),
        ("no_new_values: {known: a}", 6, "'known' must be a list of values"),
        ("volume: {last: 3}", 6, "looks at no column"),
    ],
)
def test_wrong_arguments(folder: Folder, check: str, line: int, message: str) -> None:
    folder.write("models/t.sql", "select 1 as a")
    folder.write(
        "models/t.yml", f"models:\n  - name: t\n    columns:\n      - name: a\n        checks:\n          - {check}\n"
    )
    with pytest.raises(ProjectError, match=message.replace("(", r"\(")) as caught:
        folder.compile()
    assert (caught.value.path, caught.value.line) == ("models/t.yml", line)


def test_a_new_value_is_accepted_by_releasing_it(folder: Folder) -> None:
    events(folder, dict.fromkeys(range(1, 13), 100), NEW % "severity: quarantine", KINDS)
    folder.build()
    released = pipeline.release_quarantine(folder.compile(), "daily", Options(command="release"))
    assert released.exit_code == 0
    assert "released from quarantine" in verdicts(released)[0].message
    assert folder.query("select count(*) from daily where kind like 'new%'") == [(3,)]


def test_a_source_is_compared_with_what_it_was(folder: Folder) -> None:
    folder.write(
        "models/sources.yml",
        "sources:\n  - name: landing\n    tables:\n      - name: t\n        files: landing/*.csv\n"
        "        checks:\n          - volume: {min_history: 2, severity: warn}\n",
    )
    folder.write("models/reader.sql", "select * from {{ source('landing', 't') }}")
    found = []
    for count in (100, 101, 99, 3):
        folder.write("landing/t.csv", "a\n" + "\n".join(str(number) for number in range(count)) + "\n")
        found += verdicts(folder.build(), "landing.t")
    assert [(each.state, each.result["compared_with"]) for each in found] == [
        ("pass", 0),
        ("pass", 1),
        ("pass", 2),
        ("warn", 3),
    ]


def test_views_seeds_snapshots_and_ephemeral_models(folder: Folder) -> None:
    folder.write("seeds/s.csv", "id,amount\n1,5\n2,\n")
    folder.write("models/v.sql", "select * from s")
    folder.write("models/e.sql", "{{ config(materialized='ephemeral') }} select * from s")
    folder.write("models/t.sql", "{{ config(materialized='table') }} select * from e")
    folder.write(
        "snapshots/h.sql",
        "{% snapshot h %}{{ config(unique_key='id', strategy='check', check_cols='all') }} select * from s"
        "{% endsnapshot %}",
    )
    checks = """
    columns:
      - name: amount
        checks: [within_history: {of: sum, min_history: 1}, no_new_values: {severity: warn}]
"""
    named = "".join(f"  - name: {name}\n    config: {{profile: true}}{checks}" for name in "vet")
    folder.write("models/all.yml", f"models:\n{named}seeds:\n  - name: s\n    config: {{profile: true}}{checks}")
    folder.write("snapshots/h.yml", f"snapshots:\n  - name: h\n    config: {{profile: true}}{checks}")
    assert folder.build().exit_code == 0
    folder.write("seeds/s.csv", "id,amount\n1,5\n2,\n3,0\n")
    result = folder.build()
    states = {(outcome.batch.model, each.kind): each.state for outcome in result.outcomes for each in outcome.verdicts}
    assert states["v", "no_new_values"] == states["s", "no_new_values"] == "warn"
    assert {states[name, "within_history"] for name in "vs"} == {"pass"}
    assert result.exit_code == 0
    profiled = folder.query("select distinct model from batchsql.column_profile order by all")
    assert profiled == [("h",), ("s",), ("t",), ("v",)]


def test_checks_of_the_past_are_in_no_suite(folder: Folder) -> None:
    events(folder, {1: 5}, ROWS % "warn" + "      - row_count: {min: 1}\n")
    suite = export_suite(folder.compile(), "daily")
    assert [each["type"] for each in suite["expectations"]] == ["expect_table_row_count_to_be_between"]
    assert "count(*)" in explain_checks(folder.compile(), "daily")[0].sql


def test_a_ledger_of_an_earlier_version_gets_the_views_it_lacks(folder: Folder) -> None:
    events(folder, {1: 5}, ROWS % "warn")
    folder.build()
    folder.change("drop view batchsql.observed_value; drop view batchsql.column_profile")
    events(folder, {1: 6}, ROWS % "warn")
    folder.build()
    assert folder.query("select count(*) > 0 from batchsql.observed_value") == [(True,)]
