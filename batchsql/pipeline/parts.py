"""Several intervals of a model in one pass: which may be, and what each of them got."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

import msgspec

from batchsql.engines.base import Session
from batchsql.pipeline.readings import bucket
from batchsql.values import Batch, Check, Graph, Interval, Node, TableName, quote

_ROW_BY_ROW = frozenset(
    {"not_null", "unique", "accepted_values", "accepted_range", "relationships", "expression", "sql"}
)
"""Kinds of checks that say of many intervals what they say of each."""


def grouped(graph: Graph, batches: Iterable[Batch]) -> tuple[Batch, ...]:
    """The batches, neighbours joined to one as far as `coalesce` of their model allows."""
    found: list[Batch] = []
    for batch in batches:
        before = found[-1] if found else None
        joins = before is not None and before.model == batch.model and _adjoin(before, batch)
        if joins and before is not None and len(singles(before)) < at_once(graph[batch.model]):
            found[-1] = joined((*singles(before), batch))
        else:
            found.append(batch)
    return tuple(found)


def at_once(node: Node) -> int:
    """How many intervals of a model may be loaded in one pass: 1 where a pass over several could mean another thing."""
    config = node.config
    looks_at_batch = node.rendered is None or bool({"batch", "run_query"} & set(node.rendered.dynamic))
    hooks = config.pre_hook or config.post_hook or config.pre_hook_outside or config.post_hook_outside
    apart = looks_at_batch or hooks or config.profile or not all(_is_row_by_row(check) for check in node.checks)
    is_sql = node.model is not None and node.model.language == "sql"
    return max(1, config.coalesce) if is_sql and not apart else 1


def _is_row_by_row(check: Check) -> bool:
    plain = check.warn_if == check.error_if == "!= 0" and not check.calculates
    return check.kind in _ROW_BY_ROW and plain and check.severity in ("error", "warn", "info")


def _adjoin(before: Batch, batch: Batch) -> bool:
    if before.interval is None or batch.interval is None or before.interval.end != batch.interval.start:
        return False
    return before.judges == batch.judges == "batch" and not batch.rebuild


def singles(batch: Batch) -> tuple[Batch, ...]:
    """The batches that this one was joined of."""
    return batch.joins or (batch,)


def joined(batches: tuple[Batch, ...]) -> Batch:
    """Neighbours as one batch; a single one as it is."""
    first, last = batches[0], batches[-1]
    if len(batches) == 1 or first.interval is None or last.interval is None:
        return first
    return msgspec.structs.replace(
        last, interval=Interval(first.interval.start, last.interval.end), rebuild=first.rebuild, joins=batches
    )


def rows_by_interval(
    session: Session, relation: TableName, event_time: str, intervals: tuple[Interval, ...]
) -> dict[Interval, int]:
    """How many rows of a relation lie in each of some neighbouring intervals."""
    column = quote(event_time)
    start, end = intervals[0].start, intervals[-1].end
    rows = session.query(
        f"SELECT {bucket(intervals, column)} AS bucket, count(*) FROM {relation.sql} "
        f"WHERE {column} >= TIMESTAMP '{start}' AND {column} < TIMESTAMP '{end}' GROUP BY bucket ORDER BY bucket"
    )
    starts = [row[0] for row in rows]
    return {
        interval: sum(row[1] for row in rows[bisect_left(starts, interval.start) : bisect_left(starts, interval.end)])
        for interval in intervals
    }
