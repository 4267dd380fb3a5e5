"""What `list` prints in a dbt project: tests, exposures and unit tests too, in dbt's forms."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from batchsql.report.table import json_text
from batchsql.selection.world import SECTIONS

if TYPE_CHECKING:
    from batchsql.compiler import Compiled
    from batchsql.compiler.selecting import Selection

Entry = dict[str, Any]
_ORDER = ("name", "resource_type", "package_name", "original_file_path", "unique_id", "alias", "source_name")


def dbt_listing(compiled: Compiled, found: Selection, output: str, output_keys: Collection[str]) -> list[str]:
    """A line for each thing that is selected; in a project of ours, with the tests of the selected nodes.

    output: selector, name, path or json; output_keys: for json, what to tell of each.
    """
    entries = sorted(_entries(compiled, found), key=lambda entry: str(entry["unique_id"]))
    if output == "json":
        return [json_text(_told(entry, output_keys)) for entry in entries]
    if output == "path":
        return [str(entry["original_file_path"]) for entry in entries]
    return [_selector(entry) if output == "selector" else _name(entry) for entry in entries]


def _entries(compiled: Compiled, found: Selection) -> Iterator[Entry]:
    chosen = found.ids or {compiled.ids[key] for key in found.keys if key in compiled.ids}
    for section in SECTIONS:
        for unique_id, entry in (compiled.described.get(section) or {}).items():
            kind = entry["resource_type"]
            comes_along = kind in ("test", "unit_test") and not found.ids
            if kind != "operation" and (
                unique_id in chosen or (comes_along and not chosen.isdisjoint(entry["depends_on"]["nodes"]))
            ):
                yield entry


def _told(entry: Entry, output_keys: Collection[str]) -> Entry:
    if output_keys:
        return {key: _inside(entry, key) for key in output_keys if _inside(entry, key) is not None}
    first = {key: entry[key] for key in _ORDER if key in entry}
    return first | {key: entry[key] for key in ("config", "tags", "depends_on") if key in entry}


def _inside(entry: Entry, key: str) -> Any:
    """The value of a key; a dot leads into the value: `config.materialized`."""
    value: Any = entry
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _name(entry: Entry) -> str:
    return f"{entry['source_name']}.{entry['name']}" if "source_name" in entry else str(entry["name"])


def _selector(entry: Entry) -> str:
    """What selects just this."""
    kind, package = entry["resource_type"], entry["package_name"]
    if kind == "source":
        return f"source:{package}.{entry['source_name']}.{entry['name']}"
    if kind in ("exposure", "unit_test", "metric"):
        return f"{kind}:{package}.{entry['name']}"
    return ".".join(entry["fqn"])
