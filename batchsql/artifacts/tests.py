"""Checks of models and sources, and files in tests/, as the test nodes of a manifest."""

from __future__ import annotations

from typing import Any

from batchsql.artifacts.configs import config_from
from batchsql.artifacts.declared import columns
from batchsql.artifacts.identity import Place, test_digest
from batchsql.artifacts.nodes import Surroundings, common_node, queried, reference
from batchsql.values import Check, Model, Node
from batchsql.values.project import GenericTest

_IN_PACKAGES = {"accepted_range": "dbt_utils", "row_count": None, "expression": None}
_SEVERITIES = {"error": "ERROR", "quarantine": "ERROR", "warn": "warn", "info": "warn"}


def check_node(check: Check, node: Node, around: Surroundings) -> dict[str, Any]:
    """A check that a property file gives a model or a source."""
    identity = around.identity
    owner_package = (node.model.package if node.model else node.source.package if node.source else "") or ""
    package = identity.package(owner_package)
    arguments = _arguments(check, node)
    kind, namespace = _kind(check)
    place = identity.place(check.path or node.path, owner_package)
    column = check.columns[0] if len(check.columns) == 1 else None
    config = _config(check)
    found = _generic(check.name, package, place, config, around)
    others = [key for key in (check.compared_with,) if key]
    return found | {
        "unique_id": f"test.{package}.{check.name}.{test_digest(check.name, namespace, kind, arguments)}",
        "description": check.description,
        "tags": [*config["tags"], *_tags_of_column(node, column, around)],
        "raw_code": f"{{{{ test_{kind}(**_dbt_generic_test_kwargs) }}}}",
        "refs": [reference(key) for key in (*others, node.key) if key in around.ids and "." not in key],
        "sources": [key.split(".", 1) for key in (*others, node.key) if "." in key],
        "depends_on": {
            "macros": [f"macro.{namespace or 'dbt'}.test_{kind}"],
            "nodes": [around.ids[key] for key in (*others, node.key) if key in around.ids],
        },
        "column_name": column,
        "file_key_name": f"sources.{node.source.group}" if node.source else f"{node.kind}s.{node.key}",
        "attached_node": None if node.source else around.ids.get(node.key),
        "test_metadata": {"name": kind, "kwargs": arguments, "namespace": namespace},
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
    digest = test_digest(model.name, namespace, test.name, test.kwargs)
    attached = around.ids.get(test.attached)
    is_source = bool(attached and attached.startswith("source."))
    prefix = f"{namespace}.test_{test.name}" if namespace else f"test_{test.name}"
    return {
        "path": f"{found['alias']}.sql",
        "unique_id": f"{around.identity.of_model(model)}.{digest}",
        "fqn": [found["package_name"], *place.folders, model.name],
        "checksum": {"name": "none", "checksum": ""},
        "raw_code": f"{{{{ {prefix}(**_dbt_generic_test_kwargs) }}}}",
        "column_name": test.column,
        "file_key_name": f"sources.{test.attached.partition('.')[0]}" if is_source else f"models.{test.attached}",
        "attached_node": None if is_source else attached,
        "test_metadata": {"name": test.name, "kwargs": test.kwargs, "namespace": namespace},
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
    found = columns(entry).get(column or "")
    return found["tags"] if found else []


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


def _kind(check: Check) -> tuple[str, str | None]:
    """The generic test's name and package."""
    if check.kind.startswith("expect_"):
        return check.kind, "dbt_expectations"
    return check.kind, _IN_PACKAGES.get(check.kind)


def _arguments(check: Check, node: Node) -> dict[str, Any]:
    """What dbt's generic test of that name is given."""
    arguments: dict[str, Any] = {key: value for key, value in check.arguments.items() if key not in ("of", "to")}
    if check.kind == "accepted_values" and arguments.get("quote") is True:
        del arguments["quote"]  # the default
    if check.compared_with:
        arguments["to"] = _spoken(check.compared_with)
    if len(check.columns) == 1:
        arguments["column_name"] = check.columns[0]
    elif check.columns:
        arguments["combination_of_columns"] = list(check.columns)
    arguments["model"] = f"{{{{ get_where_subquery({_spoken(node.key)}) }}}}"
    return arguments


def _spoken(key: str) -> str:
    """A key as a template names it."""
    group, dot, table = key.partition(".")
    return f"source('{group}', '{table}')" if dot else f"ref('{key}')"
