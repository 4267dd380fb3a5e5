"""How a batch lands: one small function a strategy, and one table of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Literal

from msgspec import Struct

from batchsql.errors import BatchError, did_you_mean
from batchsql.load import dbt_increments, dbt_seeds, dbt_snapshots, external, snapshots
from batchsql.load.columns import fit_columns
from batchsql.load.request import (
    BEFORE,
    STAGE,
    WRITTEN,
    LoadRequest,
    Question,
    Statement,
    duplicates,
    insert,
    take_mark,
)
from batchsql.values import Interval, Scope, quote

Statements = tuple[Statement, ...]


class Strategy(Struct, frozen=True):
    """The functions of one way to land.

    write: the statements that land the batch. scope: the rows it wrote.
    first: the statements that make the relation, where that is more than a table of the query's rows.
    staged: whether the query's rows are put in a temporary table; `always`, or only where the relation is there.
    questions: what must hold of the rows. temporary: relations that it leaves behind, beside the staged rows.
    names_columns: whether the config names columns that the query must give the first time too.
    """

    write: Callable[[LoadRequest], Statements]
    scope: Callable[[LoadRequest], Scope]
    first: Callable[[LoadRequest], Statements] | None = None
    staged: Literal["never", "later", "always"] = "never"
    questions: Callable[[LoadRequest], tuple[Question, ...]] = lambda _: ()
    names_columns: bool = False
    temporary: tuple[str, ...] = ()


# --- whole relations --------------------------------------------------------------------------------------------


def create_view(request: LoadRequest) -> Statements:
    """Replace what is there by a view."""
    dropped = (Statement(f"drop table {request.target.sql}"),) if request.existing == "table" else ()
    return (*dropped, Statement(f"create or replace view {request.target.sql} as\n{request.sql}", query_line=2))


def create_table(request: LoadRequest) -> Statements:
    """Replace what is there by a table. Readers see the old one until the commit."""
    dropped = (Statement(f"drop view {request.target.sql}"),) if request.existing == "view" else ()
    if request.definitions:
        return (*dropped, *_create_as_declared(request))
    head, query, line = f"create or replace table {request.target.sql} as\n", request.sql, 2
    if request.declared:
        query, line = f"select {', '.join(map(quote, request.declared))} from\n{request.query}", 4
    return (*dropped, Statement(head + query, "written", query_line=line))


def _create_as_declared(request: LoadRequest) -> Statements:
    """Make the table as its contract declares it, constraints and all, and fill it."""
    columns, definitions = ", ".join(map(quote, request.declared)), ",\n".join(request.definitions)
    return (
        Statement(f"create or replace table {request.target.sql} (\n{definitions}\n)"),
        Statement(
            f"insert into {request.target.sql} ({columns})\nselect {columns} from\n{request.query}",
            "written",
            query_line=4,
        ),
    )


def whole_view(request: LoadRequest) -> Scope:
    """All that the view shows."""
    return Scope(relation=request.target.sql, kind="view")


def whole_table(request: LoadRequest) -> Scope:
    """All rows of the table."""
    return Scope(relation=request.target.sql, kind="table")


def seed_is_whole(request: LoadRequest) -> tuple[Question, ...]:
    """As many rows in the table as records in the file."""
    if request.seed is None:
        return ()
    rows = request.seed.rows
    return (
        Question(
            count=f"select abs(count(*) - {rows}) from {request.target.sql}",
            message=f"the file has {rows:,} rows, but the engine read another number ({{count}} more or less)",
            hint="quote every field that holds quotes or line breaks",
        ),
    )


def create_table_function(request: LoadRequest) -> Statements:
    """Make a function that gives the query's rows; `parameters` are what the query may name, as text or a list."""
    parameters = request.config.extra.get("parameters") or ""
    listed = ", ".join(map(str, parameters)) if isinstance(parameters, list | tuple) else str(parameters)
    made = f"create or replace function {request.target.sql}({listed}) as table\n{request.sql}"
    return (Statement(made, query_line=2),)


def nothing(request: LoadRequest) -> Scope:  # noqa: ARG001  a function has no rows of its own
    """No rows: a function gives none before it is called."""
    return Scope(relation="(select 1 where false)", kind="view")


# --- increments -------------------------------------------------------------------------------------------------


def append(request: LoadRequest) -> Statements:
    """Insert the query's rows."""
    landing = fit_columns(request)
    written = Statement(insert(request.target, landing.columns, request.query), "written", query_line=2)
    return (*landing.statements, take_mark(request), written)


def replace_by_key(request: LoadRequest) -> Statements:
    """Delete the rows whose keys come in, and insert what comes in. A key with a NULL in it matches no other.

    benchmarks/upsert_statements.py compares this with MERGE, UPDATE and other ways to delete.
    """
    request.require(request.config.unique_key, request.known_staged(), "unique_key")
    landing = fit_columns(request)
    same = " and ".join(f"target.{quote(key)} = staged.{quote(key)}" for key in request.config.unique_key)
    return (
        *landing.statements,
        take_mark(request),
        Statement(
            f"delete from {request.target.sql} as target where exists (select 1 from {STAGE} as staged where {same})",
            "deleted",
        ),
        Statement(insert(request.target, landing.columns, STAGE), "written"),
    )


