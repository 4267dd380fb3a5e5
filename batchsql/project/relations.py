"""How property files name a relation of the project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from batchsql.project.fields import fail, text
from batchsql.project.versions import version_key

if TYPE_CHECKING:
    from batchsql.project.yaml import Block

_REF = re.compile(
    r"""ref\(\s*(?:(['"])[^'"]+\1\s*,\s*)?(['"])([^'"]+)\2\s*(?:,\s*v(?:ersion)?\s*=\s*(['"]?)([\w.-]+)\4\s*)?\)$"""
)
_SOURCE = re.compile(r"""source\(\s*(['"])([^'"]+)\1\s*,\s*(['"])([^'"]+)\3\s*\)$""")
_BRACES = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}$", re.DOTALL)
_PLAIN_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)?$")


def relation_key(block: Block, key: str) -> str:
    """The relation a text names: `ref('x')`, `ref('x', v=1)`, `x`, `source('g', 't')` or `g.t`, in braces or not."""
    written = text(block, key).strip()
    inner = _BRACES.match(written)
    expression = inner[1] if inner else written
    if found := _REF.match(expression):
        return version_key(found[3], found[5]) if found[5] else found[3]
    if found := _SOURCE.match(expression):
        return f"{found[2]}.{found[4]}"
    if not _PLAIN_NAME.match(expression):
        _refuse_relation(block, key, written)
    return expression


def _refuse_relation(block: Block, key: str, written: str) -> NoReturn:
    fail(block, key, f"'{key}' must name a relation, not '{written}'", "write ref('model') or source('group', 'table')")
