"""What a comparison of the ledger with the warehouse found, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from batchsql.report.plans import interval_record
from batchsql.report.words import Paint, count, fold, plain
from batchsql.values import Interval

_MOST_ALIKE = 5


class Found(Protocol):
    """Something that is not as the ledger says."""

    @property
    def kind(self) -> str:
        """What kind of thing it is."""

    @property
    def relation(self) -> str:
        """Of which relation, as `schema.name`."""

    @property
    def model(self) -> str:
        """Whose relation it is."""

    @property
    def message(self) -> str:
        """What is wrong, to be read after the relation."""

    @property
    def hint(self) -> str:
        """What to do about it, where a repair does not."""

    @property
    def repairs(self) -> tuple[Interval | None, ...]:
        """The slices that a repair makes due."""


def doctor_text(
    findings: Sequence[Found], relations: int, due: int, paint: Paint = plain, *, width: int | None = None
) -> str:
    """A line for each finding; those alike beyond the first five are counted. due: batches that a repair made due."""
    if not findings:
        return f"{count(relations, 'relation')} compared with the ledger: all as it says"
    lines: list[str] = []
    told: dict[tuple[str, str], int] = {}
    for each in findings:
        alike = told[each.relation, each.kind] = told.get((each.relation, each.kind), 0) + 1
        if alike > _MOST_ALIKE:
            continue
        lines.append(fold(f"{paint(each.relation, 'name')}  {each.message}", width, 4))
        if each.hint:
            lines.append(fold(f"    {paint(each.hint, 'dim')}", width, 4))
    for (relation, kind), number in told.items():
        if number > _MOST_ALIKE:
            lines.append(f"{paint(relation, 'name')}  and {number - _MOST_ALIKE:,} more of its {kind}")
    said = f"{count(relations, 'relation')} compared with the ledger: {count(len(findings), 'thing')} not as it says"
    return "\n".join([*lines, "", paint(said, "strong"), fold(_what_next(findings, due), width, 2)])


def _what_next(findings: Sequence[Found], due: int) -> str:
    if due:
        return f"{count(due, 'batch', 'batches')} made due; `batchsql build` loads them again, and what is downstream"
    if any(each.repairs for each in findings):
        return "`batchsql doctor --repair` makes due what is damaged, and changes nothing else"
    return "a repair would not help: nothing of it is to be loaded again"


def finding_record(finding: Found) -> dict[str, Any]:
    """A finding as JSON holds it."""
    return {
        "kind": finding.kind,
        "relation": finding.relation,
        "model": finding.model or None,
        "message": finding.message,
        "hint": finding.hint or None,
        "repairs": [interval_record(interval) for interval in finding.repairs],
    }
