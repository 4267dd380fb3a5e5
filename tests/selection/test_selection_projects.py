"""Selections of a dbt project, from its folder to what runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batchsql import pipeline
from batchsql.compiler import Compiled, compile_project
from batchsql.compiler.selecting import selection
from batchsql.errors import UsageError
from batchsql.pipeline import Options

FILES = {
    "dbt_project.yml": "name: shop\nprofile: shop\n",
    "profiles.yml": "shop: {outputs: {default: {type: duckdb, path: w.duckdb}}}\n",
    "models/a.sql": "select 1 as id",
    "models/b.sql": "{{ config(tags=['late']) }} select * from {{ ref('a') }}",
    "models/c_v1.sql": "select * from {{ ref('b') }}",
    "models/s.yml": """
models:
  - {name: a, columns: [{name: id, data_tests: [unique]}]}
  - {name: b, columns: [{name: id, data_tests: [{relationships: {arguments: {to: ref('a'), field: id}}}]}]}
  - {name: c, versions: [{v: 1}]}
unit_tests:
  - {name: one, model: b, given: [{input: ref('a'), rows: [{id: 1}]}], expect: {rows: [{id: 1}]}}
exposures:
  - {name: dash, type: dashboard, owner: {email: a@example.com}, depends_on: ["ref('c')"]}
semantic_models:
  - {name: sm, model: ref('b'), measures: [{name: count_of, agg: count, expr: id}]}
metrics:
  - {name: met, label: met, type: simple, type_params: {measure: count_of}}
saved_queries:
  - {name: sq, query_params: {metrics: [met]}}
""",
    "selectors.yml": "selectors: [{name: late, definition: {method: tag, value: late, parents: true}}]",
}
Make = Callable[..., Compiled]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """The project, compiled; `asked` are options beside --select."""
    monkeypatch.chdir(tmp_path)

    def compiled(files: dict[str, str] | None = None, **asked: Any) -> Compiled:
        for path, text in {**FILES, **(files or {})}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        found = compile_project(tmp_path, environment={})
        found.asked = asked
        return found

    return compiled


def ids(compiled: Compiled, *include: str, exclude: tuple[str, ...] = ()) -> set[str]:
    found = selection(compiled, include, exclude).ids
    names = {key: key.split(".") for key in found}
    return {f"{parts[0]}.{parts[3 if parts[0] == 'unit_test' else 2]}" for parts in names.values()}


def test_things_that_are_no_nodes_are_selected_too(make: Make) -> None:
    compiled = make(resource_type=["metric", "saved_query", "semantic_model", "exposure"])
    assert ids(compiled, "+saved_query:sq") == {"saved_query.sq", "metric.met", "semantic_model.sm"}
    assert ids(compiled, "c+") == {"exposure.dash"}


def test_tests_come_along(make: Make) -> None:
    assert ids(make(), "a") == {"model.a", "test.unique_a_id", "test.relationships_b_id__id__ref_a_"}
    assert ids(make(indirect_selection="cautious"), "a") == {"model.a", "test.unique_a_id"}
    assert ids(make(indirect_selection="empty"), "a") == {"model.a"}
    assert ids(make(), "b", exclude=("test_type:data",)) == {"model.b", "unit_test.one"}


def test_a_selector_by_name(make: Make) -> None:
    compiled = make(selector="late", exclude_resource_type=["test", "unit_test"])
    assert selection(compiled, (), ()).keys == ("a", "b")
    with pytest.raises(UsageError, match="there is no selector 'lat'"):
        selection(make(selector="lat"), (), ())
    with pytest.raises(UsageError, match="comes without --select"):
        selection(compiled, ("a",), ())


def test_what_nothing_answers_to_runs_nothing(make: Make) -> None:
    events: list[Any] = []
    result = pipeline.build(make(), Options(select=("nope",), command="test"), events.append)
    assert result.outcomes == ()
    assert [event.message for event in events if hasattr(event, "message")] == [
        "warning: the selection 'nope' matches nothing"
    ]


def test_checks_run_by_themselves(make: Make) -> None:
    assert pipeline.build(make(), Options(command="test")).exit_code == 0
    result = pipeline.run_checks(make(), Options(select=("test_name:unique",), command="test"))
    assert [verdict.check for outcome in result.outcomes for verdict in outcome.verdicts] == ["unique_a_id"]


def test_states(make: Make, tmp_path: Path) -> None:
    before = make()
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    (earlier / "manifest.json").write_text(json.dumps(before.described, default=str))
    compiled = make({"models/b.sql": "select id from {{ ref('a') }}"}, state=str(earlier), resource_type=["model"])
    assert selection(compiled, ("state:modified",), ()).keys == ("b",)
    assert selection(compiled, ("state:modified+",), ()).keys == ("b", "c.v1")
    assert selection(compiled, ("state:new",), ()).keys == ()
    with pytest.raises(UsageError, match="needs an earlier"):
        selection(make(), ("state:modified",), ())


def test_versions(make: Make) -> None:
    for text in ("c", "c.v1", "c_v1", "version:latest"):
        assert selection(make(resource_type=["model"]), (text,), ()).keys == ("c.v1",)
