"""What a check of the past is told before it is asked: what the ledger remembers of the batches before this one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from batchsql.check import measure_of
from batchsql.engines.base import Session
from batchsql.ledger import read_added, read_intervals, read_whole
from batchsql.values import Batch, Check, Node
from batchsql.values.history import HISTORY_KINDS, ColumnProfile, Past, PastBatch

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


def with_past(node: Node, batch: Batch, session: Session, now: datetime) -> Node:
    """The node with its checks told of the past, where they compare with it; to be called in the batch's transaction.

    now: UTC. An interval model's batch is compared with earlier intervals; what is added to a relation, with what was
    added before; and a relation that is loaded whole, with what it was at earlier loads.
    """
    if not any(check.kind in HISTORY_KINDS for check in node.checks):
        return node
    checks = tuple(
        _told(check, node, batch, session, now) if check.kind in HISTORY_KINDS else check for check in node.checks
    )
    return msgspec.structs.replace(node, checks=checks)


def _told(check: Check, node: Node, batch: Batch, session: Session, now: datetime) -> Check:
    past = _past(check, node, batch, session, now)
    return msgspec.structs.replace(check, arguments={**check.arguments, "past": past})


def _past(check: Check, node: Node, batch: Batch, session: Session, now: datetime) -> Past:
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
    batches = _batches(node, batch, session, whole=whole, weekdays=weekdays, most=max(most, needed))
    if check.kind == "no_new_values":
        seen = _values_seen(check, batches) if whole else None
        known = len(batches) if seen is None or seen else 0
        return Past(values_seen=seen, batches=known, needed=needed)
    observed = (_observed(check, each, is_table=_is_table(node)) for each in batches)
    values = tuple(float(value) for value in observed if value is not None)[:most]
    return Past(values=values, batches=len(values), needed=needed)


def is_whole(node: Node) -> bool:
    """Whether each batch is the whole relation: not an interval of it, nor what is added to it."""
    return node.kind == "source" or node.config.materialized in ("view", "table", "seed")


def _is_table(node: Node) -> bool:
    """Whether the ledger counts the rows that are written."""
    return node.kind != "source" and node.config.materialized != "view"


def _batches(node: Node, batch: Batch, session: Session, *, whole: bool, weekdays: bool, most: int) -> list[PastBatch]:
    if whole:
        again = batch.judges != "batch"  # the last load is what is judged now
        found = read_whole(session, node.key, same_weekday=weekdays, most=most + again)
        return found[1:] if again else found
    if batch.interval is not None:
        return read_intervals(session, node.key, batch.interval, same_weekday=weekdays, most=most)
    return read_added(session, node.key, same_weekday=weekdays, most=most)


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
    """The values of the newest batch that remembers any: each remembers those of all before it."""
    measure = f"values of {check.columns[0]}"
    for batch in batches:
        for result in batch.results:
            if result.get("measure") == measure and "values" in result:
                return tuple(result["values"])
    return ()
