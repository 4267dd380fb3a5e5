"""Models in Python: `def model(dbt, session)` is called in the batch's transaction, with the batch's own connection.

What it returns (a DuckDB relation, an Arrow table, a data frame of pandas or polars) is registered under a name, from
which the batch lands as from any query.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from msgspec import Struct

from batchsql.compiler import Compiled, readable
from batchsql.engines.base import Session
from batchsql.errors import BatchError
from batchsql.values import Config, Node, TableName, quote

RESULT = "batchsql_python_result"
QUERY = f"select * from {quote(RESULT)}"


class _Configured:
    """`dbt.config`: a call notes nothing, since it was read before; `get` gives a value."""

    def __init__(self, config: Config, written: dict[str, Any]) -> None:
        self._config = config
        self._written = written

    def __call__(self, **values: Any) -> None:
        """Say how the model lands."""

    def get(self, key: str, default: Any = None) -> Any:
        """A config value, or the default."""
        if key in self._written:
            return self._written[key]
        found = self._config.extra.get(key, getattr(self._config, key, None))
        return default if found is None else found

    def meta_get(self, key: str, default: Any = None) -> Any:
        """A value of the config's `meta`, or the default."""
        return self._config.meta.get(key, default)


class _This(Struct, frozen=True):
    """`dbt.this`: the model's own relation."""

    database: str
    schema: str
    identifier: str

    def __str__(self) -> str:
        return TableName(self.schema, self.identifier).sql


class _Dbt:
    """What a model in Python knows as `dbt`."""

    def __init__(self, compiled: Compiled, node: Node, connection: Any, incremental: bool) -> None:
        self._compiled = compiled
        self._connection = connection
        self.is_incremental = incremental
        self.config = _Configured(node.config, _written(node))
        relation = node.relation or TableName("", node.key)
        self.this = _This(str(connection.execute("select current_database()").fetchall()[0][0]), *_parts(relation))

    def ref(self, *names: str, v: Any = None, version: Any = None) -> Any:
        """A model, seed or snapshot, as a relation."""
        number = v if v is not None else version
        name = names[-1] if number is None else f"{names[-1]}.v{number}"
        return self._read(self._compiled.names.model(name.lower()) or name)

    def source(self, group: str, name: str) -> Any:
        """A table of a source, as a relation."""
        return self._read(f"{group}.{name}")

    def _read(self, key: str) -> Any:
        return self._connection.sql(f"select * from {readable(self._compiled, key)}")


def _parts(relation: TableName) -> tuple[str, str]:
    return relation.schema, relation.name


def _written(node: Node) -> dict[str, Any]:
    """What the config holds as it was written, the most specific last."""
    layers = node.model.layers if node.model else ()
    values = {key.removeprefix("+"): value for layer in layers for key, value in layer.values.items()}
    return {**values, **(node.rendered.config if node.rendered else {})}


@contextmanager
def python_result(compiled: Compiled, node: Node, session: Session, *, incremental: bool) -> Iterator[None]:
    """Run the model's function; while this is open, QUERY gives what it returned. Raises BatchError with the line."""
    if node.model is None or node.model.language != "python":
        yield
        return
    connection = session.connection
    with _Told(node.path):
        names: dict[str, Any] = {"__name__": f"batchsql_model_{node.key}", "__file__": node.path}
        exec(compile(node.model.text, node.path, "exec"), names)  # noqa: S102  it is what such a model is for
        found = names["model"](_Dbt(compiled, node, connection, incremental), connection)
        if found is None:
            raise BatchError("the function `model` returned nothing", path=node.path, hint="return a data frame")
        connection.register(RESULT, found)
    try:
        yield
    finally:
        connection.unregister(RESULT)


class _Told:
    """Whatever the code of a model raises becomes a BatchError with the line of the model."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, BatchError):
            lines = [frame.lineno for frame in traceback.extract_tb(trace) if frame.filename == self._path]
            message = f"{type(error).__name__}: {error}"
            raise BatchError(message, path=self._path, line=lines[-1] if lines else None) from error
