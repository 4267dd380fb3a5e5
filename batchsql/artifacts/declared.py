"""What property files say, by what they say it of: artifacts repeat it, whether or not it has an effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from batchsql.values import Project

Entry = dict[str, Any]
_SECTIONS = {"models": "model", "seeds": "seed", "snapshots": "snapshot", "analyses": "analysis"}


class Declaration(Struct, frozen=True):
    """An entry of a property file, and the file."""

    path: str
    package: str
    entry: Entry


class Declared(Struct, frozen=True):
    """All entries of a project.

    nodes: by kind, package and name. sources: by package, group and table. others: by section, e.g. `exposures`.
    """

    nodes: dict[tuple[str, str, str], Declaration]
    sources: dict[tuple[str, str, str], tuple[Declaration, Entry]]
    others: dict[str, list[Declaration]]

    def of(self, section: str) -> list[Declaration]:
        """The entries of a section."""
        return self.others.get(section, [])


def declared(project: Project) -> Declared:
    """Read the property files once more, from what was kept of them."""
    found = Declared({}, {}, {})
    for file in project.property_texts:
        top = msgspec.msgpack.decode(file.content) if file.content else {}
        for section, value in top.items():
            for entry in _entries(value):
                declaration = Declaration(file.path, file.package, entry)
                if section in _SECTIONS:
                    found.nodes[_SECTIONS[section], file.package, str(entry.get("name"))] = declaration
                elif section == "sources":
                    for table in _entries(entry.get("tables")):
                        key = (file.package, str(entry.get("name")), str(table.get("name")))
                        found.sources[key] = (declaration, table)
                else:
                    found.others.setdefault(section, []).append(declaration)
    return found


def _entries(value: Any) -> Iterator[Entry]:
    return (entry for entry in value if isinstance(entry, dict)) if isinstance(value, list) else iter(())


def texts(*values: Any) -> list[str]:
    """The texts of several values, each one text or a list of them, without repetition."""
    found = [text for value in values for text in (value if isinstance(value, list | tuple) else [value])]
    return list(dict.fromkeys(str(text) for text in found if text not in (None, "")))


def merged(*values: Any) -> dict[str, Any]:
    """Several mappings in one, the last one winning; what is no mapping is passed over."""
    return {key: each for value in values if isinstance(value, dict) for key, each in value.items()}


def columns(entry: Entry) -> dict[str, Entry]:
    """The columns an entry describes, as artifacts tell them."""
    return {str(column.get("name")): _column(column) for column in _entries(entry.get("columns"))}


def tags_of_column(entry: Entry, name: str) -> list[str]:
    """The tags of a column that an entry describes."""
    return next((_tags(column) for column in _entries(entry.get("columns")) if str(column.get("name")) == name), [])


def _tags(column: Entry) -> list[str]:
    config = column.get("config")
    return texts(column.get("tags"), config.get("tags") if isinstance(config, dict) else None)


def _column(column: Entry) -> Entry:
    config = column.get("config") if isinstance(column.get("config"), dict) else {}
    meta, tags = merged(column.get("meta"), (config or {}).get("meta")), _tags(column)
    return {
        "name": str(column.get("name")),
        "description": column.get("description") or "",
        "meta": meta,
        "data_type": column.get("data_type"),
        "constraints": [constraint(each) for each in _entries(column.get("constraints"))],
        "quote": column.get("quote"),
        "config": {"meta": meta, "tags": tags},
        "tags": tags,
        "granularity": column.get("granularity"),
        "doc_blocks": [],
    }


def constraint(entry: Entry) -> Entry:
    """A constraint with all its keys."""
    defaults: Entry = {"name": None, "expression": None, "warn_unenforced": True, "warn_unsupported": True}
    return {"type": entry.get("type"), **defaults, "to": None, "to_columns": [], **entry}


def freshness(*values: Any) -> Entry | None:
    """What says when a source is stale; null where the last word is null, or nobody spoke."""
    told: Entry | None = None
    for value in values:
        if isinstance(value, dict):
            told = {**(told or {}), **value}
    if told is None:
        return None
    return {
        "warn_after": _period(told.get("warn_after")),
        "error_after": _period(told.get("error_after")),
        "filter": told.get("filter"),
    }


def _period(value: Any) -> Entry:
    value = value if isinstance(value, dict) else {}
    return {"count": value.get("count"), "period": value.get("period")}
