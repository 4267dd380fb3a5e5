"""Docs blocks in descriptions: `{{ doc('orders') }}` becomes the text of the block."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_DOC = re.compile(r"\{\{-?\s*doc\(\s*['\"](\w+)['\"]\s*(?:,\s*['\"](\w+)['\"]\s*)?\)\s*-?\}\}")


def write_out(entry: dict[str, Any], docs: Mapping[str, str], project: str) -> None:
    """Put texts of docs blocks in the place of their names, in the descriptions of an entry and of its columns."""
    packages = (entry["package_name"], project)
    for described in (entry, *entry.get("columns", {}).values()):
        text = described.get("description")
        if not text:
            continue
        described["description"] = written_out(text, docs, packages)
        if "{{" in text and "doc_blocks" in described:
            described["doc_blocks"] = [
                f"doc.{key}" for found in _DOC.finditer(text) if (key := _key(found, docs, packages))
            ]


def written_out(text: str, docs: Mapping[str, str], packages: tuple[str, ...]) -> str:
    """A description with the texts of docs blocks in the place of their names. packages: where they are looked for."""
    if "{{" not in text:
        return text
    written = text.removesuffix("\n")  # as a template ends
    return _DOC.sub(lambda found: docs.get(_key(found, docs, packages) or "", found[0]), written)


def _key(found: re.Match[str], docs: Mapping[str, str], packages: tuple[str, ...]) -> str | None:
    """The block that is meant: of the package that is named, else of the entry's own, else of the project's."""
    keys = [f"{found[1]}.{found[2]}"] if found[2] else [f"{package}.{found[1]}" for package in packages]
    return next((key for key in keys if key in docs), None)
