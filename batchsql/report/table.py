"""Rows of a query as a table for people, as CSV, as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any
from unicodedata import combining, east_asian_width

from batchsql.report.words import Paint, fold, plain

Rows = Sequence[Sequence[Any]]


def as_text(
    columns: Sequence[str],
    rows: Rows,
    *,
    width: int | None = None,
    numbers: Collection[str] = (),
    paint: Paint = plain,
) -> str:
    """Columns under their names, numbers to the right, nulls as an empty cell marked `∅`.

    width: characters a line may have; columns that do not fit are shortened, then left out and counted.
    numbers: columns that hold numbers as text.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    right = [all(_is_number(row[i]) for row in rows if row[i] is not None) for i in range(len(columns))]
    right = [is_right and any(row[i] is not None for row in rows) for i, is_right in enumerate(right)]
    right = [is_right or columns[i] in numbers for i, is_right in enumerate(right)]
    widths = [max([_width(name), *(_width(row[i]) for row in cells)]) for i, name in enumerate(columns)]
    widths, left_out = _fit(widths, width)
    shown = len(widths)

    def line(texts: Sequence[str]) -> str:
        parts = (_pad(text, widths[i], right[i]) for i, text in enumerate(texts[:shown]))
        return "  ".join(parts).rstrip()

    lines = [paint(line(columns), "strong"), paint("  ".join("─" * size for size in widths), "dim")]
    lines += [line(row) for row in cells]
    if left_out:
        names = ", ".join(columns[shown:])
        fit = "column does" if left_out == 1 else "columns do"
        lines.append(paint(fold(f"({left_out} more {fit} not fit: {names})", width, 1), "dim"))
    return "\n".join(lines)


def as_csv(columns: Sequence[str], rows: Rows) -> str:
    """CSV with a header; a null is an empty field, an empty string is `""`."""
    lines = [",".join(_csv_field(value) for value in row) for row in (columns, *rows)]
    return "\n".join(lines) + "\n"


def as_json(columns: Sequence[str], rows: Rows) -> str:
    """A JSON array with one object a row, a row a line."""
    lines = [json_text(dict(zip(columns, row, strict=True))) for row in rows]
    return "[\n  " + ",\n  ".join(lines) + "\n]" if lines else "[]"


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON of anything that a row or a value of ours can hold; times in ISO form, decimals exact as text.

    JSON has no NaN and no infinity: they are null.
    """
    try:
        return json.dumps(value, default=_json_value, ensure_ascii=False, indent=indent, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), default=_json_value, ensure_ascii=False, indent=indent, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value


def _json_value(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return str(value)


def _csv_field(value: Any) -> str:
    if value is None:
        return ""
    text = _plain_text(value)
    if text == "" or any(character in text for character in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _plain_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        return json_text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)


def _cell(value: Any) -> str:
    if value is None:
        return "∅"
    text = _plain_text(value)
    if text.isprintable():
        return text
    text = text.replace("\r\n", "⏎").replace("\n", "⏎").replace("\t", " ")
    return "".join(character if character.isprintable() else "�" for character in text)


def _width(text: str) -> int:
    """Places that a text takes on a terminal, where Chinese, Japanese and Korean characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(c) in "WF" else 0 if combining(c) else 1 for c in text)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _pad(text: str, width: int, right: bool) -> str:
    taken = _width(text)
    if taken > width:
        while _width(text) > width - 1:
            text = text[:-1]
        text, taken = text + "…", width
    filler = " " * (width - taken)
    return filler + text if right else text + filler


def _fit(widths: list[int], width: int | None) -> tuple[list[int], int]:
    """Widths of the columns that are shown, and how many are not."""
    if width is None or sum(widths) + 2 * (len(widths) - 1) <= width:
        return widths, 0
    for limit in (60, 40, 24, 16):
        capped = [min(size, limit) for size in widths]
        if sum(capped) + 2 * (len(capped) - 1) <= width:
            return capped, 0
    capped = [min(size, 16, width) for size in widths]
    shown = 1
    while shown < len(capped) and sum(capped[: shown + 1]) + 2 * shown <= width:
        shown += 1
    return capped[:shown], len(widths) - shown
