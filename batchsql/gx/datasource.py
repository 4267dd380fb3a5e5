"""The data source: `context.data_sources.add_duckdb(name).bind(connection)`.

Importing this module registers it: Great Expectations knows a data source from the moment its class is made.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from weakref import WeakKeyDictionary

import great_expectations.exceptions as gx_exceptions
from great_expectations.core.batch import LegacyBatchDefinition
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.batch_spec import BatchSpec
from great_expectations.core.id_dict import IDDict
from great_expectations.core.partitioners import (
    ColumnPartitionerDaily,
    ColumnPartitionerMonthly,
    ColumnPartitionerYearly,
)
from great_expectations.datasource.fluent.batch_request import BatchRequest
from great_expectations.datasource.fluent.interfaces import Batch, DataAsset, Datasource, TestConnectionError
from great_expectations.exceptions.exceptions import NoAvailableBatchesError

from batchsql.errors import EngineError, UsageError
from batchsql.gx.engine import DuckDBExecutionEngine
from batchsql.gx.expectations import register_metrics
from batchsql.values import quote

PARTS = {
    "partition_on_year": ("year",),
    "partition_on_year_and_month": ("year", "month"),
    "partition_on_year_and_month_and_day": ("year", "month", "day"),
}
_BOUND: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
"""Connections by context and name of the data source; configuration, which contexts copy and save, cannot hold them."""


class _DuckDBAsset(DataAsset):
    """Rows that a connection can read: all of them, or those of one year, month or day."""

    def _select(self) -> dict[str, str]:
        raise NotImplementedError

    def test_connection(self) -> None:
        """Whether the rows can be read; raises TestConnectionError. Nothing is asked before a connection is bound."""
        if self.datasource.connection is None:
            return
        try:
            self.datasource.get_execution_engine().columns(self._select())
        except EngineError as error:
            raise TestConnectionError(f"the asset {self.name} cannot be read: {error.message}") from error

    def add_batch_definition_whole_table(self, name: str) -> BatchDefinition:
        """A batch of all rows."""
        return self.add_batch_definition(name)

    def add_batch_definition_daily(self, name: str, column: str, sort_ascending: bool = True) -> BatchDefinition:
        """A batch a day, by a column of dates or timestamps; the last one, unless batch parameters tell another."""
        return self.add_batch_definition(name, _partitioner(ColumnPartitionerDaily, column, sort_ascending))

    def add_batch_definition_monthly(self, name: str, column: str, sort_ascending: bool = True) -> BatchDefinition:
        """A batch a month."""
        return self.add_batch_definition(name, _partitioner(ColumnPartitionerMonthly, column, sort_ascending))

    def add_batch_definition_yearly(self, name: str, column: str, sort_ascending: bool = True) -> BatchDefinition:
        """A batch a year."""
        return self.add_batch_definition(name, _partitioner(ColumnPartitionerYearly, column, sort_ascending))

    def get_batch_parameters_keys(self, partitioner: Any = None) -> tuple[str, ...]:
        """`year`, `month` and `day`, as far as the partitioner goes."""
        return _parts(partitioner) if partitioner else ()

    def build_batch_request(
        self, options: Any = None, batch_slice: Any = None, partitioner: Any = None
    ) -> BatchRequest:
        """A request for the batch that the options tell."""
        request = BatchRequest(
            datasource_name=self.datasource.name,
            data_asset_name=self.name,
            options=dict(options or {}),
            batch_slice=batch_slice,
            partitioner=partitioner,
        )
        self._validate_batch_request(request)
        return request

    def _validate_batch_request(self, batch_request: BatchRequest) -> None:
        known = self.get_batch_parameters_keys(batch_request.partitioner)
        unknown = [name for name in batch_request.options if name not in known]
        if unknown:
            message = (
                f"the batch parameter '{unknown[0]}' is not one of this asset: {', '.join(known) or 'it has none'}"
            )
            raise gx_exceptions.InvalidBatchRequestError(message)

    def get_batch_identifiers_list(self, batch_request: BatchRequest) -> list[dict[str, Any]]:
        """The batches that a request means, in order; those of a partitioner are asked of the data."""
        self._validate_batch_request(batch_request)
        partitioner = batch_request.partitioner
        if not partitioner:
            return [IDDict({})]
        parts = _parts(partitioner)
        listed = ", ".join(f"{part}({quote(partitioner.column_name)})" for part in parts)
        wanted = {name: int(value) for name, value in batch_request.options.items() if value is not None}
        direction = "asc" if partitioner.sort_ascending else "desc"
        found = self.datasource.get_execution_engine().ask(
            f"select distinct {listed} from {_from(self._select())} where {quote(partitioner.column_name)} is not null "
            f"order by {', '.join(f'{number} {direction}' for number in range(1, len(parts) + 1))}"
        )[1]
        all_of_them = [dict(zip(parts, row, strict=True)) for row in found]
        matching = [IDDict(each) for each in all_of_them if all(each[name] == wanted[name] for name in wanted)]
        sliced: list[dict[str, Any]] = matching[batch_request.batch_slice]
        return sliced

    def get_batch(self, batch_request: BatchRequest) -> Batch:
        """The last of the batches that a request means. Raises NoAvailableBatchesError where there is none."""
        batches = self.get_batch_identifiers_list(batch_request)
        if not batches:
            raise NoAvailableBatchesError(f"no rows for {batch_request.options or 'any batch'}")
        identifiers, partitioner = batches[-1], batch_request.partitioner
        select = self._select()
        if partitioner:
            column = quote(partitioner.column_name)
            conditions = " and ".join(f"{part}({column}) = {value}" for part, value in identifiers.items())
            select = {"query": f"select * from {_from(select)} where {conditions}"}
        spec = BatchSpec(**select)
        data, markers = self.datasource.get_execution_engine().get_batch_data_and_markers(spec)
        request = batch_request.copy(update={"options": dict(identifiers)}) if partitioner else batch_request
        return Batch(
            datasource=self.datasource,
            data_asset=self,
            batch_request=request,
            data=data,
            metadata=dict(identifiers),
            batch_markers=markers,
            batch_spec=spec,
            batch_definition=LegacyBatchDefinition(
                datasource_name=self.datasource.name,
                data_connector_name="fluent",
                data_asset_name=self.name,
                batch_identifiers=identifiers,
            ),
        )


class DuckDBTableAsset(_DuckDBAsset):
    """A table or a view, with the rows that the connection's own transaction has written and not yet committed."""

    type: Literal["duckdb_table"] = "duckdb_table"
    table_name: str
    schema_name: str | None = None

    def _select(self) -> dict[str, str]:
        parts = (self.schema_name, self.table_name) if self.schema_name else (self.table_name,)
        return {"table": ".".join(map(quote, parts))}


