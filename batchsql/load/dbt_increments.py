"""Increments as dbt lands them on DuckDB: append, delete+insert, merge and microbatch.

The names DBT_INTERNAL_SOURCE, DBT_INTERNAL_DEST and DBT_INCREMENTAL_TARGET are those that people write in conditions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batchsql.errors import BatchError
from batchsql.load.columns import ON_SCHEMA_CHANGE, Landing, add_column, compare_columns
from batchsql.load.request import STAGE, LoadRequest, Statement, insert
from batchsql.values import quote

Statements = tuple[Statement, ...]
_SOURCE, _TARGET = "DBT_INTERNAL_SOURCE", "DBT_INTERNAL_DEST"


def add_rows(request: LoadRequest) -> Statements:
    """Insert what comes in."""
    landing = fit_dbt_columns(request)
    return (*landing.statements, _insert(request, landing))


def replace_dbt_rows(request: LoadRequest) -> Statements:
    """Delete the rows whose keys come in, and insert what comes in; without a key, insert it."""
    keys = request.config.unique_key
    if not keys:
        return add_rows(request)
    landing, target = fit_dbt_columns(request), request.target.sql
    also = "".join(f" and {predicate}" for predicate in predicates(request))
    if len(keys) == 1:
        deleted = f"delete from {target} where ({keys[0]}) in (select ({keys[0]}) from {STAGE}){also}"
    else:
        same = " and ".join(f"source.{key} = DBT_INCREMENTAL_TARGET.{key}" for key in keys)
        deleted = f"delete from {target} as DBT_INCREMENTAL_TARGET using {STAGE} as source where ({same}{also})"
    return (*landing.statements, Statement(deleted, "deleted"), _insert(request, landing))


def replace_dbt_interval(request: LoadRequest, inside: str) -> Statements:
    """Delete the interval's rows and insert those that come in and lie in it. inside: the condition that says so."""
    landing, target = fit_dbt_columns(request), request.target.sql
    also = "".join(f" and ({predicate})" for predicate in predicates(request))
    return (
        *landing.statements,
        Statement(f"delete from {target} where {inside}{also}", "deleted"),
        Statement(f"{insert(request.target, landing.columns, STAGE)} where {inside}", "written"),
    )


def _insert(request: LoadRequest, landing: Landing) -> Statement:
    return Statement(insert(request.target, landing.columns, STAGE), "written")


def predicates(request: LoadRequest) -> tuple[str, ...]:
    """`incremental_predicates`, or `predicates`: one text or a list of them."""
    extra = request.config.extra
    return _listed(extra.get("predicates") or extra.get("incremental_predicates"))


