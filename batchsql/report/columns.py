"""Which columns are made of which, as a tree of text, DOT, Mermaid and JSON; and what uses a column."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from batchsql.report.table import json_text
from batchsql.report.words import Paint, count, plain
from batchsql.values.lineage import ColumnLineage, Impact, Place, Reached

_Next = Mapping[Place, tuple[Place, ...]]


def column_drawing(lineage: ColumnLineage, place: Place, form: str, paint: Paint = plain) -> str:
    """The lineage of a column. form: `text`, `dot`, `mermaid` or `json`."""
    if form == "dot":
        edges = [f"  {json.dumps(_name(a))} -> {json.dumps(_name(b))}" for a, b in _edges(lineage, place)]
        return "\n".join(
            ["digraph columns {", "  rankdir=LR", '  node [shape=box, fontname="sans-serif"]', *edges, "}"]
        )
    if form == "mermaid":
        return _mermaid(lineage, place)
    if form == "json":
        return json_text(_record(lineage, place), indent=2)
    return _text(lineage, place, paint)


def _text(lineage: ColumnLineage, place: Place, paint: Paint) -> str:
    """Two trees: upwards what it is made of, downwards what is made of it."""
    made_of = _tree({each: lineage.parents(each) for each in _all(lineage)}, place, paint)
    goes_into = _tree(lineage.children(), place, paint)
    lines = [paint(_name(place), "name")]
    lines += ["made of", *made_of] if made_of else ["made of no column"]
    lines += ["goes into", *goes_into] if goes_into else ["goes into no column"]
    unclear = sorted(key for key, query in lineage.queries.items() if not query.known)
    if unclear:
        lines.append(paint(f"not understood, so that all columns count: {', '.join(unclear)}", "dim"))
    return "\n".join(lines)


def _tree(next_of: _Next, place: Place, paint: Paint) -> list[str]:
    """Below a column, those next to it; one that was drawn before is not drawn again below itself."""
    lines: list[str] = []
    drawn: set[Place] = set()
    stack = [(child, 1) for child in reversed(next_of.get(place, ()))]
    while stack:
        current, depth = stack.pop()
        below = next_of.get(current, ())
        again = " ..." if current in drawn and below else ""
        lines.append(f"{'  ' * depth}{paint(_name(current), 'name')}{again}")
        if current not in drawn:
            drawn.add(current)
            stack.extend((child, depth + 1) for child in reversed(below))
    return lines


def _mermaid(lineage: ColumnLineage, place: Place) -> str:
    edges = _edges(lineage, place)
    ids = {each: f"c{number}" for number, each in enumerate(dict.fromkeys(each for edge in edges for each in edge))}
    boxes = [f'  {name}["{_name(each).replace(chr(34), "#quot;")}"]' for each, name in ids.items()]
    return "\n".join(["flowchart LR", *boxes, *(f"  {ids[a]} --> {ids[b]}" for a, b in edges)])


def _record(lineage: ColumnLineage, place: Place) -> dict[str, Any]:
    return {
        "column": _name(place),
        "edges": [{"from": _name(a), "to": _name(b)} for a, b in _edges(lineage, place)],
        "not_understood": sorted(key for key, query in lineage.queries.items() if not query.known),
    }


def _edges(lineage: ColumnLineage, place: Place) -> list[tuple[Place, Place]]:
    """From a column to one made of it: all upstream and downstream of the place."""
    found: dict[tuple[Place, Place], None] = {}
    for next_of, upwards in (
        ({each: lineage.parents(each) for each in _all(lineage)}, True),
        (lineage.children(), False),
    ):
        waiting, seen = [place], {place}
        while waiting:
            current = waiting.pop()
            for other in next_of.get(current, ()):
                found[(other, current) if upwards else (current, other)] = None
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
    return sorted(found)


def _all(lineage: ColumnLineage) -> list[Place]:
    return [(key, name) for key, query in lineage.queries.items() for name in query.outputs]


def impact_text(found: Impact, paint: Paint = plain) -> str:
    """Each model with the columns that are made of it, each check, each exposure."""
    rows = [("model", each.model, f"{each.path}: {_how(found, each)}") for each in found.models]
    rows += [("check", check.name, f"{check.path}:{check.line}") for check in found.checks]
    rows += [("exposure", name, "") for name in found.exposures]
    if not rows:
        return f"nothing uses {found.of}"
    wide = max(len(name) for _, name, _ in rows)
    lines = [
        f"  {kind:8}  {paint(f'{name:{wide}}', 'name')}  {paint(where, 'dim')}".rstrip() for kind, name, where in rows
    ]
    parts = [count(len(found.models), "model"), count(len(found.checks), "check")]
    parts += [count(len(found.exposures), "exposure")] if found.exposures else []
    use = "use" if len(rows) > 1 else "uses"
    return "\n".join([f"{', '.join(parts)} {use} {found.of}", *lines])


def _how(found: Impact, each: Reached) -> str:
    """What a model does with what was asked about."""
    if each.guessed:
        return "its query is not understood"
    if each.columns:
        return ", ".join(each.columns)
    return "reads it" if found.whole else "filters, joins, groups or sorts by it"


def impact_record(found: Impact) -> dict[str, Any]:
    """The same as JSON holds it."""
    return {
        "of": found.of,
        "models": [
            {"model": each.model, "path": each.path, "columns": list(each.columns), "guessed": each.guessed}
            for each in found.models
        ],
        "checks": [{"check": check.name, "path": check.path, "line": check.line} for check in found.checks],
        "exposures": list(found.exposures),
    }


def _name(place: Place) -> str:
    return f"{place[0]}.{place[1]}"
