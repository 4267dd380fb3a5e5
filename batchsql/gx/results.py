"""Verdicts of batchsql as Great Expectations' validation results: the JSON that it loads, without importing it.

    result = validation_result("marts.orders", verdicts, checks, judged_at=..., batch_id=7, rows=1000)
    Path("orders.json").write_bytes(msgspec.json.encode(result))

Expectations keep their own results. The short checks (`not_null`, `unique`, ...) become the expectations that state the
same; what states something that no expectation does (`relationships`, `expression`, a file in tests/) becomes a query
for unexpected rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from batchsql.values import Check, Verdict
from batchsql.values.vocabulary import SIGNATURES, Signature

_MOMENT = re.compile(r"^(?:date|timestamp) '([^']*)'$", re.IGNORECASE)

FORMAT = "1.24.1"
"""The version of Great Expectations whose format this is."""

SEVERITIES = {"error": "critical", "warn": "warning", "info": "info"}
NOT_RAISED: dict[str, Any] = {"raised_exception": False, "exception_message": None, "exception_traceback": None}

Results = dict[str, Any]


def validation_result(
    name: str,
    verdicts: Sequence[Verdict],
    checks: Mapping[str, Check],
    *,
    judged_at: datetime,
    batch_id: int | None = None,
    rows: int | None = None,
    warehouse: str = "",
) -> Results:
    """An ExpectationSuiteValidationResult of one batch, as plain values.

    name: of the model, which is that of the suite and of the asset.
    checks: by name, as far as they are still known; of others the result tells what the ledger kept.
    judged_at: when, in UTC. rows: how many the batch had, where known.
    """
    results = [expectation_result(verdict, checks.get(verdict.check), rows) for verdict in verdicts]
    met = sum(result["success"] for result in results)
    moment = judged_at.isoformat() + ("" if judged_at.tzinfo else "+00:00")
    return {
        "success": met == len(results),
        "results": results,
        "suite_name": name,
        "suite_parameters": {},
        "statistics": {
            "evaluated_expectations": len(results),
            "successful_expectations": met,
            "unsuccessful_expectations": len(results) - met,
            "success_percent": met / len(results) * 100 if results else None,
        },
        "meta": {
            "great_expectations_version": FORMAT,
            "run_id": {"run_name": str(batch_id or ""), "run_time": moment},
            "validation_time": moment,
            "batch_markers": {"ge_load_time": moment},
            "batch_kwargs": {"data_asset_name": name},
            "active_batch_definition": {
                "datasource_name": warehouse,
                "data_connector_name": "batchsql",
                "data_asset_name": name,
                "batch_identifiers": {} if batch_id is None else {"batch_id": batch_id},
            },
        },
        "id": None,
    }


def expectation_result(verdict: Verdict, check: Check | None = None, rows: int | None = None) -> Results:
    """One ExpectationValidationResult, as plain values."""
    broken = verdict.state == "error"
    success = bool(verdict.result.get("success", verdict.state == "pass" or not verdict.failures)) and not broken
    result = {key: value for key, value in verdict.result.items() if key != "success"}
    return {
        "success": success,
        "expectation_config": _configuration(verdict, check),
        "result": {} if broken else result or _counted(verdict, rows),
        "meta": {"batchsql": {"check": verdict.check, "state": verdict.state, "message": verdict.message}},
        "exception_info": _raised(verdict.message) if broken else dict(NOT_RAISED),
    }


def _raised(message: str) -> Results:
    """Data Docs ask for a traceback as text."""
    return {"raised_exception": True, "exception_message": message, "exception_traceback": message}


def _configuration(verdict: Verdict, check: Check | None) -> Results:
    arguments = check.arguments if check else {}
    if signature := SIGNATURES.get(verdict.kind):
        kind, kwargs = verdict.kind, {**_domain(signature, verdict.columns), **_own(signature, arguments)}
    else:
        kind, kwargs = _SHORT.get(verdict.kind, _as_query)(verdict, arguments)
    if check and check.where and SIGNATURES[kind].rows and "row_condition" not in kwargs:
        kwargs |= {"row_condition": check.where, "condition_parser": "spark"}
    configuration: Results = {
        "type": kind,
        "kwargs": kwargs,
        "meta": dict(check.meta) if check else {},
        "severity": SEVERITIES[verdict.severity],
    }
    if check and check.notes:
        configuration["notes"] = check.notes
    if check and check.description:
        configuration["description"] = check.description
    return configuration


def _domain(signature: Signature, columns: Sequence[str]) -> Results:
    if signature.domain == "pair" and len(columns) == 2:
        return {"column_A": columns[0], "column_B": columns[1]}
    if signature.domain == "columns":
        return {"column_list": list(columns)}
    return {"column": columns[0]} if signature.domain == "column" and columns else {}


def _own(signature: Signature, arguments: Mapping[str, Any]) -> Results:
    known = (*signature.arguments, "mostly", "row_condition", "condition_parser")
    return {name: value for name, value in arguments.items() if name in known}


def _counted(verdict: Verdict, rows: int | None) -> Results:
    """What is known of a short check: how many rows fail, and some of them."""
    if verdict.kind == "row_count":
        return {"observed_value": rows}
    about_values = verdict.kind == "unique" or (verdict.kind in _SHORT and len(verdict.columns) == 1)
    if not about_values:
        details = {"details": {"unexpected_rows": list(verdict.sample)}} if verdict.sample else {}
        return {"observed_value": verdict.failures, **details}
    values = [_value(row, verdict.columns) for row in verdict.sample]
    result: Results = {"unexpected_count": verdict.failures, "partial_unexpected_list": values}
    if rows:
        percent = verdict.failures / rows * 100
        result |= {"element_count": rows, "unexpected_percent": percent, "unexpected_percent_total": percent}
    return result


def _value(row: Mapping[str, Any], columns: Sequence[str]) -> Any:
    named = {name.lower(): value for name, value in row.items()}
    found = {name: named.get(name.lower()) for name in columns}
    return found if len(columns) > 1 else next(iter(found.values()), None)


# --- the short checks -------------------------------------------------------------------------------------------------


def _not_null(verdict: Verdict, arguments: Mapping[str, Any]) -> tuple[str, Results]:
    if len(verdict.columns) != 1:
        return _as_query(verdict, arguments)
    return "expect_column_values_to_not_be_null", {"column": verdict.columns[0]}


def _unique(verdict: Verdict, _arguments: Mapping[str, Any]) -> tuple[str, Results]:
    if len(verdict.columns) == 1:
        return "expect_column_values_to_be_unique", {"column": verdict.columns[0]}
    return "expect_compound_columns_to_be_unique", {"column_list": list(verdict.columns)}


def _accepted_values(verdict: Verdict, arguments: Mapping[str, Any]) -> tuple[str, Results]:
    values = list(arguments.get("values") or ())
    return "expect_column_values_to_be_in_set", {"column": verdict.columns[0], "value_set": values}


def _accepted_range(verdict: Verdict, arguments: Mapping[str, Any]) -> tuple[str, Results]:
    bounds = {name: _bound(arguments[name]) for name in ("min_value", "max_value") if arguments.get(name) is not None}
    if None in bounds.values():
        return _as_query(verdict, arguments)
    if arguments.get("inclusive") is False:
        bounds |= {"strict_min": True, "strict_max": True}
    return "expect_column_values_to_be_between", {"column": verdict.columns[0], **bounds}


def _bound(value: Any) -> Any:
    """A number, or a moment as text; None for any other SQL expression, which no expectation takes."""
    if not isinstance(value, str):
        return value
    found = _MOMENT.match(value)
    return found[1] if found else None


def _row_count(_verdict: Verdict, arguments: Mapping[str, Any]) -> tuple[str, Results]:
    if "equals" in arguments:
        return "expect_table_row_count_to_equal", {"value": arguments["equals"]}
    return "expect_table_row_count_to_be_between", {
        "min_value": arguments.get("min"),
        "max_value": arguments.get("max"),
    }


def _as_query(verdict: Verdict, arguments: Mapping[str, Any]) -> tuple[str, Results]:
    stated = arguments.get("sql") or f"{verdict.kind}: {arguments.get('expression') or verdict.check}"
    query = f"{{batch}} -- {stated.replace('{', '{{').replace('}', '}}')}"
    return "unexpected_rows_expectation", {"unexpected_rows_query": query}


_SHORT: dict[str, Callable[[Verdict, Mapping[str, Any]], tuple[str, Results]]] = {
    "not_null": _not_null,
    "unique": _unique,
    "accepted_values": _accepted_values,
    "accepted_range": _accepted_range,
    "row_count": _row_count,
}
