"""Snapshots as dbt makes them: the same versions, columns, types and hashes.

Where batchsql's own snapshots refuse (two rows of one key, a row without a timestamp), these do what dbt does.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from batchsql.errors import BatchError
from batchsql.load.columns import add_column, compare_columns
from batchsql.load.request import STAGE, LoadRequest, Statement
from batchsql.values import quote

OPENED = f"temp.{quote('batchsql_opened')}"
"""The versions that a batch opens, with all columns of the table."""
CLOSED = f"temp.{quote('batchsql_closed')}"
"""The versions that a batch closes: their ids, and until when they were valid."""

_OWN = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to", "dbt_is_deleted")
_BAR = " || '|' || "
_KEY, _STAMP = "batchsql_key", "batchsql_stamp"


class _Own(Struct, frozen=True):
    """What a snapshot's own columns are called."""

    dbt_scd_id: str
    dbt_updated_at: str
    dbt_valid_from: str
    dbt_valid_to: str
    dbt_is_deleted: str

    @classmethod
    def of(cls, request: LoadRequest) -> _Own:
        names = request.config.extra.get("snapshot_meta_column_names") or {}
        return cls(*(str(names.get(name) or name) for name in _OWN))


def first_dbt_versions(request: LoadRequest) -> tuple[Statement, ...]:
    """Make the table, with one open version of every row."""
    _validate(request)
    own, stamp = _Own.of(request), _stamp(request)
    flag = f",\n  'False' as {own.dbt_is_deleted}" if _keeps_deleted(request) else ""
    dropped = (Statement(f"drop view {request.target.sql}"),) if request.existing == "view" else ()
    return (
        *dropped,
        Statement(
            f"create or replace table {request.target.sql} as\nselect *,\n"
            f"  {_hash([*request.config.unique_key, stamp])} as {own.dbt_scd_id},\n"
            f"  {stamp} as {own.dbt_updated_at},\n  {stamp} as {own.dbt_valid_from},\n"
            f"  {_until(request, stamp)} as {own.dbt_valid_to}{flag}\nfrom {STAGE} as source",
            "written",
        ),
    )


def add_dbt_versions(request: LoadRequest) -> tuple[Statement, ...]:
    """Close and open versions; both are found before either is written."""
    _validate(request)
    own, target = _Own.of(request), request.target.sql
    _require_own(request, own)
    new = compare_columns(request.known_target(), request.known_staged()).added
    columns = ", ".join(quote(name) for name in (*_staged_names(request), *_own_names(request, own)))
    return (
        Statement(f"create or replace temp table {OPENED} as\n{_opened(request, own)}"),
        Statement(f"create or replace temp table {CLOSED} as\n{_closed(request, own)}"),
        *(add_column(request, name, kind) for name, kind in new),
        Statement(
            f"update {target} as target set {own.dbt_valid_to} = closed.valid_to from {CLOSED} as closed\n"
            f"where closed.scd_id = cast(target.{own.dbt_scd_id} as varchar) and {_is_open(request, own, 'target')}"
        ),
        Statement(f"insert into {target} ({columns}) select {columns} from {OPENED}", "written"),
    )


def _opened(request: LoadRequest, own: _Own) -> str:
    """New and changed rows; with `new_record`, rows that are gone, as they were."""
    keeps = _keeps_deleted(request)
    flag = f", 'False' as {own.dbt_is_deleted}" if keeps else ""
    names = ", ".join(f"source.{quote(name)}" for name in _staged_names(request))
    stamp = f"source.{_STAMP}"
    found = (
        f"{_relations(request, own)}\nselect {names}, source.batchsql_id as {own.dbt_scd_id}, "
        f"{stamp} as {own.dbt_updated_at}, {stamp} as {own.dbt_valid_from}, "
        f"{_until(request, stamp)} as {own.dbt_valid_to}{flag}\n"
        f"from source left join opened on {_same_key(request)}\n"
        f"where opened.{_KEY}_1 is null or {_changed(request, own)}"
    )
    if not keeps:
        return found
    there = {name for name, _ in request.known_target()}
    kept = ", ".join(f"{'opened' if name in there else 'source'}.{quote(name)}" for name in _staged_names(request))
    now = _now(request)
    identity = _hash([f"opened.{own.dbt_scd_id}", now])
    return (
        f"{found}\nunion all\nselect {kept}, {identity}, {now}, {now}, opened.{own.dbt_valid_to}, 'True'\n"
        f"from opened left join source on {_same_key(request)}\n"
        f"where source.{_KEY}_1 is null and {_not_yet_deleted(own)}"
    )


