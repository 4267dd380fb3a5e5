"""In what a relation differs from what the ledger says of it; nothing here writes to the warehouse."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from batchsql.compiler import Compiled, Situation, assemble
from batchsql.engines.base import Session
from batchsql.errors import BatchsqlError
from batchsql.ledger import Standing
from batchsql.load import SNAPSHOT_COLUMNS, compare_columns
from batchsql.pipeline.asking import some_slice
from batchsql.pipeline.attempt import utc_now
from batchsql.plan import steps
from batchsql.report.words import count
from batchsql.values import Interval, Node, TableName, quote
from batchsql.values.history import RELEASED

FindingKind = Literal["missing", "kind", "columns", "definition", "rows", "drift", "leftover"]
_WHOLE = ("view", "table", "seed", "external")
_VIEWS = ("view", "external")
_LOOKING_GLASS = "batchsql looking glass"
_BOTH = {True: "fewer", False: "more"}


class Finding(Struct, frozen=True, kw_only=True):
    """Something that is not as the ledger says.

    model: whose it is, empty where no model is left. repairs: the slices that must be loaded again to mend it, None for
    all of the relation; there are none where that is not needed, or would not help, and the hint says what would.
    """

    kind: FindingKind
    relation: str
    message: str
    model: str = ""
    hint: str = ""
    repairs: tuple[Interval | None, ...] = ()


class Patient(Struct, frozen=True, kw_only=True):
    """A model that was loaded. standing: its batches that count, the oldest first; there: `table`, `view` or None.

    reads_damaged: whether something was found about what it reads, which may be why its query cannot be understood.
    """

    node: Node
    relation: TableName
    standing: list[Standing]
    there: str | None
    reads_damaged: bool = False

    @property
    def how(self) -> str:
        """How it landed the last time."""
        return self.standing[-1].materialized

    @property
    def is_current(self) -> bool:
        """Whether all that counts was made by the code as it is."""
        return all(each.fingerprint in (self.node.fingerprint, "") for each in self.standing)


def examine(compiled: Compiled, patient: Patient, session: Session) -> list[Finding]:
    """What is wrong with a relation: missing, of another kind, other columns, another query, other rows."""
    node, standing = patient.node, patient.standing
    kind = patient.how.partition("/")[0]
    if kind in ("ephemeral", "table_function") or (kind not in _WHOLE and kind not in ("incremental", "snapshot")):
        return []  # what a macro of the project makes, it alone knows
    if patient.there is None:
        message = f"is not in the warehouse, though batch {standing[-1].batch_id} loaded it"
        return [_finding(patient, "missing", message, repair=True)]
    wanted = "view" if kind in _VIEWS else "table"
    if patient.there != wanted:
        return [_finding(patient, "kind", f"is a {patient.there}, and was made as a {wanted}", repair=True)]
    found = [*_columns(compiled, patient, session)]
    if wanted == "view":
        return found or _definition(compiled, patient, session)
    if not any(finding.repairs == (None,) for finding in found):
        found += _slices(patient, session) if node.config.by_interval else _rows(compiled, patient, session)
    return found


def _finding(patient: Patient, kind: FindingKind, message: str, *, repair: bool, hint: str = "") -> Finding:
    """A finding about a whole relation. A snapshot is not made anew: its inputs no longer tell what it held."""
    return Finding(
        kind=kind,
        relation=str(patient.relation),
        model=patient.node.key,
        message=message,
        hint=hint or ("" if _may_be_made_anew(patient.node) else _HISTORY if repair else ""),
        repairs=(None,) if repair and _may_be_made_anew(patient.node) else (),
    )


_HISTORY = "its inputs no longer tell what it held: bring it back with `batchsql rollback`, or from a backup"


def _may_be_made_anew(node: Node) -> bool:
    return node.config.materialized != "snapshot" and node.config.full_refresh is not False


def _columns(compiled: Compiled, patient: Patient, session: Session) -> Iterable[Finding]:
    """How the columns differ from those that the query gives now, where it is the query that they came of."""
    node = patient.node
    if node.query is None or not patient.is_current or (node.model and node.model.language == "python"):
        return
    there = session.columns(f"FROM {patient.relation.sql}")
    try:
        situation = some_slice(compiled, node.key, Situation(run_query=session.query_named))
        given = session.columns(assemble(compiled, node.key, situation).sql)
    except BatchsqlError as error:
        if not patient.reads_damaged:
            message = f"cannot be loaded again as things are: {error.message.splitlines()[0]}"
            yield _finding(patient, "drift", message, repair=False)
        return
    if node.kind == "snapshot":
        there = tuple(each for each in there if each[0] not in SNAPSHOT_COLUMNS)
    differences = compare_columns(there, given)
    grows = patient.how.partition("/")[0] in ("incremental", "snapshot")
    if grows:  # what it had before, it keeps, in the type that it had
        differences = msgspec.structs.replace(differences, removed=(), retyped=())
    if not differences:
        return
    drifted = node.query.columns is None or node.kind == "snapshot"
    parts = [f"lacks the column {name} {kind}" for name, kind in differences.added]
    parts += [f"has a column {name} that its query does not give" for name, _ in differences.removed]
    parts += [f"has {name} as {was}, and its query gives {now}" for name, was, now in differences.retyped]
    hint = "what it reads has other columns now, or somebody changed the relation" if drifted else ""
    keeps = grows and drifted and node.config.on_schema_change == "ignore"
    yield _finding(patient, "drift" if keeps else "columns", "; ".join(parts), repair=not keeps, hint=hint)


def _definition(compiled: Compiled, patient: Patient, session: Session) -> list[Finding]:
    """Whether a view is the query of its model; the engine writes both out, so that layout does not count."""
    node = patient.node
    if node.rendered is None or node.rendered.dynamic or not patient.is_current or patient.how != "view":
        return []
    sql = assemble(compiled, node.key, Situation()).sql
    session.execute(f"CREATE OR REPLACE TEMP VIEW {quote(_LOOKING_GLASS)} AS\n{sql}")
    texts = "SELECT sql FROM duckdb_views() WHERE temporary = ? AND schema_name = ? AND view_name = ?"
    ours = session.query(texts, [True, "main", _LOOKING_GLASS])
    there = session.query(
        f"{texts} AND database_name = current_database()", [False, patient.relation.schema, patient.relation.name]
    )
    session.execute(f"DROP VIEW temp.{quote(_LOOKING_GLASS)}")
    if not ours or not there or _after_as(ours[0][0]) == _after_as(there[0][0]):
        return []
    return [_finding(patient, "definition", "is a view of another query than its model's", repair=True)]


def _after_as(definition: str) -> str:
    return definition.partition(" AS ")[2]


# --- rows -------------------------------------------------------------------------------------------------------


def _rows(compiled: Compiled, patient: Patient, session: Session) -> list[Finding]:
    """Whether a table has as many rows as its batches left in it, where the ledger can tell."""
    node = patient.node
    merged = patient.how == "incremental/merge" and compiled.project.dialect == "dbt"  # counts updated rows as written
    if merged or _has_hooks(node):
        return []
    base = _last_whole(patient.standing)
    if base is None:
        return []
    since = [each for each in patient.standing if each.batch_id > base.batch_id]
    expected = base.written + sum(each.written - each.deleted for each in since)
    counted = session.query(f"SELECT count(*) FROM {patient.relation.sql}")[0][0]
    if counted == expected:
        return []
    what = f"batch {base.batch_id} left {expected:,}" if not since else f"its batches left {expected:,}"
    message = f"has {count(counted, 'row')}, {abs(expected - counted):,} {_BOTH[counted < expected]} than {what}"
    return [_finding(patient, "rows", _tidy(message), repair=True)]


def _tidy(message: str) -> str:
    """`has 3 rows, 2 fewer than batch 7 left (5)`: the number that was left comes last."""
    front, _, left = message.rpartition(" left ")
    return f"{front} left ({left})"


def _has_hooks(node: Node) -> bool:
    """Whether statements of the project's own may change its rows, which no batch counts."""
    config = node.config
    return bool(config.pre_hook or config.post_hook or config.pre_hook_outside or config.post_hook_outside)


