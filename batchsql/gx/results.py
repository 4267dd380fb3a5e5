"""Verdicts of batchsql as Great Expectations' validation results: the JSON that it loads, without importing it.

    result = validation_result("marts.orders", verdicts, checks, judged_at=..., batch_id=7, rows=1000)
    Path("orders.json").write_bytes(msgspec.json.encode(result))

Expectations keep their own results. The short checks (`not_null`, `unique`, ...) are told as an exported suite tells
them; what no expectation states becomes a query for unexpected rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from batchsql.check.suite import literally, suite_of
from batchsql.values import Check, Verdict, quote

FORMAT = "1.24.1"
"""The version of Great Expectations whose format this is."""

QUERY, BATCH = "unexpected_rows_expectation", "{batch}"
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
    judged_at: when, in UTC. rows: how many the batch had, where known; some verdicts tell it as well.
    """
    counted = [verdict.result.get("element_count") for verdict in verdicts]
    rows = rows or max(filter(None, counted), default=None)
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
    configuration = _configuration(verdict, check)
    return {
        "success": success,
        "expectation_config": configuration,
        "result": {} if broken else result or _counted(verdict, configuration["type"], rows),
        "meta": {"batchsql": {"check": verdict.check, "state": verdict.state, "message": verdict.message}},
        "exception_info": _raised(verdict.message) if broken else dict(NOT_RAISED),
    }


def _raised(message: str) -> Results:
    """Data Docs ask for a traceback as text."""
    return {"raised_exception": True, "exception_message": message, "exception_traceback": message}


def _configuration(verdict: Verdict, check: Check | None) -> Results:
    """What was expected, as a suite says it; of a check that is no longer known, its name."""
    if check is None:
        return _as_query(verdict, None, f"{verdict.kind}: {verdict.check}")
    other = {check.compared_with: check.compared_with} if check.compared_with else {}
    if check.kind == "sql" and not check.arguments.get("sql"):
        return _as_query(verdict, check, f"the rows that {check.name} returns")
    entries = suite_of("", (check,), {key: quote(key) for key in other})["expectations"]
    if len(entries) != 1:  # not_null of several columns is one verdict; what compares with the past is in no suite
        return _as_query(verdict, check, f"{check.kind} of {', '.join(check.columns)}")
    entry: Results = entries[0]
    return entry


def _as_query(verdict: Verdict, check: Check | None, stated: str) -> Results:
    return {
        "type": QUERY,
        "kwargs": {"unexpected_rows_query": literally(f"{BATCH} -- {stated}")},
        "meta": dict(check.meta) if check else {},
        "severity": SEVERITIES[verdict.severity],
    }


def _counted(verdict: Verdict, kind: str, rows: int | None) -> Results:
    """What is known of a short check: how many rows fail, and some of them."""
    if verdict.kind == "row_count":
        return {"observed_value": rows}
    if kind == QUERY:
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
