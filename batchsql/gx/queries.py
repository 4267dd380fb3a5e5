"""Metrics that are queries of the user's own, with `{batch}` for the rows and names in braces for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batchsql.errors import UsageError
from batchsql.gx.questions import Looked
from batchsql.gx.session import Asking, Relation

MOST_ROWS = 200
"""A query gives no more rows than these, unless all are asked for; counts are of all."""

QUERY_METRICS = {
    "unexpected_rows_query.row_count": "unexpected_rows_query",
    "unexpected_rows_query.table": "unexpected_rows_query",
    "base_query.table": "base_query",
    "query.table": "query",
    "query.row_count": "query",
    "query.column": "query",
    "query.column_pair": "query",
    "query.multiple_columns": "query",
    "query.template_values": "query",
    "query.data_source_table": "query",
    "comparison_query.data_source_table": "comparison_query",
}
"""For each metric, the argument that is the query."""

ELSEWHERE = {
    "query.data_source_table": "data_source_name",
    "comparison_query.data_source_table": "comparison_data_source_name",
}
"""For each metric that asks another data source, the argument that names it."""


def answer(asking: Asking, relation: Relation, looked: Looked, name: str) -> Any:
    """How many rows the query gives (`...row_count`), or the rows, as mappings. Raises UsageError, EngineError."""
    arguments = looked.arguments
    query = str(arguments.get(QUERY_METRICS[name]) or "").strip().rstrip("; \t\r\n")
    if not query:
        raise UsageError(f"the metric {name} needs the argument '{QUERY_METRICS[name]}'")
    if name in ELSEWHERE:
        return _of_another(query, str(arguments.get(ELSEWHERE[name])))
    filled = substituted(query, {**_names(arguments), "batch": looked.rows.source})
    if name.endswith("row_count"):
        return asking.rows(relation, f"select count(*) from ({filled}\n)")[1][0][0]
    limit = "" if arguments.get("fetch_all") else f" limit {MOST_ROWS}"
    names, rows = asking.rows(relation, f"select * from ({filled}\n){limit}")
    return [dict(zip(names, row, strict=True)) for row in rows]


def substituted(query: str, names: Mapping[str, Any]) -> str:
    """The query with `{name}` replaced; `{{` is a brace that is meant. Raises UsageError for an unknown name."""
    try:
        return query.format(**names)
    except (KeyError, IndexError, ValueError) as error:
        hint = f"known are {', '.join('{' + name + '}' for name in names)}; a brace that is meant is written twice"
        raise UsageError(f"cannot fill in {error} in the query: {query}", hint=hint) from error


def _names(arguments: Mapping[str, Any]) -> dict[str, Any]:
    names = {key: arguments[key] for key in ("column", "column_A", "column_B") if arguments.get(key)}
    names |= {f"col_{number}": name for number, name in enumerate(arguments.get("columns") or (), 1)}
    return names | dict(arguments.get("template_dict") or {})


def _of_another(query: str, source_name: str) -> list[dict[str, Any]]:
    """The rows of a query in another data source, through the engine that Great Expectations has for it."""
    from great_expectations.data_context import project_manager  # only who compares with another source needs it

    sources = project_manager.get_datasources()
    if source_name not in sources:
        raise UsageError(f"there is no data source '{source_name}'", hint=f"known are {', '.join(sources)}")
    engine = sources[source_name].get_execution_engine()
    if hasattr(engine, "ask"):
        names, rows = engine.ask(query)
        return [dict(zip(names, row, strict=True)) for row in rows[:MOST_ROWS]]
    from sqlalchemy import text  # of Great Expectations' own SQL engines, which cannot be without it

    return [row._asdict() for row in engine.execute_query(text(query)).fetchmany(MOST_ROWS)]
