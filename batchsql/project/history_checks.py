"""The checks that compare a batch with the past, as property files write them.

The arguments a Check holds are these; each but what is marked is there only where it was given:

within_history   {"measure": one of MEASURES (always), "last": batches, "same_weekday": bool, "min_history": batches,
                  "tolerance": robust standard deviations, "margin": number or share, as text}
volume           the same without "measure"; or {"min_change", "max_change": shares, -0.5 is half as much}
freshness        {"error_after", "warn_after": seconds}, one of them always
no_new_values    {"known": [...], "min_history": batches}
"""

from __future__ import annotations

import re
from typing import Any

from batchsql.project.fields import boolean, fail, integer, mapping
from batchsql.project.wording import describe, hint_for
from batchsql.project.yaml import Block, plain
from batchsql.values.history import MEASURES

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(second|minute|hour|day|week)s?", re.IGNORECASE)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_SHARE = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*%")
_COMPARED = ("last", "same_weekday", "min_history", "tolerance", "margin")


def read_history_check(arguments: Block, kind: str, columns: tuple[str, ...]) -> dict[str, Any]:
    """The arguments of such a check. Raises ProjectError at the line of the one that is wrong."""
    if kind == "within_history":
        return _within_history(arguments, columns)
    if kind == "volume":
        if columns:
            fail(arguments, "column", "volume is about the rows of a batch, and looks at no column")
        return _volume(arguments)
    if len(columns) != 1:
        hint = "put it under a column, or name the column: `column: ...`"
        fail(arguments, "column", f"the check {kind} looks at one column", hint)
    return _freshness(arguments) if kind == "freshness" else _no_new_values(arguments)


def _within_history(arguments: Block, columns: tuple[str, ...]) -> dict[str, Any]:
    of = arguments.get("of")
    if len(columns) > 1:
        fail(arguments, "columns", "within_history looks at one column, or at the rows")
    if of is None and columns:
        hint = f"write `within_history: {{of: mean}}`; or one of {', '.join(MEASURES)}"
        fail(arguments, "of", "within_history needs 'of': what of the column to compare", hint)
    of = "rows" if of is None else of
    if of not in MEASURES:
        fail(arguments, "of", f"'of' must be a measure, not {describe(of)}", hint_for(str(of), MEASURES))
    if of == "rows" and columns:
        fail(arguments, "of", "the rows of a batch are not of a column", "put the check under the model's `checks:`")
    if of != "rows" and not columns:
        hint = "put the check under a column, or name it: `column: ...`"
        fail(arguments, "of", f"within_history of {of} looks at one column, and none is named", hint)
    return {"measure": of, **_compared(arguments)}


def _volume(arguments: Block) -> dict[str, Any]:
    changes = {key: _change(arguments, key) for key in ("min_change", "max_change") if arguments.get(key) is not None}
    for key in ("tolerance", "margin"):
        if changes and arguments.get(key) is not None:
            fail(arguments, key, f"volume takes either '{key}', or 'min_change' and 'max_change'")
    low, high = changes.get("min_change"), changes.get("max_change")
    if low is not None and high is not None and low > high:
        fail(arguments, "min_change", "'min_change' is above 'max_change': no batch can pass")
    return {**changes, **_compared(arguments)}


def _compared(arguments: Block) -> dict[str, Any]:
    """What both take: which batches to compare with, and how far from them is still well."""
    found: dict[str, Any] = {}
    for key in ("last", "min_history"):
        if arguments.get(key) is not None:
            found[key] = integer(arguments, key, 0, least=1)
    if found.get("min_history", 0) > found.get("last", found.get("min_history", 0)):
        fail(arguments, "min_history", "'min_history' is above 'last': no batch would ever be judged")
    if boolean(arguments, "same_weekday", False):
        found["same_weekday"] = True
    tolerance = arguments.get("tolerance")
    if tolerance is not None:
        if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or tolerance < 0:
            fail(arguments, "tolerance", f"'tolerance' must be a number, 0 or more, not {describe(tolerance)}")
        found["tolerance"] = float(tolerance)
    if arguments.get("margin") is not None:
        found["margin"] = _margin(arguments)
    return found


def _margin(arguments: Block) -> str:
    value = arguments["margin"]
    if isinstance(value, str) and (share := _SHARE.fullmatch(value.strip())) and float(share[1]) >= 0:
        return f"{float(share[1]):g}%"
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        hint = "write for example 10% of the median, or 25"
        fail(arguments, "margin", f"'margin' must be a share or a number, 0 or more, not {describe(value)}", hint)
    return str(value)


def _change(arguments: Block, key: str) -> float:
    """A share, as -50% or -0.5."""
    value = arguments[key]
    if isinstance(value, str) and (share := _SHARE.fullmatch(value.strip())):
        return float(share[1]) / 100
    if isinstance(value, bool) or not isinstance(value, int | float):
        fail(arguments, key, f"'{key}' must be a share, not {describe(value)}", "write for example -50% or 100%")
    return float(value)


def _freshness(arguments: Block) -> dict[str, Any]:
    limits: dict[str, float] = {}
    for key in ("max_age", "error_after", "warn_after"):
        if arguments.get(key) is not None:
            name = "error_after" if key == "max_age" else key
            if name in limits:
                fail(arguments, key, "'max_age' and 'error_after' are two names of one thing", "keep one of the two")
            limits[name] = _seconds(arguments, key)
    if not limits:
        hint = "write `freshness: {max_age: 6 hours}`; or warn_after, error_after"
        fail(arguments, "max_age", "freshness needs 'max_age', 'warn_after' or 'error_after'", hint)
    if limits.get("warn_after", 0) > limits.get("error_after", limits.get("warn_after", 0)):
        fail(arguments, "warn_after", "'warn_after' is longer than the age that is an error: it would never warn")
    return limits


def _seconds(arguments: Block, key: str) -> float:
    """A length of time: `6 hours`, or `{count: 6, period: hour}` as dbt has it."""
    value = arguments[key]
    if isinstance(value, Block):
        inner = mapping(arguments, key)
        value = f"{inner.get('count')} {inner.get('period')}"
    found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        fail(arguments, key, f"'{key}' must be a length of time, not {describe(value)}", "write for example `6 hours`")
    return float(found[1]) * _SECONDS[found[2].lower()]


def _no_new_values(arguments: Block) -> dict[str, Any]:
    found: dict[str, Any] = {}
    known = plain(arguments.get("known"))
    if known is not None:
        if not isinstance(known, list) or any(isinstance(each, dict | list) or each is None for each in known):
            fail(arguments, "known", f"'known' must be a list of values, not {describe(known)}")
        found["known"] = known
    if arguments.get("min_history") is not None:
        found["min_history"] = integer(arguments, "min_history", 0, least=0)
    return found


HISTORY_KEYS: dict[str, tuple[str, ...]] = {
    "within_history": ("of", *_COMPARED),
    "volume": ("min_change", "max_change", *_COMPARED),
    "freshness": ("max_age", "warn_after", "error_after"),
    "no_new_values": ("known", "min_history"),
}
