"""What is the same code, in a whole project: after such an edit nothing is due."""

from __future__ import annotations

from pathlib import Path

import pytest
from static_project import write_files

from batchsql import pipeline
from batchsql.compiler import compile_project
from batchsql.pipeline import Options

PROJECT = {
    "seeds/raw.csv": "id,total\n1,2.5\n",
    "macros/all.sql": (
        "{% macro twice(column) %}{{ column }} * 2{% endmacro %}\n"
        "{% macro largest() %}{{ run_query('select 7 as n').rows[0][0] if execute else 0 }}{% endmacro %}\n"
    ),
    "models/stg.sql": "{{ config(materialized='table') }}\nselect id, {{ twice('total') }} as total from raw\n",
    "models/daily.sql": (
        "{{ config(materialized='table') }}\n"
        "with large as (select * from {{ ref('stg') }} where total > 1)\n"
        "select large.id, sum(large.total) as total from large group by all\n"
    ),
    "models/asks.sql": "{{ config(materialized='table') }}\nselect id, {{ largest() }} as n from stg\n",
    "models/all.yml": "models:\n  - name: daily\n    columns: [{name: id, checks: [not_null]}]\n",
}


def due(root: Path) -> list[str]:
    return [str(batch) for batch in pipeline.make_plan(compile_project(root), Options()).batches]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    write_files(tmp_path, PROJECT)
    assert pipeline.build(compile_project(tmp_path), Options()).exit_code == 0
    assert due(tmp_path) == []
    return tmp_path


def rewrite(root: Path, path: str, *changes: tuple[str, str]) -> None:
    file = root / path
    text = file.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


def test_a_comment_in_every_file_makes_nothing_due(built: Path) -> None:
    for file in built.glob("m*/*.*"):
        comment = "# why\n" if file.suffix == ".yml" else "-- why\n{# and how #}\n"
        file.write_text(comment + file.read_text())
    rewrite(built, "models/daily.sql", ("where total", "-- only these\n    where total"))
    assert due(built) == []


def test_ways_to_write_the_same_make_nothing_due(built: Path) -> None:
    rewrite(built, "models/daily.sql", ("large", "final"), ("{{ ref('stg') }}", "stg"), (" as total", " total"))
    assert due(built) == []


def test_the_order_of_macros_makes_nothing_due(built: Path) -> None:
    first, second = PROJECT["macros/all.sql"].splitlines(keepends=True)
    (built / "macros/all.sql").write_text(f"\n{second}{{# moved #}}\n{first}")
    assert due(built) == []


def test_a_macro_that_the_warehouse_answers_is_code(built: Path) -> None:
    rewrite(built, "macros/all.sql", ("select 7", "select 8"))
    assert due(built) == ["asks"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ([("large.id,", "large.id, 1 as one,")], "code changed: column one added"),
        ([("as total from large", "as spent from large")], "code changed: column spent added; column total gone"),
        ([("sum(large.total)", "max(large.total)")], "code changed: column total made otherwise"),
        ([("where total > 1", "where total > 2")], "code changed: other rows"),
        ([("group by all", "group by all having count(*) > 1"), ("large.id,", "large.id, 1 as one,")], None),
    ],
)
def test_a_plan_says_what_was_changed(built: Path, changes: list[tuple[str, str]], reason: str | None) -> None:
    text = PROJECT["models/daily.sql"].replace("group by all", "group by large.id")
    (built / "models/daily.sql").write_text(text)
    assert pipeline.build(compile_project(built), Options()).exit_code == 0
    rewrite(
        built,
        "models/daily.sql",
        *[(old.replace("all", "large.id"), new.replace("all", "large.id")) for old, new in changes],
    )
    (batch,) = pipeline.make_plan(compile_project(built), Options()).batches
    assert batch.reason == (reason or "code changed: column one added; other rows")


@pytest.mark.slow
def test_a_comment_in_every_file_of_500_models_makes_nothing_due(tmp_path: Path) -> None:
    for number in range(500):
        upstream = f"model_{number // 2}" if number else "raw"
        sql = f"with x as (select id, total + {number} as total from {upstream}) from x\n"
        write_files(tmp_path, {f"models/model_{number}.sql": sql})
    write_files(tmp_path, {"seeds/raw.csv": "id,total\n1,2.5\n"})
    assert pipeline.build(compile_project(tmp_path), Options()).exit_code == 0
    for number, file in enumerate(sorted((tmp_path / "models").glob("*.sql"))):
        text = file.read_text().replace("with x as", f"with rows_{number} as").replace("from x", f"from rows_{number}")
        file.write_text(f"-- edited\n{text} -- and here\n")
    assert due(tmp_path) == []
