"""Checks in words: what should hold, and what was found instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batchsql.check.expectations import WHOLES
from batchsql.check.history_words import expectation
from batchsql.values import Check
from batchsql.values.history import HISTORY_KINDS
from batchsql.values.utilities import UTILITIES
from batchsql.values.vocabulary import SIGNATURES

_VALUES_TO_NAME = 5
_LONGEST_VALUE = 60
_OF_QUERIES = ("unexpected_rows_expectation", "expect_query_results_to_match_comparison")
_NOT_SAID = ("of", "mostly", "row_condition", "condition_parser")


def describe(check: Check) -> str:
    """What should hold: `tailnum is not null`, `hour is between 0 and 23 where origin = 'JFK'`."""
    return _expected(check) + _where(check)


def found_instead(check: Check, failures: int, result: Mapping[str, Any], rows: int) -> str:
    """What an expectation found: `13 of 4,334 rows: expect values of hour to be between (max_value 23)`.

    failures: unexpected rows, or 1; rows: how many the batch has, where the result does not know better.
    """
    if check.calculates:
        return _calculated(check, failures)
    if check.kind in WHOLES and check.kind not in _OF_QUERIES:
        found = result.get("observed_value")
        return f"{_found(result) if found is None else _observed(found)}: {describe(check)}"
    of = "" if check.kind in _OF_QUERIES else f" of {_number(result.get('element_count', rows), 'row')}"
    return f"{failures:,}{of or (' row' if failures == 1 else ' rows')}: {describe(check)}"


def _observed(found: Any) -> str:
    """A value that was observed; of two tables their rows, of quantiles their values."""
    if isinstance(found, Mapping) and "other" in found:
        return f"{_number(found['self'], 'row')}, and {_number(found['other'], 'row')} there"
    return _short(found["values"] if isinstance(found, Mapping) and "values" in found else found)


def _found(result: Mapping[str, Any]) -> str:
    """What else there is to show where no value was observed."""
    lists = {"partial_unexpected_list": "not expected", "partial_missing_list": "missing"}
    said = [
        f"{word} {_one_of(result[name]).removeprefix('one of ')}" for name, word in lists.items() if result.get(name)
    ]
    return "; ".join(said) or "nothing"


def expected_in_words(check: Check) -> str:
    """An expectation as a sentence: `expect values of hour to be between (min_value 0, max_value 23)`."""
    if check.kind == "unexpected_rows_expectation":
        return f"expect no row from {_short(check.arguments['unexpected_rows_query'])}"
    if check.kind == "expect_table_row_count_to_equal_other_table":
        return f"expect as many rows as in {check.arguments['other_table_name']}"
    name = check.kind.removeprefix("expect_")
    subject, said = _subject(name, check)
    given = {name: value for name, value in check.arguments.items() if name not in _NOT_SAID and value is not None}
    listed = ", ".join(f"{name} {_short(value)}" for name, value in given.items())
    condition = check.arguments.get("row_condition")
    where = f" where {_short(condition)}" if condition else ""
    return f"expect {subject}{said}" + (f" ({listed})" if listed else "") + where


def _subject(name: str, check: Check) -> tuple[str, str]:
    """What an expectation is about, and what is said of it."""
    words = name.replace("_", " ")
    for begins in ("column pair ", "column ", "compound columns ", "multicolumn ", "select column ", "table "):
        if words.startswith(begins):
            words = words.removeprefix(begins)
            break
    subject, to, said = words.partition("to ")
    subject = subject.strip()
    columns = _key(check.columns)
    if not check.columns:
        return ("table " if name.startswith("table") else "") + subject, f" {to}{said}".rstrip()
    return (f"{subject} of {columns}" if subject else columns), f" {to}{said}".rstrip()


def _short(value: Any) -> str:
    text = _one_of(value).removeprefix("one of ") if isinstance(value, list | tuple) else _one_line(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def failure(check: Check, count: int, rows: int) -> str:
    """What was found: `13 of 4,334 rows: tailnum is null`.

    count: failures as counted, for `row_count` the rows; rows: how many the batch has.
    """
    if check.calculates:
        return _calculated(check, count)
    if check.kind == "row_count":
        return f"{_number(count, 'row')}: {describe(check)} expected"
    if check.kind == "unique":
        noun, verb = ("value" if len(check.columns) == 1 else "key"), ("occurs" if count == 1 else "occur")
        return f"{_number(count, noun)} of {_key(check.columns)} {verb} more than once{_where(check)}"
    if check.kind in UTILITIES:
        return f"{count:,} found: {describe(check)}"
    if check.kind == "sql":
        return f"{_number(count, 'row')} returned by {check.path or check.name}{_where(check)}"
    return f"{count:,} of {_number(rows, 'row')}: {_unexpected(check)}{_where(check)}"


def _utility(check: Check) -> str:
    """`not constant of carrier (group_by_columns origin)`."""
    of = f" of {_key(check.columns)}" if check.columns else ""
    given = {name: value for name, value in check.arguments.items() if name != "of"}
    listed = ", ".join(f"{name} {_short(value)}" for name, value in given.items())
    return f"{check.kind.replace('_', ' ')}{of}" + (f" ({listed})" if listed else "")


def _calculated(check: Check, count: int) -> str:
    """`sum(n_records) of what fails is 7: id is unique`."""
    some = f"at most {_number(check.limit, 'row')}" if check.limit is not None else "what fails"
    return f"{_one_line(check.fail_calc)} of {some} is {count:,}: {describe(check)}"


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
        case kind if kind in UTILITIES:
            return _utility(check)
        case "custom":
            return str(check.arguments["expectation"]).replace("_", " ")
        case _:
            if check.kind in HISTORY_KINDS:
                return expectation(check)
            if check.kind in SIGNATURES:
                return expected_in_words(check)
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
