"""A list of expectations on a table of a DuckDB file, validated by Great Expectations; run by checks_speed.py.

    python benchmarks/gx_twelve.py pandas|sqlalchemy|batchsql DATABASE TABLE EXPECTATIONS.json

Prints JSON: CPU seconds without the import; how many expectations were asked, could be evaluated, and passed.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import duckdb


def batch_of(way: str, context: Any, database: str, table: str) -> Any:
    """The table as a batch: its rows in a pandas frame, read through SQLAlchemy, or on batchsql's own engine."""
    if way == "pandas":
        with duckdb.connect(database, read_only=True) as connection:
            frame = connection.execute(f"select * from {table}").df()
        asset = context.data_sources.add_pandas("source").add_dataframe_asset("asset")
        return asset.add_batch_definition_whole_dataframe("all").get_batch(batch_parameters={"dataframe": frame})
    if way == "sqlalchemy":
        source = context.data_sources.add_sql("source", connection_string=f"duckdb:///{database}")
    else:
        import batchsql.gx

        batchsql.gx.register()
        source = context.data_sources.add_duckdb("source").bind(duckdb.connect(database, read_only=True))
    return source.add_table_asset("asset", table_name=table).add_batch_definition_whole_table("all").get_batch()


def main() -> None:
    way, database, table, file = sys.argv[1:]
    warnings.simplefilter("ignore")
    import great_expectations as gx

    logging.disable()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    suite = gx.ExpectationSuite(name="suite", expectations=json.loads(Path(file).read_text(encoding="utf-8")))
    started = time.process_time()
    results = batch_of(way, context, database, table).validate(suite, result_format="SUMMARY").results
    seconds = time.process_time() - started
    done = [each for each in results if not any_raised(each.exception_info)]
    told = {"seconds": seconds, "asked": len(results), "evaluated": len(done), "passed": sum(e.success for e in done)}
    print(json.dumps(told))


def any_raised(info: dict[str, Any]) -> bool:
    """Whether an expectation, or a metric of it, could not be evaluated."""
    return bool(info.get("raised_exception")) or any(
        isinstance(each, dict) and each.get("raised_exception") for each in info.values()
    )


if __name__ == "__main__":
    main()
