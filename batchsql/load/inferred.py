"""The types of a seed's columns as dbt finds them, by the rules of the library agate that it hands CSV files to.

A type fits a column when it fits every field that is not empty; of those that fit, the first counts: a number (INTEGER
where no value has decimals, else DOUBLE), a date, a time with a blank in it, an ISO time with a T, true or false, text.
A column of empty fields alone is INTEGER. Where dbt would fail to load the values, a type that holds them is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

_WHOLE = (("INTEGER", 2**31), ("BIGINT", 2**63), ("HUGEINT", 2**127))


def infer_types(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """The type of each column."""
    return {name: _type_of([row[place] for row in rows if row[place]]) for place, name in enumerate(columns)}


def column_names(header: Sequence[str]) -> tuple[str, ...]:
    """The names of columns: a blank one gets the letter of its place, one that is there already a number."""
    names: list[str] = []
    for place, name in enumerate(header):
        wanted = taken = name or _letter(place)
        number = 2
        while taken in names:
            taken = f"{wanted}_{number}"
            number += 1
        names.append(taken)
    return tuple(names)


def _letter(place: int) -> str:
    """a, b, ..., z, aa, bb, ..."""
    return "abcdefghijklmnopqrstuvwxyz"[place % 26] * (place // 26 + 1)


def _type_of(values: Sequence[str]) -> str:
    try:
        return _number_type([Decimal(value.strip()) for value in values])
    except InvalidOperation:
        pass
    return next((kind for kind, fits in _FITTING if all(map(fits, values))), "VARCHAR")


def _number_type(numbers: Sequence[Decimal]) -> str:
    if all(number.is_finite() and number == number.to_integral_value() for number in numbers):
        for kind, limit in _WHOLE:
            if all(-limit <= number < limit for number in numbers):
                return kind
    return "DOUBLE"


def _formatted(layout: str) -> Callable[[str], bool]:
    def fits(value: str) -> bool:
        try:
            datetime.strptime(value.strip(), layout)
        except ValueError:
            return False
        return True

    return fits


def _is_iso(value: str) -> bool:
    date, letter, time = value.strip().partition("T")
    if not letter or len(date) != 10 or ":" not in time or "," in time:
        return False
    try:
        datetime.fromisoformat(value.strip())
    except ValueError:
        return False
    return True


def _is_truth(value: str) -> bool:
    return value.strip().lower() in ("true", "false")


_FITTING: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("DATE", _formatted("%Y-%m-%d")),
    ("TIMESTAMP", _formatted("%Y-%m-%d %H:%M:%S")),
    ("TIMESTAMP", _is_iso),
    ("BOOLEAN", _is_truth),
)
