"""Names that run SQL and keep what it gave: run_query, statement, load_result, store_result, store_raw_result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from batchsql.errors import TemplateError
from batchsql.template.objects import Record, keeps_supplied
from batchsql.template.query_table import QueryTable
from batchsql.template.state import RenderState
from batchsql.template.undefined import Nothing
from batchsql.template.warehouse import Warehouse


class Response(Struct, frozen=True):
    """What the engine said to a statement; printed, its message."""

    message: str = "OK"
    code: Any = None
    rows_affected: int | None = None
    query_id: str | None = None

    def __str__(self) -> str:
        return self.message


def _run_query(state: RenderState) -> Callable[[str], QueryTable | Nothing | None]:
    warehouse = Warehouse(state)

    @keeps_supplied
    def run_query(sql: Any) -> QueryTable | Nothing | None:
        if warehouse.at_hand:
            return warehouse.table(sql)
        return Nothing(name="the result of a query, while nothing is run,") if state.facts.trusted else None

    return run_query


def _statement(state: RenderState) -> Callable[..., str]:
    warehouse = Warehouse(state)

    @keeps_supplied
    def statement(
        name: str | None = None,
        fetch_result: bool = False,
        auto_begin: bool = True,  # noqa: ARG001  a batch is one transaction
        language: str = "sql",
        *,
        caller: Callable[[], str] | None = None,
    ) -> str:
        if not warehouse.at_hand:
            return ""
        if caller is None:
            raise TemplateError(
                "statement() runs the SQL between its tags",
                hint="write {% call statement('name', fetch_result=True) %} select ... {% endcall %}",
            )
        if language != "sql":
            raise TemplateError(f"statement() runs SQL, not {language}", hint="a Python model is a file of its own")
        names, rows = warehouse.raw(caller())
        if name is not None:
            kept = (names, rows) if fetch_result else ((), [])
            state.results[name] = _result(Response(), warehouse.as_table(*kept), kept[1])
        return ""

    return statement


def _result(response: Any, table: QueryTable, rows: list[tuple[Any, ...]]) -> Record:
    return Record({"response": response, "data": [tuple(row) for row in rows], "table": table})


def _load_result(state: RenderState) -> Callable[[str], Record | None]:
    return keeps_supplied(lambda name: state.results.get(name))


def _store_result(state: RenderState) -> Callable[..., str]:
    @keeps_supplied
    def store_result(name: str, response: Any, agate_table: QueryTable | None = None) -> str:
        table = agate_table if agate_table is not None else QueryTable((), ())
        state.results[name] = _result(response, table, [row.values() for row in table])
        return ""

    return store_result


def _store_raw_result(state: RenderState) -> Callable[..., str]:
    store = _store_result(state)

    @keeps_supplied
    def store_raw_result(
        name: str,
        message: Any = None,
        code: Any = None,
        rows_affected: Any = None,
        agate_table: QueryTable | None = None,
    ) -> str:
        return store(name, Response(str(message), code, rows_affected), agate_table)

    return store_raw_result


STATEMENTS: dict[str, Callable[[RenderState], Any]] = {
    "run_query": _run_query,
    "statement": _statement,
    "load_result": _load_result,
    "store_result": _store_result,
    "store_raw_result": _store_raw_result,
}
