"""Counts in, verdicts out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from math import ceil
from typing import Any

from msgspec.structs import replace

from batchsql.check.compile import CheckPlan, Sample
from batchsql.check.expectations import BY_PYTHON, METRICS, WHOLES, Finding, counts_missing, judge_rows, judge_values
from batchsql.check.history import judge_past
from batchsql.check.threshold import state_of
from batchsql.check.words import describe, failure, found_instead
from batchsql.values import Check, Verdict
from batchsql.values.history import HISTORY_KINDS
from batchsql.values.vocabulary import SIGNATURES

LONGEST_TEXT = 200
"""Characters of a value that go into a sample; the rest is cut off."""

Rows = Sequence[Sequence[Any]]


def batch_rows(plan: CheckPlan, rows: Rows) -> int | None:
    """How many rows the batch has, as its checks counted them; None when no check looked at them."""
    for statement, row in zip(plan.statements, rows, strict=True):
        for index, value in zip(statement.answers, row, strict=True):
            if index is None:
                return int(value or 0)
    return None


def judge(plan: CheckPlan, rows: Rows) -> tuple[Verdict, ...]:
    """The verdicts, in the order of the checks, from the row that each of the plan's statements gave.

    A sum over no rows is NULL, so None counts as 0.
    """
    total = batch_rows(plan, rows) or 0
    values: list[list[Any]] = [[] for _ in plan.questions]
    for statement, row in zip(plan.statements, rows, strict=True):
        for index, value in zip(statement.answers, row, strict=True):
            if index is not None:
                values[index].append(value)
    return tuple(
        _expectation(asked.check, found, total)
        if asked.check.kind in SIGNATURES
        else judge_past(asked.check, found)
        if asked.check.kind in HISTORY_KINDS
        else _verdict(asked.check, _count(found[0]), total)
        for asked, found in zip(plan.questions, values, strict=True)
    )


def sample_statements(plan: CheckPlan, verdicts: Sequence[Verdict]) -> tuple[Sample, ...]:
    """For each verdict with failures, where rows are to blame: the query that fetches some of them."""
    return tuple(
        Sample(asked.sample, index)
        for index, (asked, verdict) in enumerate(zip(plan.questions, verdicts, strict=True))
        if verdict.failures and asked.sample
    )


def with_samples(
    plan: CheckPlan, verdicts: Sequence[Verdict], samples: Sequence[Sequence[tuple[str, ...]]]
) -> tuple[Verdict, ...]:
    """The verdicts with their offending rows; samples: what each of `sample_statements` gave, in that order."""
    judged = list(verdicts)
    for statement, rows in zip(sample_statements(plan, verdicts), samples, strict=True):
        shown = tuple(_readable(row[0]) for row in rows)
        judged[statement.question] = _with_sample(judged[statement.question], shown)
    return tuple(judged)


def _with_sample(verdict: Verdict, shown: tuple[dict[str, Any], ...]) -> Verdict:
    """The verdict with rows to show; of an expectation about rows, their values go into its result as well."""
    result = verdict.result
    if verdict.kind in METRICS:
        result = {**result, "partial_unexpected_list": [_looked_at(verdict.columns, row) for row in shown]}
    return replace(verdict, sample=shown, result=result)


def _looked_at(columns: tuple[str, ...], row: dict[str, Any]) -> Any:
    """What a row has in the columns of the check: one value, or several by name. Names are found in any case."""
    if len(columns) == 1:
        name = columns[0]
        return row[name] if name in row else _by_lower_case(row).get(name.lower())
    named = _by_lower_case(row)
    return {name: named.get(name.lower()) for name in columns}


def _by_lower_case(row: dict[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in row.items()}


def _expectation(check: Check, values: Sequence[Any], total: int) -> Verdict:
    """The verdict on an expectation, from the values that its metrics have.

    Where these cannot be compared with what the check names (a date with a number), it could not be evaluated.
    """
    calculated = None
    if check.calculates:
        *values, calculated = values
    try:
        finding = _finding(check, values)
        if check.calculates and not finding.success:
            finding = replace(finding, failures=_count(calculated))
    except (TypeError, ValueError, ArithmeticError) as error:
        return Verdict(
            check=check.name,
            kind=check.kind,
            state="error",
            columns=check.columns,
            severity=check.severity,
            message=f"could not be evaluated: {describe(check)}: {error or type(error).__name__}",
        )
    state = "pass" if finding.success else state_of(check, finding.failures)
    return Verdict(
        check=check.name,
        kind=check.kind,
        state=state,
        failures=finding.failures,
        columns=check.columns,
        severity=check.severity,
        message=_message(check, finding, state, total),
        result={"success": finding.success, **finding.result},
    )


def _count(value: Any) -> int:
    """A number of failures as the engine gave it: nothing is none of them, and a part of one is one."""
    return ceil(value or 0)


def _finding(check: Check, values: Sequence[Any]) -> Finding:
    if check.kind in WHOLES:
        return WHOLES[check.kind].judge(check, values)
    if check.kind in BY_PYTHON:
        return judge_values(check, values)
    unexpected, elements, *missing = values
    known_missing = int(missing[0] or 0) if counts_missing(METRICS[check.kind]) else None
    return judge_rows(check, int(elements or 0), known_missing, int(unexpected or 0))


def _message(check: Check, finding: Finding, state: str, total: int) -> str:
    if not finding.failures:
        return describe(check)
    message = found_instead(check, finding.failures, finding.result, total)
    if state != "pass":
        return message
    return f"{message} (tolerated: {_why_met(check) if finding.success else _tolerance(check)})"


def _why_met(check: Check) -> str:
    return f"mostly {check.arguments.get('mostly')}"


def _verdict(check: Check, count: int, total: int) -> Verdict:
    failures = count if check.kind != "row_count" else int(not _enough(check.arguments, count))
    state = state_of(check, failures)
    message = failure(check, count, total) if failures else describe(check)
    if failures and state == "pass":
        message += f" (tolerated: {_tolerance(check)})"
    return Verdict(
        check=check.name,
        kind=check.kind,
        state=state,
        failures=failures,
        columns=check.columns,
        severity=check.severity,
        message=message,
    )


def _enough(arguments: dict[str, Any], count: int) -> bool:
    low, high, exact = (arguments.get(name) for name in ("min", "max", "equals"))
    return (low is None or count >= low) and (high is None or count <= high) and (exact is None or count == exact)


def _tolerance(check: Check) -> str:
    if check.severity == "info":
        return "severity info"
    warns = f"warns if {check.warn_if}"
    return warns if check.severity == "warn" else f"{warns}, fails if {check.error_if}"


def _readable(row: str) -> dict[str, Any]:
    """A row from the engine's JSON: long texts cut, no number that JSON or a float cannot hold."""
    values: dict[str, Any] = json.loads(row, parse_float=_number, parse_constant=str)
    return {column: _cut(value) for column, value in values.items()}


def _number(text: str) -> float | str:
    number = float(text)
    return number if Decimal(repr(number)) == Decimal(text) else text


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]}…"
    if isinstance(value, (list, dict)):
        text = json.dumps(value, ensure_ascii=False)
        return value if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
    return value
