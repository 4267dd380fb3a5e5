"""What became of a project since an earlier manifest or run: the facts behind `state:`, `result:`, `source_status:`.

Two manifests are compared as dbt compares them: what a person wrote counts, and not what a target made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from batchsql.selection.world import SECTIONS, Record

Facts = dict[str, frozenset[str]]
_NOT_COMPARED = ("alias", "schema", "database", "tags", "group")
_NOTHING: tuple[Any, ...] = (None, "", {}, [])
_OF_TESTS = ("severity", "where", "warn_if", "error_if", "fail_calc", "limit", "store_failures", "enabled", "meta")
_PLACES = ("database", "schema", "alias")
_OF_SOURCES = (
    "database",
    "schema",
    "identifier",
    "fqn",
    "quoting",
    "freshness",
    "loaded_at_field",
    "external",
    "loader",
)
_OF_OTHERS = {
    "exposures": ("fqn", "type", "owner", "maturity", "url", "description", "label", "depends_on"),
    "metrics": ("fqn", "type", "type_params", "filter", "label", "description"),
    "semantic_models": ("fqn", "description", "measures", "entities", "dimensions", "primary_entity", "defaults"),
    "saved_queries": ("fqn", "description", "label", "query_params", "exports"),
    "unit_tests": ("model", "overrides"),
    "functions": ("fqn", "raw_code"),
}


def compared(previous: Record, current: Record) -> Facts:
    """For each state, the things of the current manifest that are in it."""
    before = {key: record for section in SECTIONS for key, record in (previous.get(section) or {}).items()}
    macros = _changed_macros(previous, current)
    found: dict[str, set[str]] = {
        state: set()
        for state in ("new", "old", "modified", "unmodified", *(f"modified.{each}" for each in (*_KINDS, "macros")))
    }
    for section in SECTIONS:
        for key, record in (current.get(section) or {}).items():
            old = before.get(key)
            found["old" if old is not None else "new"].add(key)
            by_macro = _calls(record, current, macros)
            if by_macro:
                found["modified.macros"].add(key)
            changed = old is None or by_macro or not _is_same(section, record, old)
            found["modified" if changed else "unmodified"].add(key)
            for kind, same in _KINDS.items():
                if section in _HAVING.get(kind, ("nodes",)) and (old is None or not same(record, old)):
                    found[f"modified.{kind}"].add(key)
    return {state: frozenset(keys) for state, keys in found.items()}


def _is_same(section: str, record: Record, old: Record) -> bool:
    if section == "sources":
        return _agree(record, old, _OF_SOURCES) and _same_config(record, old)
    if section != "nodes":
        same = _agree(record, old, _OF_OTHERS[section]) and _same_config(record, old)
        return same and (section != "unit_tests" or _example(record) == _example(old))
    if record.get("test_metadata"):
        return _same_config(record, old) and _agree(record, old, ("fqn",))
    kinds = ("body", "configs", "persisted_descriptions", "relation", "contract")
    same = all(_KINDS[kind](record, old) for kind in kinds) and _agree(record, old, ("fqn",))
    if record.get("resource_type") == "model":
        return same and _agree(record, old, ("latest_version", "access", "deprecation_date"))
    return same


def _agree(record: Record, old: Record, keys: Iterable[str]) -> bool:
    return all(record.get(key) == old.get(key) for key in keys)


def _example(record: Record) -> list[Any]:
    """What a unit test gives and expects; its checksum is each tool's own."""
    given = [(each.get("input"), *_rows(each)) for each in record.get("given") or ()]
    return [*given, _rows(record.get("expect") or {})]


def _rows(told: Mapping[str, Any]) -> tuple[Any, ...]:
    return told.get("rows"), told.get("fixture")


def _same_body(record: Record, old: Record) -> bool:
    if record.get("test_metadata"):
        return _called(record) == _called(old)
    if record.get("resource_type") == "seed":
        return record.get("checksum") == old.get("checksum")
    return (record.get("raw_code") or "").strip() == (old.get("raw_code") or "").strip()


def _called(record: Record) -> str:
    """What a generic test calls, without the config behind it, which is told by `_same_config`."""
    return (record.get("raw_code") or "").partition("{{ config(")[0].strip()


