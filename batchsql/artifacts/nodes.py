"""Models, seeds, snapshots, and the hooks of a run, as the nodes of a manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from msgspec import Struct

from batchsql.artifacts.configs import config_of
from batchsql.artifacts.declared import Declaration, Declared, columns, constraint, merged
from batchsql.artifacts.identity import Identity
from batchsql.artifacts.macros import Calls
from batchsql.values import Model, Node, Project, TableName, quote
from batchsql.values.project import RunHook

ReadBytes = Callable[[str], bytes]
_WHOLE_SEED = 1024 * 1024  # bytes; a larger seed is known by its path, as in dbt


class Surroundings(Struct, frozen=True):
    """What all nodes of a manifest share.

    ids: the unique id of each key of the graph. compiled_code: text of queries, by key, where it is known.
    read: gives the bytes of a file of the project.
    """

    project: Project
    identity: Identity
    declared: Declared
    calls: Calls
    ids: Mapping[str, str]
    compiled_code: Mapping[str, str]
    read: ReadBytes
    now: float


def relation_name(identity: Identity, relation: TableName) -> str:
    """The quoted name of a relation, database and all."""
    return f"{quote(identity.database)}.{relation.sql}"


def model_node(node: Node, model: Model, around: Surroundings) -> dict[str, Any]:
    """A model, seed or snapshot."""
    found = common_node(node, model, around)
    declaration = around.declared.nodes.get((model.kind, model.package, model.bare_name))
    entry = declaration.entry if declaration else {}
    config = found["config"]
    found |= {
        "description": model.description or entry.get("description") or "",
        "columns": columns(entry),
        "docs": merged(config["docs"], entry.get("docs")),
        "group": config["group"] or entry.get("group"),
        "patch_path": patched(declaration, found["package_name"], around) if declaration else None,
        "build_path": None,
    }
    config["docs"], config["group"] = found["docs"], found["group"]
    if model.kind == "seed":
        return found | {"root_path": around.project.root, "depends_on": {"macros": []}}
    found |= queried(node, model, around)
    found["contract"] = {**config["contract"], "checksum": None}
    if model.kind == "model":
        found |= _of_models(entry, config)
        found |= {"version": model.version, "latest_version": model.latest_version}
    return found


def _of_models(entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    access = entry.get("access") or config.get("access") or "protected"
    config["access"] = access
    return {
        "access": access,
        "constraints": [constraint(each) for each in entry.get("constraints") or () if isinstance(each, dict)],
        "deprecation_date": entry.get("deprecation_date"),
        "primary_key": [],
        "time_spine": entry.get("time_spine"),
    }


def common_node(node: Node, model: Model, around: Surroundings) -> dict[str, Any]:
    """What every node has that is a file of its own."""
    identity, relation = around.identity, node.relation
    place = identity.place(model.path, model.package)
    package = identity.package(model.package)
    config, written = config_of(model, node.rendered)
    ephemeral = config["materialized"] == "ephemeral"
    file, _, ending = place.within.split("/")[-1].rpartition(".")
    folders = [*place.folders, file] if model.kind == "snapshot" and ending == "sql" else place.folders
    return {
        "database": identity.database,
        "schema": relation.schema if relation else around.project.target.schema,
        "name": model.bare_name,
        "resource_type": model.kind,
        "package_name": package,
        "path": place.within,
        "original_file_path": place.original,
        "unique_id": identity.of_model(model),
        "fqn": [package, *folders, *model.path_parts],
        "alias": relation.name if relation else config.get("alias") or model.name,
        "checksum": _checksum(model, around),
        "config": config,
        "tags": config["tags"],
        "description": model.description,
        "columns": {},
        "meta": config["meta"],
        "group": config.get("group"),
        "docs": {"show": True, "node_color": None},
        "patch_path": None,
        "build_path": None,
        "unrendered_config": written,
        "created_at": around.now,
        "relation_name": relation_name(identity, relation) if relation and not ephemeral else None,
        "raw_code": model.text.strip() if model.kind != "seed" else "",
        "doc_blocks": [],
    }


def queried(node: Node, model: Model, around: Surroundings) -> dict[str, Any]:
    """What a node has that is a query."""
    rendered = node.rendered
    found: dict[str, Any] = {
        "language": "sql",
        "refs": [reference(name) for name in (rendered.refs if rendered else ())],
        "sources": [list(name.split(".", 1)) for name in (rendered.sources if rendered else ())],
        "metrics": [],
        "functions": [],
        "depends_on": {
            "macros": around.calls.of(model.text, around.identity.package(model.package)),
            "nodes": [around.ids[parent] for parent in node.parents if parent in around.ids],
        },
        "compiled_path": None,
    }
    code = around.compiled_code.get(node.key)
    if code is not None:
        package, path = around.identity.package(model.package), around.identity.place(model.path, model.package)
        found |= {
            "compiled_path": f"{around.project.target_path}/compiled/{package}/{path.original}",
            "compiled": True,
            "compiled_code": code,
            "extra_ctes_injected": True,
            "extra_ctes": [],
        }
    return found | {"contract": {"enforced": False, "alias_types": True, "checksum": None}}


def reference(name: str) -> dict[str, Any]:
    """What ref() was given: `orders`, or `package.orders`."""
    package, _, model = name.rpartition(".")
    return {"name": model, "package": package or None, "version": None}


def hook_ids(project: Project, hooks: Sequence[RunHook], when: str) -> list[str]:
    """The unique ids of hooks, counted in each package: `operation.shop.shop-on-run-start-0`."""
    counts: dict[str, int] = {}
    ids = []
    for hook in hooks:
        package = hook.package or project.name
        number = counts[package] = counts.get(package, -1) + 1
        ids.append(f"operation.{package}.{package}-{when}-{number}")
    return ids


def hook_node(hook: RunHook, unique_id: str, when: str, around: Surroundings) -> dict[str, Any]:
    """A hook of `on-run-start` or `on-run-end`."""
    identity, package = around.identity, around.identity.package(hook.package)
    name = unique_id.split(".", 2)[2]
    config, written = config_of(Model(kind="model", name=name, path=hook.path), None)
    config = {key: value for key, value in config.items() if key not in ("access", "freshness")}
    file = f"hooks/{name}.sql"
    return {
        "database": identity.database,
        "schema": around.project.target.schema,
        "name": name,
        "resource_type": "operation",
        "package_name": package,
        "path": file,
        "original_file_path": "./dbt_project.yml",
        "unique_id": unique_id,
        "fqn": [package, "hooks", name],
        "alias": name,
        "checksum": _hashed(hook.sql.strip().encode()),
        "config": config,
        "tags": [when],
        "description": "",
        "columns": {},
        "meta": {},
        "group": None,
        "docs": {"show": True, "node_color": None},
        "patch_path": None,
        "build_path": None,
        "unrendered_config": written,
        "created_at": around.now,
        "relation_name": None,
        "raw_code": hook.sql.strip(),
        "doc_blocks": [],
        "language": "sql",
        "refs": [],
        "sources": [],
        "metrics": [],
        "functions": [],
        "depends_on": {"macros": around.calls.of(hook.sql, package), "nodes": []},
        "compiled_path": None,
        "contract": {"enforced": False, "alias_types": True, "checksum": None},
        "index": int(name.rpartition("-")[2]) + 1,
    }


def patched(declaration: Declaration, package: str, around: Surroundings) -> str:
    """Where a thing is described, as artifacts write it: `shop://models/properties.yml`."""
    return f"{package}://{around.identity.place(declaration.path, declaration.package).original}"


def _checksum(model: Model, around: Surroundings) -> dict[str, str]:
    if model.kind != "seed":
        return _hashed(model.text.strip().encode())
    size = next((stamp.size for stamp in around.project.files if stamp.path == model.path), 0)
    if size >= _WHOLE_SEED:
        return {"name": "path", "checksum": model.path}
    return _hashed(around.read(model.path).strip())


def _hashed(content: bytes) -> dict[str, str]:
    return {"name": "sha256", "checksum": sha256(content).hexdigest()}
