"""Checks as a suite of expectations, in the form in which Great Expectations keeps them.

What has no form of its own there (an SQL expression, a reference to another relation) becomes a query for unexpected
rows. What only batchsql knows of a check goes into `meta.batchsql`, and is read from there again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from batchsql.check.expectations import plain
from batchsql.check.kinds import question
from batchsql.check.question import Relations
from batchsql.values import Check, Scope
from batchsql.values.history import HISTORY_KINDS
from batchsql.values.vocabulary import SIGNATURES

_SEVERITIES = {"error": "critical", "warn": "warning", "info": "info"}
_OURS = ("order_by_column", "group_by_columns", "of")
_SQL_PARSERS = (None, "duckdb", "sql")
_TIME = re.compile(r"^(?:date|timestamp) '([^']+)'$")
_BATCH = "{batch}"
_QUERY = "unexpected_rows_query"


def suite_of(name: str, checks: Sequence[Check], relations: Relations) -> dict[str, Any]:
    """The checks of a model as a suite. relations: the SQL to read what they compare with, by key."""
    expectations = [each for check in checks for each in _expectations(check, relations)]
    return {"name": name, "expectations": expectations, "meta": {"model": name}}


def _expectations(check: Check, relations: Relations) -> list[dict[str, Any]]:
    """What stands for a check; `not_null` of several columns is one for each, and some have none."""
    if check.kind in SIGNATURES:
        return [_entry(check, check.kind, _kwargs(check))]
    if check.kind in HISTORY_KINDS:
        return []  # they rest on the ledger, which no suite knows
    if check.kind == "custom":
        return [_entry(check, check.arguments["expectation"], dict(check.arguments["kwargs"]))]
    if check.kind == "not_null":
        named = ({"column": column} for column in check.columns)
        return [_entry(check, "expect_column_values_to_not_be_null", kwargs | _rows(check)) for kwargs in named]
    known = _known(check)
    if known is not None:
        return [_entry(check, known[0], known[1] | _rows(check))]
    return [_entry(check, "unexpected_rows_expectation", {_QUERY: _query(check, relations)})]


def _known(check: Check) -> tuple[str, dict[str, Any]] | None:
    """The expectation that says the same as a check with a short name, None where there is none."""
    arguments = check.arguments
    if check.kind == "unique" and len(check.columns) == 1:
        return "expect_column_values_to_be_unique", {"column": check.columns[0]}
    if check.kind == "unique":
        keys = {"column_list": list(check.columns), "ignore_row_if": "any_value_is_missing"}
        return "expect_compound_columns_to_be_unique", keys
    if check.kind == "accepted_values":
        return "expect_column_values_to_be_in_set", {"column": check.columns[0], "value_set": arguments["values"]}
    if check.kind == "accepted_range":
        bounds = {name: _bound(arguments.get(name)) for name in ("min_value", "max_value")}
        if any(bounds[name] is None and arguments.get(name) is not None for name in bounds):
            return None
        strict = {} if arguments.get("inclusive", True) else {"strict_min": True, "strict_max": True}
        given = {name: value for name, value in bounds.items() if value is not None}
        return "expect_column_values_to_be_between", {"column": check.columns[0], **given, **strict}
    if check.kind == "row_count" and arguments.get("equals") is not None:
        return "expect_table_row_count_to_equal", {"value": arguments["equals"]}
    if check.kind == "row_count":
        names = {"min": "min_value", "max": "max_value"}
        return "expect_table_row_count_to_be_between", {
            names[name]: value for name, value in arguments.items() if name in names
        }
    return None


def _bound(value: Any) -> Any:
    """A number, or the text of a date or time; None where it is another SQL expression."""
    if not isinstance(value, str):
        return value
    found = _TIME.match(value)
    return found[1] if found else None


def _kwargs(check: Check) -> dict[str, Any]:
    domain, columns = SIGNATURES[check.kind].domain, check.columns
    named: dict[str, Any] = {}
    if domain == "column":
        named = {"column": columns[0]}
    elif domain == "pair":
        named = {"column_A": columns[0], "column_B": columns[1]}
    elif domain == "columns":
        named = {"column_list": list(columns)}
    own = {name: plain(value) for name, value in check.arguments.items() if name not in _OURS}
    if _QUERY in own:
        own[_QUERY] = literally(own[_QUERY])
    return {**named, **own, **_rows(check)}


def _rows(check: Check) -> dict[str, Any]:
    """The rows looked at. SQL passes as what is handed to the engine as it is, which is called `spark` there."""
    conditions = [f"({check.where})"] if check.where else []
    written = check.arguments.get("row_condition")
    if written and check.arguments.get("condition_parser") not in _SQL_PARSERS:
        return {}
    if isinstance(written, Mapping) or (isinstance(written, str) and written.lstrip().startswith("col(")):
        return {"row_condition": written, "condition_parser": "great_expectations"}
    conditions += [f"({written})"] if written else []
    return {"row_condition": " and ".join(conditions), "condition_parser": "spark"} if conditions else {}


def _query(check: Check, relations: Relations) -> str:
    """A query for rows that should not be there, in which `{batch}` alone is filled in."""
    if check.kind == "sql":
        return literally(str(check.arguments.get("sql") or check.arguments.get("test")))
    asked = question(check, Scope(relation=_BATCH, rows=0), relations)
    if asked.offending is None and asked.failing is not None:
        return literally(asked.failing)
    return literally(f"select * from {_BATCH} where {asked.offending}")


def literally(query: str) -> str:
    """A query with its braces doubled, as Great Expectations wants those that are meant, but for `{batch}`."""
    return _BATCH.join(part.replace("{", "{{").replace("}", "}}") for part in query.split(_BATCH))


def _entry(check: Check, kind: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    ours: dict[str, Any] = {"name": check.name}
    ours |= {"from": check.arguments["from"]} if check.kind == "custom" else {}
    ours |= {name: value for name in ("warn_if", "error_if") if (value := getattr(check, name)) != "!= 0"}
    ours |= {name: check.arguments[name] for name in _OURS[:2] if check.arguments.get(name)}
    entry: dict[str, Any] = {
        "type": kind,
        "kwargs": kwargs,
        "meta": {**check.meta, "batchsql": ours},
        "severity": _SEVERITIES.get(check.severity, "critical"),
    }
    if check.description:
        entry["description"] = check.description
    return entry | ({"notes": check.notes} if check.notes else {})