def written_rows(request: LoadRequest) -> Scope:
    """The rows that came in after the mark; history is what was there and still is."""
    return Scope(
        relation=request.target.sql,
        predicate=WRITTEN,
        history=request.target.sql,
        history_predicate=BEFORE,
        kind="table",
    )


def one_row_a_key(request: LoadRequest) -> tuple[Question, ...]:
    """No key twice in a batch: which of its rows should win, nobody said."""
    keys = request.config.unique_key
    if not keys:
        return ()
    predicate = None if request.fresh else WRITTEN
    message = f"the unique key ({', '.join(keys)}) is not unique in the batch, {{count}} duplicated in all"
    return (duplicates(request.target.sql, keys, predicate, message),)


# --- intervals --------------------------------------------------------------------------------------------------


def replace_interval(request: LoadRequest) -> Statements:
    """Delete the interval's rows and insert the query's, with no copy in between."""
    interval, event_time = _slice(request)
    request.require((event_time,), request.known_staged(), "event_time")
    landing = fit_columns(request)
    deleted = _inside(request, event_time, interval)
    if request.clear_outside and request.config.begin:
        grid = Interval(min(request.config.begin, interval.start), request.config.end or datetime.max)
        deleted = f"({deleted}) or ({_inside(request, event_time, grid)}) is not true"
    return (
        *landing.statements,
        Statement(f"delete from {request.target.sql} where {deleted}", "deleted"),
        Statement(insert(request.target, landing.columns, request.query), "written", query_line=2),
    )


def interval_rows(request: LoadRequest) -> Scope:
    """The rows of the interval, which are the batch's and no other's; history is all other rows."""
    interval, event_time = _slice(request)
    inside = _inside(request, event_time, interval)
    return Scope(
        relation=request.target.sql,
        predicate=inside,
        history=request.target.sql,
        history_predicate=f"not ({inside})",  # known to statistics, as `is not true` is not
        kind="table",
    )


def all_in_interval(request: LoadRequest) -> tuple[Question, ...]:
    """Rows outside the interval would belong to two batches, or to none: as many must be in it as were written."""
    interval, event_time = _slice(request)
    inside, column = _inside(request, event_time, interval), quote(event_time)
    return (
        Question(
            count=f"select count(*) from {request.target.sql} where {inside}",
            expects="written",
            message=f"the batch has rows outside its interval {interval}, {{count}} in all; their {event_time} is",
            examples=f"select distinct coalesce(cast({column} as varchar), 'NULL') as outside from {request.query} "
            f"where ({inside}) is not true order by outside limit 5",
            hint=f"filter the query by batch.start and batch.end, and leave out rows whose {event_time} is NULL",
        ),
    )


def _slice(request: LoadRequest) -> tuple[Interval, str]:
    if request.interval is None or request.config.event_time is None:
        raise BatchError("a microbatch needs an interval and an event_time", path=request.path or None)
    return request.interval, request.config.event_time


def _inside(request: LoadRequest, event_time: str, interval: Interval) -> str:
    """The condition start <= event_time < end, with literals of the column's own type, so that it stays prunable."""
    known = (request.target_columns or ()) if not request.fresh else ()
    types = {name.lower(): kind for name, kind in (*known, *(request.staged_columns or ()))}
    kind = types.get(event_time.lower(), "TIMESTAMP")
    if not kind.startswith(("TIMESTAMP", "DATE")):
        raise BatchError(
            f"event_time '{event_time}' has the type {kind}; a date or a timestamp is needed",
            path=request.path or None,
            hint=f"cast it in the query: cast({event_time} as timestamp)",
        )
    column = quote(event_time)
    start, end = _moment(interval.start, kind), _moment(interval.end, kind)
    return f"{column} >= {start} and {column} < {end}"


def _moment(moment: datetime, kind: str) -> str:
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"timestamptz '{moment:%Y-%m-%d %H:%M:%S.%f}+00'"
    if kind == "DATE" and moment.time() == time.min:
        return f"date '{moment:%Y-%m-%d}'"
    return f"timestamp '{moment:%Y-%m-%d %H:%M:%S.%f}'"


def replace_interval_as_dbt(request: LoadRequest) -> Statements:
    """Replace the interval's rows; what the query gives outside of it is left out."""
    interval, event_time = _slice(request)
    return dbt_increments.replace_dbt_interval(request, _inside(request, event_time, interval))


# --- the table of them ------------------------------------------------------------------------------------------

