"""The expectations about types, which in Great Expectations know three engines only, taught a fourth.

They take the places of those they are derived from, under the same names; for any other engine they do what those do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.core.metric_function_types import MetricFunctionTypes
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.metric_provider import MetricProvider
from great_expectations.expectations.registry import (
    _registered_metrics,
    get_metric_kwargs,
    register_core_expectations,
    register_core_metrics,
    register_metric,
)
from great_expectations.validator.metric_configuration import MetricConfiguration

from batchsql.gx.engine import DuckDBExecutionEngine, is_native
from batchsql.gx.types import fits


class NativeMetric(MetricProvider):
    """A metric that the engine answers by itself: it declares no dependencies, so that all come in one call."""

    @classmethod
    def get_evaluation_dependencies(cls, *_arguments: Any, **_options: Any) -> dict[str, Any]:
        """None."""
        return {}


def register_metrics() -> None:
    """Tell Great Expectations which of its metrics the engine answers itself."""
    register_core_metrics()
    for name, known in list(_registered_metrics.items()):
        if is_native(name):
            register_metric(
                metric_name=name,
                metric_domain_keys=known["metric_domain_keys"],
                metric_value_keys=known["metric_value_keys"],
                execution_engine=DuckDBExecutionEngine,
                metric_class=NativeMetric,
                metric_provider=_answered_by_the_engine,
                metric_fn_type=MetricFunctionTypes.VALUE,
            )


def _answered_by_the_engine(**_options: Any) -> Any:
    raise NotImplementedError("DuckDBExecutionEngine.resolve_metrics answers this metric")


@contextmanager
def _replacing() -> Iterator[None]:
    """Great Expectations warns when a name is registered again, which is meant here."""
    register_core_expectations()
    logger = logging.getLogger("great_expectations.expectations.registry")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _type_dependencies(expectation: Any, engine: Any, runtime_configuration: Any) -> Any:
    needed = super(ColumnMapExpectation, expectation).get_validation_dependencies(engine, runtime_configuration)
    given = get_metric_kwargs("table.column_types", expectation.configuration, runtime_configuration)
    metric = MetricConfiguration(
        "table.column_types",
        metric_domain_kwargs=given["metric_domain_kwargs"],
        metric_value_kwargs=given["metric_value_kwargs"],
    )
    needed.set_metric_configuration(metric_name="table.column_types", metric_configuration=metric)
    return needed


def _of_types(metrics: Mapping[str, Any], column: str, types: Any) -> dict[str, Any]:
    """The result for a column that must be of one of the types; None allows any."""
    found = [each["type"] for each in metrics["table.column_types"] if each["name"].lower() == column.lower()]
    if not found:
        raise ValueError(f'the column "{column}" does not exist')
    names = [types] if isinstance(types, str) else types
    return {"success": names is None or fits(found[0], names), "result": {"observed_value": found[0]}}


with _replacing():

    class ExpectColumnValuesToBeOfType(gxe.ExpectColumnValuesToBeOfType):
        """Of one type, by DuckDB's name for it, or by pandas' or Python's."""

        def get_validation_dependencies(
            self, execution_engine: Any = None, runtime_configuration: Any = None, **options: Any
        ) -> Any:
            """The types of the table's columns."""
            if isinstance(execution_engine, DuckDBExecutionEngine):
                return _type_dependencies(self, execution_engine, runtime_configuration)
            return super().get_validation_dependencies(execution_engine, runtime_configuration, **options)

        def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
            if isinstance(execution_engine, DuckDBExecutionEngine):
                given = self.configuration.kwargs
                return _of_types(metrics, given["column"], given.get("type_"))
            return super()._validate(metrics, runtime_configuration, execution_engine)

    class ExpectColumnValuesToBeInTypeList(gxe.ExpectColumnValuesToBeInTypeList):
        """Of one of several types."""

        def get_validation_dependencies(
            self, execution_engine: Any = None, runtime_configuration: Any = None, **options: Any
        ) -> Any:
            """The types of the table's columns."""
            if isinstance(execution_engine, DuckDBExecutionEngine):
                return _type_dependencies(self, execution_engine, runtime_configuration)
            return super().get_validation_dependencies(execution_engine, runtime_configuration, **options)

        def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
            if isinstance(execution_engine, DuckDBExecutionEngine):
                given = self.configuration.kwargs
                return _of_types(metrics, given["column"], given.get("type_list"))
            return super()._validate(metrics, runtime_configuration, execution_engine)

    class ExpectColumnTypeToBe(gxe.ExpectColumnTypeToBe):
        """Of one type, as the table declares it."""

        def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
            if isinstance(execution_engine, DuckDBExecutionEngine):
                given = self.configuration.kwargs
                return _of_types(metrics, given["column"], given.get("type_"))
            return super()._validate(metrics, runtime_configuration, execution_engine)
