"""Great Expectations on DuckDB, without SQLAlchemy: an execution engine, a data source, and results in its format.

    import great_expectations as gx
    import batchsql.gx

    batchsql.gx.register()
    context = gx.get_context()
    source = context.data_sources.add_duckdb("warehouse").bind(connection)

It needs `pip install 'batchsql[gx]'`. Great Expectations takes seconds to import, so nothing imports it before it is
used: not this package, and no other part of batchsql.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from batchsql.gx.installed import require

_HOMES = {
    "DuckDBExecutionEngine": "batchsql.gx.engine",
    "DuckDBDatasource": "batchsql.gx.datasource",
    "DuckDBTableAsset": "batchsql.gx.datasource",
    "DuckDBQueryAsset": "batchsql.gx.datasource",
}

__all__ = ["DuckDBDatasource", "DuckDBExecutionEngine", "DuckDBQueryAsset", "DuckDBTableAsset", "register"]


def register() -> None:
    """Make Great Expectations know DuckDB: `context.data_sources.add_duckdb`, and metrics for its engine.

    Imports Great Expectations; to be called before a context with a DuckDB data source is opened. Calling it again does
    nothing. Raises UsageError where Great Expectations is not installed.
    """
    require()
    import_module("batchsql.gx.datasource")


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require()
    return getattr(import_module(_HOMES[name]), name)
