"""The kinds of checks: for each, the SQL that counts its failures and the SQL that shows some of them.

Whatever a row can answer by itself is a condition, counted in one scan for all checks. Keys and other relations need
a subquery of their own. How NULL is treated, as far as possible like dbt and Great Expectations treat it:

not_null         counts rows where any of the columns is NULL
unique           counts keys that occur more than once; a key with a NULL in it is not looked at
accepted_values  counts rows; NULL passes
accepted_range   counts rows; NULL passes; NaN is greater than every number, as DuckDB orders it
relationships    counts rows; NULL passes
expression       counts rows for which it is false; NULL passes
row_count        counts 1 when the number of rows is not as it should be
sql              counts the rows that the query returns
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct

from batchsql.check.scope import enclosed, of_batch, of_history, read, without_semicolon
from batchsql.errors import ProjectError, did_you_mean
from batchsql.values import Check, Scope, literal, quote

ROWS_TO_SHOW = 5
ROWS_WORTH_ASKING_FOR_ORDER = 20_000
"""From here on, asking first whether the keys are already in order costs less than it saves."""

Relations = Mapping[str, str]


class Question(Struct, frozen=True, kw_only=True):
    """A check as SQL.

    count: the number of failures (for `row_count`, of rows), an SQL expression as it stands in the statement.
    sample: a query with one column and up to 5 rows, each an offending row (or key) as JSON; None where no row is
            to blame.
    reads: how `count` reads the scope's rows: in the scan that it shares with others, again in a subquery of its own,
           or not at all.
    prepare: a statement to run before, which keeps in a session variable what `count` compares with.
    """

    check: Check
    count: str
    sample: str | None
    reads: Literal["shared", "again", "nothing"] = "shared"
    prepare: str | None = None


# --- checks that each row answers by itself -----------------------------------------------------------------------


def _not_null(check: Check) -> str:
    return " or ".join(f"{quote(column)} is null" for column in check.columns)


def _accepted_values(check: Check) -> str:
    column = quote(_only_column(check))
    values = [value for value in _argument(check, "values") if value is not None]
    if not values:
        return f"{column} is not null"
    quoted = check.arguments.get("quote", True)
    listed = ", ".join(literal(_plain(value)) if quoted else sql_value(value) for value in values)
    return f"{column} not in ({listed})"


def _accepted_range(check: Check) -> str:
    column = quote(_only_column(check))
    equal = "" if check.arguments.get("inclusive", True) else "="
    low, high = check.arguments.get("min_value"), check.arguments.get("max_value")
    bounds = []
    if low is not None:
        bounds.append(f"{column} <{equal} {sql_value(low)}")
    if high is not None:
        bounds.append(f"{column} >{equal} {sql_value(high)}")
    if not bounds:
        raise _wrong(check, "needs min_value, max_value or both")
    return " or ".join(bounds)


def _expression(check: Check) -> str:
    return f"not {enclosed(_argument(check, 'expression'))}"


def _by_row(condition: Callable[[Check], str]) -> Callable[[Check, Scope, Relations], Question]:
    def ask(check: Check, scope: Scope, _relations: Relations) -> Question:
        fails = condition(check)
        where = enclosed(check.where)
        counted = f"{where} and ({fails})" if where else fails
        offending = f"select * from {of_batch(scope, where, enclosed(fails))} limit {ROWS_TO_SHOW}"
        return Question(check=check, count=f"count_if({counted})", sample=_as_json(offending))

    return ask


# --- checks that need more than the row ---------------------------------------------------------------------------


def _unique(check: Check, scope: Scope, _relations: Relations) -> Question:
    """Keys that occur twice in the batch, or in the batch and in history.

    History is scanned once and joined with the batch's keys, which are few. What lies outside of their span is left
    out: where keys lie close together, as numbers and times do, zone maps then spare nearly all of history. The span is
    in a session variable, since a subquery in its place would not be known when the scan is planned.
    """
    columns = ", ".join(map(quote, check.columns))
    key = f"({columns})" if len(check.columns) > 1 else columns
    where, known = enclosed(check.where), " and ".join(f"{quote(column)} is not null" for column in check.columns)
    batch = of_batch(scope, where, known)
    large = scope.rows is None or scope.rows >= ROWS_WORTH_ASKING_FOR_ORDER
    grouped = of_batch(scope, where, known, _disorder(key, batch)) if large and scope.kind == "table" else batch
    repeated = f"select {columns} from {grouped} group by {columns} having count(*) > 1"
    keys = f"select {columns} from {batch}"
    prepare = None
    if scope.history:
        conditions = [where, known]
        if large:
            prepare, within = _span(check.columns[0], of_batch(scope))
            conditions.append(within)
        again = of_history(scope, *conditions, f"{key} in (select {columns} from {of_batch(scope, where)})")
        repeated += f" union select {columns} from {again}"
        keys += f" union all select {columns} from {again}"
    offending = (
        f'select {columns}, count(*) as "rows" from ({keys}) group by {columns} having count(*) > 1 '
        f"order by count(*) desc limit {ROWS_TO_SHOW}"
    )
    count = f"(select count(*) from ({repeated}))"
    return Question(check=check, count=count, sample=_as_json(offending), reads="again", prepare=prepare)


def _span(column: str, batch: str) -> tuple[str, str]:
    """The statement that keeps a column's span in the batch, and the condition that a value lies within it."""
    name, column = f"batchsql_span_{column}", quote(column)
    prepare = f"set variable {quote(name)} = (select {{'low': min({column}), 'high': max({column})}} from {batch})"
    span = f"getvariable({literal(name)})"
    return prepare, f"{column} between {span}.low and {span}.high"


