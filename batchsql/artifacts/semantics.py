"""Semantic models, metrics and saved queries: declared, and known to artifacts and selections; nothing is computed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from batchsql.artifacts.declared import Declaration
from batchsql.artifacts.nodes import Surroundings
from batchsql.artifacts.others import dependencies, described, metric_entry

Entry = dict[str, Any]
_KEPT = ("name", "resource_type", "package_name", "path", "original_file_path", "unique_id", "fqn")


def semantic_entries(around: Surroundings) -> dict[str, dict[str, Entry]]:
    """The three sections, by unique id; each thing depends on what it is made from."""
    said = around.declared
    models = [_semantic_model(each, around) for each in said.of("semantic_models")]
    by_measure = {
        str(measure.get("name")): entry["unique_id"]
        for entry, each in zip(models, said.of("semantic_models"), strict=True)
        for measure in each.entry.get("measures") or ()
        if isinstance(measure, dict)
    }
    metrics = {entry["name"]: entry for entry in (metric_entry(each, around) for each in said.of("metrics"))}
    for entry in metrics.values():
        names = list(dict.fromkeys(_names(entry["type_params"])))
        made_from = [by_measure[name] for name in names if name in by_measure]
        others = [metrics[name]["unique_id"] for name in names if name in metrics and name != entry["name"]]
        entry["depends_on"] = {"macros": [], "nodes": [*dict.fromkeys((*made_from, *others))]}
    queries = [_saved_query(each, metrics, around) for each in said.of("saved_queries")]
    return {
        "metrics": {entry["unique_id"]: entry for entry in metrics.values()},
        "semantic_models": {entry["unique_id"]: entry for entry in models},
        "saved_queries": {entry["unique_id"]: entry for entry in queries},
    }


def _semantic_model(declaration: Declaration, around: Surroundings) -> Entry:
    entry = declaration.entry
    written = str(entry.get("model") or "")
    refs, _, nodes = dependencies([written], around)
    found = described(declaration, "semantic_model", around)
    return {key: found[key] for key in _KEPT} | {
        "model": written,
        "description": entry.get("description"),
        "label": entry.get("label"),
        "depends_on": {"macros": [], "nodes": nodes},
        "refs": refs,
        "config": found["config"],
        "created_at": around.now,
    }


def _saved_query(declaration: Declaration, metrics: dict[str, Entry], around: Surroundings) -> Entry:
    entry = declaration.entry
    found = described(declaration, "saved_query", around)
    parameters = entry.get("query_params") if isinstance(entry.get("query_params"), dict) else {}
    names = [str(name) for name in (parameters or {}).get("metrics") or ()]
    return {key: found[key] for key in _KEPT} | {
        "query_params": {"metrics": names, "group_by": (parameters or {}).get("group_by") or [], "where": None},
        "description": entry.get("description"),
        "label": entry.get("label"),
        "tags": found["tags"],
        "depends_on": {"macros": [], "nodes": [metrics[name]["unique_id"] for name in names if name in metrics]},
        "created_at": around.now,
    }


def _names(parameters: Any) -> Iterable[str]:
    """The measures and metrics that a metric's parameters name, wherever they stand."""
    if isinstance(parameters, str):
        yield parameters
    elif isinstance(parameters, dict):
        for value in parameters.values():
            yield from _names(value)
    elif isinstance(parameters, list | tuple):
        for value in parameters:
            yield from _names(value)
