"""The execution engine that answers Great Expectations' metrics on a DuckDB connection.

Metrics that `batchsql.check.metrics` knows are registered for this engine without dependencies, so that those of a
whole suite are handed over at once. They become one statement, and one more for the rows behind each expectation that
fails. All other metrics (of expectations that someone wrote in Python) are left to Great Expectations' own pandas
code, on the rows that they look at: hence the base class.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
from great_expectations.core.batch import BatchData, BatchMarkers
from great_expectations.exceptions import MetricResolutionError
from great_expectations.execution_engine import ExecutionEngine, PandasExecutionEngine
from great_expectations.expectations.row_conditions import Condition

from batchsql.check.metrics import MAP_METRICS, ArgumentError, MapMetric
from batchsql.check.metrics.conditions import condition_sql
from batchsql.errors import BatchsqlError, EngineError
from batchsql.gx import queries
from batchsql.gx.questions import (
    DETAILS,
    SUMMARIES,
    Looked,
    Question,
    Rows,
    aggregate,
    counted,
    domain_columns,
    is_aggregate,
    map_metric,
    offending,
)
from batchsql.gx.session import Asking, Relation
from batchsql.values import quote

MOST_VALUES = 200
"""Great Expectations names no more unexpected values than these, whatever the result format."""

BOUNDS = ("min_value", "max_value", "value", "sum_total", "threshold")
OF_OWN_COLUMNS = (
    ".condition",
    ".map",
    ".unexpected_count",
    ".unexpected_values",
    ".unexpected_index_list",
    ".unexpected_index_query",
    ".filtered_row_count",
)
"""Metrics of these kinds look at the columns of their domain alone."""

TABLE_METRICS = ("table.columns", "table.column_types", "table.column_count", "table.head")


class DuckDBBatchData(BatchData):
    """The rows of a batch: where they are, not a copy of them."""

    def __init__(self, execution_engine: ExecutionEngine, relation: Relation) -> None:
        super().__init__(execution_engine)
        self.relation = relation


class DuckDBExecutionEngine(PandasExecutionEngine):
    """Answers metrics on a connection that the caller holds, in whatever transaction it is in; it writes nothing.

    statements: the SQL that was sent.
    """

    def __init__(self, connection: Any = None, name: str | None = None, **options: Any) -> None:
        super().__init__(name=name, caching=False, **options)
        self._asking = Asking(connection)
        self._answers: dict[Any, Any] = {}
        self._failures: dict[Any, str] = {}
        self._fetches: dict[str, Any] = {}
        self._columns: dict[Relation, tuple[tuple[str, str], ...]] = {}
        self._unexpected: dict[Any, Any] = {}
        self._asked_again = False
        self._narrowed: tuple[str, ...] = ()

    @property
    def connection(self) -> Any:
        """The connection it asks."""
        return self._asking.connection

    @property
    def statements(self) -> list[str]:
        """The last thousand statements that were sent, in order, without the look-ups of columns."""
        return list(self._asking.statements)

    def ask(self, query: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """Column names and rows of any query. Raises EngineError."""
        return self._asking.rows(Relation(), query)

    def columns(self, batch_spec: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """Name and type of the columns of a table or query. Raises EngineError."""
        return self._asking.columns(Relation(table=batch_spec.get("table", ""), query=batch_spec.get("query", "")))

    # --- batches ----------------------------------------------------------------------------------------------------

    def get_batch_data_and_markers(self, batch_spec: Mapping[str, Any]) -> tuple[DuckDBBatchData, BatchMarkers]:
        """Where the rows of a batch are: `table`, a quoted name, or `query`, in the specification."""
        self._forget()
        now = dt.datetime.now(dt.UTC)
        relation = self._asking.relation(batch_spec.get("table", ""), batch_spec.get("query", ""))
        return DuckDBBatchData(self, relation), BatchMarkers({"ge_load_time": now.strftime("%Y%m%dT%H%M%S.%fZ")})

    def load_batch_data(self, batch_id: str, batch_data: DuckDBBatchData) -> None:
        """Make the batch known under its id."""
        self._batch_manager.save_batch_data(batch_id=batch_id, batch_data=batch_data)

    def configure_validator(self, validator: Any) -> None:
        """Nothing of a validator depends on this engine."""

    def _relation(self, domain: Mapping[str, Any]) -> Relation:
        data = self.batch_manager.batch_data_cache.get(domain.get("batch_id")) or self.batch_manager.active_batch_data
        relation: Relation = data.relation
        return relation

    # --- metrics ----------------------------------------------------------------------------------------------------

    def resolve_metrics(
        self,
        metrics_to_resolve: Iterable[Any],
        metrics: dict[Any, Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """The values of metrics, by their ids. Raises MetricResolutionError, which Great Expectations reports.

        After an error it asks again for all of them, without those that failed three times: what was answered is kept
        until then, and no longer, since rows may change between two validations.
        """
        if not metrics and not self._asked_again:
            self._forget()
        asked = sorted(metrics_to_resolve, key=lambda metric: str(metric.id))
        own = [metric for metric in asked if is_native(metric.metric_name)]
        self._answer([m for m in own if m.id not in self._answers and m.id not in self._failures])
        self._asked_again = True
        self._raise_failures(own)
        resolved = {metric.id: self._answers[metric.id] for metric in own}
        others = [metric for metric in asked if not is_native(metric.metric_name)]
        if others:
            self._narrowed = _columns_needed(others)
            resolved.update(super().resolve_metrics(others, metrics, runtime_configuration))
        self._asked_again = False
        return resolved

    def _forget(self) -> None:
        for kept in (self._answers, self._failures, self._fetches, self._columns, self._unexpected):
            kept.clear()
        self._asked_again = False

    def _raise_failures(self, asked: Sequence[Any]) -> None:
        """An error has one message, so that those with the first one are reported, the others when it asks again."""
        failed = [metric for metric in asked if metric.id in self._failures]
        if failed:
            message = self._failures[failed[0].id]
            same = [metric for metric in failed if self._failures[metric.id] == message]
            raise MetricResolutionError(message=message, failed_metrics=same)

    def _answer(self, asked: Sequence[Any]) -> None:
        by_relation: dict[Relation, list[tuple[Any, Callable[[Rows], Question]]]] = {}
        later: list[tuple[Any, Callable[[], Any]]] = []
        for metric in asked:
            try:
                self._prepare(metric, by_relation, later)
            except (BatchsqlError, ArgumentError) as error:
                self._failures[metric.id] = _said(error)
        for relation, pairs in by_relation.items():
            values = self._asking.answers(relation, [ask for _, ask in pairs])
            for (metric, _), value in zip(pairs, values, strict=True):
                self._keep(metric, value)
        for metric, answer in later:
            try:
                self._answers[metric.id] = answer()
            except (BatchsqlError, ArgumentError) as error:
                self._failures[metric.id] = _said(error)

    def _keep(self, metric: Any, value: Any) -> None:
        name = metric.metric_name
        if found := map_metric(name, (".unexpected_count",)):
            self._unexpected[_stated(found[0].name, metric)] = value
        if isinstance(value, EngineError):
            self._failures[metric.id] = _said(value)
        else:
            self._answers[metric.id] = _as_gx_has_it(name, value)

    def _prepare(
        self,
        metric: Any,
        by_relation: dict[Relation, list[tuple[Any, Callable[[Rows], Question]]]],
        later: list[tuple[Any, Callable[[], Any]]],
    ) -> None:
        name, domain = metric.metric_name, metric.metric_domain_kwargs
        relation = self._relation(domain)
        if name in TABLE_METRICS:
            self._answers[metric.id] = self._about_table(metric, relation)
        elif is_aggregate(name) or map_metric(name, SUMMARIES):
            ask = self._ask(metric, relation)
            ask(relation.rows)  # what an argument makes impossible is found before anything is sent
            by_relation.setdefault(relation, []).append((metric, ask))
        elif detail := map_metric(name, DETAILS):
            later.append((metric, partial(self._detail, metric, relation, *detail)))
        else:
            later.append(
                (metric, partial(queries.answer, self._asking, relation, self._looked(metric, relation), name))
            )

    def _looked(self, metric: Any, relation: Relation, rows: Rows | None = None) -> Looked:
        domain = metric.metric_domain_kwargs
        condition = self._condition(domain)
        return Looked(
            rows=(rows or relation.rows).where(condition),
            columns=domain_columns(domain, [name for name, _ in self._columns_of(relation)]),
            arguments={**domain, **_whole_numbers(metric.metric_value_kwargs or {})},
        )

    def _ask(self, metric: Any, relation: Relation) -> Callable[[Rows], Question]:
        name = metric.metric_name
        if table := metric.metric_domain_kwargs.get("table"):
            return self._ask_elsewhere(name, str(table))
        looked = self._looked(metric, relation)
        condition = looked.rows.conditions

        def ask(rows: Rows) -> Question:
            of_rows = Looked(rows=rows.where(*condition), columns=looked.columns, arguments=looked.arguments)
            found = map_metric(name, SUMMARIES)
            return counted(*found, of_rows) if found else aggregate(name, of_rows)

        return ask

    def _ask_elsewhere(self, name: str, table: str) -> Callable[[Rows], Question]:
        if not self._asking.exists(table):
            raise EngineError(f'the table "{table}" does not exist')
        rows = Rows(".".join(quote(part) for part in table.split(".")))
        found = aggregate(name, Looked(rows=rows))
        return lambda _rows: Question(sql=found.sql, rows=found.rows, elsewhere=True)

    def _columns_of(self, relation: Relation) -> tuple[tuple[str, str], ...]:
        if relation not in self._columns:
            self._columns[relation] = self._asking.columns(relation)
        return self._columns[relation]

    def _about_table(self, metric: Any, relation: Relation) -> Any:
        columns = self._columns_of(relation)
        if metric.metric_name == "table.head":
            arguments = metric.metric_value_kwargs
            rows = self._looked(metric, relation).rows
            limit = "" if arguments.get("fetch_all") else f" limit {int(arguments.get('n_rows') or 5)}"
            return self._asking.frame(relation, f"select * from {rows.relation}{rows.predicate}{limit}")
        return {
            "table.columns": [name for name, _ in columns],
            "table.column_types": [{"name": name, "type": kind} for name, kind in columns],
            "table.column_count": len(columns),
        }[metric.metric_name]

    # --- the rows behind a failure ----------------------------------------------------------------------------------

    def _detail(self, metric: Any, relation: Relation, base: MapMetric, suffix: str) -> Any:
        known = self._unexpected.get(_stated(base.name, metric))
        if isinstance(known, EngineError):  # to ask again would abort the transaction
            raise known
        looked = self._looked(metric, relation)
        wanted: Mapping[str, Any] = metric.metric_value_kwargs.get("result_format") or {}
        keys = self._keys(wanted, relation)
        if suffix == ".unexpected_index_query":
            if wanted.get("return_unexpected_index_query") is False:
                return None
            return relation.preamble + offending(base, looked, _distinct((*keys, *looked.columns)))
        if suffix == ".unexpected_index_list" and not keys:
            return None
        if suffix == ".unexpected_rows":
            return self._asking.frame(relation, offending(base, looked, ()) + f" limit {_most(wanted)}")
        if known == 0:
            return []
        limit = None if wanted.get("result_format") == "COMPLETE" and keys else _most(wanted)
        names = _distinct((*keys, *looked.columns))
        rows = self._fetched(
            relation, offending(base, looked, names) + (f" limit {limit}" if limit is not None else "")
        )
        if suffix == ".unexpected_index_list":
            return [dict(zip(names, row, strict=True)) for row in rows]
        places = [names.index(column) for column in looked.columns]
        return _values(base, looked.columns, [tuple(row[place] for place in places) for row in rows[: _most(wanted)]])

    def _keys(self, wanted: Mapping[str, Any], relation: Relation) -> tuple[str, ...]:
        names = wanted.get("unexpected_index_column_names") or ()
        known = [name for name, _ in self._columns_of(relation)]
        return domain_columns({"column_list": [names] if isinstance(names, str) else list(names)}, known)

    def _fetched(self, relation: Relation, sql: str) -> list[tuple[Any, ...]]:
        if sql not in self._fetches:
            self._fetches[sql] = self._asking.rows(relation, sql)[1]
        rows: list[tuple[Any, ...]] = self._fetches[sql]
        return rows

    # --- conditions, and rows for metrics in Python -----------------------------------------------------------------

    def _condition(self, domain: Mapping[str, Any]) -> str:
        condition = domain.get("row_condition")
        plain = condition.dict() if isinstance(condition, Condition) else condition
        return condition_sql(plain, domain.get("condition_parser"))

    def condition_to_filter_clause(self, condition: Condition) -> str:
        """A row condition as SQL."""
        return condition_sql(condition.dict())

    def get_domain_records(self, domain_kwargs: dict[str, Any]) -> Any:
        """The rows that a metric written in Python looks at, as a pandas DataFrame; fetched once for all that ask so.

        Of a wide table only the columns that are needed, where that can be told.
        """
        relation = self._relation(domain_kwargs)
        rows = relation.rows.where(self._condition(domain_kwargs), _not_ignored(domain_kwargs))
        columns = domain_columns({"column_list": self._narrowed}, [name for name, _ in self._columns_of(relation)])
        sql = f"select {', '.join(map(quote, columns)) or '*'} from {rows.relation}{rows.predicate}"
        if sql not in self._fetches:
            self._fetches[sql] = self._asking.frame(relation, sql)
        return self._fetches[sql]


def _columns_needed(metrics: Sequence[Any]) -> tuple[str, ...]:
    """The columns that map metrics look at, and those that name a row; none where one may look at any."""
    needed: list[str] = []
    for metric in metrics:
        domain, wanted = metric.metric_domain_kwargs, (metric.metric_value_kwargs or {}).get("result_format") or {}
        own = [domain[key] for key in ("column", "column_A", "column_B") if domain.get(key)]
        own += domain.get("column_list") or []
        if not own or not metric.metric_name.endswith(OF_OWN_COLUMNS):
            return ()
        keys = wanted.get("unexpected_index_column_names") or []
        needed += [*own, *([keys] if isinstance(keys, str) else keys)]
    return _distinct(needed)


def _not_ignored(domain: Mapping[str, Any]) -> str:
    """The condition of rows that `ignore_row_if` leaves; it means the same for every metric of several columns."""
    pair = [domain[key] for key in ("column_A", "column_B") if domain.get(key)]
    columns = [quote(name) for name in domain.get("column_list") or pair]
    if not columns or not domain.get("ignore_row_if"):
        return ""
    like = MAP_METRICS["column_pair_values.equal" if pair else "multicolumn_values.equal"]
    ignored = like.ignored(columns, domain)
    return f"not ({ignored})" if ignored else ""


def is_native(name: str) -> bool:
    """Whether the engine answers the metric itself, by SQL."""
    return (
        name in TABLE_METRICS
        or name in queries.QUERY_METRICS
        or (is_aggregate(name) and name != "column.partition")
        or map_metric(name, (*SUMMARIES, *DETAILS)) is not None
    )


def _said(error: BatchsqlError | ArgumentError) -> str:
    hint = getattr(error, "hint", None)
    return f"{error}; {hint}" if hint else str(error)


def _most(wanted: Mapping[str, Any]) -> int:
    few = int(wanted.get("partial_unexpected_count", 20))
    return MOST_VALUES if wanted.get("result_format") == "COMPLETE" else min(few, MOST_VALUES)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _whole_numbers(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Bounds as integers where they are whole: Great Expectations makes 0 into 0.0, a decimal to DuckDB."""
    whole = {
        name: int(value)
        for name, value in arguments.items()
        if name in BOUNDS and isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    }
    return {**arguments, **whole}


def _stated(name: str, metric: Any) -> tuple[str, Any, str]:
    """What a map metric states, in which its count and its rows agree."""
    arguments = {key: value for key, value in (metric.metric_value_kwargs or {}).items() if key != "result_format"}
    return name, metric.metric_domain_kwargs_id, repr(sorted(arguments.items()))


def _values(base: MapMetric, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    if base.domain == "column":
        return [row[0] for row in rows]
    return list(rows) if base.domain == "pair" else [dict(zip(columns, row, strict=True)) for row in rows]


def _as_gx_has_it(name: str, value: Any) -> Any:
    """Value counts as a pandas Series; a count over no rows, which is NULL in DuckDB, as 0."""
    if name == "column.value_counts":
        values = pd.Index([each["value"] for each in value], name="value")
        return pd.Series([each["count"] for each in value], index=values, name="count", dtype="int64")
    if name == "column.histogram":
        return [count or 0 for count in value]
    return value or 0 if name.endswith((*SUMMARIES, ".count")) else value
