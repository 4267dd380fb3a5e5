"""The manifest: a whole project as one dictionary, in dbt's schema v12, and as templates see it under `graph`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from typing import Any

from msgspec import Struct

from batchsql.artifacts.declared import declared
from batchsql.artifacts.docs import write_out
from batchsql.artifacts.identity import Identity
from batchsql.artifacts.macros import Calls, macro_entries
from batchsql.artifacts.nodes import Surroundings, hook_ids, hook_node, model_node
from batchsql.artifacts.others import (
    docs_of,
    exposure_entry,
    group_entry,
    source_entry,
    unit_test_entry,
)
from batchsql.artifacts.semantics import semantic_entries
from batchsql.artifacts.tests import check_node, test_node
from batchsql.graph import latest_versions
from batchsql.values import DBT_VERSION, Graph, Project

SCHEMAS = "https://schemas.getdbt.com/dbt"

Manifest = dict[str, Any]


class Invocation(Struct, frozen=True, kw_only=True):
    """The call that makes an artifact. started_at: naive, in UTC. environment: variables that go into the artifact."""

    invocation_id: str
    started_at: datetime
    environment: dict[str, str] = {}


def manifest(
    project: Project, graph: Graph, invocation: Invocation, compiled_code: Mapping[str, str] | None = None
) -> Manifest:
    """The manifest of a project. compiled_code: the text of queries, by key of the graph, where it is known."""
    return {"metadata": manifest_metadata(project, invocation), **manifest_body(project, graph, compiled_code)}


def manifest_metadata(project: Project, invocation: Invocation) -> dict[str, Any]:
    """What a manifest says of itself and of the call that made it."""
    return metadata("manifest/v12", invocation) | {
        "project_name": project.name,
        "project_id": md5(project.name.encode(), usedforsecurity=False).hexdigest(),
        "user_id": None,
        "send_anonymous_usage_stats": False,
        "adapter_type": "duckdb",
        "quoting": {"database": True, "schema": True, "identifier": True, "column": None},
        "run_started_at": f"{invocation.started_at.isoformat()}+00:00",
    }


def manifest_body(project: Project, graph: Graph, compiled_code: Mapping[str, str] | None = None) -> Manifest:
    """All of a manifest but its metadata: the same for every call, as long as nothing changes in the project."""
    found = graph_object(project, graph, compiled_code)
    parents, children = _maps(found)
    groups: dict[str, list[str]] = {entry["name"]: [] for entry in found["groups"].values()}
    for unique_id, node in found["nodes"].items():
        if node["group"] in groups:
            groups[node["group"]].append(unique_id)
    return found | {"selectors": {}, "disabled": {}, "parent_map": parents, "child_map": children, "group_map": groups}


def graph_object(project: Project, graph: Graph, compiled_code: Mapping[str, str] | None = None) -> Manifest:
    """All things of a project by kind and unique id: what templates see as `graph`."""
    identity = Identity(project)
    said = declared(project)
    now = datetime.now(UTC).timestamp()
    macros = macro_entries(project, identity, said, now)
    ids = {node.key: identity.of_model(node.model) for node in graph.nodes.values() if node.model}
    ids |= {node.key: identity.of_source(node.source) for node in graph.nodes.values() if node.source}
    ids |= {bare: ids[key] for bare, key in latest_versions(graph).items()}
    around = Surroundings(
        project=project,
        identity=identity,
        declared=said,
        calls=Calls(macros, project.name),
        ids=ids,
        compiled_code=compiled_code or {},
        read=lambda path: (Path(project.root) / path).read_bytes(),
        now=now,
    )
    found: Manifest = {
        "nodes": _nodes(graph, around),
        "sources": {ids[node.key]: source_entry(node.source, around) for node in graph.nodes.values() if node.source},
        "macros": macros,
        "docs": docs_of(project),
        "exposures": _by_id(exposure_entry(each, around) for each in said.of("exposures")),
        "groups": _by_id(group_entry(each, around) for each in said.of("groups")),
        **semantic_entries(around),
        "unit_tests": _by_id(unit_test_entry(test, around) for test in project.unit_tests),
        "functions": {},
    }
    for section in ("nodes", "sources", "macros", "exposures"):
        for entry in found[section].values():
            write_out(entry, project.docs, project.name)
    return found


def metadata(schema: str, invocation: Invocation) -> dict[str, Any]:
    """What every artifact says of itself. schema: its name and version, e.g. `run-results/v6`."""
    return {
        "dbt_schema_version": f"{SCHEMAS}/{schema}.json",
        "dbt_version": DBT_VERSION,
        "generated_at": f"{datetime.now(UTC).replace(tzinfo=None).isoformat()}Z",
        "invocation_id": invocation.invocation_id,
        "invocation_started_at": f"{invocation.started_at.isoformat()}Z",
        "env": invocation.environment,
    }


def _nodes(graph: Graph, around: Surroundings) -> dict[str, dict[str, Any]]:
    found = {}
    tests = []
    for node in graph.nodes.values():
        model = node.model
        if model is not None:
            entry = test_node(node, model, around) if model.kind == "test" else model_node(node, model, around)
            found[entry["unique_id"]] = entry
        declared_checks = model.checks if model else node.source.checks if node.source else ()
        tests += [check_node(check, node, around) for check in declared_checks]
    for when, hooks in (("on-run-start", around.project.on_run_start), ("on-run-end", around.project.on_run_end)):
        for hook, unique_id in zip(hooks, hook_ids(around.project, hooks, when), strict=True):
            found[unique_id] = hook_node(hook, unique_id, when, around)
    _tell_keys(found, tests)
    return found | {entry["unique_id"]: entry for entry in tests}


def _tell_keys(found: dict[str, dict[str, Any]], tests: list[dict[str, Any]]) -> None:
    """Note the primary key of models: a column that is tested to be unique and never null, else one that is unique."""
    tested: dict[str, dict[str, list[str]]] = {}
    for test in tests:
        if test["attached_node"] and test["column_name"]:
            kinds = tested.setdefault(test["attached_node"], {})
            kinds.setdefault(test["test_metadata"]["name"], []).append(test["column_name"])
    for unique_id, kinds in tested.items():
        entry = found.get(unique_id, {})
        if "primary_key" in entry:
            unique, present = kinds.get("unique", []), kinds.get("not_null", [])
            entry["primary_key"] = [column for column in unique if column in present] or unique


def _by_id(entries: Any) -> dict[str, Any]:
    return {entry["unique_id"]: entry for entry in entries}


def _maps(found: Manifest) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """For each unique id what it reads, and what reads it; macros are left out."""
    sections = ("nodes", "sources", "exposures", "metrics", "unit_tests")
    things = {unique_id: entry for section in sections for unique_id, entry in found[section].items()}
    parents = {
        unique_id: sorted(set(entry.get("depends_on", {}).get("nodes", ()))) for unique_id, entry in things.items()
    }
    children: dict[str, list[str]] = {unique_id: [] for unique_id in things}
    for unique_id, above in parents.items():
        for parent in above:
            children.setdefault(parent, []).append(unique_id)
    return parents, {unique_id: sorted(below) for unique_id, below in children.items()}
