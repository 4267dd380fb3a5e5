"""Names whose meaning differs from run to run: execute, is_incremental, batch, run_started_at, ..."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from batchsql.errors import TemplateError
from batchsql.template.objects import keeps_supplied
from batchsql.template.state import RenderState

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


def _is_incremental(state: RenderState) -> Callable[[], bool]:
    return keeps_supplied(lambda: state.context.incremental)


def _run_started_at(state: RenderState) -> datetime:
    moment = state.context.run_started_at
    return moment.replace(tzinfo=UTC) if moment else _WHILE_COMPILING


RUN: dict[str, Callable[[RenderState], Any]] = {
    "execute": lambda state: state.context.execute,
    "is_incremental": _is_incremental,
    "batch": BatchRecord,
    "run_started_at": _run_started_at,
    "invocation_id": lambda state: state.context.invocation_id,
}
