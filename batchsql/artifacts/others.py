"""What is no node of a manifest: sources, exposures, groups, metrics, unit tests, docs."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from batchsql.artifacts.declared import Declaration, columns, freshness, merged, texts
from batchsql.artifacts.nodes import Surroundings, relation_name
from batchsql.values import Project, Source, TableName
from batchsql.values.unit_tests import Rows, UnitTest

Entry = dict[str, Any]
_CALL = re.compile(r"\b(ref|source|metric)\(\s*(.*?)\s*\)")
_WORD = re.compile(r"['\"]([^'\"]+)['\"]")
_VERSION = re.compile(r"\bv(?:ersion)?\s*=\s*(['\"]?)([\w.-]+)\1")


def source_entry(source: Source, around: Surroundings) -> Entry:
    """A source."""
    identity = around.identity
    package = identity.package(source.package)
    declaration, table = around.declared.sources.get(
        (source.package, source.group, source.name), (Declaration(source.path, source.package, {}), {})
    )
    group = declaration.entry
    config = _source_config(source, group, table)
    relation = source.relation or TableName(source.group, source.name)
    place = identity.place(source.path, source.package)
    return {
        "database": identity.database,
        "schema": relation.schema,
        "name": source.name,
        "resource_type": "source",
        "package_name": package,
        "path": place.original,
        "original_file_path": place.original,
        "unique_id": identity.of_source(source),
        "fqn": [package, *place.folders, source.group, source.name],
        "source_name": source.group,
        "source_description": group.get("description") or "",
        "loader": table.get("loader") or group.get("loader") or "",
        "identifier": relation.name,
        "quoting": {"database": None, "schema": None, "identifier": None, "column": None},
        "loaded_at_field": config["loaded_at_field"],
        "loaded_at_query": config["loaded_at_query"],
        "freshness": config["freshness"],
        "external": table.get("external"),
        "description": source.description or table.get("description") or "",
        "columns": columns(table),
        "meta": config["meta"],
        "source_meta": merged(group.get("meta"), merged(group.get("config")).get("meta")),
        "tags": config["tags"],
        "config": config,
        "patch_path": None,
        "unrendered_config": {},
        "relation_name": relation_name(identity, relation),
        "created_at": around.now,
        "unrendered_database": group.get("database"),
        "unrendered_schema": group.get("schema"),
        "doc_blocks": [],
    }


def _source_config(source: Source, group: Entry, table: Entry) -> Entry:
    """The config of a source: what its group says, then what it says itself, beside and inside of `config`."""
    of_group, of_table = merged(group.get("config")), merged(table.get("config"))
    layers = (group, of_group, table, of_table)
    said = [layer["freshness"] for layer in (source.config, *layers) if "freshness" in layer]
    fresh = freshness({}, *said) if not said or said[-1] is not None else None
    return {
        **source.config,
        "enabled": True,
        "event_time": source.event_time,
        "freshness": fresh,
        "loaded_at_field": source.loaded_at_field,
        "loaded_at_query": _last("loaded_at_query", *layers),
        "meta": merged(source.config.get("meta"), *(layer.get("meta") for layer in layers)),
        "tags": sorted({*source.tags, *texts(source.config.get("tags"))}),
        "static_analysis": None,
    }


def exposure_entry(declaration: Declaration, around: Surroundings) -> Entry:
    """An exposure."""
    entry = declaration.entry
    found = described(declaration, "exposure", around)
    refs, sources, nodes = dependencies(entry.get("depends_on"), around)
    owner = merged(entry.get("owner"))
    return found | {
        "type": entry.get("type") or "dashboard",
        "owner": {"email": None, "name": None, **owner},
        "description": entry.get("description") or "",
        "label": entry.get("label"),
        "maturity": entry.get("maturity"),
        "url": entry.get("url"),
        "depends_on": {"macros": [], "nodes": nodes},
        "refs": refs,
        "sources": sources,
        "metrics": [],
        "created_at": around.now,
    }


def metric_entry(declaration: Declaration, around: Surroundings) -> Entry:
    """A metric, as far as it is declared: what it measures is not looked into."""
    entry = declaration.entry
    parameters = merged(entry.get("type_params"))
    return described(declaration, "metric", around) | {
        "description": entry.get("description") or "",
        "label": entry.get("label") or str(entry.get("name")),
        "type": entry.get("type") or "simple",
        "type_params": parameters,
        "filter": None,
        "metadata": None,
        "time_granularity": entry.get("time_granularity"),
        "group": entry.get("group"),
        "depends_on": {"macros": [], "nodes": []},
        "refs": [],
        "sources": [],
        "metrics": [],
        "created_at": around.now,
    }


def group_entry(declaration: Declaration, around: Surroundings) -> Entry:
    """A group of models, and who owns it."""
    entry, identity = declaration.entry, around.identity
    package, name = identity.package(declaration.package), str(entry.get("name"))
    place = identity.place(declaration.path, declaration.package)
    return {
        "name": name,
        "resource_type": "group",
        "package_name": package,
        "path": place.within,
        "original_file_path": place.original,
        "unique_id": f"group.{package}.{name}",
        "owner": {"email": None, "name": None, **merged(entry.get("owner"))},
        "description": entry.get("description"),
        "config": {"meta": {}, **merged(entry.get("config"))},
    }


def unit_test_entry(test: UnitTest, around: Surroundings) -> Entry:
    """A unit test."""
    identity = around.identity
    package = identity.package("")
    place = identity.place(test.path)
    overrides = {"macros": test.macros, "vars": test.variables, "env_vars": test.environment}
    described = repr((test.given, test.expect, overrides))
    return {
        "model": test.bare_model,
        "given": [{"input": _input(given.key), **_rows(given.rows)} for given in test.given],
        "expect": _rows(test.expect),
        "name": test.name,
        "resource_type": "unit_test",
        "package_name": package,
        "path": place.within,
        "original_file_path": place.original,
        "unique_id": test.unique_id(package),
        "fqn": [package, *place.folders, test.bare_model, test.name],
        "description": test.description,
        "overrides": overrides if any(overrides.values()) else None,
        "depends_on": {"macros": [], "nodes": [around.ids[test.model]] if test.model in around.ids else []},
        "config": {"tags": list(test.tags), "meta": {}, "enabled": True, "static_analysis": None},
        "checksum": sha256(described.encode()).hexdigest(),
        "schema": around.project.target.schema,
        "created_at": around.now,
        "versions": _versions(test),
        "version": test.version,
    }


def _versions(test: UnitTest) -> Entry | None:
    if not test.including and not test.excluding:
        return None
    return {"include": list(test.including) or None, "exclude": list(test.excluding) or None}


def described(declaration: Declaration, kind: str, around: Surroundings) -> Entry:
    """What exposures and metrics share."""
    entry, identity = declaration.entry, around.identity
    config = merged(entry.get("config"))
    tags, meta = texts(entry.get("tags"), config.get("tags")), merged(entry.get("meta"), config.get("meta"))
    package, name = identity.package(declaration.package), str(entry.get("name"))
    place = identity.place(declaration.path, declaration.package)
    return {
        "name": name,
        "resource_type": kind,
        "package_name": package,
        "path": place.within,
        "original_file_path": place.original,
        "unique_id": f"{kind}.{package}.{name}",
        "fqn": [package, *place.folders, name],
        "meta": meta,
        "tags": tags,
        "config": {"enabled": True, **config, "tags": tags, "meta": meta},
        "unrendered_config": config,
    }


def dependencies(value: Any, around: Surroundings) -> tuple[list[Entry], list[list[str]], list[str]]:
    """What an exposure depends on: its refs, its sources, and the unique ids of both, sources first."""
    refs: list[Entry] = []
    sources: list[list[str]] = []
    for text in value if isinstance(value, list) else []:
        for function, arguments in _CALL.findall(str(text)):
            names = _WORD.findall(arguments)
            if function == "source" and len(names) == 2:
                sources.append(names)
            elif function == "ref" and names:
                version = _VERSION.search(arguments)
                refs.append(
                    {
                        "name": names[-1 if version is None or not version[1] else -2],
                        "package": names[0] if len(names) > (2 if version and version[1] else 1) else None,
                        "version": version[2] if version else None,
                    }
                )
    keys = [".".join(names) for names in sources]
    keys += [f"{entry['name']}.v{entry['version']}" if entry["version"] else entry["name"] for entry in refs]
    return refs, sources, list(dict.fromkeys(around.ids[key] for key in keys if key in around.ids))


def _input(key: str) -> str:
    group, dot, table = key.partition(".")
    return "this" if key == "this" else f"source('{group}', '{table}')" if dot else f"ref('{key}')"


def _rows(rows: Rows | None) -> Entry:
    if rows is None:
        return {"rows": None, "format": "dict", "fixture": None}
    told: Any = rows.sql if rows.format == "sql" else list(rows.rows)
    return {"rows": told, "format": "sql" if rows.format == "sql" else "dict", "fixture": rows.fixture or None}


def _last(key: str, *values: Entry) -> Any:
    return next((value[key] for value in reversed(values) if value.get(key) is not None), None)


def docs_of(project: Project) -> dict[str, Entry]:
    """The docs blocks of a project and its packages, by unique id."""
    found: dict[str, Entry] = {}
    for key, text in project.docs.items():
        package, dot, name = key.partition(".")
        if dot:
            unique_id = f"doc.{package}.{name}"
            found[unique_id] = {
                "name": name,
                "resource_type": "doc",
                "package_name": package,
                "path": "",
                "original_file_path": "",
                "unique_id": unique_id,
                "block_contents": text,
            }
    return found