class DuckDBQueryAsset(_DuckDBAsset):
    """What a query gives; it runs once a statement."""

    type: Literal["duckdb_query"] = "duckdb_query"
    query: str

    def _select(self) -> dict[str, str]:
        return {"query": self.query.strip().rstrip("; \t\r\n")}


class DuckDBDatasource(Datasource):
    """Adds a DuckDB data source to the data context; `bind` gives it a connection."""

    asset_types: ClassVar[list[type[DataAsset]]] = [DuckDBTableAsset, DuckDBQueryAsset]
    type: Literal["duckdb"] = "duckdb"
    assets: list[DuckDBTableAsset | DuckDBQueryAsset] = []  # noqa: RUF012

    @property
    def execution_engine_type(self) -> Any:
        """DuckDBExecutionEngine."""
        return DuckDBExecutionEngine

    @property
    def connection(self) -> Any:
        """The connection that is bound, None before."""
        return _BOUND.get(self.data_context, {}).get(self.name)

    def test_connection(self, test_assets: bool = True) -> None:
        """Whether the assets can be read; nothing is asked before a connection is bound."""
        if test_assets:
            for asset in self.assets:
                asset._datasource = self
                asset.test_connection()

    def bind(self, connection: Any) -> DuckDBDatasource:
        """Ask this connection from now on, in whatever transaction it is in; it stays the caller's, who closes it."""
        _BOUND.setdefault(self.data_context, {})[self.name] = connection
        self._execution_engine: DuckDBExecutionEngine | None = None
        return self

    def get_execution_engine(self) -> DuckDBExecutionEngine:
        """The engine for the connection that is bound. Raises UsageError where none is."""
        connection = self.connection
        if connection is None:
            hint = f'context.data_sources.get("{self.name}").bind(duckdb.connect(...))'
            raise UsageError(f"no connection is bound to the data source '{self.name}'", hint=hint)
        engine: DuckDBExecutionEngine | None = self._execution_engine
        if engine is None or engine.connection is not connection:
            engine = DuckDBExecutionEngine(connection=connection, name=self.name)
            self._execution_engine = engine
        return engine

    def add_table_asset(self, name: str, table_name: str = "", schema_name: str | None = None) -> DuckDBTableAsset:
        """A table or view as an asset; its name is the asset's, unless another is given."""
        asset = DuckDBTableAsset(name=name, table_name=table_name or name, schema_name=schema_name)
        added: DuckDBTableAsset = self._add_asset(asset)
        return added

    def add_query_asset(self, name: str, query: str) -> DuckDBQueryAsset:
        """A query as an asset."""
        added: DuckDBQueryAsset = self._add_asset(DuckDBQueryAsset(name=name, query=query))
        return added


def _partitioner(kind: Any, column: str, sort_ascending: bool) -> Any:
    """With its method named, by which Great Expectations tells the kinds apart when it reads them from a file."""
    method = kind.__fields__["method_name"].default
    return kind(method_name=method, column_name=column, sort_ascending=sort_ascending)


def _parts(partitioner: Any) -> tuple[str, ...]:
    if partitioner.method_name not in PARTS:
        raise gx_exceptions.InvalidBatchRequestError(f"cannot part rows by {partitioner.method_name}")
    return PARTS[partitioner.method_name]


def _from(select: dict[str, str]) -> str:
    return select.get("table") or f"({select['query']}\n)"


register_metrics()