def _listed(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


# --- columns ------------------------------------------------------------------------------------------------------


def fit_dbt_columns(request: LoadRequest) -> Landing:
    """Fit the target to the query's columns, as `on_schema_change` says. Raises BatchError where it says `fail`."""
    target, staged = request.known_target(), request.known_staged()
    changes = compare_columns(target, staged)
    policy = request.config.on_schema_change
    if policy == "ignore":
        there = tuple(name for name, _ in target)
        if request.config.incremental_strategy != "merge":
            ON_SCHEMA_CHANGE["ignore"](request, changes)
        return Landing((), there)
    statements = _synchronized(request) if policy == "sync_all_columns" else ON_SCHEMA_CHANGE[policy](request, changes)
    return Landing(statements, tuple(name for name, _ in staged))


def _synchronized(request: LoadRequest) -> Statements:
    """Add and drop columns; one of another type is made anew, and so becomes the last."""
    changes = compare_columns(request.known_target(), request.known_staged())
    table = request.target.sql
    statements = [add_column(request, name, kind) for name, kind in changes.added]
    statements += [Statement(f"alter table {table} drop column {quote(name)}") for name, _ in changes.removed]
    for name, _, kind in changes.retyped:
        old, new = quote(name), quote(f"{name}__retyped")
        statements += [
            Statement(f"alter table {table} add column {new} {kind}"),
            Statement(f"update {table} set {new} = {old}"),
            Statement(f"alter table {table} drop column {old}"),
            Statement(f"alter table {table} rename column {new} to {old}"),
        ]
    return tuple(statements)


# --- merge --------------------------------------------------------------------------------------------------------


def merge_rows(request: LoadRequest) -> Statements:
    """One MERGE, with the clauses that the config's merge_* keys ask for."""
    landing, extra = fit_dbt_columns(request), request.config.extra
    clauses = extra.get("merge_clauses") or {}
    if not isinstance(clauses, Mapping):
        raise _wrong(request, "merge_clauses must be a mapping with when_matched or when_not_matched")
    matched = clauses.get("when_matched") or [_default_update(extra)]
    unmatched = clauses.get("when_not_matched") or [
        {"action": "insert", "mode": "by_name", "condition": extra.get("merge_insert_condition")}
    ]
    lines = [f"merge into {request.target.sql} as {_TARGET} using {_source(request)} as {_SOURCE} {_join(request)}"]
    lines += [f"when matched{_condition(each)} then {_matched(request, each, landing)}" for each in matched]
    lines += [_unmatched(request, each) for each in unmatched]
    return (*landing.statements, Statement("\n".join(lines), "written"))


def _source(request: LoadRequest) -> str:
    """What comes in, without columns that the table does not get."""
    if request.config.on_schema_change != "ignore":
        return STAGE
    there = {name.lower() for name, _ in request.known_target()}
    staged = [name for name, _ in request.known_staged()]
    taken = [name for name in staged if name.lower() in there]
    return STAGE if taken == staged else f"(select {', '.join(map(quote, taken))} from {STAGE})"


def _default_update(extra: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {
        "include": extra.get("merge_update_columns") or [],
        "exclude": extra.get("merge_exclude_columns") or [],
        "set_expressions": extra.get("merge_update_set_expressions") or {},
    }
    mode = "explicit" if any(chosen.values()) else "by_name"
    return {"action": "update", "mode": mode, "condition": extra.get("merge_update_condition"), "update": chosen}


def _join(request: LoadRequest) -> str:
    """The condition of the merge; without a key, no row matches."""
    using, also = _listed(request.config.extra.get("merge_on_using_columns")), predicates(request)
    if using:
        condition = f" on ({') and ('.join(also)})" if also else ""
        return f"using ({', '.join(using)}){condition}"
    same = [f"{_SOURCE}.{key} = {_TARGET}.{key}" for key in request.config.unique_key] or ["false"]
    return f"on ({') and ('.join((*same, *also))})"


def _condition(clause: Mapping[str, Any]) -> str:
    listed = _listed(clause.get("condition") or None)
    if not listed:
        return ""
    return f" and ({listed[0]})" if len(listed) == 1 else f" and (({') and ('.join(listed)}))"


_WHOLE_UPDATE = {"by_name": "update by name", "by_position": "update by position", "star": "update set *"}
_WHOLE_INSERT = {"by_name": "insert by name", "by_position": "insert by position", "star": "insert *"}


def _matched(request: LoadRequest, clause: Mapping[str, Any], landing: Landing) -> str:
    if clause.get("action") != "update":
        return _other_action(request, clause)
    if clause.get("mode") in _WHOLE_UPDATE:
        return _WHOLE_UPDATE[clause["mode"]]
    update = clause.get("update") or {}
    return _update(
        update.get("set_expressions") or {},
        _update_columns(_listed(update.get("include")), _listed(update.get("exclude")), landing.columns),
    )


def _update_columns(include: Sequence[str], exclude: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The columns to update, quoted where they are the table's own names."""
    if include:
        return list(include)
    left_out = {name.lower() for name in exclude}
    return [quote(name) for name in columns if name.lower() not in left_out]


def _update(expressions: Mapping[str, str], columns: Sequence[str]) -> str:
    given = [f"{name} = {value}" for name, value in expressions.items()]
    plain = [f"{name} = {_SOURCE}.{name}" for name in columns if name.strip("\"'") not in expressions]
    return f"update set {', '.join((*given, *plain))}"


def _unmatched(request: LoadRequest, clause: Mapping[str, Any]) -> str:
    by = f" by {clause['by']}" if clause.get("by") else ""
    return f"when not matched{by}{_condition(clause)} then {_unmatched_action(request, clause)}"


def _unmatched_action(request: LoadRequest, clause: Mapping[str, Any]) -> str:
    if clause.get("action") == "update":
        return _update(clause.get("set_expressions") or {}, ())
    if clause.get("action") != "insert":
        return _other_action(request, clause)
    if clause.get("mode") in _WHOLE_INSERT:
        return _WHOLE_INSERT[clause["mode"]]
    chosen = clause.get("insert") or {}
    columns, values = _listed(chosen.get("columns")), _listed(chosen.get("values"))
    return f"insert ({', '.join(columns)}) values ({', '.join(values)})"


def _other_action(request: LoadRequest, clause: Mapping[str, Any]) -> str:
    action = clause.get("action")
    if action in ("delete", "do_nothing"):
        return str(action).replace("_", " ")
    if action == "error":
        text = str(clause.get("error_message") or "").replace("'", "''")
        return f"error '{text}'" if text else "error"
    raise _wrong(request, f"a clause of merge_clauses cannot have the action '{action}'")


def _wrong(request: LoadRequest, message: str) -> BatchError:
    return BatchError(message, path=request.path or None)