def _last_whole(standing: Sequence[Standing]) -> Standing | None:
    """The newest batch that left nothing in the relation but what it wrote."""
    whole = (each for each in reversed(standing) if each.rebuilt or _replaces_all(each))
    return next(whole, None)


def _replaces_all(batch: Standing) -> bool:
    return batch.materialized.partition("/")[0] in _WHOLE and batch.reason != RELEASED


class _Stretch(Struct):
    """A stretch of time that was loaded, and how many rows its batches left in it; None where that cannot be told."""

    interval: Interval
    rows: int | None
    parts: list[Interval]


def _slices(patient: Patient, session: Session) -> list[Finding]:
    """Whether each interval has as many rows as its batch wrote, and no rows are where no interval is loaded."""
    node, column = patient.node, patient.node.config.event_time
    if column is None or _has_hooks(node):
        return []
    stretches = _loaded_stretches(patient.standing)
    if not stretches:
        return []
    query = (
        f"SELECT {_rounded(column, [each.interval for each in stretches])} AS moment, count(*) "
        f"FROM {patient.relation.sql} GROUP BY moment"
    )
    starts = [each.interval.start for each in stretches]
    counted = [0] * len(stretches)
    outside = 0
    for moment, rows in session.query(query):
        at = bisect_right(starts, moment) - 1 if moment is not None else -1
        if at >= 0 and moment < stretches[at].interval.end:
            counted[at] += rows
        elif moment is None or not _is_due(node, moment):
            outside += rows
    found = [
        _of_slice(patient, stretch, rows)
        for stretch, rows in zip(stretches, counted, strict=True)
        if stretch.rows is not None and stretch.rows != rows
    ]
    if outside and patient.standing[0].rebuilt:
        are = "row is" if outside == 1 else "rows are"
        message = f"{outside:,} {are} outside of all intervals that were loaded"
        found.append(_finding(patient, "rows", message, repair=True))
    return found


