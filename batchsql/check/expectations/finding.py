"""What an expectation found, and values in a form that JSON holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite, isnan
from typing import Any

from msgspec import Struct


class Finding(Struct, frozen=True, kw_only=True):
    """The outcome of an expectation.

    failures: unexpected rows; of an expectation about the whole, 1 where it is not met.
    result: as Great Expectations reports it: element_count, unexpected_count, observed_value, ...
    """

    success: bool
    failures: int
    result: dict[str, Any]


def whole(success: bool, **result: Any) -> Finding:
    """The finding of an expectation about a whole column or table."""
    return Finding(success=success, failures=int(not success), result=result)


def plain(value: Any) -> Any:
    """A value as JSON can hold it: times as ISO texts, decimals as numbers where exact, no NaN or infinity."""
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)


def _decimal(value: Decimal) -> int | float | str:
    if not value.is_finite():
        return str(value)
    number = int(value) if value == int(value) else float(value)
    return number if Decimal(repr(number)) == value else str(value)


def is_missing(value: Any) -> bool:
    """Whether there is no value: NULL, or NaN."""
    return value is None or (isinstance(value, float) and isnan(value))


def within(value: Any, bounds: Mapping[str, Any]) -> bool:
    """Whether a value lies between min_value and max_value; `strict_*` leaves out the bound itself."""
    low, high = comparable(value, bounds.get("min_value")), comparable(value, bounds.get("max_value"))
    above = low is None or (value > low if bounds.get("strict_min") else value >= low)
    return bool(above and (high is None or (value < high if bounds.get("strict_max") else value <= high)))


def comparable(value: Any, bound: Any) -> Any:
    """A bound in the type of what it is compared with: an ISO text as a date or time, where the value is one."""
    if isinstance(value, datetime):
        if isinstance(bound, str):
            bound = datetime.fromisoformat(bound)
        elif isinstance(bound, date) and not isinstance(bound, datetime):
            bound = datetime(bound.year, bound.month, bound.day)
        if isinstance(bound, datetime) and bound.tzinfo is None and value.tzinfo is not None:
            bound = bound.replace(tzinfo=value.tzinfo)
        return bound
    if isinstance(value, date):
        return datetime.fromisoformat(bound).date() if isinstance(bound, str) else bound
    if isinstance(value, (int, float, Decimal)) and isinstance(bound, str):
        return Decimal(bound)
    return bound
