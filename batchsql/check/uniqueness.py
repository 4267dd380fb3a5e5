"""Keys that occur twice in a batch, or in the batch and in history.

History is scanned once and joined with the batch's keys, which are few. What lies outside of their span is left out:
where keys lie close together, as numbers and times do, zone maps then spare nearly all of history. The span is in a
session variable, since a subquery in its place would not be known when the scan is planned.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from batchsql.check.question import ROWS_TO_SHOW, Question, Relations, as_json
from batchsql.check.scope import enclosed, of_batch, of_history
from batchsql.values import Check, Scope, literal, quote

ROWS_WORTH_ASKING_FOR_ORDER = 20_000
"""From here on, asking first whether the keys are already in order costs less than it saves."""


class _Keys(Struct, frozen=True, kw_only=True):
    """The pieces of SQL about a key.

    columns: as they stand in a select list; key: the same as one value, in parentheses where there are several.
    batch: the batch's rows that are looked at; grouped: the same, or none where the order of the keys shows that no key
        occurs twice. again: rows of history with a key of the batch; None where there is no history.
    prepare: what to run first.
    """

    columns: str
    key: str
    batch: str
    grouped: str
    again: str | None
    prepare: str | None


def unique(check: Check, scope: Scope, _relations: Relations) -> Question:
    """Counts the keys that are repeated; a key with a NULL in it is not looked at."""
    keys = _keys(check.columns, scope, enclosed(check.where), complete=True)
    repeated = f"select {keys.columns} from {keys.grouped} group by {keys.columns} having count(*) > 1"
    every = f"select {keys.columns} from {keys.batch}"
    if keys.again:
        repeated += f" union select {keys.columns} from {keys.again}"
        every += f" union all select {keys.columns} from {keys.again}"
    offending = (
        f'select {keys.columns}, count(*) as "rows" from ({every}) group by {keys.columns} having count(*) > 1 '
        f"order by count(*) desc limit {ROWS_TO_SHOW}"
    )
    field = "unique_field" if len(check.columns) == 1 else ""
    count = f"(select count(*) from ({repeated}))"
    return Question(
        check=check,
        count=count,
        sample=as_json(offending),
        failing=f"select {keys.columns}{field and f' as {field}'}, count(*) as n_records from ({every}) "
        f"group by {keys.columns} having count(*) > 1",
        reads="again",
        prepare=keys.prepare,
        offending=f"{keys.key} in ({repeated})",
    )


def repeated_rows(check: Check, scope: Scope, where: str, ignored: str) -> Question:
    """Counts the batch's rows whose key is repeated, those that are `ignored` left out.

    A key with a NULL in it is compared with the others of the batch, NULL with NULL, and not with history.
    """
    columns = [quote(column) for column in check.columns]
    complete = len(columns) == 1 or " or " in ignored
    keys = _keys(check.columns, scope, where, complete=complete, ignored=ignored)
    counted = f"select {keys.columns}, count(*) as n from {keys.grouped} group by {keys.columns} having count(*) > 1"
    names = f"select {keys.columns} from {keys.grouped} group by {keys.columns} having count(*) > 1"
    if keys.again:
        both = f"{counted} union all select distinct {keys.columns}, 1 from {keys.again}"
        counted = f"select max(n) as n from ({both}) group by {keys.columns}"
        names += f" union select {keys.columns} from {keys.again}"
    same = " and ".join(f"offending.{column} is not distinct from repeated.{column}" for column in columns)
    rows = f"(select * from {keys.batch}) as offending semi join ({names}) as repeated on {same}"
    return Question(
        check=check,
        count=f"(select coalesce(sum(n), 0) from ({counted}))",
        sample=as_json(f"select * from {rows} limit {ROWS_TO_SHOW}"),
        failing=f"select * from {rows}",
        reads="again",
        prepare=keys.prepare,
        offending=f"{keys.key} in ({names})",
    )


def _keys(names: Sequence[str], scope: Scope, where: str, *, complete: bool, ignored: str = "") -> _Keys:
    """complete: whether keys with a NULL in them are not looked at; if not, those that are `ignored`."""
    columns = ", ".join(map(quote, names))
    key = f"({columns})" if len(names) > 1 else columns
    known = " and ".join(f"{quote(name)} is not null" for name in names)
    looked_at = known if complete else f"not ({ignored})" if ignored else ""
    batch = of_batch(scope, where, looked_at)
    large = scope.rows is None or scope.rows >= ROWS_WORTH_ASKING_FOR_ORDER
    in_order = large and scope.kind == "table"
    grouped = of_batch(scope, where, looked_at, _disorder(key, batch)) if in_order else batch
    prepare = again = None
    if scope.history:
        conditions = [where, known]
        if large:
            prepare, within = _span(names[0], of_batch(scope))
            conditions.append(within)
        again = of_history(scope, *conditions, f"{key} in (select {columns} from {of_batch(scope, where)})")
    return _Keys(columns=columns, key=key, batch=batch, grouped=grouped, again=again, prepare=prepare)


def _span(column: str, batch: str) -> tuple[str, str]:
    """The statement that keeps a column's span in the batch, and the condition that a value lies within it."""
    name, column = f"batchsql_span_{column}", quote(column)
    prepare = f"set variable {quote(name)} = (select {{'low': min({column}), 'high': max({column})}} from {batch})"
    span = f"getvariable({literal(name)})"
    return prepare, f"{column} between {span}.low and {span}.high"


def _disorder(key: str, batch: str) -> str:
    """Whether some key is not greater than the one in the row before it.

    If each is greater, in whatever order the rows come, no key occurs twice. Of several columns, a NULL counts as the
    greatest value, and as equal to itself. One look at each row tells, and the first disorder ends it. The grouping, a
    hundred times dearer, runs only after that, and then costs about a tenth more.
    """
    return f"exists (select 1 from (select {key} <= lag({key}) over () as disorder from {batch}) where disorder)"
