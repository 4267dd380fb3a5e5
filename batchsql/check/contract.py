"""Columns against columns: what a contract declares with what a batch gives; what a source had with what it has.

Names are the same in any case, and the order of columns does not count. Types are compared as DuckDB spells them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from batchsql.values import Column, Verdict

Columns = Sequence[tuple[str, str]]


class Difference(Struct, frozen=True):
    """A column that is not as it should be: the type it should have, and the one it has; None where it is not there."""

    column: str
    wanted: str | None
    found: str | None


def differences(wanted: Columns, found: Columns) -> tuple[Difference, ...]:
    """Columns that are missing or of another type, in the order they are wanted; then those that nobody wants."""
    there = {name.lower(): kind for name, kind in found}
    known = {name.lower() for name, _ in wanted}
    other = [
        Difference(name, kind, there.get(name.lower())) for name, kind in wanted if there.get(name.lower()) != kind
    ]
    return (*other, *(Difference(name, None, kind) for name, kind in found if name.lower() not in known))


def declared_columns(columns: Sequence[Column], spelled: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Declared columns as pairs; spelled: DuckDB's spelling of each type as declared, where it is another."""
    return tuple((column.name, spelled.get(column.data_type or "", column.data_type or "")) for column in columns)


def contract_verdict(model: str, wrong: Sequence[Difference], what: str) -> Verdict:
    """The verdict on a contract. what: whose columns these are: `the query gives`, `the table has`."""
    lines = [_against_contract(each, what) for each in wrong]
    number = f"{len(wrong)} {'column breaks' if len(wrong) == 1 else 'columns break'}"
    return Verdict(
        check=f"contract_{model}",
        kind="contract",
        state="fail" if wrong else "pass",
        failures=len(wrong),
        columns=tuple(each.column for each in wrong),
        message="\n".join([f"{number} the contract of {model}", *lines]) if wrong else "columns are as declared",
        sample=tuple({"column": each.column, "declared": each.wanted, "given": each.found} for each in wrong[:5]),
    )


def _against_contract(each: Difference, what: str) -> str:
    if each.found is None:
        return f"  {each.column}: declared {each.wanted}, {what} no such column"
    if each.wanted is None:
        return f"  {each.column}: not declared, {what} {each.found}"
    return f"  {each.column}: declared {each.wanted}, {what} {each.found}"


def drift_verdict(
    source: str, policy: Literal["ignore", "warn", "error"], before: Columns, now: Columns
) -> Verdict | None:
    """The verdict on a source whose columns are others than its reader saw last; None where they are the same."""
    changed = differences(before, now)
    if not changed or policy == "ignore":
        return None
    accept = "; one run with `on_drift: warn` accepts them" if policy == "error" else ""
    return Verdict(
        check=f"drift_{source.replace('.', '_')}",
        kind="drift",
        state="fail" if policy == "error" else "warn",
        severity=policy,
        failures=len(changed),
        columns=tuple(each.column for each in changed),
        message=f"the columns of {source} changed: {'; '.join(map(_since, changed))}{accept}",
        sample=tuple({"column": each.column, "before": each.wanted, "now": each.found} for each in changed[:5]),
    )


def _since(each: Difference) -> str:
    if each.found is None:
        return f"{each.column} {each.wanted} is gone"
    if each.wanted is None:
        return f"{each.column} {each.found} is new"
    return f"{each.column} was {each.wanted}, is {each.found}"
