"""`adapter`: what macros ask of the warehouse and change in it, always within the batch's own transaction.

While the project is compiled there is no warehouse: questions are answered with none, nothing and false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from batchsql.errors import TemplateError
from batchsql.template.column import Column, ColumnFactory, missing_columns
from batchsql.template.external import read_location, write_options
from batchsql.template.macros import BUILT_IN
from batchsql.template.names.statements import Response
from batchsql.template.objects import Record, keeps_supplied
from batchsql.template.query_table import QueryTable
from batchsql.template.relation import Path, Relation, RelationFactory
from batchsql.template.state import RenderState
from batchsql.template.supplied import plain
from batchsql.template.table_constraints import column_definitions, model_constraints
from batchsql.template.warehouse import Warehouse, message_text
from batchsql.values import literal, quote

STRATEGIES = ("append", "delete+insert", "merge", "microbatch")
_SNAPSHOT_COLUMNS = ("dbt_scd_id", "dbt_valid_from", "dbt_valid_to")
_HARD_DELETES = ("ignore", "invalidate", "new_record")


class Adapter:
    """What `adapter` offers to macros."""

    _keeps_supplied = True

    def __init__(self, state: RenderState) -> None:
        self._state = state
        self._warehouse = Warehouse(state)

    # --- macros -------------------------------------------------------------------------------------------------

    def dispatch(self, macro_name: str, macro_namespace: str | None = None, packages: Any = None) -> Any:  # noqa: ARG002
        """The macro that fits DuckDB best, in the first package that has one."""
        return self._state.dispatch(str(plain(macro_name)), macro_namespace)

    def get_incremental_strategy_macro(self, context: Any, strategy: str) -> Any:  # noqa: ARG002
        """The macro that makes the SQL of an incremental strategy. Raises TemplateError where there is none."""
        if not self._warehouse.at_hand:
            return None
        name = f"get_incremental_{strategy.replace('+', '_')}_sql"
        found = self._macro(name)
        if found is None:
            raise TemplateError(
                f"there is no incremental strategy '{strategy}': no macro is called {name}",
                hint=f"built in are {', '.join(STRATEGIES)}",
            )
        return found

    def _macro(self, name: str) -> Any:
        return self._state.macro(name) or self._state.macro_of(BUILT_IN, name)

    def _call(self, name: str, *args: Any) -> None:
        """Call a macro that a project may have replaced by its own."""
        macro = self._macro(name)
        if macro is None:
            raise TemplateError(f"there is no macro '{name}'")
        self._state.call_macro(name, lambda: macro(*args))

    # --- questions ----------------------------------------------------------------------------------------------

    def get_relation(self, database: str | None, schema: str | None, identifier: str | None) -> Relation | None:
        """The relation of that name as the warehouse has it; none where it has none."""
        if not self._warehouse.at_hand or database is None or schema is None or identifier is None:
            return None
        return self._warehouse.relation(Path(database, schema, identifier))

    def get_columns_in_relation(self, relation: Relation) -> list[Column]:
        """The columns of a relation; none where it is not there."""
        return self._warehouse.columns(_relation(relation)) if self._warehouse.at_hand else []

    def get_columns_in_table(self, schema: str, identifier: str) -> list[Column]:
        """The columns of a table of the target's database."""
        return self.get_columns_in_relation(RelationFactory().create(self._database, schema, identifier))

    def get_missing_columns(self, from_relation: Relation, to_relation: Relation) -> list[Column]:
        """The columns of the first relation that the second has not."""
        return missing_columns(self.get_columns_in_relation(from_relation), self.get_columns_in_relation(to_relation))

    def get_column_schema_from_query(self, sql: str) -> list[Column]:
        """The columns a query gives, structs as their fields."""
        return self._warehouse.columns_of_query(sql) if self._warehouse.at_hand else []

    def check_schema_exists(self, database: str, schema: str) -> bool:
        """Whether there is a schema of that name."""
        if not self._warehouse.at_hand:
            return False
        return str(schema).lower() in (name.lower() for name in self._warehouse.schemas(database))

    def already_exists(self, schema: str, name: str) -> bool:
        """Whether there is a relation of that name in the target's database."""
        return self.get_relation(self._database, schema, name) is not None

    def list_schemas(self, database: str) -> list[str]:
        """The schemas of a database."""
        return self._warehouse.schemas(database) if self._warehouse.at_hand else []

    def list_relations(self, database: str, schema: str) -> list[Relation]:
        """The relations in a schema."""
        return self._warehouse.relations(Path(database, schema)) if self._warehouse.at_hand else []

    def list_relations_without_caching(self, schema_relation: Relation) -> list[Relation]:
        """The relations in the schema that a relation stands for."""
        return self.list_relations(str(schema_relation.database), str(schema_relation.schema))

    @property
    def _database(self) -> str:
        return str(self._state.lookup("target")["database"])

    # --- changes ------------------------------------------------------------------------------------------------

    def execute(
        self,
        sql: str,
        auto_begin: bool = False,  # noqa: ARG002  a batch is one transaction
        fetch: bool = False,
        limit: int | None = None,
    ) -> tuple[Any, QueryTable]:
        """Run a statement: what the engine said, and the result where it is asked for."""
        if not self._warehouse.at_hand:
            return "", QueryTable((), ())
        names, rows = self._warehouse.raw(sql)
        return Response(), self._warehouse.as_table(names, rows[: limit or None]) if fetch else QueryTable((), ())

    def add_query(self, sql: str, auto_begin: bool = True, bindings: Any = None, **_options: Any) -> tuple[None, None]:  # noqa: ARG002
        """Run a statement."""
        if bindings:
            raise TemplateError("adapter.add_query() takes no bindings", hint="write the values into the SQL")
        self.execute(sql)
        return None, None

    def create_schema(self, relation: Relation) -> None:
        """Create the schema of a relation, where it is not there."""
        self._change("create_schema", _relation(relation).without_identifier())

    def drop_schema(self, relation: Relation) -> None:
        """Drop the schema of a relation, and all that is in it."""
        self._change("drop_schema", _relation(relation).without_identifier())

    def drop_relation(self, relation: Relation) -> None:
        """Drop a relation whose type is known. Raises TemplateError for another."""
        if self._warehouse.at_hand and _relation(relation).type is None:
            raise TemplateError(
                f"the relation {message_text(relation, self._state)} cannot be dropped: its type is not known",
                hint="drop what load_relation() gives, or api.Relation.create(..., type='table')",
            )
        self._change("drop_relation", relation)

    def truncate_relation(self, relation: Relation) -> None:
        """Delete all rows of a table."""
        self._change("truncate_relation", _relation(relation))

    def rename_relation(self, from_relation: Relation, to_relation: Relation) -> None:
        """Give a relation another name in its schema."""
        self._change("rename_relation", _relation(from_relation), _relation(to_relation))

    def _change(self, macro: str, *args: Relation) -> None:
        if self._warehouse.at_hand:
            self._call(macro, *args)

    def expand_target_column_types(self, from_relation: Relation, to_relation: Relation) -> None:  # noqa: ARG002
        """Nothing: text has no greatest length in DuckDB."""
        self._warehouse.at_hand  # noqa: B018

    def commit(self) -> None:
        """Nothing: a batch is committed as a whole, when its checks have passed."""

    def ensure_transaction(self) -> None:
        """Nothing: a batch is a transaction."""

    def cache_added(self, relation: Relation | None) -> str:  # noqa: ARG002
        """Nothing: relations are not cached."""
        return ""

    cache_dropped = cache_added

    def cache_renamed(self, from_relation: Relation, to_relation: Relation) -> str:  # noqa: ARG002
        """Nothing: relations are not cached."""
        return ""

    # --- names and types ----------------------------------------------------------------------------------------

    def type(self) -> str:
        """The kind of warehouse."""
        return "duckdb"

    def quote(self, identifier: Any) -> str:
        """A name in quotes."""
        return quote(str(plain(str(identifier))))

    def quote_as_configured(self, identifier: str, quote_key: str) -> str:  # noqa: ARG002
        """A name as it is written in SQL."""
        return self.quote(identifier)

    def quote_seed_column(self, column: str, quote_config: bool | None) -> str:
        """The name of a seed's column, in quotes unless its config says otherwise."""
        if not isinstance(quote_config, bool | None):
            raise TemplateError(f"quote_columns is true or false, not {quote_config!r}")
        return column if quote_config is False else self.quote(column)

    def convert_type(self, agate_table: QueryTable, col_idx: int) -> str:
        """The SQL type for a column of a result."""
        return agate_table.column_types[col_idx].sql

    def convert_datetimes_to_strs(self, table: QueryTable) -> QueryTable:
        """A result whose dates and times are text."""
        texts = {"Date", "DateTime"}
        rows = [
            tuple(
                str(value) if value is not None and kind.name in texts else value
                for value, kind in zip(row, table.column_types, strict=True)
            )
            for row in table
        ]
        return QueryTable(table.column_names, rows)

    def escape_sql_string(self, value: str) -> str:
        """Text as it goes between the quotes of a literal."""
        return literal(str(plain(value)))[1:-1]

    def standardize_grants_dict(self, grants_table: QueryTable) -> dict[str, list[str]]:
        """Who has which privilege, by privilege."""
        found: dict[str, list[str]] = {}
        for row in grants_table:
            found.setdefault(row["privilege"] if "privilege" in row else row["privilege_type"], []).append(
                row["grantee"]
            )
        return found

    def render_raw_columns_constraints(self, raw_columns: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Columns with their types and constraints, as CREATE TABLE takes them."""
        return column_definitions(raw_columns)

    def render_raw_model_constraints(self, raw_constraints: Sequence[Mapping[str, Any]]) -> list[str]:
        """Constraints of a table, as CREATE TABLE takes them."""
        return model_constraints(raw_constraints)

    def parse_index(self, raw_index: Mapping[str, Any]) -> Record:
        """An index as a model's config describes it; `render` gives it a name that no other index has."""
        columns, unique = [str(column) for column in raw_index["columns"]], bool(raw_index.get("unique"))

        @keeps_supplied
        def render(relation: Any) -> str:
            return blake2b(f"{columns}{unique}{relation}".encode(), digest_size=16).hexdigest()

        return Record({"columns": columns, "unique": unique, "render": render})

    def existing_key_constraint_types(self, relation: Relation) -> list[str]:
        """Which kinds of keys a table has."""
        path = _relation(relation).path
        _, rows = self._warehouse.raw(
            "select distinct lower(constraint_type) from duckdb_constraints() where constraint_type not in "
            f"('CHECK', 'NOT NULL') and schema_name = {literal(str(path.schema))} "
            f"and table_name = {literal(str(path.identifier))} order by 1"
        )
        return [kind for (kind,) in rows]

    def catalog_supports_foreign_keys(self, database: str) -> bool:  # noqa: ARG002
        """True: DuckDB has foreign keys."""
        return True

    # --- loads --------------------------------------------------------------------------------------------------

    def valid_incremental_strategies(self) -> list[str]:
        """The incremental strategies that are built in."""
        return list(STRATEGIES)

    builtin_incremental_strategies = valid_incremental_strategies

    def get_hard_deletes_behavior(self, config: Mapping[str, Any]) -> str | None:
        """What a snapshot does with rows that are gone."""
        if not self._warehouse.at_hand:
            return None
        if config.get("invalidate_hard_deletes") is not None and config.get("hard_deletes"):
            raise TemplateError("a snapshot has hard_deletes or invalidate_hard_deletes, not both")
        behavior = "invalidate" if config.get("invalidate_hard_deletes") else config.get("hard_deletes") or "ignore"
        if behavior not in _HARD_DELETES:
            raise TemplateError(f"'{behavior}' is no hard_deletes", hint=f"known are {', '.join(_HARD_DELETES)}")
        return str(behavior)

    def valid_snapshot_target(self, relation: Relation, column_names: Mapping[str, str] | None = None) -> None:
        """Raise TemplateError where a relation has not the columns of a snapshot."""
        self._refuse_without(relation, [(column_names or {}).get(name, name) for name in _SNAPSHOT_COLUMNS])

    def assert_valid_snapshot_target_given_strategy(
        self, relation: Relation, column_names: Mapping[str, str], strategy: Mapping[str, Any]
    ) -> None:
        """Raise TemplateError where a relation has not the columns that this strategy of snapshots needs."""
        deleted = ["dbt_is_deleted"] if strategy.get("hard_deletes") == "new_record" else []
        self._refuse_without(relation, [column_names.get(name, name) for name in (*_SNAPSHOT_COLUMNS, *deleted)])

    def _refuse_without(self, relation: Relation, wanted: Sequence[str]) -> None:
        if not self._warehouse.at_hand:
            return
        has = {column.name.lower() for column in self.get_columns_in_relation(relation)}
        missing = [name for name in wanted if name.lower() not in has]
        if missing:
            name = message_text(relation, self._state)
            raise TemplateError(f"{name} is no snapshot: it has no {' and no '.join(missing)}")

    # --- of DuckDB ----------------------------------------------------------------------------------------------

    def is_motherduck(self) -> bool:
        """False: the warehouse is a file."""
        return False

    def is_ducklake(self, relation: Relation) -> bool:
        """Whether a relation is in a lake."""
        if not self._warehouse.at_hand:
            return False
        name = literal(str(relation.database).lower())
        _, rows = self._warehouse.raw(f"select type from duckdb_databases() where lower(database_name) = {name}")
        return rows == [("ducklake",)]

    use_ducklake_table_workarounds = is_ducklake

    def disable_transactions(self) -> bool:
        """False: a batch is a transaction."""
        return False

    def get_binding_char(self) -> str:
        """What stands for a value in a prepared statement."""
        return "?"

    def external_root(self) -> str:
        """The folder that external models are written to."""
        return str(self._state.lookup("target").get("external_root") or ".")

    def external_write_options(self, write_location: str, rendered_options: Mapping[str, Any]) -> str:
        """The options of COPY for an external model."""
        return write_options(write_location, rendered_options)

    def external_read_location(self, write_location: str, rendered_options: Mapping[str, Any]) -> str:
        """Where the files are that COPY wrote for an external model."""
        return read_location(write_location, rendered_options)

    def location_exists(self, location: str) -> bool:
        """Whether there is a file."""
        return bool(self._warehouse.raw(f"select 1 from glob({literal(str(plain(location)))})")[1])

    def store_relation(self, plugin_name: str, *_args: Any, **_options: Any) -> None:
        """Raise TemplateError: what a plugin stores is outside of the batch's transaction."""
        raise TemplateError(
            f"the plugin '{plugin_name}' cannot store a relation", hint="write files with an external model"
        )

    def register_glue_table(self, *_args: Any, **_options: Any) -> None:
        """Raise TemplateError: a table in Glue is outside of the batch's transaction."""
        raise TemplateError("tables cannot be registered in Glue", hint="register them after the run")


def _relation(value: Any) -> Relation:
    if not isinstance(value, Relation):
        raise TemplateError(
            f"a relation is wanted here, not {'none' if value is None else repr(value)}",
            hint="give ref('...'), source('...', '...'), or api.Relation.create(...)",
        )
    return value


_COLUMN = ColumnFactory()
_API = Record({"Relation": RelationFactory(), "Column": _COLUMN})

ADAPTER: dict[str, Callable[[RenderState], Any]] = {
    "adapter": Adapter,
    "api": lambda _state: _API,
    "column": lambda _state: _COLUMN,
}
