"""Checks in words: what should hold, and what was found instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from batchsql.values import Check

_VALUES_TO_NAME = 5


def describe(check: Check) -> str:
    """What should hold: `tailnum is not null`, `hour is between 0 and 23 where origin = 'JFK'`."""
    return _expected(check) + _where(check)


def failure(check: Check, count: int, rows: int) -> str:
    """What was found: `13 of 4,334 rows: tailnum is null`.

    count: failures as counted, for `row_count` the rows; rows: how many the batch has.
    """
    if check.kind == "row_count":
        return f"{_number(count, 'row')}: {describe(check)} expected"
    if check.kind == "unique":
        noun, verb = ("value" if len(check.columns) == 1 else "key"), ("occurs" if count == 1 else "occur")
        return f"{_number(count, noun)} of {_key(check.columns)} {verb} more than once{_where(check)}"
    if check.kind == "sql":
        return f"{_number(count, 'row')} returned by {check.path or check.name}{_where(check)}"
    return f"{count:,} of {_number(rows, 'row')}: {_unexpected(check)}{_where(check)}"


def _expected(check: Check) -> str:
    columns = check.columns
    match check.kind:
        case "not_null":
            return f"{_listed(columns, 'and')} {'is' if len(columns) == 1 else 'are'} not null"
        case "unique":
            return f"{_key(columns)} is unique"
        case "accepted_values":
            return f"{columns[0]} is {_one_of(check.arguments['values'])}"
        case "accepted_range":
            return f"{columns[0]} is {_range(check.arguments)}"
        case "relationships":
            return f"{columns[0]} is in {check.arguments['to']}.{check.arguments['field']}"
        case "row_count":
            return _expected_rows(check.arguments)
        case "expression":
            return _one_line(check.arguments["expression"])
        case _:
            return check.description or f"{check.path or check.name} returns no row"


def _unexpected(check: Check) -> str:
    columns = check.columns
    match check.kind:
        case "not_null":
            return f"{_listed(columns, 'or')} is null"
        case "accepted_values":
            return f"{columns[0]} is not {_one_of(check.arguments['values'])}"
        case "accepted_range":
            return f"{columns[0]} is not {_range(check.arguments)}"
        case "relationships":
            return f"{columns[0]} is not in {check.arguments['to']}.{check.arguments['field']}"
        case _:
            return f"not ({_expected(check)})"


def _expected_rows(arguments: dict[str, Any]) -> str:
    low, high, exact = (arguments.get(name) for name in ("min", "max", "equals"))
    wanted = []
    if exact is not None:
        wanted.append(f"exactly {_number(exact, 'row')}")
    if low is not None:
        wanted.append(f"at least {_number(low, 'row')}")
    if high is not None:
        wanted.append(f"at most {_number(high, 'row')}")
    return " and ".join(wanted)


def _range(arguments: dict[str, Any]) -> str:
    low, high = arguments.get("min_value"), arguments.get("max_value")
    inclusive = arguments.get("inclusive", True)
    if inclusive and low is not None and high is not None:
        return f"between {_one_line(low)} and {_one_line(high)}"
    bounds = []
    if low is not None:
        bounds.append(f"{'at least' if inclusive else 'above'} {_one_line(low)}")
    if high is not None:
        bounds.append(f"{'at most' if inclusive else 'below'} {_one_line(high)}")
    return " and ".join(bounds)


def _one_of(values: Sequence[Any]) -> str:
    named = ", ".join(repr(value) if isinstance(value, str) else str(value) for value in values[:_VALUES_TO_NAME])
    more = len(values) - _VALUES_TO_NAME
    return f"one of {named}" + (f" and {more} more" if more > 0 else "")


def _key(columns: Sequence[str]) -> str:
    return columns[0] if len(columns) == 1 else f"({', '.join(columns)})"


def _listed(columns: Sequence[str], word: str) -> str:
    return columns[0] if len(columns) == 1 else f"{', '.join(columns[:-1])} {word} {columns[-1]}"


def _where(check: Check) -> str:
    return f" where {_one_line(check.where)}" if check.where else ""


def _one_line(sql: Any) -> str:
    return " ".join(str(sql).split())


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
