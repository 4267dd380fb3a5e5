"""Columns against columns, whatever they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchsql.check import contract_verdict, differences, drift_verdict

Columns = list[tuple[str, str]]
columns = st.lists(
    st.tuples(st.sampled_from(["a", "B", "c", "d"]), st.sampled_from(["BIGINT", "VARCHAR"])),
    unique_by=lambda each: each[0],
)


@given(columns)
def test_neither_order_nor_case_makes_a_difference(wanted: Columns) -> None:
    shuffled = [(name.swapcase(), kind) for name, kind in reversed(wanted)]
    assert differences(wanted, shuffled) == ()
    assert contract_verdict("m", differences(wanted, shuffled), "the table has").state == "pass"


@given(columns, columns)
def test_every_difference_is_named_once_and_seen_from_both_sides(wanted: Columns, found: Columns) -> None:
    there = {(name.lower(), kind) for name, kind in found}
    stated = {(name.lower(), kind) for name, kind in wanted}
    other = differences(wanted, found)
    assert sorted(each.column for each in other) == sorted(_names(there ^ stated))
    back = {(each.column.lower(), each.found, each.wanted) for each in differences(found, wanted)}
    assert back == {(each.column.lower(), each.wanted, each.found) for each in other}
    drift = drift_verdict("g.t", "warn", wanted, found)
    assert (drift is None) == (not other)
    assert drift_verdict("g.t", "ignore", wanted, found) is None


def _names(columns: set[tuple[str, str]]) -> set[str]:
    lower = {name for name, _ in columns}
    return {name for name in ("a", "B", "c", "d") if name.lower() in lower}
