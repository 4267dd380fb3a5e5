"""The names of checks: what one is called that was given none, and that no two of a relation share one."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

from msgspec import json

from batchsql.errors import ProjectError
from batchsql.values import Check

_LONGEST_NAME = 90


def check_name(kind: str, owner: str, columns: tuple[str, ...], arguments: dict[str, Any]) -> str:
    """`<kind>_<relation>_<columns>`, and for what has no column, or another relation in it, a word of that too."""
    parts = [kind, owner, *columns]
    if kind == "relationships":
        parts.extend((arguments["to"], arguments["field"]))
    elif kind == "expression":
        parts.append(arguments["expression"])
    elif kind == "within_history":
        parts.append(arguments["measure"])
    name = re.sub(r"\W+", "_", "_".join(parts)).strip("_")
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 9]}_{_digest(name)}"


def distinct_names(checks: list[Check], owner: str) -> tuple[Check, ...]:
    """The checks of one relation with distinct names: those that would share one get a digest of what they state.

    Raises ProjectError where two state exactly the same, or where two were given the same name.
    """
    sharing: dict[str, list[Check]] = {}
    for check in checks:
        sharing.setdefault(check.name, []).append(check)
    if len(sharing) == len(checks):
        return tuple(checks)
    renamed: list[Check] = []
    seen: dict[str, Check] = {}
    for check in checks:
        name = check.name
        if len(sharing[name]) > 1 and name == check_name(check.kind, owner, check.columns, check.arguments):
            name = f"{name}_{_digest_of(check)}"
        if name in seen:
            message = f"this check is stated twice, first in line {seen[name].line}"
            raise ProjectError(message, path=check.path, line=check.line, hint="remove one, or give it a `name:`")
        seen[name] = check
        renamed.append(check if name == check.name else _renamed(check, name))
    return tuple(renamed)


def _renamed(check: Check, name: str) -> Check:
    values: dict[str, Any] = {field: getattr(check, field) for field in check.__struct_fields__}
    return Check(**{**values, "name": name})


def _digest_of(check: Check) -> str:
    stated = (check.arguments, check.where, check.severity, check.warn_if, check.error_if)
    return _digest(json.encode(stated, order="sorted").decode())


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=4).hexdigest()
