"""What inputs hold by interval: one scan of each gives the number of rows and the sum of their hashes.

It is taken before the first batch that reads, so that rows which come meanwhile are counted as late, never as read.
Hashes are the engine's own; a version of the engine that hashes in another way makes intervals due whose inputs change.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from batchsql.compiler import Compiled, Situation, assemble, readable
from batchsql.engines.base import Session
from batchsql.errors import EngineError
from batchsql.plan import event_time_of, floor, reads_of, version_of
from batchsql.values import Batch, Input, Interval, Node, Unit, quote
from batchsql.values.readings import Reading, Wanted

_UNITS: tuple[Unit, ...] = ("month", "day", "hour", "minute")
Readings = Mapping[Interval, Reading]


def answer(compiled: Compiled, session: Session, questions: Sequence[Wanted]) -> dict[Wanted, Readings | None]:
    """What a plan wants to know; None for an input that cannot be read: the batch that reads it says why."""
    return {wanted: read_input(compiled, session, wanted) for wanted in questions}


def read_input(compiled: Compiled, session: Session, wanted: Wanted) -> Readings | None:
    """What an input holds of each interval."""
    node = compiled.graph[wanted.read]
    event_time = event_time_of(node)
    relation = _relation(compiled, wanted)
    try:
        there = {name.lower(): name for name, _ in session.columns(f"FROM {relation}")}
        columns = wanted.columns or _columns(node, tuple(there.values()))
        known = [there[name.lower()] for name in columns if name.lower() in there]
        gone = len(columns) - len(known)
        named = {name.lower() for name in columns}
        added = [name for key, name in there.items() if key not in named] if wanted.others else []
        newest = node.source.loaded_at_field if node.source else None
        select = _aggregates(known, newest if newest and newest.lower() in there else None, added)
        if wanted.whole or event_time is None:
            rows = session.query(f"SELECT TIMESTAMP 'epoch', {select} FROM {relation}")
            whole = _reading(wanted, rows, columns, gone)
            return dict.fromkeys(wanted.intervals, whole)
        start, end = wanted.intervals[0].start, max(interval.end for interval in wanted.intervals)
        column = quote(event_time)
        rows = session.query(
            f"SELECT {bucket(wanted.intervals, column)} AS bucket, {select} FROM {relation} "
            f"WHERE {column} >= TIMESTAMP '{start}' AND {column} < TIMESTAMP '{end}' GROUP BY bucket ORDER BY bucket"
        )
    except EngineError:
        return None
    starts = [row[0] for row in rows]
    return {
        interval: _reading(
            wanted, rows[bisect_left(starts, interval.start) : bisect_left(starts, interval.end)], columns, gone
        )
        for interval in wanted.intervals
    }


def _relation(compiled: Compiled, wanted: Wanted) -> str:
    """SQL to read the input by, as it will be when what it is made of has run."""
    ahead = copy(compiled)
    ahead.elsewhere = dict(compiled.elsewhere)
    for key in wanted.made_of:
        if compiled.graph[key].kind == "model":
            ahead.elsewhere[key] = f"(\n{assemble(ahead, key, Situation()).sql}\n)"
    return readable(ahead, wanted.read)


def _columns(node: Node, there: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that tell whether a row changed: all, or the one that is kept for that by who writes the table."""
    source = node.source
    if source and source.relation and source.loaded_at_field in there:
        return (source.loaded_at_field,)
    return there


def _aggregates(columns: Sequence[str], newest: str | None, added: Sequence[str]) -> str:
    content = f"sum(hash({', '.join(quote(name) for name in columns)}))" if columns else "NULL"
    latest = f"max({quote(newest)})::VARCHAR" if newest else "NULL"
    others = " + ".join(f"count({quote(name)})" for name in added) or "0"
    return f"count(*), {content}, {latest}, {others}"


def _reading(wanted: Wanted, rows: Sequence[tuple[Any, ...]], columns: tuple[str, ...], gone: int) -> Reading:
    """Several stretches of time as one. gone: how many of the columns are not there any more."""
    content = sum(int(row[2] or 0) for row in rows) % 2**64
    return Reading(
        version=wanted.version,
        rows=sum(row[1] for row in rows),
        content=f"{gone} columns gone" if gone else f"{content:016x}",
        newest=max((row[3] for row in rows if row[3] is not None), default=None),
        columns=columns,
        added=sum(row[4] for row in rows),
    )


def bucket(intervals: Iterable[Interval], column: str) -> str:
    """The start of the longest unit of time of which no interval cuts one in two, for the moment in a column."""
    moments = {moment for interval in intervals for moment in (interval.start, interval.end)}
    unit = next((unit for unit in _UNITS if all(floor(moment, unit) == moment for moment in moments)), None)
    moment = f"{column}::TIMESTAMP"
    if unit == "day":
        return f"{moment}::DATE::TIMESTAMP"
    return f"date_trunc('{unit}', {moment})" if unit else moment


class InputReadings:
    """What the interval batches of a run find in their inputs: asked once a model, before its first batch."""

    def __init__(self, compiled: Compiled, versions: Mapping[str, tuple[Input, ...]]) -> None:
        self._compiled = compiled
        self._versions = versions
        self._intervals: dict[str, list[Interval]] = {}
        self._found: dict[str, dict[str, Readings | None]] = {}

    def expect(self, batches: Iterable[Batch]) -> None:
        """Take note of the intervals that will be loaded."""
        for batch in batches:
            if batch.interval is not None:
                self._intervals.setdefault(batch.model, []).append(batch.interval)

    def of(
        self,
        node: Node,
        interval: Interval,
        session: Session,
        newest: Mapping[str, int],
        code: Mapping[str, str],
    ) -> dict[str, Reading]:
        """What is in the inputs of one interval; not to be called in a transaction, which an error would end.

        newest: of each model, its newest batch. code: the fingerprint of what was not loaded in this run.
        """
        if node.key not in self._found:
            self._found[node.key] = self._read(node, session, newest, code)
        found = self._found[node.key]
        return {read: readings[interval] for read, readings in found.items() if readings and interval in readings}

    def _read(
        self, node: Node, session: Session, newest: Mapping[str, int], code: Mapping[str, str]
    ) -> dict[str, Readings | None]:
        graph = self._compiled.graph
        intervals = tuple(sorted(set(self._intervals.get(node.key, ()))))
        found: dict[str, Readings | None] = {}
        for read, whole in reads_of(graph, node).items() if intervals else ():
            version = version_of(
                graph,
                node.key,
                read,
                self._versions,
                lambda key: newest.get(key, 0),
                lambda key: code.get(key) or graph[key].fingerprint,
            )
            if read == node.key or (whole and node.config.on_input_change == "forward"):
                found[read] = dict.fromkeys(intervals, Reading(version=version))
                continue
            wanted = Wanted(reader=node.key, read=read, version=version, intervals=intervals, whole=whole)
            found[read] = read_input(self._compiled, session, wanted)
        return found
