"""The same suites on DuckDB through our engine, and on pandas through Great Expectations' own."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from copy import copy
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from typing import Any

import duckdb
import pytest

collect_ignore_glob = [] if find_spec("great_expectations") else ["test_gx_*.py"]
if not collect_ignore_glob:
    with warnings.catch_warnings(action="ignore"):  # of Great Expectations' own modules
        import_module("great_expectations.expectations.core")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Great Expectations' own code warns about much; what warns in ours would do so in any use, and is looked at."""
    for item in items:
        if "test_gx_" in item.nodeid:
            item.add_marker(pytest.mark.filterwarnings("default"))


_NUMBERS = count()


@pytest.fixture(scope="session")
def gx_context() -> Any:
    import great_expectations as gx

    import batchsql.gx

    batchsql.gx.register()
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    connected = duckdb.connect()
    yield connected
    connected.close()


def a_name() -> str:
    """A name that nothing in the context has."""
    return f"name {next(_NUMBERS)}"


class Validating:
    """Runs expectations on a query of the connection: on DuckDB, or on what pandas makes of its rows."""

    def __init__(self, context: Any, connection: duckdb.DuckDBPyConnection) -> None:
        self.context, self.connection = context, connection

    def on_duckdb(self, expectations: list[Any], table: str = "t", **result_format: Any) -> list[Any]:
        asset = self.source().add_table_asset("asset", table_name=table)
        return self._run(asset.add_batch_definition_whole_table("all").get_batch(), expectations, result_format)

    def together_on_duckdb(self, expectations: list[Any]) -> list[Any]:
        """As one suite; results in the order of the expectations."""
        from great_expectations import ExpectationSuite

        batch = self.source().add_table_asset("t").add_batch_definition_whole_table("all").get_batch()
        named = [copy(each) for each in expectations]
        for number, each in enumerate(named):
            each.meta = {"number": number}
        results = batch.validate(ExpectationSuite(name=a_name(), expectations=named)).results
        return sorted(results, key=lambda result: int(result.expectation_config.meta["number"]))

    def on_pandas(self, expectations: list[Any], table: str = "t", **result_format: Any) -> list[Any]:
        frame = self.connection.execute(f"select * from {table}").df()
        source = self.context.data_sources.add_pandas(a_name())
        asset = source.add_dataframe_asset("frame")
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch(batch_parameters={"dataframe": frame})
        return self._run(batch, expectations, result_format)

    def source(self) -> Any:
        return self.context.data_sources.add_duckdb(a_name()).bind(self.connection)

    def _run(self, batch: Any, expectations: list[Any], result_format: dict[str, Any]) -> list[Any]:
        wanted = {"result_format": "COMPLETE", **result_format}
        return [batch.validate(each, result_format=wanted) for each in expectations]


@pytest.fixture
def validating(gx_context: Any, connection: duckdb.DuckDBPyConnection) -> Validating:
    return Validating(gx_context, connection)
