"""Keeping what a batch replaces, in the batch's own transaction, for as many runs as `keep_history` says.

A table that is made anew is kept whole; of an interval its rows; where rows are replaced by key, or added, those that
went and those that came. Each batch has tables of its own, so that columns may change, and dropping them costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from batchsql.engines.base import Session
from batchsql.load import LoadRequest, scope
from batchsql.load.request import STAGE
from batchsql.pipeline.attempt import Attempt
from batchsql.pipeline.shared import RunState
from batchsql.values import Node, TableName, quote
from batchsql.values.keeping import HISTORY, Kept

_LOST = ("external", "table_function")


def keep_before(run: RunState, attempt: Attempt, session: Session, request: LoadRequest, *, by_macro: bool) -> None:
    """Keep what is about to be replaced. To be called when the request knows its columns; by_macro: a macro writes."""
    node = attempt.node
    if not node.config.keep_history or node.relation is None:
        return
    _expire(run, node, session)
    attempt.kept = _kept(run, attempt, session, request, by_macro=by_macro)


def keep_after(run: RunState, attempt: Attempt, session: Session, request: LoadRequest) -> None:
    """Keep what came, where it cannot be told from what was there. To be called when the batch was judged."""
    kept = attempt.kept
    if kept is None or kept.kind != "diff":
        return
    written = scope(request)
    rows = f"SELECT * FROM {written.relation} WHERE {written.predicate or 'true'}"
    added = _store(run, attempt, session, rows, "+")
    attempt.kept = Kept(kind="diff", removed=kept.removed, added=added, columns=kept.columns)


def _kept(run: RunState, attempt: Attempt, session: Session, request: LoadRequest, *, by_macro: bool) -> Kept:
    node, target = attempt.node, request.target
    if node.config.materialized in _LOST:
        return Kept(kind="lost")
    if request.existing is None:
        return Kept(kind="nothing")
    if request.existing == "view":
        return Kept(kind="view", sql=view_text(session, target))
    columns = tuple(name for name, _ in session.columns(f"FROM {target.sql}"))
    if by_macro or request.fresh or _is_kept_whole(run, attempt, request):
        return Kept(kind="whole", removed=_store(run, attempt, session, f"FROM {target.sql}", "", always=True))
    if request.interval:
        inside = scope(request).predicate or "true"
        removed = _store(run, attempt, session, f"SELECT * FROM {target.sql} WHERE {inside}", "")
        return Kept(kind="slice", removed=removed, sql=inside, columns=columns)
    removed = ""
    if keys := node.config.unique_key:
        same = " AND ".join(f"target.{quote(key)} = staged.{quote(key)}" for key in keys)
        rows = f"SELECT * FROM {target.sql} AS target WHERE EXISTS (SELECT 1 FROM {STAGE} AS staged WHERE {same})"
        removed = _store(run, attempt, session, rows, "") if not attempt.batch.release else ""
    return Kept(kind="diff", removed=removed, columns=columns)


def _is_kept_whole(run: RunState, attempt: Attempt, request: LoadRequest) -> bool:
    """Whether more may change than the rows of the slice: by hooks, versions that are closed, dbt's ways to load."""
    config = attempt.node.config
    hooks = config.pre_hook or config.post_hook or config.extra.get("sql_header")
    is_dbt = run.compiled.project.dialect == "dbt"
    return bool(hooks) or is_dbt or config.materialized != "incremental" or request.clear_outside


def _store(run: RunState, attempt: Attempt, session: Session, rows: str, mark: str, *, always: bool = False) -> str:
    """Keep rows in a table of their own; its name, or nothing where there are none."""
    name = f"{attempt.node.key}@{run.run_id}.{attempt.batch_id}{mark}"
    return store_rows(session, name, rows, always=always)


def store_rows(session: Session, name: str, rows: str, *, always: bool = False) -> str:
    """Make a table of history; its name, or nothing where it would be empty and is not wanted always."""
    session.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(HISTORY)}")
    made = session.execute(f"CREATE TABLE {kept_in(name)} AS {rows}")
    if made or always:
        return name
    session.execute(f"DROP TABLE {kept_in(name)}")
    return ""


def kept_in(name: str) -> str:
    """The quoted name of a table of history."""
    return TableName(HISTORY, name).sql


def view_text(session: Session, view: TableName) -> str:
    """The statement that makes a view that is there."""
    named = "database_name = current_database() AND schema_name = ? AND view_name = ?"
    return str(session.query(f"SELECT sql FROM duckdb_views() WHERE {named}", [view.schema, view.name])[0][0])


def run_of(name: str, model: str) -> int | None:
    """The run that a table of history is of; None where it is not of this model."""
    front, _, back = name.rpartition("@")
    return int(back.partition(".")[0]) if front == model else None


def expired(names: Iterable[str], model: str, keep: int, run_id: int) -> list[str]:
    """Which tables of history are of older runs than the newest `keep` runs, of which the run under way is one."""
    found = {name: number for name in names if (number := run_of(name, model)) is not None}
    newest = sorted({run_id, *found.values()}, reverse=True)[:keep]
    return [name for name, number in found.items() if number not in newest]


def _expire(run: RunState, node: Node, session: Session) -> None:
    """Drop what is older than what is to be kept; it does not matter whether this run did so already."""
    names = [relation.name for relation in run.relations if relation.schema == HISTORY]
    for name in expired(names, node.key, node.config.keep_history, run.run_id):
        session.execute(f"DROP TABLE IF EXISTS {kept_in(name)}")
