"""What a check of the past is told before it is asked: what the ledger remembers of the batches before this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from heapq import nlargest
from typing import Any

import msgspec

from batchsql.check import measure_of
from batchsql.engines.base import Session
from batchsql.ledger import read_added, read_past, read_whole
from batchsql.values import Batch, Check, Interval, Node
from batchsql.values.history import HISTORY_KINDS, ColumnProfile, Past, PastBatch

Intervals = Mapping[Interval, int]
Known = Callable[[Node], Intervals]
LENGTHS_DIFFER = 0.15
LAST, LAST_WEEKDAYS = 28, 12
NEEDED, NEEDED_WEEKDAYS = 7, 4
_BATCH_BY_BATCH = "it is judged batch by batch, and this is the whole relation"
_ONLY_RELEASED = "these rows were released from quarantine, and are no batch of their own"
_OF_PROFILE: dict[str, Callable[[ColumnProfile, int], float | None]] = {
    "nulls": lambda column, _: column.nulls,
    "null_share": lambda column, rows: column.nulls / rows if rows else None,
    "distinct": lambda column, _: column.distinct,
    "mean": lambda column, _: column.mean,
    "stdev": lambda column, _: column.stdev,
}


def _none(_: Node) -> Intervals:
    return {}


def with_past(node: Node, batch: Batch, session: Session, now: datetime, intervals: Known = _none) -> Node:
    """The node with its checks told of the past, where they compare with it; to be called in the batch's transaction.

    now: UTC. intervals: tells which a model has, each with the id of its newest batch.
    An interval model's batch is compared with earlier intervals; what is added to a relation, with what was added
    before; and a relation that is loaded whole, with what it was at earlier loads.
    """
    if not any(check.kind in HISTORY_KINDS for check in node.checks):
        return node
    memory = _Memory(node, batch, session, intervals)
    checks = tuple(
        _told(check, _past(check, node, batch, memory, now)) if check.kind in HISTORY_KINDS else check
        for check in node.checks
    )
    return msgspec.structs.replace(node, checks=checks)


def _told(check: Check, past: Past) -> Check:
    return msgspec.structs.replace(check, arguments={**check.arguments, "past": past})


def _past(check: Check, node: Node, batch: Batch, memory: _Memory, now: datetime) -> Past:
    whole = is_whole(node) or check.arguments.get("of", node.key) != node.key
    if check.kind == "freshness":
        interval = batch.interval
        moment = min(now, interval.end) if interval else now
        return Past(now=moment, interval=interval is not None)
    if batch.release:
        return Past(aside=_ONLY_RELEASED)
    if not whole and batch.judges != "batch":
        return Past(aside=_BATCH_BY_BATCH)
    weekdays = bool(check.arguments.get("same_weekday"))
    most = int(check.arguments.get("last", LAST_WEEKDAYS if weekdays else LAST))
    usual = NEEDED_WEEKDAYS if weekdays else NEEDED
    if check.kind == "no_new_values" and whole:
        usual = 1
    needed = int(check.arguments.get("min_history", min(usual, most)))
    batches = memory.batches(max(most, needed), whole=whole, weekdays=weekdays)
    if check.kind == "no_new_values":
        seen = _values_seen(check, batches)
        known = len(batches) if seen or not whole else 0
        return Past(values_seen=seen, only_seen=whole, batches=known, needed=needed)
    observed = (_observed(check, each, is_table=_is_table(node)) for each in batches)
    values = tuple(float(value) for value in observed if value is not None)[:most]
    return Past(values=values, batches=len(values), needed=needed)


def is_whole(node: Node) -> bool:
    """Whether each batch is the whole relation: not an interval of it, nor what is added to it."""
    return node.kind == "source" or node.config.materialized in ("view", "table", "seed")


def _is_table(node: Node) -> bool:
    """Whether the ledger counts the rows that are written."""
    return node.kind != "source" and node.config.materialized != "view"


class _Memory:
    """The batches before one of a node, read from the ledger when they are asked for, and once."""

    def __init__(self, node: Node, batch: Batch, session: Session, intervals: Known) -> None:
        self._node, self._batch, self._session, self._intervals = node, batch, session, intervals
        self._read: dict[tuple[bool, bool], tuple[int, list[PastBatch]]] = {}

    def batches(self, most: int, *, whole: bool, weekdays: bool) -> list[PastBatch]:
        """The newest of them first, at least `most` where there are that many."""
        read, found = self._read.get((whole, weekdays), (0, []))
        if read < most:
            found = self._ask(most, whole=whole, weekdays=weekdays)
            self._read[whole, weekdays] = (most, found)
        return found

    def _ask(self, most: int, *, whole: bool, weekdays: bool) -> list[PastBatch]:
        key, interval = self._node.key, self._batch.interval
        if whole:
            again = self._batch.judges != "batch"  # the last load is what is judged now
            found = read_whole(self._session, key, same_weekday=weekdays, most=most + again)
            return found[1:] if again else found
        if interval is None:
            return read_added(self._session, key, same_weekday=weekdays, most=most)
        known = self._intervals(self._node)
        chosen = intervals_before(interval, known, same_weekday=weekdays, most=most)
        return read_past(self._session, [known[each] for each in chosen])


def intervals_before(interval: Interval, known: Intervals, *, same_weekday: bool, most: int) -> list[Interval]:
    """Those before this one and about as long (months differ by a tenth), the latest first."""
    length = interval.end - interval.start
    before = (
        each
        for each in known
        if each.end <= interval.start
        and abs(each.end - each.start - length) <= LENGTHS_DIFFER * length
        and (not same_weekday or each.start.weekday() == interval.start.weekday())
    )
    return nlargest(most, before)


def _observed(check: Check, batch: PastBatch, *, is_table: bool) -> Any:
    """What the batch had of what the check measures: as a verdict tells it, or the profile, or the count of rows."""
    measure = measure_of(check)
    found = batch.observed(measure)
    if found is not None or check.where or any(result.get("measure") == measure for result in batch.results):
        return found
    what, profile = check.arguments.get("measure", "rows"), batch.profile
    if what == "rows":
        return profile.rows if profile else batch.rows if is_table else None
    names = [name.lower() for name in check.columns]
    columns = [column for column in profile.columns if column.name.lower() in names] if profile else []
    read = _OF_PROFILE.get(what)
    return read(columns[0], profile.rows) if profile and columns and read else None


def _values_seen(check: Check, batches: list[PastBatch]) -> tuple[str, ...]:
    """The values that these batches remember: each has those of the batches before it too."""
    measure = f"values of {check.columns[0]}"
    results = (result for batch in batches for result in batch.results if result.get("measure") == measure)
    return tuple(sorted({value for result in results for value in result.get("values", ())}))
