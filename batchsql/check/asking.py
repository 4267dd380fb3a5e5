"""Expectations as SQL: the metrics that one rests on, over what a batch wrote, as expressions of one statement."""

from __future__ import annotations

from collections.abc import Sequence

from batchsql.check.expectations import BY_PYTHON, METRICS, WHOLES, Request, counts_missing
from batchsql.check.metrics import AGGREGATE_METRICS, MAP_METRICS, ArgumentError, MapMetric
from batchsql.check.metrics.conditions import condition_sql
from batchsql.check.question import ROWS_TO_SHOW, Question, Relations, as_json, wrong
from batchsql.check.scope import enclosed, of_batch, read, without_semicolon
from batchsql.check.uniqueness import repeated_rows
from batchsql.errors import did_you_mean
from batchsql.values import Check, Scope, quote
from batchsql.values.vocabulary import SIGNATURES

_UNIQUE = ("column_values.unique", "compound_columns.unique")
_BATCH = "{batch}"


def expectation_question(check: Check, scope: Scope, relations: Relations) -> Question:
    """The expectation as SQL over the scope. Raises ProjectError where it cannot be put so."""
    signature = SIGNATURES[check.kind]
    missing = [name for name, kind in signature.arguments.items() if kind[-1] == "!" and name not in check.arguments]
    if missing:
        raise wrong(check, f"needs the argument '{missing[0]}'")
    if signature.domain != "table" and not check.columns:
        raise wrong(check, "names no column")
    try:
        where = looked_at(check)
        if check.kind in BY_PYTHON:
            return _of_values(check, scope, where)
        if check.kind in METRICS:
            return _of_rows(check, MAP_METRICS[METRICS[check.kind]], scope, where)
        return _of_whole(check, scope, where, relations)
    except ArgumentError as error:
        raise wrong(check, str(error)) from error


def looked_at(check: Check) -> str:
    """The condition of the rows that a check looks at: its `where` and its `row_condition`; empty for all."""
    written = condition_sql(check.arguments.get("row_condition"), check.arguments.get("condition_parser"))
    return " and ".join(filter(None, (enclosed(check.where), enclosed(written))))


# --- what each row meets or not -----------------------------------------------------------------------------------


def _of_rows(check: Check, metric: MapMetric, scope: Scope, where: str) -> Question:
    columns = [quote(column) for column in check.columns]
    ignored = metric.ignored(columns, check.arguments)
    more = _counts(metric, where, ignored)
    if metric.name in _UNIQUE:
        asked = repeated_rows(check, scope, where, ignored)
        return Question(
            check=check,
            count=asked.count,
            more=more,
            sample=asked.sample,
            failing=asked.failing,
            reads="again",
            prepare=asked.prepare,
            offending=asked.offending,
        )
    kept = f"not ({ignored})" if ignored else ""
    arguments = _with_quoted_columns(check)
    unexpected = metric.unexpected(columns, arguments, of_batch(scope, where))
    if metric.reads == "window":
        over = f"(select *, {unexpected} as {quote('is unexpected')} from {of_batch(scope, where, kept)})"
        failing = f"select * exclude ({quote('is unexpected')}) from {over} where {quote('is unexpected')}"
        return Question(
            check=check,
            count=f"(select count(*) from {over} where {quote('is unexpected')})",
            more=more,
            sample=as_json(f"{failing} limit {ROWS_TO_SHOW}"),
            failing=failing,
            reads="again",
        )
    # a comparison with NULL is not true: only what looks at several columns must leave out what is ignored
    kept = kept if metric.domain != "column" else ""
    offending = " and ".join(filter(None, (where, kept, enclosed(unexpected))))
    return Question(
        check=check,
        count=f"count_if({offending})",
        more=more,
        sample=as_json(f"select * from {of_batch(scope, offending)} limit {ROWS_TO_SHOW}"),
        failing=f"select * from {of_batch(scope, offending)}",
        reads="again" if metric.reads == "rows" else "shared",
        offending=offending,
    )


