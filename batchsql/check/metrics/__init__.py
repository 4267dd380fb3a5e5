"""Metrics: what expectations rest on, as SQL for DuckDB, under the names that Great Expectations gives them.

    metric = MAP_METRICS["column_values.between"]
    metric.unexpected(['"distance"'], {"min_value": 0}, '"flights"')        # "distance" < 0
    metric.ignored(['"distance"'], {})                                      # "distance" is null

    metric = AGGREGATE_METRICS["column.mean"]
    metric.sql(['"distance"'], {}, '"flights"')                             # avg("distance")

`rows`, the last argument, is what follows `from`: a relation, or a relation with a `where`. Whatever else must hold of
the rows that are looked at (a row condition) stands there.
"""

from __future__ import annotations

from batchsql.check.metrics.aggregates import AGGREGATE_METRICS as _AGGREGATES
from batchsql.check.metrics.base import AggregateMetric, ArgumentError, Arguments, Columns, MapMetric, sql_literal
from batchsql.check.metrics.rows import COLUMN_METRICS
from batchsql.check.metrics.several import SEVERAL_METRICS

MAP_METRICS = {metric.name: metric for metric in (*COLUMN_METRICS, *SEVERAL_METRICS)}
AGGREGATE_METRICS = {metric.name: metric for metric in _AGGREGATES}

__all__ = [
    "AGGREGATE_METRICS",
    "MAP_METRICS",
    "AggregateMetric",
    "ArgumentError",
    "Arguments",
    "Columns",
    "MapMetric",
    "sql_literal",
]
