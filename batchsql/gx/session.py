"""Questions to a connection that the caller holds, so that a question that does not bind costs the caller nothing.

In DuckDB 2.0 any error aborts the open transaction, a binder error too. So inside of one, questions are first put to a
twin of the rows in another connection, one row of values that occur, and only those that are answered there are put to
the caller's. What then still fails is a value that only some row has.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from batchsql.engines.duckdb import DuckdbSession
from batchsql.errors import EngineError
from batchsql.gx.questions import Question, Rows, statement
from batchsql.values import literal, quote

TWIN = quote("batchsql twin")
ROWS_TO_LOOK_AT = 2048
STATEMENTS_TO_KEEP = 1000
BATCH = quote("rows of the batch")


class Relation(Struct, frozen=True):
    """The rows of a batch: a table's quoted name, or a query, which DuckDB runs once a statement.

    A view is a query here: by its name it would run for each part of a statement that reads it.
    """

    table: str = ""
    query: str = ""

    @property
    def rows(self) -> Rows:
        """What questions are asked of."""
        return Rows(BATCH if self.query else self.table)

    @property
    def preamble(self) -> str:
        """What stands before a statement that asks."""
        return f"with {BATCH} as ({self.query}\n)\n" if self.query else ""


Ask = Callable[[Rows], Question]
"""The same question, of whatever rows: the batch's, or those of its twin."""


class Asking:
    """Asks a DuckDB connection about batches, in whatever transaction it is in, and writes nothing there.

    statements: the last SQL that was sent, in order, without the look-ups of columns.
    """

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.statements: deque[str] = deque(maxlen=STATEMENTS_TO_KEEP)
        self._session = DuckdbSession(connection)

    def columns(self, relation: Relation) -> tuple[tuple[str, str], ...]:
        """Name and type of each column of the batch. Raises EngineError."""
        return self._session.columns(f"{relation.preamble}select * from {relation.rows.relation}")

    def rows(self, relation: Relation, sql: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """Column names and rows of a query that reads the batch. Raises EngineError."""
        self.statements.append(relation.preamble + sql)
        return self._session.query_named(relation.preamble + sql)

    def frame(self, relation: Relation, sql: str) -> Any:
        """The same as a pandas DataFrame, with the types that DuckDB gives it. Raises EngineError."""
        self.statements.append(relation.preamble + sql)
        return self._session.frame(relation.preamble + sql)

    def relation(self, table: str = "", query: str = "") -> Relation:
        """The rows of a quoted table or view, or of a query. Raises nothing for what is not there."""
        name, schema = (f"""'"' || replace({column}, '"', '""') || '"'""" for column in ("view_name", "schema_name"))
        views = f"select {name}, {schema} || '.' || {name} from duckdb_views() where not internal"
        is_view = table and any(table in names for names in self._session.query(views))
        return Relation(query=f"select * from {table}") if is_view else Relation(table=table, query=query)

    def exists(self, table: str) -> bool:
        """Whether a table or view of that name (`orders`, `staging.orders`) is there."""
        *schema, name = table.split(".")
        named = f"table_name = {literal(name)}" + (f" and table_schema = {literal(schema[-1])}" if schema else "")
        return bool(self._session.query(f"select 1 from information_schema.tables where {named} limit 1"))

    def answers(self, relation: Relation, asks: Sequence[Ask]) -> list[Any]:
        """What the questions give, in their order: a value, or the EngineError that one of them raised.

        One statement for all, unless one fails: then one for each.
        """
        if not asks:
            return []
        questions = [ask(relation.rows) for ask in asks]
        if self._in_transaction():
            return self._answers_within_transaction(relation, questions, [ask(Rows(TWIN)) for ask in asks])
        try:
            return self._together(relation, questions)
        except EngineError as error:
            return [error] if len(questions) == 1 else [self._alone(relation, question) for question in questions]

    def _in_transaction(self) -> bool:
        """Outside of a transaction each statement has one of its own."""
        first, second = (self._session.query("select txid_current()") for _ in range(2))
        return first == second

    def _answers_within_transaction(
        self, relation: Relation, questions: Sequence[Question], of_twin: Sequence[Question]
    ) -> list[Any]:
        refused = self._refused(relation, of_twin)
        sound = [index for index in range(len(questions)) if index not in refused]
        answers: dict[int, Any] = dict(refused)
        try:
            found = self._together(relation, [questions[index] for index in sound]) if sound else []
        except EngineError as error:  # the transaction is lost, and with it the answers to all
            found = [error] * len(sound)
        answers.update(zip(sound, found, strict=True))
        return [answers[index] for index in range(len(questions))]

    def _refused(self, relation: Relation, of_twin: Sequence[Question]) -> dict[int, EngineError]:
        """The questions that a twin of the batch refuses, each with its error."""
        own = {index: question for index, question in enumerate(of_twin) if not question.elsewhere}
        twin = DuckdbSession(self.connection.cursor())
        try:
            self._fill(twin, relation)
            if not own or not _error(twin, list(own.values())):
                return {}
            refused = {index: _error(twin, [question]) for index, question in own.items()}
        except EngineError:  # a type that the caller's transaction has made is not known to others
            return {}
        finally:
            twin.close()
        return {index: error for index, error in refused.items() if error}

    def _fill(self, twin: DuckdbSession, relation: Relation) -> None:
        """One row of values, not NULL where the type has one that is known here, so that conditions are computed."""
        columns = self.columns(relation)
        twin.execute(f"create temp table {TWIN} ({', '.join(f'{quote(name)} {kind}' for name, kind in columns)})")
        some = ", ".join(f"any_value({quote(name)})" for name, _ in columns)
        first = f"(select * from {relation.rows.relation} limit {ROWS_TO_LOOK_AT})"
        row = self._session.query(f"{relation.preamble}select {some} from {first}")[0]
        values = (f"coalesce(?::{kind}, {_some(kind)})" for _, kind in columns)
        twin.execute(f"insert into {TWIN} select {', '.join(values)}", row)

    def _together(self, relation: Relation, questions: Sequence[Question]) -> list[Any]:
        sql, order = statement(questions)
        _, rows = self.rows(relation, sql)
        answers = dict(zip(order, rows[0], strict=True))
        return [answers[index] for index in range(len(questions))]

    def _alone(self, relation: Relation, question: Question) -> Any:
        try:
            return self._together(relation, [question])[0]
        except EngineError as error:
            return error


def _some(kind: str) -> str:
    return ", ".join(f"try_cast({literal(text)} as {kind})" for text in ("0", "2000-01-01"))


def _error(session: DuckdbSession, questions: Sequence[Question]) -> EngineError | None:
    try:
        session.query(statement(questions)[0])
    except EngineError as error:
        return error
    return None
