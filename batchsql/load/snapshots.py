"""Snapshots: the history of a query's rows as versions, each valid from one moment until the next (SCD 2).

An open version has no dbt_valid_to. A batch closes the versions of rows that changed or went away, and opens new ones.
Versions of a key never overlap, also when a row's own timestamp lies before what is known of it already.
"""

from __future__ import annotations

from collections.abc import Sequence

from batchsql.errors import BatchError, did_you_mean
from batchsql.load.columns import add_column, compare_columns
from batchsql.load.request import STAGE, LoadRequest, Question, Statement, duplicates, take_mark
from batchsql.values import quote

CHANGES = f"temp.{quote('batchsql_changes')}"
"""One row a change: target_row to close, staged_row to open a version of, the stamp, and when it happened."""

OWN_COLUMNS = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")
DELETED = "dbt_is_deleted"
SNAPSHOT_COLUMNS = (*OWN_COLUMNS, DELETED)
"""Columns that a snapshot has beside those of its query."""


def first_versions(request: LoadRequest) -> tuple[Statement, ...]:
    """Make the table, with one open version of every row."""
    _validate(request)
    kind = _stamp_type(request)
    stamp = _stamp(request, kind)
    flag = f", 'False' as {DELETED}" if request.config.hard_deletes == "new_record" else ""
    dropped = (Statement(f"drop view {request.target.sql}"),) if request.existing == "view" else ()
    return (
        *dropped,
        Statement(
            f"create or replace table {request.target.sql} as select staged.*, "
            f"{_version_id(request, 'staged', stamp, stamp)} as dbt_scd_id, {stamp} as dbt_updated_at, "
            f"{stamp} as dbt_valid_from, cast(null as {kind}) as dbt_valid_to{flag} from {STAGE} as staged",
            "written",
        ),
    )


def add_versions(request: LoadRequest) -> tuple[Statement, ...]:
    """Close and open versions. When nothing changed, nothing is written.

    Only one column is updated, by rowid, which is several times cheaper than to delete and insert the closed versions.
    """
    _validate(request)
    added, has_flag = _fit_table(request)
    close = Statement(
        f"update {request.target.sql} as target set dbt_valid_to = change.happened from {CHANGES} as change "
        "where target.rowid = change.target_row"
    )
    return (*added, take_mark(request), _find_changes(request, has_flag), close, _open(request, has_flag))


def questions(request: LoadRequest) -> tuple[Question, ...]:
    """One row a key in the query, no key without a value, no row without its timestamp."""
    keys = request.config.unique_key
    no_key = " or ".join(f"{quote(key)} is null" for key in keys)
    message = f"the unique key ({', '.join(keys)}) is not unique in the snapshot's query, {{count}} duplicated in all"
    asked = [
        duplicates(STAGE, keys, None, message),
        Question(
            count=f"select count(*) from {STAGE} where {no_key}",
            message=f"the snapshot's query has rows without a unique key ({', '.join(keys)}), {{count}} in all",
            hint="leave them out, or choose another key: such rows cannot be followed through time",
        ),
    ]
    updated_at = request.config.updated_at
    if request.config.strategy == "timestamp" and updated_at is not None:
        without = f"from {STAGE} where {quote(updated_at)} is null"
        asked.append(
            Question(
                count=f"select count(*) {without}",
                message=f"the snapshot's query has rows without {updated_at}, {{count}} in all; their keys are",
                examples=f"select concat_ws(' | ', {_list(keys)}) {without} order by {_list(keys)} limit 5",
                hint="give them one, or use strategy 'check', which compares values",
            )
        )
    return tuple(asked)


# --- the parts --------------------------------------------------------------------------------------------------


