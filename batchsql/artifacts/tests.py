"""Checks of models and sources, and files in tests/, as the test nodes of a manifest."""

from __future__ import annotations

from typing import Any

from batchsql.artifacts.configs import config_from
from batchsql.artifacts.declared import tags_of_column
from batchsql.artifacts.identity import Place, described_test
from batchsql.artifacts.nodes import Surroundings, common_node, queried, reference
from batchsql.values import Check, Model, Node
from batchsql.values.project import GenericTest

_SEVERITIES = {"error": "ERROR", "quarantine": "ERROR", "warn": "warn", "info": "warn"}


_WHERE = "macro.dbt.get_where_subquery"
_UNRENDERED = ("not_null", "unique")  # of which dbt knows what they call without rendering them


def check_node(check: Check, node: Node, around: Surroundings) -> dict[str, Any]:
    """A check that a property file gives a model or a source."""
    identity = around.identity
    owner_package = (node.model.package if node.model else node.source.package if node.source else "") or ""
    package = identity.package(owner_package)
    test = check.test or described_test(check, node)
    arguments, kind, namespace = test.kwargs, test.name, test.namespace
    place = identity.place(check.path or node.path, owner_package)
    column = check.columns[0] if len(check.columns) == 1 else None
    config = _config(check)
    found = _generic(test.title, package, place, config, around)
    others = [key for key in (check.compared_with,) if key]
    return found | {
        "unique_id": identity.of_check(check, node),
        "description": check.description,
        "tags": [*config["tags"], *_tags_of_column(node, column, around)],
        "raw_code": f"{{{{ test_{kind}(**_dbt_generic_test_kwargs) }}}}",
        "refs": [reference(key) for key in (*others, node.key) if key in around.ids and "." not in key],
        "sources": [key.split(".", 1) for key in (*others, node.key) if "." in key],
        "depends_on": {
            "macros": [f"macro.{namespace or 'dbt'}.test_{kind}", *(() if kind in _UNRENDERED else (_WHERE,))],
            "nodes": [around.ids[key] for key in (*others, node.key) if key in around.ids],
        },
        "column_name": column,
        "file_key_name": f"sources.{node.source.group}" if node.source else f"{node.kind}s.{node.key}",
        "attached_node": None if node.source else around.ids.get(node.key),
        "test_metadata": {"name": kind, "kwargs": _as_in_dbt(arguments), "namespace": namespace},
    }


def test_node(node: Node, model: Model, around: Surroundings) -> dict[str, Any]:
    """A test that is a file in tests/, or the application of a generic test."""
    found = common_node(node, model, around)
    found |= queried(node, model, around)
    found |= {"schema": _audit_schema(found["config"], around), "relation_name": None}
    found["alias"] = found["config"].get("alias") or model.name
    return found if model.test is None else found | _applied(model, model.test, found, around)


def _applied(model: Model, test: GenericTest, found: dict[str, Any], around: Surroundings) -> dict[str, Any]:
    """What the application of a generic test has beyond a file in tests/."""
    namespace, place = test.namespace, around.identity.place(model.path, model.package)
    attached = around.ids.get(test.attached)
    is_source = bool(attached and attached.startswith("source."))
    prefix = f"{namespace}.test_{test.name}" if namespace else f"test_{test.name}"
    macros, nodes = found["depends_on"]["macros"], found["depends_on"]["nodes"]
    if not any(each.endswith(".get_where_subquery") for each in macros):
        macros = [*macros, _WHERE]
    return {
        "depends_on": {"macros": macros, "nodes": nodes},
        "path": f"{found['alias']}.sql",
        "unique_id": around.identity.of_model(model),
        "fqn": [found["package_name"], *place.folders, model.title],
        "checksum": {"name": "none", "checksum": ""},
        "raw_code": f"{{{{ {prefix}(**_dbt_generic_test_kwargs) }}}}",
        "column_name": test.column,
        "file_key_name": f"sources.{test.attached.partition('.')[0]}" if is_source else f"models.{test.attached}",
        "attached_node": None if is_source else attached,
        "test_metadata": {"name": test.name, "kwargs": _as_in_dbt(test.kwargs), "namespace": namespace},
    }


def _generic(name: str, package: str, place: Place, config: dict[str, Any], around: Surroundings) -> dict[str, Any]:
    """What all tests share that are no files of their own."""
    identity = around.identity
    return {
        "database": identity.database,
        "schema": _audit_schema(config, around),
        "name": name,
        "resource_type": "test",
        "package_name": package,
        "path": f"{name}.sql",
        "original_file_path": place.original,
        "unique_id": "",
        "fqn": [package, *place.folders, name],
        "alias": config.get("alias") or name,
        "checksum": {"name": "none", "checksum": ""},
        "config": config,
        "tags": config["tags"],
        "description": "",
        "columns": {},
        "meta": config["meta"],
        "group": config["group"],
        "docs": {"show": True, "node_color": None},
        "patch_path": None,
        "build_path": None,
        "unrendered_config": {},
        "created_at": around.now,
        "relation_name": None,
        "raw_code": "",
        "doc_blocks": [],
        "language": "sql",
        "refs": [],
        "sources": [],
        "metrics": [],
        "functions": [],
        "depends_on": {"macros": [], "nodes": []},
        "compiled_path": None,
        "contract": {"enforced": False, "alias_types": True, "checksum": None},
    }


def _audit_schema(config: dict[str, Any], around: Surroundings) -> str:
    schema = around.project.target.schema
    return f"{schema}_{config['schema']}" if config.get("schema") else schema


def _tags_of_column(node: Node, column: str | None, around: Surroundings) -> list[str]:
    """A column's tags, which its tests have too."""
    declared, model, source = around.declared, node.model, node.source
    if model is not None:
        declaration = declared.nodes.get((model.kind, model.package, model.name))
        entry = declaration.entry if declaration else {}
    else:
        entry = declared.sources[source.package, source.group, source.name][1] if source else {}
    return tags_of_column(entry, column) if column else []


def _config(check: Check) -> dict[str, Any]:
    values: dict[str, Any] = {
        "severity": _SEVERITIES[check.severity],
        "where": check.where,
        "warn_if": check.warn_if,
        "error_if": check.error_if,
        "fail_calc": check.fail_calc,
        "limit": check.limit,
        "meta": check.meta,
    }
    if check.alias:
        values["alias"] = check.alias
    if check.store_failures_as:
        kept = check.store_failures_as
        values |= {"store_failures": kept != "ephemeral", "store_failures_as": kept}
    return config_from("test", [values])[0]


def _as_in_dbt(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a generic test in dbt's order: as written, then the column, then the model."""
    last = ("column_name", "model")
    return {key: value for key, value in arguments.items() if key not in last} | {
        key: arguments[key] for key in last if key in arguments
    }