def _counts(metric: MapMetric, where: str, ignored: str) -> tuple[str, ...]:
    """The rows, and among them those that are ignored; of metrics about NULL, which ignore none, the rows alone."""
    rows = f"count_if({where})" if where else "count(*)"
    if not counts_missing(metric.name):
        return (rows,)
    if not ignored:
        return (rows, "0")
    return (rows, f"count_if({where} and ({ignored}))" if where else f"count_if({ignored})")


def _with_quoted_columns(check: Check) -> dict[str, object]:
    """The arguments, with columns that they name quoted."""
    arguments = dict(check.arguments)
    if order := arguments.get("order_by_column"):
        arguments["order_by_column"] = quote(order)
    if group := arguments.get("group_by_columns"):
        arguments["group_by_columns"] = [quote(column) for column in group]
    return arguments


def _of_values(check: Check, scope: Scope, where: str) -> Question:
    """The distinct values as text, each with its count, for a rule that is Python's."""
    BY_PYTHON[check.kind](check)
    column = quote(check.columns[0])
    values = (
        f"select {column}::varchar as value, count(*) as count from {of_batch(scope, where, f'{column} is not null')}"
    )
    return Question(
        check=check,
        count=f"(select list({{'value': value, 'count': count}} order by value) from ({values} group by value))",
        more=_counts(MAP_METRICS["column_values.in_set"], where, f"{column} is null"),
        sample=None,
        reads="again",
    )


# --- the whole ------------------------------------------------------------------------------------------------------


def _of_whole(check: Check, scope: Scope, where: str, relations: Relations) -> Question:
    if check.kind == "unexpected_rows_expectation":
        return _of_query(check, scope, where)
    if check.kind == "expect_query_results_to_match_comparison":
        return _of_comparison(check, scope, where)
    columns = [quote(column) for column in check.columns]
    expressions, reads = [], False
    for request in WHOLES[check.kind].requests(check):
        rows = _other(check, relations) if request.of_other else of_batch(scope, where)
        expression, again = _metric(request, columns, rows, alone=bool(where) or request.of_other)
        expressions.append(expression)
        reads = reads or again
    return Question(
        check=check,
        count=expressions[0],
        more=tuple(expressions[1:]),
        sample=None,
        reads="again" if reads else "shared",
    )


def _metric(request: Request, columns: Sequence[str], rows: str, *, alone: bool) -> tuple[str, bool]:
    """The SQL of a metric, and whether it reads the rows by itself, as it must where it looks at other rows."""
    metric = AGGREGATE_METRICS[request.metric]
    sql = metric.sql(columns, request.arguments, rows)
    if metric.reads == "again":
        return sql, True
    return (f"(select {sql} from {rows})", True) if alone else (sql, False)


def _other(check: Check, relations: Relations) -> str:
    name = str(check.arguments["other_table_name"])
    if name not in relations:
        raise wrong(check, f"refers to '{name}', which is not known", did_you_mean(name, relations))
    return relations[name]


def _of_query(check: Check, scope: Scope, where: str) -> Question:
    """The rows that a query returns; `{batch}` in it is what the batch wrote."""
    query = _query(check, "unexpected_rows_query", scope, where)
    return Question(
        check=check,
        count=f"(select count(*) from {read(query)})",
        sample=as_json(f"select * from {query} limit {ROWS_TO_SHOW}"),
        failing=f"select * from {query}",
        reads="again",
    )


def _of_comparison(check: Check, scope: Scope, where: str) -> Question:
    """How many rows two queries give, and how many of the first are not, as often, in the second."""
    base, other = _query(check, "base_query", scope, where), _query(check, "comparison_query", scope, where)
    only_base = f"(select * from {base} except all select * from {other})"
    return Question(
        check=check,
        count=f"(select count(*) from {base})",
        more=(f"(select count(*) from {other})", f"(select count(*) from {only_base})"),
        sample=as_json(f"select * from {only_base} limit {ROWS_TO_SHOW}"),
        failing=f"select * from {only_base}",
        reads="again",
    )


def _query(check: Check, argument: str, scope: Scope, where: str) -> str:
    """A query of an argument as a FROM clause."""
    batch = f"(select * from {of_batch(scope, where)})"
    return f"({without_semicolon(str(check.arguments[argument])).replace(_BATCH, batch)}\n) as asked"
