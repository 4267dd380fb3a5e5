"""The static check as text and as JSON: everything that would be refused, and what could not be looked at."""

from __future__ import annotations

from typing import Any

from batchsql.report.failure import block
from batchsql.report.words import Paint, count, fold, plain
from batchsql.values.static import Finding, StaticCheck

_MOST_BROKEN = 12


def static_text(found: StaticCheck, paint: Paint = plain, *, width: int | None = None) -> str:
    """Each finding with its line; then what could not be checked, and why; then how much was looked at."""
    lines = [text for finding in found.findings for text in (finding_text(finding, paint, width=width), "")]
    for reason, models in _by_reason(found).items():
        lines.append(paint(fold(f"not checked: {_names(models)} ({reason})", width, 2), "dim"))
    files = {finding.model for finding in found.findings}
    if found.findings:
        said = f"{count(len(found.findings), 'error')} in {count(len(files), 'model')} of {found.models:,}"
        total = paint(said, "bad")
    else:
        total = f"nothing is wrong with {count(found.models - len(found.unchecked), 'query', 'queries')}"
    return "\n".join([*lines, total])


def finding_text(finding: Finding, paint: Paint = plain, *, width: int | None = None) -> str:
    """What is wrong and where, the line itself, what breaks downstream, and what to try."""
    text = block("Error", finding.message, finding.report(), paint, width=width)
    if not finding.breaks:
        return text
    shown = ", ".join(finding.breaks[:_MOST_BROKEN])
    more = len(finding.breaks) - _MOST_BROKEN
    return f"{text}\n{fold(f'  breaks {shown}{_and_more(more)}', width, 4)}"


def finding_line(finding: Finding) -> str:
    """The same in one line."""
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    hint = f"; {finding.hint}" if finding.hint else ""
    return f"{place}: {finding.message}{hint}"


def _and_more(more: int) -> str:
    return f", and {more} more" if more > 0 else ""


def static_record(found: StaticCheck) -> dict[str, Any]:
    """The same as JSON holds it."""
    return {
        "errors": [finding_record(finding) for finding in found.findings],
        "unchecked": [{"model": each.model, "reason": each.reason} for each in found.unchecked],
        "models": found.models,
        "bound": found.bound,
        "seconds": round(found.seconds, 3),
    }


def finding_record(finding: Finding) -> dict[str, Any]:
    """One finding as JSON holds it."""
    return {
        "model": finding.model,
        "message": finding.message,
        "path": finding.path,
        "line": finding.line,
        "source_line": finding.source_line,
        "hint": finding.hint,
        "column": finding.column or None,
        "breaks": list(finding.breaks),
    }


def _by_reason(found: StaticCheck) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for each in found.unchecked:
        reasons.setdefault(each.reason, []).append(each.model)
    return reasons


def _names(models: list[str]) -> str:
    return ", ".join(models) if len(models) <= 5 else count(len(models), "model")
