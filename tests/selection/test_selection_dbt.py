"""Selections as dbt answers them: its own answers, recorded."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from batchsql.errors import ProjectError, UsageError
from batchsql.project.selectors import Reading, read_selectors
from batchsql.selection.choosing import Chosen, choose
from batchsql.selection.criteria import asked_for, checked_indirect, named_selector, read_method, read_term
from batchsql.selection.state import compared, fresher, results
from batchsql.values.selection import Selectors

HERE = Path(__file__).parent
READING = Reading(read_term, read_method, checked_indirect)


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = {"metadata": {"project_name": "shop"}}
    for line in (HERE / "manifest.txt").read_text().splitlines()[1:]:
        section, key, record = line.split(" ", 2)
        found.setdefault(section, {})[key] = json.loads(record)
    return found


def cases() -> list[tuple[str, str]]:
    parts = (HERE / "cases.txt").read_text().split("\n$")[1:]
    read = [part.partition("\n") for part in parts]
    return [(arguments.strip(), " ".join(answer.split())) for arguments, _, answer in read]


@pytest.fixture(scope="module")
def selectors(tmp_path_factory: pytest.TempPathFactory) -> Selectors:
    folder = tmp_path_factory.mktemp("selectors")
    (folder / "selectors.yml").write_text((HERE / "selectors.txt").read_text())
    return read_selectors(folder, READING, {}, {})


def answered(arguments: str, selectors: Selectors, **facts: Any) -> Chosen:
    words = shlex.split(arguments)
    given: dict[str, list[str]] = {}
    for option, value in zip(words[::2], words[1::2], strict=True):
        given.setdefault(option, []).append(value)
    named = given.get("--selector")
    definition = (
        named_selector(named[0], selectors.definitions)
        if named
        else asked_for(given.get("--select", []), given.get("--exclude", []), selectors.definitions)
    )
    kinds = given.get("--resource-type", [])
    return choose(
        manifest(),
        definition,
        indirect=checked_indirect(given.get("--indirect-selection", ["eager"])[0]),
        kinds=kinds,
        without_kinds=[*given.get("--exclude-resource-type", []), *(() if kinds else ("analysis",))],
        **facts,
    )


@pytest.mark.parametrize(("arguments", "expected"), cases(), ids=[case[0] or "nothing" for case in cases()])
def test_what_dbt_answers(arguments: str, expected: str, selectors: Selectors) -> None:
    try:
        ids = sorted(answered(arguments, selectors).ids)
    except UsageError:
        ids = ["!"]
    if expected == "!" or ids == ["!"]:
        assert expected in ("!", "")
    else:
        assert " ".join(key.replace(".shop.", ".~.") for key in ids) == expected


def test_there_are_cases() -> None:
    assert len(cases()) > 100


def test_what_nothing_answers_to_is_told(selectors: Selectors) -> None:
    assert answered("--select 'orders nope tag:none'", selectors).unanswered == ("nope", "tag:none")


def test_states_results_and_sources(selectors: Selectors) -> None:
    facts = {
        "state": {"modified": frozenset({"model.shop.orders"})},
        "result": {"error": frozenset({"model.shop.report"})},
        "source_status": {"fresher": frozenset({"source.shop.raw.lines"})},
    }

    def ids(text: str) -> set[str]:
        return set(
            answered(f"--select {text} --resource-type model --resource-type source", selectors, facts=facts).ids
        )

    assert ids("state:modified") == {"model.shop.orders"}
    assert "model.shop.report" in ids("state:modified+")
    assert ids("result:error") == {"model.shop.report"}
    assert ids("result:pass") == set()
    assert ids("source_status:fresher") == {"source.shop.raw.lines"}
    with pytest.raises(UsageError, match="is no state"):
        ids("state:changed")
    with pytest.raises(UsageError, match=r"needs an earlier manifest\.json"):
        answered("--select state:modified", selectors)


WRONG_SELECTORS = [
    ("- {name: a}", "the selector 'a' has no definition"),
    ("- {name: a, definition: 3}", "a definition is a text or a mapping"),
    ("- {name: a, definition: {union: x}}", "'union' is a list"),
    ("- {name: a, definition: {method: tga, value: x}}", "unknown selection method 'tga:'"),
    ("- {name: a, definition: {method: selector, value: b}}", "there is no selector 'b'"),
    ("- {name: a, definition: {method: tag, value: x, indirect_selection: all}}", "'all' is no way to select tests"),
    ("- {name: a, default: true, definition: x}\n  - {name: b, default: true, definition: x}", "are both the default"),
]


@pytest.mark.parametrize(("text", "message"), WRONG_SELECTORS)
def test_wrong_selectors_say_where(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "selectors.yml").write_text(f"selectors:\n  {text}\n")
    with pytest.raises(ProjectError, match=message) as caught:
        read_selectors(tmp_path, READING, {}, {})
    assert caught.value.path == "selectors.yml"


def test_a_default_selector(tmp_path: Path) -> None:
    assert read_selectors(tmp_path, READING, {}, {}) == Selectors()
    (tmp_path / "selectors.yml").write_text("selectors: [{name: a, default: true, definition: 'tag:x'}]")
    assert read_selectors(tmp_path, READING, {}, {}).default == "a"


def model(**changed: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "raw_code": "select 1",
        "fqn": ["shop", "a"],
        "unrendered_config": {"materialized": "table"},
        "config": {"persist_docs": {"relation": True}},
        "description": "a",
        "depends_on": {"macros": ["macro.shop.outer"]},
        **changed,
    }


def project(one: dict[str, Any], macro: str = "1") -> dict[str, Any]:
    inner, outer = "macro.shop.inner", "macro.shop.outer"
    return {
        "nodes": {"model.shop.a": one},
        "macros": {
            inner: {"macro_sql": macro, "package_name": "shop"},
            outer: {"macro_sql": "x", "package_name": "shop", "depends_on": {"macros": [inner]}},
        },
    }


CHANGES = [
    (model(), "1", {"old", "unmodified"}),
    (model(raw_code="select 2"), "1", {"old", "modified", "modified.body"}),
    (model(unrendered_config={"materialized": "view"}), "1", {"old", "modified", "modified.configs"}),
    (model(unrendered_config={"materialized": "table", "tags": ["x"]}), "1", {"old", "unmodified"}),
    (
        model(unrendered_config={"materialized": "table", "alias": "x"}),
        "1",
        {"old", "modified", "modified.relation"},
    ),
    (model(description="b"), "1", {"old", "modified", "modified.persisted_descriptions"}),
    (model(access="public"), "1", {"old", "modified"}),
    (model(contract={"enforced": True}), "1", {"old", "modified", "modified.contract"}),
    (model(), "2", {"old", "modified", "modified.macros"}),
]


@pytest.mark.parametrize(("changed", "macro", "states"), CHANGES)
def test_what_is_modified(changed: dict[str, Any], macro: str, states: set[str]) -> None:
    facts = compared(project(model()), project(changed, macro))
    assert {state for state, keys in facts.items() if keys} == states


def test_what_is_new() -> None:
    facts = compared({}, project(model()))
    assert "model.shop.a" in facts["new"] & facts["modified"] & facts["modified.body"]


def test_results_and_sources_of_earlier_runs() -> None:
    assert results({"results": [{"unique_id": "a", "status": "error"}]}) == {"error": frozenset({"a"})}
    before = {"results": [{"unique_id": "a", "max_loaded_at": "2024"}, {"unique_id": "b", "max_loaded_at": "2024"}]}
    now = {"results": [{"unique_id": "a", "max_loaded_at": "2024"}, {"unique_id": "b", "max_loaded_at": "2025"}]}
    assert fresher(before, now) == {"fresher": frozenset({"b"})}