def _closed(request: LoadRequest, own: _Own) -> str:
    """The versions that changed rows, and rows that are gone, leave behind."""
    found = (
        f"{_relations(request, own)}\n"
        f"select cast(opened.{own.dbt_scd_id} as varchar) as scd_id, source.{_STAMP} as valid_to\n"
        f"from source join opened on {_same_key(request)}\nwhere {_changed(request, own)}"
    )
    if request.config.hard_deletes == "ignore":
        return found
    known = f" and {_not_yet_deleted(own)}" if _keeps_deleted(request) else ""
    return (
        f"{found}\nunion all\nselect cast(opened.{own.dbt_scd_id} as varchar), {_now(request)}\n"
        f"from opened left join source on {_same_key(request)}\nwhere source.{_KEY}_1 is null{known}"
    )


def _relations(request: LoadRequest, own: _Own) -> str:
    """The rows that come in and the versions that are open, both with their keys."""
    keys = ", ".join(f"{key} as {_KEY}_{number}" for number, key in enumerate(request.config.unique_key, start=1))
    stamp = _stamp(request)
    identity = _hash([*request.config.unique_key, stamp])
    return (
        f"with source as (select *, {keys}, {stamp} as {_STAMP}, {identity} as batchsql_id from {STAGE} as source),\n"
        f"opened as (select *, {keys} from {request.target.sql} as target where {_is_open(request, own, 'target')})"
    )


def _same_key(request: LoadRequest) -> str:
    numbers = range(1, len(request.config.unique_key) + 1)
    return " and ".join(f"opened.{_KEY}_{number} = source.{_KEY}_{number}" for number in numbers)


def _changed(request: LoadRequest, own: _Own) -> str:
    """The condition under which a row is another version than the open one of its key."""
    condition = (
        f"opened.{own.dbt_valid_from} < source.{_STAMP}"
        if request.config.strategy == "timestamp"
        else _differs(request)
    )
    if _keeps_deleted(request):
        condition += f" or opened.{own.dbt_is_deleted} = 'True'"
    return f"({condition})"


def _differs(request: LoadRequest) -> str:
    """Whether a compared column differs; every row does when the query gives a column that the table lacks."""
    there = {name for name, _ in request.known_target()}
    compared: Sequence[str] = _staged_names(request)
    if tuple(request.config.check_cols) != ("all",):
        spelled = {name.lower(): name for name in compared}
        compared = [spelled.get(name.strip('"').lower(), name) for name in request.config.check_cols]
    if any(name not in there for name in compared):
        return "true"
    return " or ".join(f"opened.{quote(name)} is distinct from source.{quote(name)}" for name in compared) or "false"


def _is_open(request: LoadRequest, own: _Own, relation: str) -> str:
    current = request.config.extra.get("dbt_valid_to_current")
    column = f"{relation}.{own.dbt_valid_to}"
    return f"({column} = {current} or {column} is null)" if current else f"{column} is null"


def _not_yet_deleted(own: _Own) -> str:
    return f"not (opened.{own.dbt_is_deleted} = 'True')"


def _until(request: LoadRequest, stamp: str) -> str:
    """An open version's end: what the config says stands for it, else NULL, of the stamp's type."""
    return f"coalesce(nullif({stamp}, {stamp}), {request.config.extra.get('dbt_valid_to_current') or 'null'})"


def _hash(values: Sequence[str]) -> str:
    texts = (f"coalesce(cast({value} as varchar), '')" for value in values)
    return f"md5({_BAR.join(texts)})"


def _stamp(request: LoadRequest) -> str:
    return request.config.updated_at or _now(request)


def _now(request: LoadRequest) -> str:
    return f"timestamp '{request.now:%Y-%m-%d %H:%M:%S.%f}'"


def _keeps_deleted(request: LoadRequest) -> bool:
    return request.config.hard_deletes == "new_record"


def _staged_names(request: LoadRequest) -> list[str]:
    return [name for name, _ in request.known_staged()]


def _own_names(request: LoadRequest, own: _Own) -> list[str]:
    names = [own.dbt_scd_id, own.dbt_updated_at, own.dbt_valid_from, own.dbt_valid_to]
    return [*names, own.dbt_is_deleted] if _keeps_deleted(request) else names


def _require_own(request: LoadRequest, own: _Own) -> None:
    there = {name.lower() for name, _ in request.known_target()}
    missing = [name for name in _own_names(request, own) if name.lower() not in there]
    if missing:
        raise BatchError(
            f"{request.target} has no {', '.join(missing)}, which this snapshot needs",
            path=request.path or None,
            hint="move the table away, or give the snapshot another name",
        )


def _validate(request: LoadRequest) -> None:
    if request.config.strategy not in ("timestamp", "check"):
        raise BatchError(
            f"a snapshot's strategy must be timestamp or check, not '{request.config.strategy}'",
            path=request.path or None,
        )