def _is_due(node: Node, moment: datetime) -> bool:
    """Whether a moment of which no interval is loaded is in one that will be, which replaces what is there.

    So it is after a full refresh that was stopped half way.
    """
    config, now = node.config, utc_now()
    return config.begin is not None and config.begin <= moment < min(config.end or now, now)


def _of_slice(patient: Patient, stretch: _Stretch, rows: int) -> Finding:
    expected = stretch.rows or 0
    fewer = _BOTH[rows < expected]
    message = f"{stretch.interval} has {count(rows, 'row')}, {abs(expected - rows):,} {fewer} than were loaded"
    return Finding(
        kind="rows",
        relation=str(patient.relation),
        model=patient.node.key,
        message=f"{message} ({expected:,})",
        repairs=_of_grid(patient.node, stretch.parts),
    )


def _of_grid(node: Node, loaded: Sequence[Interval]) -> tuple[Interval | None, ...]:
    """The intervals that the model is loaded by now, for those that it was loaded by."""
    config = node.config
    if config.begin is None or config.batch_size is None:
        return (None,)
    grid = steps(config.begin, max(each.end for each in loaded), config.batch_size)
    return tuple(step for step in grid if any(step.overlaps(each) for each in loaded)) or (None,)


def _loaded_stretches(standing: Sequence[Standing]) -> list[_Stretch]:
    """The loaded intervals by start; those that overlap, since the size of batches changed, are taken together."""
    newest: dict[Interval, Standing] = {each.interval: each for each in standing if each.interval}
    clusters: list[list[Standing]] = []
    end = datetime.min
    for interval in sorted(newest):
        if interval.start < end:
            clusters[-1].append(newest[interval])
        else:
            clusters.append([newest[interval]])
        end = max(end, interval.end)
    return [_stretch(cluster, standing) for cluster in clusters]


def _stretch(cluster: Sequence[Standing], standing: Sequence[Standing]) -> _Stretch:
    parts = [each.interval for each in cluster if each.interval]
    whole = Interval(min(each.start for each in parts), max(each.end for each in parts))
    over = [each for each in standing if each.interval and whole.overlaps(each.interval)]
    base = next((each for each in reversed(over) if each.interval == whole), None)
    rows = None
    if base is not None:
        rows = base.written + sum(each.written - each.deleted for each in over if each.batch_id > base.batch_id)
    return _Stretch(whole, rows, parts)


def _rounded(column: str, intervals: Sequence[Interval]) -> str:
    """The moment of a row, as roughly as the limits of the intervals allow, so that few groups come of it."""
    limits = {limit for each in intervals for limit in (each.start, each.end)}
    moment = f"CAST({quote(column)} AS TIMESTAMP)"
    if any(limit.second or limit.microsecond for limit in limits):
        return moment
    unit = (
        "minute" if any(limit.minute for limit in limits) else "hour" if any(limit.hour for limit in limits) else "day"
    )
    return f"date_trunc('{unit}', {moment})"
