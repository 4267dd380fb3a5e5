"""What Great Expectations asks of a batch, as SQL: metrics by name to expressions, and those to one statement.

Nothing here knows Great Expectations or talks to an engine. The SQL of a single metric is in `batchsql.check.metrics`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from batchsql.check.metrics import AGGREGATE_METRICS, MAP_METRICS, MapMetric
from batchsql.errors import UsageError, did_you_mean
from batchsql.values import quote

UNIQUENESS = ("column_values.unique", "compound_columns.unique")
DOMAIN_COLUMNS = ("column", "column_A", "column_B", "column_list")
SUMMARIES = (".unexpected_count", ".filtered_row_count")
DETAILS = (".unexpected_values", ".unexpected_index_list", ".unexpected_index_query", ".unexpected_rows")
FLAG = quote("unexpected row")
"""The name of a column that tells whether a row is unexpected; with a space, so that it hides none of the table's."""


class Rows(Struct, frozen=True):
    """The rows of a relation (a quoted name, or a query in parentheses) that meet all conditions."""

    relation: str
    conditions: tuple[str, ...] = ()

    def where(self, *more: str) -> Rows:
        """The rows that meet these conditions as well; an empty one is none."""
        return Rows(self.relation, (*self.conditions, *(condition for condition in more if condition)))

    @property
    def predicate(self) -> str:
        """` where ...`, or nothing."""
        return " where " + " and ".join(f"({condition})" for condition in self.conditions) if self.conditions else ""

    @property
    def source(self) -> str:
        """What may follow `from`, and be followed by anything."""
        return f"(select * from {self.relation}{self.predicate})" if self.conditions else self.relation


class Looked(Struct, frozen=True, kw_only=True):
    """What a metric looks at: the columns of some rows, by their own names, and the arguments of the expectation."""

    rows: Rows
    columns: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = {}

    @property
    def quoted(self) -> tuple[str, ...]:
        """The columns as they stand in SQL."""
        return tuple(map(quote, self.columns))


class Question(Struct, frozen=True, kw_only=True):
    """A metric as an expression.

    rows: what it is computed over, in a scan that it shares with others; None where it reads by itself.
    elsewhere: it asks about another table than the batch's.
    """

    sql: str
    rows: Rows | None = None
    elsewhere: bool = False


def domain_columns(domain: Mapping[str, Any], known: Sequence[str]) -> tuple[str, ...]:
    """The columns that a metric's domain names, as the relation spells them; case does not count, as in DuckDB.

    Raises UsageError for one that is not there.
    """
    named: list[str] = []
    for key in DOMAIN_COLUMNS:
        value = domain.get(key)
        named += value if isinstance(value, list | tuple) else [value] if value is not None else []
    spelled = {name.lower(): name for name in known}
    for name in named:
        if str(name).lower() not in spelled:
            raise UsageError(f'the column "{name}" does not exist', hint=did_you_mean(str(name), known))
    return tuple(name if name in known else spelled[str(name).lower()] for name in named)


def is_aggregate(name: str) -> bool:
    """Whether the metric is a value of a whole column or table."""
    return name in AGGREGATE_METRICS


def map_metric(name: str, suffixes: Sequence[str]) -> tuple[MapMetric, str] | None:
    """The map metric that a name like `column_values.between.unexpected_count` is built on, and the suffix."""
    for suffix in suffixes:
        if name.endswith(suffix) and name.removesuffix(suffix) in MAP_METRICS:
            return MAP_METRICS[name.removesuffix(suffix)], suffix
    return None


def aggregate(name: str, looked: Looked) -> Question:
    """A value of a whole column or table as SQL. Raises ValueError where an argument makes no sense."""
    metric = AGGREGATE_METRICS[name]
    sql = metric.sql(looked.quoted, looked.arguments, looked.rows.source)
    return Question(sql=sql, rows=looked.rows if metric.reads == "shared" else None)


def counted(metric: MapMetric, suffix: str, looked: Looked) -> Question:
    """How many rows are unexpected, or looked at at all. Raises ValueError where an argument makes no sense."""
    columns, arguments = looked.quoted, looked.arguments
    ignored = metric.ignored(columns, arguments)
    if suffix == ".filtered_row_count":
        return Question(sql=f"count_if(not ({ignored}))" if ignored else "count(*)", rows=looked.rows)
    kept = looked.rows.where(f"not ({ignored})" if ignored else "")
    if metric.name in UNIQUENESS:
        repeated = f"select count(*) as n {_repeated(columns, kept)}"
        return Question(sql=f"(select coalesce(sum(n), 0)::bigint from ({repeated}))")
    unexpected = metric.unexpected(columns, arguments, kept.source)
    if metric.reads == "row":
        alone = f"not ({ignored}) and ({unexpected})" if ignored else unexpected
        return Question(sql=f"count_if({alone})", rows=looked.rows)
    if metric.reads == "window":
        flagged = f"select {unexpected} as {FLAG} from {kept.source}"
        return Question(sql=f"(select count_if({FLAG}) from ({flagged}))")
    return Question(sql=f"(select count_if({unexpected}) from {kept.source})")


def offending(metric: MapMetric, looked: Looked, columns: Sequence[str]) -> str:
    """A query for the unexpected rows, in the table's order: the given columns by name; none given: all of them."""
    own, arguments = looked.quoted, looked.arguments
    ignored = metric.ignored(own, arguments)
    kept = looked.rows.where(f"not ({ignored})" if ignored else "")
    listed = ", ".join(map(quote, columns)) or "*"
    if metric.name in UNIQUENESS:
        picked = ", ".join(f"a.{quote(column)}" for column in columns) or "a.*"
        same = " and ".join(f"a.{column} is not distinct from b.{column}" for column in own)
        keys = f"select {', '.join(own)} {_repeated(own, kept)}"
        return f"select {picked} from {kept.source} as a semi join ({keys}) as b on {same}"
    unexpected = metric.unexpected(own, arguments, kept.source)
    if metric.reads == "window":
        everything = f"* exclude ({FLAG})" if listed == "*" else listed
        return f"select {everything} from (select *, {unexpected} as {FLAG} from {kept.source}) where {FLAG}"
    kept = kept.where(unexpected)
    return f"select {listed} from {kept.relation}{kept.predicate}"


def _repeated(columns: Sequence[str], rows: Rows) -> str:
    return f"from {rows.relation}{rows.predicate} group by {', '.join(columns)} having count(*) > 1"


def statement(questions: Sequence[Question]) -> tuple[str, tuple[int, ...]]:
    """One statement for all questions, which gives one row; and for each of its columns, the question it answers."""
    scans: dict[Rows | None, list[int]] = {}
    for index, question in enumerate(questions):
        scans.setdefault(question.rows, []).append(index)
    parts = []
    for rows, members in scans.items():
        listed = ",\n  ".join(questions[index].sql for index in members)
        parts.append(f"select {listed}" + (f"\nfrom {rows.relation}{rows.predicate}" if rows else ""))
    order = tuple(index for members in scans.values() for index in members)
    if len(parts) == 1:
        return parts[0], order
    return "select * from " + ",\n".join(f"({part}) as part_{number}" for number, part in enumerate(parts)), order
