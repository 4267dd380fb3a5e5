"""Expectations whose rule is a Python library's: SQL gives the distinct values, and each is looked at here.

The library is imported when such a check is made, and need not be there otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from batchsql.check.expectations.finding import Finding, plain
from batchsql.check.expectations.maps import judge_rows
from batchsql.check.metrics.base import ArgumentError
from batchsql.values import Check

_MOST_VALUES = 5


def _library(module: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ArgumentError(f"needs the Python package {package}: `pip install {package}`") from error


def _dateutil(_check: Check) -> Callable[[str], bool]:
    return partial(_parses, _library("dateutil.parser", "python-dateutil").parse)


def _parses(parse: Callable[[str], Any], text: str) -> bool:
    try:
        parse(text)
    except (ValueError, OverflowError):
        return False
    return True


def _json_schema(check: Check) -> Callable[[str], bool]:
    library = _library("jsonschema", "jsonschema")
    schema = check.arguments.get("json_schema")
    kind = library.validators.validator_for(schema)
    try:
        kind.check_schema(schema)
    except library.SchemaError as error:
        raise ArgumentError(f"has a 'json_schema' that is none: {error.message}") from error
    return partial(_matches, kind(schema).is_valid)


def _matches(is_valid: Callable[[Any], bool], text: str) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return is_valid(value)


BY_PYTHON: dict[str, Callable[[Check], Callable[[str], bool]]] = {
    "expect_column_values_to_be_dateutil_parseable": _dateutil,
    "expect_column_values_to_match_json_schema": _json_schema,
}
"""For each, what makes the test of a value. Raises ArgumentError where the library or a right argument is missing."""


def judge_values(check: Check, values: Sequence[Any]) -> Finding:
    """The finding from [{value, count}, ...], the number of rows, and that of missing values."""
    counted, elements, missing = values
    expected = BY_PYTHON[check.kind](check)
    wrong = [each for each in counted or () if not expected(each["value"])]
    finding = judge_rows(check, int(elements or 0), int(missing or 0), sum(each["count"] for each in wrong))
    named = plain([each["value"] for each in wrong[:_MOST_VALUES]])
    return Finding(
        success=finding.success,
        failures=finding.failures,
        result={**finding.result, **({"partial_unexpected_list": named} if named else {})},
    )
