"""How checks that compare with the past speak: ages, amounts, and what they expect."""

from __future__ import annotations

import math

from batchsql.values import Check

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def age(seconds: float) -> str:
    """The two largest units: `3 days 4 hours`, `1 hour 30 minutes`; negative where it lies ahead."""
    left = abs(round(seconds))
    parts: list[str] = []
    for size, unit in _UNITS:
        if left >= size and len(parts) < 2:
            parts.append(number(left // size, unit))
            left %= size
    return ("-" if seconds <= -1 else "") + (" ".join(parts) or "0 seconds")


def number(count: int, noun: str) -> str:
    """`1 row`, `1,204 rows`; `1 earlier batch`, `12 earlier batches`."""
    many = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else many}"


def amount(check: Check, value: float | None) -> str:
    """A measured value, as exact as one reads it: counts whole, shares in percent."""
    if value is None:
        return "none"
    if math.isinf(value):
        return "any"
    if check.arguments.get("measure") == "null_share":
        return f"{value * 100:.4g}%"
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:,.4g}"


def expectation(check: Check) -> str:
    """What a check of the past expects: `rows within what earlier batches had`."""
    arguments = check.arguments
    if check.kind == "freshness":
        most = arguments.get("error_after", arguments.get("warn_after", 0))
        return f"the newest {check.columns[0]} is at most {age(most)} old"
    if check.kind == "no_new_values":
        return f"{check.columns[0]} has no value that no earlier batch had"
    what = f"{arguments.get('measure', 'rows')}{f' of {check.columns[0]}' if check.columns else ''}"
    return f"{what} within what earlier batches had"