STRATEGIES: dict[str, Strategy] = {
    "view": Strategy(create_view, whole_view, first=create_view),
    "table": Strategy(create_table, whole_table),
    "external": Strategy(external.write_files, whole_view, first=external.write_files, staged="always"),
    "table_function": Strategy(create_table_function, nothing, first=create_table_function),
    "seed": Strategy(create_table, whole_table, questions=seed_is_whole),
    "append": Strategy(append, written_rows),
    "delete+insert": Strategy(replace_by_key, written_rows, staged="later", names_columns=True),
    "merge": Strategy(replace_by_key, written_rows, staged="later", names_columns=True, questions=one_row_a_key),
    "microbatch": Strategy(replace_interval, interval_rows, names_columns=True, questions=all_in_interval),
    "snapshot": Strategy(
        snapshots.add_versions,
        written_rows,
        first=snapshots.first_versions,
        staged="always",
        questions=snapshots.questions,
        temporary=(snapshots.CHANGES,),
    ),
}

DBT_STRATEGIES: dict[str, Strategy] = {
    **STRATEGIES,
    "seed": Strategy(dbt_seeds.load_seed, whole_table, first=dbt_seeds.load_seed),
    "append": Strategy(dbt_increments.add_rows, whole_table, staged="later"),
    "delete+insert": Strategy(dbt_increments.replace_dbt_rows, whole_table, staged="later"),
    "merge": Strategy(dbt_increments.merge_rows, whole_table, staged="later"),
    "microbatch": Strategy(replace_interval_as_dbt, whole_table, staged="later", names_columns=True),
    "snapshot": Strategy(
        dbt_snapshots.add_dbt_versions,
        whole_table,
        first=dbt_snapshots.first_dbt_versions,
        staged="always",
        temporary=(dbt_snapshots.OPENED, dbt_snapshots.CLOSED),
    ),
}
"""How dbt lands rows: no row is refused, and checks look at the whole table."""


def strategy_of(request: LoadRequest) -> Strategy:
    """The way to land that the config asks for. Raises BatchError where it names none that is known."""
    known = DBT_STRATEGIES if request.dialect == "dbt" else STRATEGIES
    name = _name(request)
    if name not in known:
        message = f"'{name}' is no materialization or strategy that is known here"
        raise BatchError(message, path=request.path or None, hint=did_you_mean(name, known))
    return known[name]


def _name(request: LoadRequest) -> str:
    """Which strategy the config asks for. Without a key there is nothing to replace by, so rows append."""
    config = request.config
    if config.materialized == "ephemeral":
        raise ValueError("an ephemeral model lands nowhere")
    if config.materialized != "incremental":
        return config.materialized
    if config.unique_key or config.incremental_strategy == "microbatch" or request.dialect == "dbt":
        return config.incremental_strategy or "delete+insert"
    return "append"


def plan_stage(request: LoadRequest) -> Statements:
    """Statements that put the batch's rows in a temporary table, where its strategy wants that."""
    if not _is_staged(request):
        return ()
    return (Statement(f"create or replace temp table {STAGE} as\n{request.sql}", query_line=2),)


def incoming(request: LoadRequest) -> str | None:
    """The query whose columns plan_write must know as `staged_columns`; None where it needs none."""
    if _is_staged(request):
        return f"from {STAGE}"
    wanted = strategy_of(request).names_columns or (not request.fresh and request.config.materialized == "incremental")
    return request.sql if wanted else None


def plan_write(request: LoadRequest) -> Statements:
    """Statements that land the batch. Raises BatchError where its columns do not fit."""
    strategy = strategy_of(request)
    if not request.fresh:
        return strategy.write(request)
    if strategy.first:
        return strategy.first(request)
    if strategy.names_columns:
        _check_columns(request)
    return create_table(request)


def scope(request: LoadRequest) -> Scope:
    """Where the rows are that the batch wrote, for the checks. Valid after plan_write, in the same transaction."""
    shows_all = request.fresh and request.config.shows_as == "table" and request.config.materialized != "table_function"
    return whole_table(request) if shows_all else strategy_of(request).scope(request)


def questions(request: LoadRequest) -> tuple[Question, ...]:
    """What must hold of the rows before the commit, whatever the model's own checks are."""
    return strategy_of(request).questions(request)


def plan_cleanup(request: LoadRequest) -> Statements:
    """Statements that give temporary tables back, after the questions and checks."""
    relations = (STAGE, *strategy_of(request).temporary) if _is_staged(request) else ()
    return tuple(Statement(f"drop table if exists {relation}") for relation in relations)


def _is_staged(request: LoadRequest) -> bool:
    staged = strategy_of(request).staged
    return staged == "always" or (staged == "later" and not request.fresh)


def _check_columns(request: LoadRequest) -> None:
    if request.config.incremental_strategy == "microbatch":
        request.require((_slice(request)[1],), request.known_staged(), "event_time")
    else:
        request.require(request.config.unique_key, request.known_staged(), "unique_key")
