"""What a load is asked for, and what it answers with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from batchsql.errors import BatchError, did_you_mean
from batchsql.load.seeds import Seed
from batchsql.values import Config, Interval, TableName, quote
from batchsql.values.project import Dialect

Columns = tuple[tuple[str, str], ...]
"""Name and type of each column, in order, as `Session.columns` gives them."""

STAGE = f"temp.{quote('batchsql_stage')}"
"""The temporary table that holds a batch before it lands, where its strategy needs one."""

MARK = "batchsql_mark"
"""The session variable that holds the greatest rowid from before the batch's rows came."""


class LoadRequest(Struct, frozen=True, kw_only=True):
    """One batch to land.

    sql: the final text of the query, physical names in place; for a seed, `seed_query` of it.
    existing: what is in the target's place now, None where nothing is.
    rebuild: make the relation anew, whatever is there.
    clear_outside: drop rows that no interval of the model's grid will replace: a rebuild in place.
    interval: the slice of a microbatch.
    now: the moment of the run in UTC, for snapshots.
    target_columns: of the target, where it is a table; staged_columns: of `incoming(request)`. None: not asked yet.
    path: file of the model, for errors.
    dialect: in a dbt project rows land as dbt lands them.
    declared: the columns that an enforced contract of a dbt project declares: the table has them in that order.
    definitions: of these columns, and the constraints of the table, as CREATE TABLE takes them.
    folder: the project's, absolute; external_root: below it, where files of external models lie.
    """

    target: TableName
    config: Config
    sql: str
    now: datetime
    existing: Literal["table", "view"] | None = None
    rebuild: bool = False
    clear_outside: bool = False
    interval: Interval | None = None
    batch_id: int = 0
    seed: Seed | None = None
    target_columns: Columns | None = None
    staged_columns: Columns | None = None
    path: str = ""
    dialect: Dialect = "batchsql"
    declared: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    folder: str = ""
    external_root: str = "."

    @property
    def fresh(self) -> bool:
        """Whether the relation is made by this batch, so that all its rows are the batch's."""
        return self.rebuild or self.existing != "table"

    @property
    def query(self) -> str:
        """The query as a subquery. It stands on lines of its own, since it may end in a comment."""
        return f"(\n{self.sql}\n)"

    def known_target(self) -> Columns:
        """The target's columns, which the caller must have asked for by now."""
        if self.target_columns is None:
            raise ValueError("ask for the columns of the target before plan_write")
        return self.target_columns

    def known_staged(self) -> Columns:
        """The query's columns, which the caller must have asked for by now."""
        if self.staged_columns is None:
            raise ValueError("ask for the columns of incoming(request) before plan_write")
        return self.staged_columns

    def require(self, names: Sequence[str], columns: Columns, setting: str) -> None:
        """Raise BatchError when a column that a setting names is not among the columns."""
        known = [name for name, _ in columns]
        lower = {name.lower() for name in known}
        for name in names:
            if name.lower() not in lower:
                raise BatchError(
                    f"{setting} names the column '{name}', which the query does not give; it gives {', '.join(known)}",
                    path=self.path or None,
                    hint=did_you_mean(name, known),
                )


class Statement(Struct, frozen=True):
    """One statement to run.

    counts: what its row count adds to: rows the batch wrote, or rows it deleted; None where it tells neither.
    query_line: line of the statement on which the request's query begins, counted from 1; None where it is not in it.
    """

    sql: str
    counts: Literal["written", "deleted"] | None = None
    query_line: int | None = None


class Question(Struct, frozen=True, kw_only=True):
    """A rule of the load that the rows must keep, asked after the write and before the commit.

    count: a query of one number. expects: what it must be: 0, or the number of rows written.
    message: what is wrong; `{count}` in it is the number of offences.
    examples: a query of up to five texts (one column) that name offenders, worth running only then.
    """

    count: str
    message: str
    expects: Literal["zero", "written"] = "zero"
    examples: str | None = None
    hint: str | None = None

    def offences(self, counted: int, written: int) -> int:
        """How far the count is from what it must be; 0 means all is well."""
        return abs(counted - (written if self.expects == "written" else 0))

    def error(self, offences: int, examples: Sequence[str] = (), path: str | None = None) -> BatchError:
        """Return the error that says so."""
        named = f": {', '.join(examples)}" if examples else ""
        more = ", ..." if examples and offences > len(examples) else ""
        return BatchError(self.message.replace("{count}", f"{offences:,}") + named + more, path=path, hint=self.hint)


def insert(target: TableName, columns: Sequence[str], source: str) -> str:
    """Insert by name, never by position: `source` is a relation or subquery with these columns."""
    names = ", ".join(map(quote, columns))
    return f"insert into {target.sql} ({names}) select {names} from {source}"


def take_mark(request: LoadRequest) -> Statement:
    """Remember which rowids were there, to tell the batch's rows from them: rows come in with ever greater rowids.

    Rowids differ and begin at 0, so the greatest is at least the count - 1; saying so spares a scan of the table.
    """
    target, columns = request.target, (*request.known_target(), *request.known_staged())
    if any(name.lower() == "rowid" for name, _ in columns):
        message = f"a column called rowid cannot be in {target}: it hides what tells the rows of a batch from others"
        raise BatchError(message, path=request.path or None, hint="rename it in the query")
    return Statement(
        f"set variable {MARK} = (select coalesce(max(rowid), -1) from {target.sql} "
        f"where rowid >= (select count(*) from {target.sql}) - 1)"
    )


WRITTEN = f"rowid > getvariable('{MARK}')"
BEFORE = f"rowid <= getvariable('{MARK}')"


def duplicates(relation: str, keys: Sequence[str], predicate: str | None, message: str) -> Question:
    """Ask for keys that occur more than once. A key with a NULL in it equals no other."""
    names = ", ".join(map(quote, keys))
    conditions = [f"{quote(key)} is not null" for key in keys] + ([predicate] if predicate else [])
    grouped = f"from {relation} where {' and '.join(conditions)} group by {names} having count(*) > 1"
    return Question(
        count=f"select count(*) from (select 1 {grouped})",
        examples=f"select concat_ws(' | ', {names}) || ' (' || count(*) || ' rows)' {grouped} order by {names} limit 5",
        message=message,
        hint=f"make the query give one row for each {', '.join(keys)}",
    )