def _disorder(key: str, batch: str) -> str:
    """Whether some key is not greater than the one in the row before it.

    If each is greater, in whatever order the rows come, no key occurs twice. One look at each row tells, and the first
    disorder ends it. The grouping, a hundred times dearer, runs only after that, and then costs about a tenth more.
    """
    return f"exists (select 1 from (select {key} <= lag({key}) over () as disorder from {batch}) where disorder)"


def _relationships(check: Check, scope: Scope, relations: Relations) -> Question:
    column, to, field = quote(_only_column(check)), _argument(check, "to"), quote(_argument(check, "field"))
    if to not in relations:
        raise _wrong(check, f"refers to '{to}', which is not known", did_you_mean(to, relations))
    rows = of_batch(scope, enclosed(check.where), f"{column} is not null")
    orphans = f"as child anti join {relations[to]} as parent on child.{column} = parent.{field}"
    return Question(
        check=check,
        count=f"(select count(*) from (select {column} from {rows}) {orphans})",
        sample=_as_json(f"select * from (select * from {rows}) {orphans} limit {ROWS_TO_SHOW}"),
        reads="again",
    )


def _row_count(check: Check, _scope: Scope, _relations: Relations) -> Question:
    if not any(check.arguments.get(bound) is not None for bound in ("min", "max", "equals")):
        raise _wrong(check, "needs min, max or equals")
    return Question(check=check, count=f"count_if{enclosed(check.where)}" if check.where else "count(*)", sample=None)


def _sql(check: Check, _scope: Scope, _relations: Relations) -> Question:
    failing = read(f"({without_semicolon(_argument(check, 'sql'))}\n) as failing", enclosed(check.where))
    return Question(
        check=check,
        count=f"(select count(*) from {failing})",
        sample=_as_json(f"select * from {failing} limit {ROWS_TO_SHOW}"),
        reads="nothing",
    )


KINDS: dict[str, Callable[[Check, Scope, Relations], Question]] = {
    "not_null": _by_row(_not_null),
    "unique": _unique,
    "accepted_values": _by_row(_accepted_values),
    "accepted_range": _by_row(_accepted_range),
    "relationships": _relationships,
    "row_count": _row_count,
    "expression": _by_row(_expression),
    "sql": _sql,
}


def question(check: Check, scope: Scope, relations: Relations) -> Question:
    """The check as SQL over the scope. Raises ProjectError where the check cannot be put so."""
    ask = KINDS.get(check.kind)
    if ask is None:
        raise _wrong(check, f"is of an unknown kind '{check.kind}'", did_you_mean(check.kind, KINDS))
    if check.kind in ("not_null", "unique") and not check.columns:
        raise _wrong(check, "names no column")
    return ask(check, scope, relations)


# --- small pieces -------------------------------------------------------------------------------------------------


def _as_json(query: str) -> str:
    """Each row of a query as one JSON object; the engine knows how to write every type of its own."""
    return f'select to_json("offending row") from ({query}) as "offending row"'


def sql_value(value: Any) -> str:
    """A value of an argument as SQL; text is SQL already."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"timestamp '{value:%Y-%m-%d %H:%M:%S.%f}'"
    if isinstance(value, date):
        return f"date '{value}'"
    if isinstance(value, (int, Decimal)):
        return str(value)
    if isinstance(value, float):
        return repr(value) if value - value == 0 else f"'{value}'::double"
    return enclosed(str(value))


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _argument(check: Check, name: str) -> Any:
    value = check.arguments.get(name)
    if value is None:
        raise _wrong(check, f"needs the argument '{name}'")
    return value


def _only_column(check: Check) -> str:
    if len(check.columns) != 1:
        raise _wrong(check, f"looks at one column, not at {len(check.columns)}")
    return check.columns[0]


def _wrong(check: Check, what: str, hint: str | None = None) -> ProjectError:
    return ProjectError(f"check {check.name} {what}", path=check.path or None, line=check.line or None, hint=hint)