def _same_config(record: Record, old: Record) -> bool:
    if record.get("test_metadata"):
        return _judging(record) == _judging(old)
    return _compared_config(record) == _compared_config(old)


def _compared_config(record: Record) -> dict[str, Any]:
    written = record.get("unrendered_config") or {}
    return {key: value for key, value in written.items() if key not in _NOT_COMPARED and value not in _NOTHING}


def _judging(record: Record) -> dict[str, str]:
    """What is configured of a generic test, in either case."""
    config = record.get("config") or {}
    return {key: str(config[key]).lower() for key in _OF_TESTS if config.get(key) not in _NOTHING}


def _same_relation(record: Record, old: Record) -> bool:
    if record.get("resource_type") == "source":
        return _agree(record, old, ("database", "schema", "identifier"))
    return _agree(record.get("unrendered_config") or {}, old.get("unrendered_config") or {}, _PLACES)


def _same_descriptions(record: Record, old: Record) -> bool:
    """Descriptions count where they are written into the warehouse."""
    persisted = (record.get("config") or {}).get("persist_docs") or {}
    if persisted.get("relation") and record.get("description") != old.get("description"):
        return False
    return not persisted.get("columns") or _descriptions(record) == _descriptions(old)


def _descriptions(record: Record) -> dict[str, Any]:
    return {name: column.get("description") for name, column in (record.get("columns") or {}).items()}


def _same_contract(record: Record, old: Record) -> bool:
    now, then = record.get("contract") or {}, old.get("contract") or {}
    if not now.get("enforced") and not then.get("enforced"):
        return True
    if now.get("enforced") != then.get("enforced"):
        return False
    declared = [
        {name: column.get("data_type") for name, column in (each.get("columns") or {}).items()}
        for each in (record, old)
    ]
    return declared[0] == declared[1] and record.get("constraints") == old.get("constraints")


_KINDS = {
    "body": _same_body,
    "configs": _same_config,
    "persisted_descriptions": _same_descriptions,
    "relation": _same_relation,
    "contract": _same_contract,
}


_HAVING = {
    "configs": ("nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries"),
    "relation": ("nodes", "sources"),
}
"""The sections whose things can be modified in a way; the others only nodes can."""


def _changed_macros(previous: Record, current: Record) -> frozenset[str]:
    """Macros that are new, gone, or another text; in projects' own packages, since built-in ones are each tool's."""
    old, new = _texts(previous), _texts(current)
    return frozenset(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def _texts(manifest: Record) -> dict[str, str]:
    macros = (manifest.get("macros") or {}).items()
    return {
        key: str(record.get("macro_sql") or "").strip()
        for key, record in macros
        if record.get("package_name") not in ("dbt", "dbt_duckdb")
    }


def _calls(record: Record, manifest: Record, macros: frozenset[str]) -> bool:
    """Whether a thing calls one of the macros, directly or through others."""
    if not macros:
        return False
    known: Mapping[str, Record] = manifest.get("macros") or {}
    waiting, seen = list((record.get("depends_on") or {}).get("macros") or ()), set[str]()
    while waiting:
        key = waiting.pop()
        if key in macros:
            return True
        if key not in seen and key in known:
            seen.add(key)
            waiting += (known[key].get("depends_on") or {}).get("macros") or ()
    return False


def results(run_results: Record) -> Facts:
    """For each status of an earlier run, the things that ended so."""
    found: dict[str, set[str]] = {}
    for result in run_results.get("results") or ():
        found.setdefault(str(result.get("status")), set()).add(str(result.get("unique_id")))
    return {status: frozenset(keys) for status, keys in found.items()}


def fresher(previous: Record, current: Record) -> Facts:
    """The sources that were loaded since an earlier look at their freshness."""
    before, now = (_loaded(each) for each in (previous, current))
    newer = {key for key, moment in now.items() if key not in before or moment > before[key]}
    return {"fresher": frozenset(newer)}


def _loaded(record: Record) -> dict[str, str]:
    results = record.get("results") or ()
    return {str(each["unique_id"]): str(each["max_loaded_at"]) for each in results if each.get("max_loaded_at")}
