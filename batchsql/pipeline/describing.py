"""What is in the warehouse, column by column, for the catalog; and what is to be written of it there."""

from __future__ import annotations

from msgspec.structs import replace

from batchsql.artifacts import CatalogColumn, written_out
from batchsql.compiler import Compiled
from batchsql.pipeline.events import Listener, Options
from batchsql.pipeline.opening import open_when_free
from batchsql.values import Column, Model

_COLUMNS = """
select t.database_name, t.schema_name, t.table_name, t.kind, c.column_name, c.data_type,
  row_number() over (partition by t.table_oid, t.schema_name, t.database_name order by c.column_index),
  c.comment, t.comment
from (
  select database_name, schema_name, table_name, table_oid, comment,
    case when temporary then 'LOCAL TEMPORARY' else 'BASE TABLE' end as kind
  from duckdb_tables()
  union all
  select database_name, schema_name, view_name, view_oid, comment, 'VIEW'
  from duckdb_views() where not internal
) as t
join duckdb_columns() as c
  on c.table_oid = t.table_oid and c.schema_name = t.schema_name and c.database_name = t.database_name
where not c.internal
order by all"""


def warehouse_columns(compiled: Compiled, on_event: Listener) -> list[CatalogColumn]:
    """The columns of all tables and views, whoever made them."""
    engine = open_when_free(compiled, Options(), on_event, read_only=True)
    session = engine.session()
    try:
        return [CatalogColumn(*row) for row in session.query(_COLUMNS)]
    finally:
        session.close()
        engine.close()


def descriptions(compiled: Compiled, model: Model) -> tuple[str, tuple[Column, ...]]:
    """What a model and its columns are described with, docs blocks written out."""
    project = compiled.project
    packages = (model.package or project.name, project.name)
    columns = tuple(
        replace(column, description=written_out(column.description, project.docs, packages)) for column in model.columns
    )
    return written_out(model.description, project.docs, packages), columns
