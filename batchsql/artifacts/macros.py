"""The macros of a project as artifacts tell them, and which of them a text calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from batchsql.artifacts.declared import Declared, merged
from batchsql.artifacts.identity import Identity
from batchsql.values import MacroFile, Project

_OPENING = re.compile(
    r"\{%[-+]?\s*(?P<tag>macro|test|data_test|materialization)\s+(?P<name>\w+)\s*"
    r"(?:,\s*(?:default|adapter\s*=\s*['\"](?P<adapter>\w+)['\"]))?"
)
_CALL = re.compile(r"(?:\b(\w+)\s*\.\s*)?\b(\w+)\s*\(")
_INSIDE = r"""[^'"%}]+|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|"""
_TAG = re.compile(
    r"\{#.*?#\}|(\{\{(?:" + _INSIDE + r"%|\}(?!\}))*\}\}|\{%(?:" + _INSIDE + r"\}|%(?!\}))*%\})", re.DOTALL
)
_SHOWN = {"show": True, "node_color": None}


def macro_entries(project: Project, identity: Identity, declared: Declared, now: float) -> dict[str, dict[str, Any]]:
    """All macros by unique id, with what property files say of them."""
    described = {(each.package, str(each.entry.get("name"))): each for each in declared.of("macros")}
    entries: dict[str, dict[str, Any]] = {}
    for file in project.macros:
        package = identity.package(file.package)
        for name, text in _blocks(file):
            declaration = described.get((file.package, name))
            said = declaration.entry if declaration else {}
            config = said.get("config") if isinstance(said.get("config"), dict) else {}
            meta, docs = merged(said.get("meta"), (config or {}).get("meta")), _SHOWN | merged(said.get("docs"))
            entries[f"macro.{package}.{name}"] = {
                "name": name,
                "resource_type": "macro",
                "package_name": package,
                "path": identity.place(file.path, file.package).original,
                "original_file_path": identity.place(file.path, file.package).original,
                "unique_id": f"macro.{package}.{name}",
                "macro_sql": text,
                "depends_on": {"macros": []},
                "description": said.get("description") or "",
                "meta": meta,
                "docs": docs,
                "config": {"meta": meta, "docs": docs},
                "patch_path": f"{package}://{identity.place(declaration.path, declaration.package).original}"
                if declaration
                else None,
                "arguments": [_argument(each) for each in said.get("arguments") or () if isinstance(each, dict)],
                "created_at": now,
                "supported_languages": ["sql"] if name.startswith("materialization_") else None,
            }
    known = Calls(entries, identity.package(""))
    for unique_id, entry in entries.items():
        called = known.of(entry["macro_sql"], entry["package_name"])
        entry["depends_on"]["macros"] = [each for each in called if each != unique_id]
    return entries


class Calls:
    """Finds the macros that a text calls, by their names: those of its package, of the project, of what is built in."""

    def __init__(self, entries: Mapping[str, Any], project: str) -> None:
        self._entries = entries
        self._project = project

    def of(self, text: str, package: str) -> list[str]:
        """Unique ids of the macros that a text seems to call, in order of first mention."""
        if "{" not in text:
            return []
        found: dict[str, None] = {}
        for qualifier, name in dict.fromkeys(_CALL.findall("\n".join(_TAG.findall(text)))):
            for where in (qualifier,) if qualifier else (package, self._project, "dbt"):
                unique_id = f"macro.{where}.{name}"
                if unique_id in self._entries or qualifier == "dbt":  # what is built in
                    found[unique_id] = None
                    break
        return list(found)


def _blocks(file: MacroFile) -> Iterator[tuple[str, str]]:
    """Name and text of each macro, generic test and materialization of a file."""
    for opening in _OPENING.finditer(file.text):
        tag = opening["tag"]
        closing = re.compile(r"\{%[-+]?\s*end" + tag + r"\s*[-+]?%\}").search(file.text, opening.end())
        text = file.text[opening.start() : closing.end() if closing else len(file.text)]
        if tag == "materialization":
            yield f"materialization_{opening['name']}_{opening['adapter'] or 'default'}", text
        else:
            yield opening["name"] if tag == "macro" else f"test_{opening['name']}", text


def _argument(entry: dict[str, Any]) -> dict[str, Any]:
    kind = entry.get("type")
    return {
        "name": str(entry.get("name")),
        "type": str(kind) if kind is not None else None,
        "description": entry.get("description") or "",
    }