def _find_changes(request: LoadRequest, has_flag: bool) -> Statement:
    """Compare the staged rows with the open versions, and say what to close and open, and when it happened.

    A change happened at the row's stamp; a deletion, now. A row that came back happened at its stamp where that is
    after the deletion, else now. Nothing happens before the version it follows began.
    """
    config, kind = request.config, _stamp_type(request)
    stamp, now = _stamp(request, kind), _now(request, kind)
    same_key = _same(config.unique_key, "staged", "opened")
    was_deleted = f"coalesce(opened.{DELETED} = 'True', false)" if has_flag else "false"
    gone = "false"
    if config.hard_deletes != "ignore":
        gone = f"(staged.rowid is null and not {was_deleted})"
    keys = ", ".join(f"staged.{quote(key)} as key_{number}" for number, key in enumerate(config.unique_key))
    past_keys = ", ".join(f"past.{quote(key)} as key_{number}" for number, key in enumerate(config.unique_key))
    key_names = ", ".join(f"key_{number}" for number in range(len(config.unique_key)))
    past_match = " and ".join(f"past.{quote(key)} = fresh.key_{n}" for n, key in enumerate(config.unique_key))
    return Statement(f"""create or replace temp table {CHANGES} as
with compared as (
  select opened.batchsql_row as target_row, staged.rowid as staged_row, {keys}, {stamp} as stamp,
    opened.dbt_valid_from as since, {was_deleted} as was_deleted
  from {STAGE} as staged
  full join (select *, rowid as batchsql_row from {request.target.sql} where dbt_valid_to is null) as opened
    on {same_key}
  where (staged.rowid is not null and (opened.batchsql_row is null or {was_deleted} or {_changed(request)})) or {gone}
),
ended as (
  select {past_keys}, max(past.dbt_valid_to) as ended
  from {request.target.sql} as past
  where exists (select 1 from compared as fresh where fresh.target_row is null and {past_match})
  group by all
)
select target_row, staged_row, stamp,
  case
    when staged_row is null then greatest({now}, since)
    when was_deleted then case when stamp > since then stamp else greatest({now}, since) end
    when target_row is not null then greatest(stamp, since)
    when ended is null or stamp > ended then stamp
    else greatest({now}, ended)
  end as happened
from compared left join ended using ({key_names})""")


def _changed(request: LoadRequest) -> str:
    """The condition under which a staged row is another version than the open one."""
    config = request.config
    if config.strategy == "timestamp":
        kind = _stamp_type(request)
        return f"opened.dbt_updated_at < {_stamp(request, kind)}"
    keys = {key.lower() for key in config.unique_key}
    compared = [name for name, _ in request.known_staged() if name.lower() not in keys]
    if tuple(map(str.lower, config.check_cols)) != ("all",):
        compared = list(config.check_cols)
    differs = [f"opened.{quote(name)} is distinct from staged.{quote(name)}" for name in compared]
    return f"({' or '.join(differs) or 'false'})"


def _open(request: LoadRequest, has_flag: bool) -> Statement:
    """Insert new versions, and with `new_record` one for each deleted row that says so, with the values it had.

    One INSERT for both: of two into one table in a transaction, DuckDB 2.0 can lose the second's rows when the first
    gives none.
    """
    columns = [name for name, _ in request.known_staged()]
    flag = f", 'False' as {DELETED}" if has_flag else ""
    selects = [
        f"select {_list(columns, 'staged')}, {_own(request, 'staged', 'change.stamp')}{flag} "
        f"from {CHANGES} as change join {STAGE} as staged on staged.rowid = change.staged_row"
    ]
    if request.config.hard_deletes == "new_record":
        own = {*OWN_COLUMNS, DELETED}
        kept = [name for name, _ in request.known_target() if name.lower() not in own]
        selects.append(
            f"select {_list(kept, 'closed')}, {_own(request, 'closed', 'change.happened')}, 'True' as {DELETED} "
            f"from {CHANGES} as change join {request.target.sql} as closed on closed.rowid = change.target_row "
            "where change.staged_row is null"
        )
    return Statement(f"insert into {request.target.sql} by name\n" + "\nunion all by name\n".join(selects), "written")


def _own(request: LoadRequest, row: str, stamp: str) -> str:
    """The snapshot's own columns of a version that begins when its change happened."""
    identity = _version_id(request, row, stamp, "change.happened")
    values = (identity, stamp, "change.happened", f"cast(null as {_stamp_type(request)})")
    return ", ".join(f"{value} as {name}" for value, name in zip(values, OWN_COLUMNS, strict=True))


