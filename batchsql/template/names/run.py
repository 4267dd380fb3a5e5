"""Names whose meaning differs from run to run: execute, is_incremental, run_query, batch, run_started_at, ..."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from batchsql.errors import TemplateError, did_you_mean
from batchsql.template.lexical import check_supplied
from batchsql.template.objects import keeps_supplied
from batchsql.template.query_table import QueryTable
from batchsql.template.state import RenderState
from batchsql.template.supplied import plain

_MARKER = re.compile(r'"__(ref|source|this)__"\."((?:[^"]|"")*)"')
_WHILE_COMPILING = datetime(1970, 1, 1, tzinfo=UTC)


class BatchRecord:
    """`batch.start`, `batch.end`, `batch.id`; false where the model is not loaded an interval at a time."""

    __slots__ = ("_state",)

    def __init__(self, state: RenderState) -> None:
        self._state = state

    def __bool__(self) -> bool:
        return self._state.context.interval is not None

    @property
    def start(self) -> datetime:
        """First moment of the interval, in UTC."""
        return self._interval("start")

    @property
    def end(self) -> datetime:
        """The moment after the interval, in UTC."""
        return self._interval("end")

    @property
    def id(self) -> int | None:
        """The batch's id in the ledger; none while the project is compiled."""
        return self._state.context.batch_id

    def _interval(self, side: str) -> datetime:
        interval = self._state.context.interval
        if interval is None:
            raise TemplateError(
                f"batch.{side} is known only where a model is loaded an interval at a time",
                hint="set config(materialized='incremental', incremental_strategy='microbatch', event_time=..., "
                "begin=..., batch_size=...), or write {% if batch %} around it",
            )
        return interval.start if side == "start" else interval.end


def physical_names(sql: str, state: RenderState) -> str:
    """The text with physical names in the places of the markers of ref(), source() and `this`."""

    def name(match: re.Match[str]) -> str:
        key = match[2].replace('""', '"')
        context = state.context
        table = context.this if match[1] == "this" else context.relations.get(key)
        if table is None:
            raise TemplateError(
                f"the query given to run_query() reads '{key}', which is no relation in the warehouse",
                hint=did_you_mean(key, context.relations),
            )
        return table.sql

    return _MARKER.sub(name, sql)


def _run_query(state: RenderState) -> Callable[[str], QueryTable | None]:
    @keeps_supplied
    def run_query(sql: str) -> QueryTable | None:
        check_supplied(sql)
        context = state.context
        if not context.execute or context.run_query is None:
            return None
        names, rows = context.run_query(physical_names(plain(str(sql)), state))
        return QueryTable(names, rows)

    return run_query


def _is_incremental(state: RenderState) -> Callable[[], bool]:
    return keeps_supplied(lambda: state.context.incremental)


def _run_started_at(state: RenderState) -> datetime:
    moment = state.context.run_started_at
    return moment.replace(tzinfo=UTC) if moment else _WHILE_COMPILING


RUN: dict[str, Callable[[RenderState], Any]] = {
    "execute": lambda state: state.context.execute,
    "is_incremental": _is_incremental,
    "run_query": _run_query,
    "batch": BatchRecord,
    "run_started_at": _run_started_at,
    "invocation_id": lambda state: state.context.invocation_id,
}
