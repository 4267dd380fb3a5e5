"""Suggested checks as YAML to paste beside the model, each with its evidence as a comment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from batchsql.report.words import count
from batchsql.values.suggestions import RelationFacts, Suggestion

_PLAIN = re.compile(r"[A-Za-z_][\w.-]*")
_RESERVED = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def suggestions_yaml(kind: str, key: str, facts: RelationFacts, suggestions: Sequence[Suggestion], has: int) -> str:
    """YAML for a property file. kind: model, seed, snapshot or source; has: how many checks are there already."""
    looked_at = f"{count(facts.rows, 'row')}, {count(len(facts.columns), 'column')}"
    past = f"{count(len(facts.batches), 'batch', 'batches')} of its past"
    lines = [f"# {key}: looked at {looked_at} and {past}; it has {count(has, 'check')} already"]
    if not suggestions:
        return "\n".join([*lines, "# nothing more that the data speaks for clearly enough"])
    silent = {column.name for column in facts.columns} - {each.column for each in suggestions}
    if silent:
        names = [column.name for column in facts.columns if column.name in silent]
        lines.append(f"# nothing to add for {', '.join(names)}")
    return "\n".join([*lines, *_head(kind, key), *_body(suggestions, "        " if kind == "source" else "    ")])


def _head(kind: str, key: str) -> list[str]:
    if kind != "source":
        return [f"{kind}s:", f"  - name: {scalar(key)}"]
    group, _, name = key.partition(".")
    return ["sources:", f"  - name: {scalar(group)}", "    tables:", f"      - name: {scalar(name)}"]


def _body(suggestions: Sequence[Suggestion], front: str) -> Iterator[str]:
    whole = [each for each in suggestions if each.column is None]
    if whole:
        yield f"{front}checks:"
        yield from (f"{front}  - {_check(each)}" for each in whole)
    columns = dict.fromkeys(each.column for each in suggestions if each.column is not None)
    if columns:
        yield f"{front}columns:"
    for column in columns:
        yield f"{front}  - name: {scalar(column)}"
        yield f"{front}    checks:"
        yield from (f"{front}      - {_check(each)}" for each in suggestions if each.column == column)


def _check(each: Suggestion) -> str:
    stated = f"{each.kind}: {_flow(each.arguments)}" if each.arguments else each.kind
    return f"{stated}  # {each.evidence}"


def _flow(arguments: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {_value(value)}" for name, value in arguments.items()) + "}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return scalar(value) if isinstance(value, str) else json.dumps(value)


def scalar(text: str) -> str:
    """A text as YAML reads it back: as it is where that is safe, else quoted."""
    if _PLAIN.fullmatch(text) and text.isascii() and text.lower() not in _RESERVED:
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(sign if sign.isprintable() and sign not in '"\\' else _escaped(sign) for sign in text) + '"'


def _escaped(sign: str) -> str:
    return f"\\U{ord(sign):08X}"
