"""What the binder refuses, in words: what is missing, what is nearest, and what has changed of late."""

from __future__ import annotations

import re
from collections.abc import Mapping

from batchsql.compiler import Compiled
from batchsql.errors import did_you_mean
from batchsql.pipeline.reporting import in_words as engine_words
from batchsql.pipeline.reporting import source_line
from batchsql.pipeline.static_binding import Refusal
from batchsql.pipeline.static_outside import Outside
from batchsql.values import Node
from batchsql.values.static import Finding, Shape

_NAME = re.compile(r"\w+")
_MOST_NAMES = 3


def in_words(
    compiled: Compiled, refusal: Refusal, shapes: Mapping[str, Shape], outside: Outside
) -> tuple[str, str | None]:
    """The message, and a hint where there is one."""
    if refusal.missing == "qualifier":
        near = did_you_mean(refusal.name, refusal.candidates)
        known = f"here are known: {', '.join(refusal.candidates)}" if refusal.candidates else None
        return f"nothing here is called '{refusal.name}'", near or known
    if refusal.missing != "column":
        return engine_words(refusal.message)
    name = refusal.name
    if refusal.qualifier:
        message = f"'{refusal.qualifier}' has no column '{name}'"
    else:
        message = f"there is no column '{name}' in {_listed(shapes)}"
    nearest = did_you_mean(
        name, [*refusal.candidates, *(column for shape in shapes.values() for column, _ in shape.columns)]
    )
    return message, _gone(compiled, name, shapes, outside) or nearest or _given(refusal, shapes)


def check_findings(compiled: Compiled, node: Node, shape: Shape | None) -> list[Finding]:
    """Checks of the node that look at a column which it does not give."""
    if shape is None or shape.open:
        return []
    there = {name.lower() for name, _ in shape.columns}
    found = []
    for check in node.checks:
        if check.kind == "sql" or check.arguments.get("of", node.key) != node.key:
            continue
        for column in check.columns:
            if column.lower() in there or not _NAME.fullmatch(column):
                continue
            finding = Finding(
                model=node.key,
                message=f"the check {check.name} looks at the column '{column}', which {node.key} does not have",
                path=check.path or node.path,
                line=check.line or None,
                source_line=source_line(compiled.root, check.path, check.line),
                hint=did_you_mean(column, [name for name, _ in shape.columns]),
                column=column,
            )
            found.append(finding)
    return found


def _listed(shapes: Mapping[str, Shape]) -> str:
    names = list(shapes)
    if not names:
        return "what the query reads"
    return (
        " or ".join(names) if len(names) <= _MOST_NAMES else f"{', '.join(names[:_MOST_NAMES])} or others that it reads"
    )


def _gone(compiled: Compiled, name: str, shapes: Mapping[str, Shape], outside: Outside) -> str | None:
    """That a relation had the column when it was last made, and what its code gives that it had not then."""
    for key, shape in shapes.items():
        before = outside.of_model(compiled.graph[key])
        if before is None or name.lower() not in {column.lower() for column, _ in before}:
            continue
        had = {column.lower() for column, _ in before}
        if name.lower() in {column.lower() for column, _ in shape.columns}:
            continue
        new = [column for column, _ in shape.columns if column.lower() not in had]
        instead = f"; new there: {', '.join(new)}" if new else ""
        return f"{key} had it when it was last loaded, its code no longer gives it{instead}"
    return None


def _given(refusal: Refusal, shapes: Mapping[str, Shape]) -> str | None:
    if refusal.candidates:
        return f"columns near it: {', '.join(refusal.candidates)}"
    if len(shapes) != 1 or refusal.qualifier:
        return None
    ((key, shape),) = shapes.items()
    return f"{key} has {', '.join(name for name, _ in shape.columns)}"
