"""The manifest: ids, paths and dependencies are those that dbt gave for the same project, written down here."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from artifacts_project import write_project

from batchsql.artifacts import Invocation, graph_object, manifest
from batchsql.compiler import Compiled, compile_project

CALLED = Invocation(invocation_id="1", started_at=datetime(2024, 1, 31))


@pytest.fixture
def compiled(tmp_path: Path) -> Compiled:
    return compile_project(write_project(tmp_path), environment={})


@pytest.fixture
def found(compiled: Compiled) -> dict[str, Any]:
    return manifest(compiled.project, compiled.graph, CALLED, {"orders": "select 1"})


def test_ids_are_those_that_dbt_gives(found: dict[str, Any]) -> None:
    assert set(found["nodes"]) == {
        "seed.shop.raw_orders",
        "model.shop.stg_orders",
        "model.shop.orders",
        "model.shop.read",
        "model.shop.uses",
        "snapshot.shop.kept",
        "test.shop.big",
        "test.shop.unique_orders_id.1360ecc70e",
        "test.shop.not_null_orders_id.84ef11d8fe",
        "test.shop.known_names.9ef53e44be",
    }
    assert set(found["sources"]) == {"source.shop.ext.things"}
    assert set(found["exposures"]) == {"exposure.shop.board"}
    assert set(found["groups"]) == {"group.shop.finance"}
    assert set(found["unit_tests"]) == {"unit_test.shop.stg_orders.keeps_names"}
    assert "macro.shop.plus" in found["macros"]


def test_a_model_tells_where_it_is_and_what_it_reads(found: dict[str, Any]) -> None:
    orders = found["nodes"]["model.shop.orders"]
    told = {key: orders[key] for key in ("path", "original_file_path", "fqn", "schema", "alias", "relation_name")}
    assert told == {
        "path": "marts/orders.sql",
        "original_file_path": "models/marts/orders.sql",
        "fqn": ["shop", "marts", "orders"],
        "schema": "main",
        "alias": "orders",
        "relation_name": '"shop"."main"."orders"',
    }
    assert orders["depends_on"] == {"macros": ["macro.shop.plus"], "nodes": ["model.shop.stg_orders"]}
    assert orders["refs"] == [{"name": "stg_orders", "package": None, "version": None}]
    assert orders["config"]["materialized"] == "table"
    assert orders["config"]["post-hook"] == [{"sql": "select 1", "transaction": True, "index": None}]
    assert (orders["tags"], orders["meta"]) == (["x"], {"owner": "me"})
    assert orders["columns"]["id"]["tags"] == ["key"]
    assert (orders["compiled"], orders["compiled_code"]) == (True, "select 1")
    assert found["nodes"]["model.shop.read"]["relation_name"] is None
    assert found["nodes"]["snapshot.shop.kept"]["fqn"] == ["shop", "kept", "kept"]


def test_a_test_tells_what_it_is_attached_to(found: dict[str, Any]) -> None:
    unique = found["nodes"]["test.shop.unique_orders_id.1360ecc70e"]
    assert (unique["attached_node"], unique["column_name"]) == ("model.shop.orders", "id")
    assert unique["test_metadata"] == {
        "name": "unique",
        "kwargs": {"column_name": "id", "model": "{{ get_where_subquery(ref('orders')) }}"},
        "namespace": None,
    }
    assert unique["schema"] == "main_dbt_test__audit"


def test_a_source_tells_when_it_is_stale(found: dict[str, Any]) -> None:
    things = found["sources"]["source.shop.ext.things"]
    assert things["freshness"]["warn_after"] == {"count": 1, "period": "day"}
    assert (things["loaded_at_field"], things["source_description"]) == ("ts", "outside")
    assert things["columns"]["id"]["meta"] == {"pii": True}
    assert things["relation_name"] == '"shop"."ext_schema"."things"'


def test_parents_and_children_mirror_each_other(found: dict[str, Any]) -> None:
    assert found["parent_map"]["model.shop.uses"] == ["model.shop.read"]
    assert found["parent_map"]["exposure.shop.board"] == ["model.shop.orders", "source.shop.ext.things"]
    edges = {(parent, child) for child, parents in found["parent_map"].items() for parent in parents}
    assert edges == {(parent, child) for parent, children in found["child_map"].items() for child in children}


def test_macros_have_their_text_and_their_description(found: dict[str, Any]) -> None:
    plus = found["macros"]["macro.shop.plus"]
    assert plus["macro_sql"] == "{% macro plus(x) %}({{ x }} + 1){% endmacro %}"
    assert plus["arguments"] == [{"name": "x", "type": "int", "description": ""}]
    assert plus["description"] == "adds one"


def test_templates_see_the_same_as_graph(compiled: Compiled, found: dict[str, Any]) -> None:
    seen = graph_object(compiled.project, compiled.graph)
    assert set(seen["nodes"]) == set(found["nodes"])
    assert seen["exposures"]["exposure.shop.board"]["owner"] == {"name": "me", "email": "me@shop.example"}


def test_descriptions_have_the_texts_of_docs_blocks(tmp_path: Path) -> None:
    folder = write_project(tmp_path)
    (folder / "models" / "docs.md").write_text("{% docs of_orders %}\nAll *orders*.\n{% enddocs %}\n")
    properties = folder / "models" / "properties.yml"
    properties.write_text(properties.read_text().replace("all orders", "\"See {{ doc('of_orders') }}\""))
    compiled = compile_project(folder, environment={})
    orders = manifest(compiled.project, compiled.graph, CALLED)["nodes"]["model.shop.orders"]
    assert orders["description"] == "See All *orders*."
    assert orders["doc_blocks"] == ["doc.shop.of_orders"]
