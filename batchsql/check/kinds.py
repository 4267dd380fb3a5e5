"""The kinds of checks with short names: for each, the SQL that counts its failures and the SQL that shows some.

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

Those that compare with the past are in history.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from batchsql.check import utilities
from batchsql.check.asking import expectation_question
from batchsql.check.history import QUESTIONS
from batchsql.check.question import ROWS_TO_SHOW, Question, Relations, as_json, wrong
from batchsql.check.scope import enclosed, of_batch, read, without_semicolon
from batchsql.check.uniqueness import unique
from batchsql.errors import did_you_mean
from batchsql.values import Check, Scope, literal, quote
from batchsql.values.vocabulary import SIGNATURES

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
        raise wrong(check, "needs min_value, max_value or both")
    return " or ".join(bounds)


def _expression(check: Check) -> str:
    return f"not {enclosed(_argument(check, 'expression'))}"


def _by_row(condition: Callable[[Check], str], listed: str = "") -> Callable[[Check, Scope, Relations], Question]:
    """listed: the select list of what fails, by value; where it is empty, rows fail."""

    def ask(check: Check, scope: Scope, _relations: Relations) -> Question:
        fails = condition(check)
        where = enclosed(check.where)
        counted = f"{where} and ({fails})" if where else fails
        rows = of_batch(scope, where, enclosed(fails))
        by_value = f"select {listed.format(column=quote(check.columns[0]))} from {rows} group by 1" if listed else ""
        return Question(
            check=check,
            count=f"count_if({counted})",
            sample=as_json(f"select * from {rows} limit {ROWS_TO_SHOW}"),
            failing=by_value or f"select * from {rows}",
            offending=counted,
        )

    return ask


# --- checks that need more than the row ---------------------------------------------------------------------------


def _relationships(check: Check, scope: Scope, relations: Relations) -> Question:
    column, to, field = quote(_only_column(check)), _argument(check, "to"), quote(_argument(check, "field"))
    if to not in relations:
        raise wrong(check, f"refers to '{to}', which is not known", did_you_mean(to, relations))
    where = enclosed(check.where)
    rows = of_batch(scope, where, f"{column} is not null")
    orphans = f"as child anti join {relations[to]} as parent on child.{column} = parent.{field}"
    whole = "" if check.test else ", child.*"  # dbt's own test gives the key alone
    return Question(
        check=check,
        count=f"(select count(*) from (select {column} from {rows}) {orphans})",
        sample=as_json(f"select * from (select * from {rows}) {orphans} limit {ROWS_TO_SHOW}"),
        failing=f"select child.{column} as from_field{whole} from (select * from {rows}) {orphans}",
        reads="again",
        offending=f"{column} is not null and {column} not in "
        f"(select {field} from {relations[to]} where {field} is not null)" + (f" and {where}" if where else ""),
    )


def _row_count(check: Check, _scope: Scope, _relations: Relations) -> Question:
    if not any(check.arguments.get(bound) is not None for bound in ("min", "max", "equals")):
        raise wrong(check, "needs min, max or equals")
    return Question(check=check, count=f"count_if{enclosed(check.where)}" if check.where else "count(*)", sample=None)


def _sql(check: Check, _scope: Scope, _relations: Relations) -> Question:
    failing = read(f"({without_semicolon(_argument(check, 'sql'))}\n) as failing", enclosed(check.where))
    return Question(
        check=check,
        count=f"(select count(*) from {failing})",
        sample=as_json(f"select * from {failing} limit {ROWS_TO_SHOW}"),
        failing=f"select * from {failing}",
        reads="nothing",
    )


KINDS: dict[str, Callable[[Check, Scope, Relations], Question]] = {
    "not_null": _by_row(_not_null),
    "unique": unique,
    "accepted_values": _by_row(_accepted_values, "{column} as value_field, count(*) as n_records"),
    "accepted_range": _by_row(_accepted_range),
    "relationships": _relationships,
    "row_count": _row_count,
    "expression": _by_row(_expression),
    "sql": _sql,
    **QUESTIONS,
    **utilities.QUESTIONS,
}


def question(check: Check, scope: Scope, relations: Relations) -> Question:
    """The check as SQL over the scope. Raises ProjectError where the check cannot be put so."""
    asked = _question(check, scope, relations)
    if not check.calculates:
        return asked
    if asked.failing is None:
        hint = "use severity, warn_if and error_if"
        raise wrong(check, "lists nothing that fails, so fail_calc and limit have nothing to work on", hint)
    limit = f" limit {check.limit}" if check.limit is not None else ""
    failures = f"(select {check.fail_calc} from ({asked.failing}{limit}) as dbt_internal_test)"
    if check.kind in SIGNATURES:  # whose verdict rests on the other values too
        return replace(asked, more=(*asked.more, failures), reads="again")
    return replace(asked, count=failures, reads="nothing" if asked.reads == "nothing" else "again")


def _question(check: Check, scope: Scope, relations: Relations) -> Question:
    if check.kind in SIGNATURES:
        return expectation_question(check, scope, relations)
    ask = KINDS.get(check.kind)
    if ask is None:
        known = (*KINDS, *SIGNATURES)
        raise wrong(check, f"is of an unknown kind '{check.kind}'", did_you_mean(check.kind, known))
    if check.kind in ("not_null", "unique") and not check.columns:
        raise wrong(check, "names no column")
    return ask(check, scope, relations)


# --- small pieces -------------------------------------------------------------------------------------------------


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
        raise wrong(check, f"needs the argument '{name}'")
    return value


def _only_column(check: Check) -> str:
    if len(check.columns) != 1:
        raise wrong(check, f"looks at one column, not at {len(check.columns)}")
    return check.columns[0]
