"""The types that the columns of a result have for templates: those of agate, told from the values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct


class DataType(Struct, frozen=True):
    """The type of a result's column. sql: how dbt writes it for a seed."""

    name: str
    sql: str

    def __str__(self) -> str:
        return self.name


INTEGER = DataType("Integer", "integer")
NUMBER = DataType("Number", "float8")
DATE = DataType("Date", "date")
DATE_TIME = DataType("DateTime", "timestamp without time zone")
BOOLEAN = DataType("Boolean", "boolean")
TEXT = DataType("Text", "text")

_OF_CLASS = {int: INTEGER, float: NUMBER, Decimal: NUMBER, date: DATE, datetime: DATE_TIME, bool: BOOLEAN}


def typed(values: Sequence[Any]) -> tuple[DataType, tuple[Any, ...]]:
    """The type of a column, and its values as templates get them: decimals for broken numbers, JSON for lists."""
    classes = {type(value) for value in values if value is not None}
    kinds = {_OF_CLASS.get(each, TEXT) for each in classes}
    if not kinds:
        return INTEGER, tuple(values)
    kind = kinds.pop() if len(kinds) == 1 else NUMBER if kinds == {INTEGER, NUMBER} else TEXT
    if kind is NUMBER:
        return kind, tuple(None if value is None else _number(value) for value in values)
    if kind is TEXT and classes != {str}:
        return kind, tuple(None if value is None else text(value) for value in values)
    return kind, tuple(values)


def text(value: Any) -> str:
    """A value as text; lists and structs as JSON."""
    return json.dumps(value, default=str) if isinstance(value, dict | list | tuple) else str(value)


def _number(value: Any) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names, those that come again with a number behind them: `x`, `x_2`."""
    found: list[str] = []
    for name in names:
        number = 2
        unique = name
        while unique in found:
            unique = f"{name}_{number}"
            number += 1
        found.append(unique)
    return tuple(found)
