"""`warn_if` and `error_if`: a comparison with the number of failures."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Literal

from batchsql.errors import ProjectError
from batchsql.values import Check

_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMPARISON = re.compile(r"\s*(==|=|!=|<>|<=|>=|<|>)\s*(-?\d+)\s*")
_BETWEEN = re.compile(r"\s*(not\s+)?between\s+(-?\d+)\s+and\s+(-?\d+)\s*", re.IGNORECASE)


def holds(comparison: str, failures: int) -> bool:
    """Whether `> 10`, `!= 0`, `between 1 and 5`, ... is true of the number of failures. Raises ValueError."""
    if found := _COMPARISON.fullmatch(comparison):
        return _COMPARE[found[1]](failures, int(found[2]))
    if found := _BETWEEN.fullmatch(comparison):
        return (int(found[2]) <= failures <= int(found[3])) is not bool(found[1])
    raise ValueError(f"'{comparison}' is not a comparison with a count")


def state_of(check: Check, failures: int) -> Literal["pass", "warn", "fail"]:
    """What so many failures mean for a check: error_if counts only with severity `error`, and before warn_if.

    Of severity `info`, they mean nothing; they are noted.
    """
    if check.severity == "info":
        return "pass"
    if check.severity == "error" and holds(check.error_if, failures):
        return "fail"
    return "warn" if holds(check.warn_if, failures) else "pass"


def refuse_unreadable(check: Check) -> None:
    """Raise ProjectError where warn_if or error_if cannot be understood."""
    for name, comparison in (("warn_if", check.warn_if), ("error_if", check.error_if)):
        try:
            holds(comparison, 0)
        except ValueError as error:
            raise ProjectError(
                f"check {check.name}: {name}: {error}",
                path=check.path or None,
                line=check.line or None,
                hint="write for example '> 10', '!= 0' or 'between 1 and 5'",
            ) from error
