"""The catalog: what is in the warehouse of what the project makes and reads, with columns and types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from batchsql.artifacts.manifest import Invocation, Manifest, metadata

_STATS = {
    "has_stats": {
        "id": "has_stats",
        "label": "Has Stats?",
        "value": False,
        "include": False,
        "description": "Indicates whether there are statistics for this table",
    }
}


class CatalogColumn(Struct, frozen=True):
    """A column as the warehouse holds it. kind: `BASE TABLE` or `VIEW`; index: from 1."""

    database: str
    schema: str
    table: str
    kind: str
    name: str
    type: str
    index: int
    comment: str | None = None
    table_comment: str | None = None


def catalog(found: Manifest, columns: Iterable[CatalogColumn], invocation: Invocation) -> dict[str, Any]:
    """The artifact: of the nodes and sources of a manifest, those that are in the warehouse."""
    tables: dict[tuple[str, str, str], list[CatalogColumn]] = {}
    for column in columns:
        key = (column.database.lower(), column.schema.lower(), column.table.lower())
        tables.setdefault(key, []).append(column)
    nodes = {
        unique_id: _table(unique_id, tables[place])
        for unique_id, entry in found["nodes"].items()
        if entry["resource_type"] in ("model", "seed", "snapshot")
        and (place := _place(entry, entry["alias"])) in tables
    }
    sources = {
        unique_id: _table(unique_id, tables[place])
        for unique_id, entry in found["sources"].items()
        if (place := _place(entry, entry["identifier"])) in tables
    }
    return {"metadata": metadata("catalog/v1", invocation), "nodes": nodes, "sources": sources, "errors": None}


def _place(entry: dict[str, Any], name: str) -> tuple[str, str, str]:
    return str(entry["database"]).lower(), str(entry["schema"]).lower(), name.lower()


def _table(unique_id: str, columns: list[CatalogColumn]) -> dict[str, Any]:
    first = columns[0]
    return {
        "metadata": {
            "type": first.kind,
            "schema": first.schema,
            "name": first.table,
            "database": first.database,
            "comment": first.table_comment,
            "owner": None,
        },
        "columns": {
            column.name: {"type": column.type, "index": column.index, "name": column.name, "comment": column.comment}
            for column in sorted(columns, key=lambda each: each.index)
        },
        "stats": _STATS,
        "unique_id": unique_id,
    }
