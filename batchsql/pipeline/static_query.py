"""One query bound: its columns, and all that the engine refuses in it, as far as one complaint does not hide others."""

from __future__ import annotations

import re
from contextlib import suppress

from msgspec import Struct

from batchsql.compiler import Assembled, Compiled, line_as_written
from batchsql.errors import BatchsqlError
from batchsql.pipeline.reporting import source_line
from batchsql.pipeline.static_binding import Binder, Refusal
from batchsql.pipeline.static_outside import Outside
from batchsql.pipeline.static_words import in_words
from batchsql.sql import null_in_place
from batchsql.values import Node, quote
from batchsql.values.static import Columns, Finding, Shape

_MOST_COLUMNS = 40
"""Missing columns that are looked for in one query."""
_REPAIRED = ("column", "qualifier")
_OF_THE_QUERY = frozenset(
    {"Binder", "Catalog", "Conversion", "Invalid Input", "Mismatch Type", "Parser", "Out of Range"}
)
_PIVOT = re.compile(r"\bpivot(?:_wider)?\b", re.IGNORECASE)


class Bound(Struct, frozen=True, kw_only=True):
    """What became of a query.

    columns: None where they could not be found. guessed: some of their types are made up.
    reason: why the query could not be judged. lasting: whether the same text would give the same again.
    """

    columns: Columns | None = None
    findings: tuple[Finding, ...] = ()
    guessed: bool = False
    reason: str = ""
    lasting: bool = True


class Inputs(Struct, frozen=True):
    """What a query reads, by key. guessed: some types are made up. open: there may be further columns, in these."""

    shapes: dict[str, Shape]

    @property
    def guessed(self) -> bool:
        """Whether a complaint about types may be wrong."""
        return any(shape.guessed for shape in self.shapes.values())

    @property
    def open(self) -> tuple[str, ...]:
        """Relations that may have columns which are not known."""
        return tuple(key for key, shape in self.shapes.items() if shape.open)


def bind_query(
    compiled: Compiled, node: Node, assembled: Assembled, inputs: Inputs, binder: Binder, outside: Outside
) -> Bound:
    """Bind it; where a column is missing, note that and go on without it."""
    sql = assembled.sql
    findings: list[Finding] = []
    typed = True
    for _ in range(_MOST_COLUMNS):
        found = binder.columns(sql)
        if not isinstance(found, Refusal):
            return Bound(columns=_if_rows_do_not_matter(found, sql), findings=tuple(findings), guessed=not typed)
        if found.missing == "table" and _stood_in(found, sql, binder, outside):
            continue
        reason = _no_fault(compiled, found, inputs, outside, after=not typed)
        if reason:
            return Bound(findings=tuple(findings), reason="" if findings else reason, lasting=False)
        findings.append(_finding(compiled, node, assembled, sql, found, inputs, outside))
        repaired = None
        if found.missing in _REPAIRED and found.start is not None and found.end is not None:
            kind = _type_before(compiled, found.name, inputs, outside) if found.missing == "column" else None
            typed = typed and kind is not None
            repaired = null_in_place(sql, found.start, found.end, kind)
        if repaired is None:
            lasting = found.missing in ("", *_REPAIRED)
            return Bound(findings=tuple(findings), lasting=lasting)
        sql = repaired
    return Bound(findings=tuple(findings))


def _type_before(compiled: Compiled, name: str, inputs: Inputs, outside: Outside) -> str | None:
    """The type of a column that is missing now, where something that the query reads had it when it was last made."""
    for key in inputs.shapes:
        for column, kind in outside.of_model(compiled.graph[key]) or ():
            if column.lower() == name.lower():
                return kind
    return None


def _if_rows_do_not_matter(columns: Columns, sql: str) -> Columns | None:
    """The columns, where they do not depend on rows, as those of a pivot do."""
    return None if _PIVOT.search(sql) else columns


def _stood_in(refusal: Refusal, sql: str, binder: Binder, outside: Outside) -> bool:
    """Let a relation of the warehouse stand in memory too, that the query reads by its own name."""
    if refusal.start is None or refusal.end is None:
        return False
    written = sql[refusal.start : refusal.end]
    parts = [part.strip('"') for part in written.split(".")]
    columns = outside.of_relation(".".join(map(quote, parts))) if len(parts) < 3 else None
    return columns is not None and binder.stand_as(parts, columns)


def _no_fault(compiled: Compiled, refusal: Refusal, inputs: Inputs, outside: Outside, *, after: bool) -> str:
    """Why a refusal here tells nothing of the query; empty where it does. after: a column was taken out of it."""
    first = refusal.message.split("\n", 1)[0]
    if refusal.kind not in _OF_THE_QUERY:
        return f"it could not be bound here: {first}"
    if refusal.missing in ("table", "schema"):
        return f"it reads what is not part of the project: {first}"
    if refusal.missing == "qualifier":
        return ""
    if refusal.missing and refusal.missing != "column":
        if outside.has(refusal.missing, refusal.name) or _made_by_hooks(compiled, refusal.name):
            return f"it needs {refusal.name}, which something else makes"
        return ""
    if refusal.missing == "column":
        names = " or ".join(inputs.open)
        return f"the columns of {names} are known only as the warehouse has them" if names else ""
    if after or inputs.guessed:
        return "some types are not known, since columns that it is made of are missing"
    return ""


def _made_by_hooks(compiled: Compiled, name: str) -> bool:
    """Whether a hook speaks of the name: it may make what has it."""
    hooks = [hook.sql for hook in (*compiled.project.on_run_start, *compiled.project.on_run_end)]
    for node in compiled.graph.nodes.values():
        config = node.config
        hooks += [*config.pre_hook, *config.post_hook, *config.pre_hook_outside, *config.post_hook_outside]
    return any(name.lower() in hook.lower() for hook in hooks)


def _owners(compiled: Compiled, name: str, inputs: Inputs, outside: Outside) -> tuple[str, ...]:
    """Of what the query reads, that which had such a column when it was last made; all of it where none had."""
    had = [
        key
        for key in inputs.shapes
        if name.lower() in {column.lower() for column, _ in outside.of_model(compiled.graph[key]) or ()}
    ]
    return tuple(had or inputs.shapes)


def _finding(
    compiled: Compiled,
    node: Node,
    assembled: Assembled,
    sql: str,
    refusal: Refusal,
    inputs: Inputs,
    outside: Outside,
) -> Finding:
    path: str = node.path
    line: int | None = None
    if refusal.start is not None:
        with suppress(BatchsqlError):  # where it cannot be rendered once more, the file will do
            path, line = line_as_written(compiled, assembled, sql.count("\n", 0, refusal.start) + 1)
    message, hint = in_words(compiled, refusal, inputs.shapes, outside)
    if path != node.path:
        message = f"{node.key}: {message}"  # it is in a macro, which others may use well
    return Finding(
        model=node.key,
        message=message,
        path=path,
        line=line,
        source_line=source_line(compiled.root, path, line),
        hint=hint,
        column=refusal.name if refusal.missing == "column" else "",
        upstream=_owners(compiled, refusal.name, inputs, outside) if refusal.missing == "column" else (),
    )