def _fit_table(request: LoadRequest) -> tuple[tuple[Statement, ...], bool]:
    """Add the query's new columns to the table; tell whether it has the flag of deleted rows then.

    Columns that the query no longer gives stay, with NULL in new versions.
    """
    target = request.known_target()
    there = {name.lower() for name, _ in target}
    missing = [name for name in OWN_COLUMNS if name not in there]
    if missing:
        raise BatchError(
            f"{request.target} is a table, but no snapshot: it has no {', '.join(missing)}",
            path=request.path or None,
            hint="move it away, or give the snapshot another name",
        )
    new = compare_columns(target, request.known_staged()).added
    statements = tuple(add_column(request, name, kind) for name, kind in new)
    if request.config.hard_deletes == "new_record" and DELETED not in there:
        return (*statements, add_column(request, DELETED, "varchar default 'False'")), True
    return statements, DELETED in there


def _validate(request: LoadRequest) -> None:
    config, staged = request.config, request.known_staged()
    if not config.unique_key or config.strategy is None or (config.strategy == "timestamp" and not config.updated_at):
        raise BatchError(
            "a snapshot needs a unique_key, a strategy (timestamp or check), and updated_at for timestamp",
            path=request.path or None,
        )
    if config.strategy == "check" and not config.check_cols:
        raise BatchError(
            "a snapshot with strategy 'check' needs check_cols: 'all' or a list", path=request.path or None
        )
    request.require(config.unique_key, staged, "unique_key")
    if config.strategy == "timestamp":
        request.require((config.updated_at or "",), staged, "updated_at")
    elif tuple(map(str.lower, config.check_cols)) != ("all",):
        request.require(config.check_cols, staged, "check_cols")
    taken = [name for name, _ in staged if name.lower() in {*OWN_COLUMNS, DELETED}]
    if taken:
        raise BatchError(
            f"the snapshot's query gives {', '.join(taken)}, a name the snapshot itself needs",
            path=request.path or None,
            hint="rename the column in the query",
        )


def _stamp_type(request: LoadRequest) -> str:
    """The type of the moments: the table's own, else that of updated_at. Raises BatchError where that is no time."""
    columns = request.known_staged() if request.fresh else request.known_target()
    types = {name.lower(): kind for name, kind in columns}
    if not request.fresh:
        return types["dbt_valid_from"]
    if request.config.strategy == "check":
        return "TIMESTAMP"
    name = request.config.updated_at or ""
    kind = types[name.lower()]
    if not kind.startswith(("TIMESTAMP", "DATE", "VARCHAR")):
        raise BatchError(
            f"updated_at '{name}' has the type {kind}; a timestamp is needed",
            path=request.path or None,
            hint=did_you_mean(name, [other for other, of in columns if of.startswith(("TIMESTAMP", "DATE"))])
            or "cast it in the query",
        )
    return kind


def _stamp(request: LoadRequest, kind: str) -> str:
    """The expression of a staged row's moment."""
    if request.config.strategy == "check":
        return _now(request, kind)
    return f"cast(staged.{quote(request.config.updated_at or '')} as {kind})"


def _now(request: LoadRequest, kind: str) -> str:
    return f"cast(timestamp '{request.now:%Y-%m-%d %H:%M:%S.%f}' as {kind})"


def _version_id(request: LoadRequest, relation: str, stamp: str, happened: str) -> str:
    """Hash of key and stamp; of when it happened too, where that is another moment, so that no two are alike."""
    keys = ", ".join(f"cast({relation}.{quote(key)} as varchar)" for key in request.config.unique_key)
    return f"md5(concat_ws('|', {keys}, cast({stamp} as varchar), cast(nullif({happened}, {stamp}) as varchar)))"


def _same(keys: Sequence[str], one: str, other: str) -> str:
    return " and ".join(f"{one}.{quote(key)} = {other}.{quote(key)}" for key in keys)


def _list(columns: Sequence[str], relation: str | None = None) -> str:
    return ", ".join(f"{relation}.{quote(name)}" if relation else quote(name) for name in columns)
