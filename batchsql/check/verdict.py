"""Counts in, verdicts out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from batchsql.check.compile import CheckPlan, Sample
from batchsql.check.threshold import state_of
from batchsql.check.words import describe, failure
from batchsql.values import Check, Verdict

LONGEST_TEXT = 200
"""Characters of a value that go into a sample; the rest is cut off."""

Rows = Sequence[Sequence[int | None]]


def batch_rows(plan: CheckPlan, rows: Rows) -> int | None:
    """How many rows the batch has, as its checks counted them; None when no check looked at them."""
    for statement, row in zip(plan.statements, rows, strict=True):
        for index, value in zip(statement.answers, row, strict=True):
            if index is None:
                return value or 0
    return None


def judge(plan: CheckPlan, rows: Rows) -> tuple[Verdict, ...]:
    """The verdicts, in the order of the checks, from the row that each of the plan's statements gave.

    A sum over no rows is NULL, so None counts as 0.
    """
    total = batch_rows(plan, rows) or 0
    counts = {
        index: value or 0
        for statement, row in zip(plan.statements, rows, strict=True)
        for index, value in zip(statement.answers, row, strict=True)
        if index is not None
    }
    return tuple(_verdict(asked.check, counts[index], total) for index, asked in enumerate(plan.questions))


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
        judged[statement.question] = replace(judged[statement.question], sample=shown)
    return tuple(judged)


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
