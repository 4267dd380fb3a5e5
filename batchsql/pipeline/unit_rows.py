"""Rows of a unit test as SQL: the table that stands in for an input, and the types of its columns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from batchsql.engines.base import Session
from batchsql.errors import EngineError, ProjectError, did_you_mean
from batchsql.pipeline.unit_shapes import Shape
from batchsql.values import TableName, literal, quote
from batchsql.values.unit_tests import Given, Rows

_QUOTED = re.compile(r"""['"]([^'"]*)['"]""")
_WHOLE = re.compile(r"[-+]?(0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"[-+]?\d+\.\d+")


def make_given(session: Session, table: TableName, given: Given, rows: Rows, shape: Shape) -> None:
    """Make the table of a given input. Columns that its rows do not name are null, of the type they have upstream.

    Raises ProjectError, with the line of the row where that can be told.
    """
    try:
        if rows.format == "sql":
            _make_from_query(session, table, given, rows, shape)
        else:
            session.execute(_table_of_rows(table, given, rows, shape))
    except EngineError as error:
        message = error.message.splitlines()[0]
        line = _line_of(rows, message)
        raise ProjectError(f"the rows given for '{given.key}': {message}", path=rows.path, line=line) from error


def _table_of_rows(table: TableName, given: Given, rows: Rows, shape: Shape) -> str:
    named = _matched(given.key, rows.columns, rows, shape)
    types = dict(shape.columns)
    for column in rows.columns:
        types.setdefault(named[column], _type_of((row.get(column) for row in rows.rows), typed=rows.format == "dict"))
    if not types:
        message = f"no column of '{given.key}' is known"
        hint = "give a row, or declare its columns with their data_type in the property file"
        raise ProjectError(message, path=rows.path, line=rows.line, hint=hint)
    if not rows.rows:
        return f"CREATE TABLE {table.sql} (" + ", ".join(f"{quote(name)} {kind}" for name, kind in types.items()) + ")"
    place = {named[column]: number for number, column in enumerate(rows.columns, start=1)}
    columns = ", ".join(
        f"CAST({f'c{place[name]}' if name in place else 'NULL'} AS {kind}) AS {quote(name)}"
        for name, kind in types.items()
    )
    kinds = [types[named[column]] for column in rows.columns]
    values = ",\n".join(
        "(" + ", ".join(["0", *(as_sql(row.get(c), kind) for c, kind in zip(rows.columns, kinds, strict=True))]) + ")"
        for row in rows.rows
    )
    names = ", ".join(["c0", *(f"c{number}" for number in range(1, len(rows.columns) + 1))])
    return f"CREATE TABLE {table.sql} AS SELECT {columns}\nFROM (VALUES\n{values}) AS given({names})"


def _make_from_query(session: Session, table: TableName, given: Given, rows: Rows, shape: Shape) -> None:
    if not shape.columns:
        session.execute(f"CREATE TABLE {table.sql} AS FROM (\n{rows.sql}\n)")
        return
    found = session.columns(f"FROM (\n{rows.sql}\n)")
    named = _matched(given.key, [name for name, _ in found], rows, shape)
    types = dict(shape.columns) | {named[name]: kind for name, kind in found if named[name] not in shape.columns}
    back = {known: name for name, known in named.items()}
    columns = ", ".join(
        f"CAST({quote(back[name]) if name in back else 'NULL'} AS {kind}) AS {quote(name)}"
        for name, kind in types.items()
    )
    session.execute(f"CREATE TABLE {table.sql} AS SELECT {columns} FROM (\n{rows.sql}\n)")


def _matched(key: str, columns: Sequence[str], rows: Rows, shape: Shape) -> dict[str, str]:
    """Each column as it is called upstream; upper and lower case make no difference."""
    known = {name.lower(): name for name in shape.columns}
    unknown = [column for column in columns if column.lower() not in known]
    if unknown and shape.complete:
        line = next((at for at, row in zip(rows.lines, rows.rows, strict=True) if unknown[0] in row), rows.line)
        if rows.format == "csv":
            line = rows.line
        raise ProjectError(
            f"rows are given for '{key}' with a column '{unknown[0]}', which it does not have",
            path=rows.path,
            line=line,
            hint=did_you_mean(unknown[0], shape.columns) or f"it has {', '.join(list(shape.columns)[:12])}",
        )
    return {column: known.get(column.lower(), column) for column in columns}


def as_sql(value: Any, kind: str = "") -> str:
    """A value as SQL, to be cast to its column's type: scalars as text, lists and mappings as they are."""
    if value is None:
        return "NULL"
    if isinstance(value, list | dict):
        return literal(json.dumps(value)) if kind == "JSON" else _nested(value)
    if isinstance(value, bool):
        return literal("true" if value else "false")
    return literal(str(value))


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_nested, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(str(name))}: {_nested(each)}" for name, each in value.items()) + "}"
    if isinstance(value, bool) or value is None:
        return {None: "NULL", True: "true", False: "false"}[value]
    return repr(value) if isinstance(value, int | float) else literal(str(value))


def _type_of(values: Iterable[Any], *, typed: bool) -> str:
    """The type of a column about which only its values are known.

    typed: whether the values have types of their own, as in YAML; if not, they are texts, as in CSV.
    """
    present = [value for value in values if value is not None]
    kinds = {type(value) if typed else _kind_of_text(value) for value in present}
    if kinds == {bool}:
        return "BOOLEAN"
    if kinds == {int}:
        return "BIGINT" if all(abs(int(value)) < 2**63 for value in present) else "HUGEINT"
    if kinds and kinds <= {int, float}:
        return "DOUBLE"
    if not typed and kinds == {date}:
        return "DATE"
    if not typed and kinds and kinds <= {date, datetime}:
        return "TIMESTAMP"
    if kinds and kinds <= {list, dict}:
        return "JSON"
    return "VARCHAR"


def _kind_of_text(text: str) -> type:
    if text.lower() in ("true", "false"):
        return bool
    if _WHOLE.fullmatch(text):
        return int
    if _DECIMAL.fullmatch(text):
        return float
    for kind in (date, datetime):
        try:
            kind.fromisoformat(text)
        except ValueError:
            continue
        return kind
    return str


def _line_of(rows: Rows, message: str) -> int:
    """The line of the row whose value the engine complains of; of the rows as a whole where that cannot be told."""
    quoted = {text for text in _QUOTED.findall(message) if text}
    for line, row in zip(rows.lines, rows.rows, strict=True):
        if any(str(value) in quoted for value in row.values() if value is not None):
            return line
    return rows.line
