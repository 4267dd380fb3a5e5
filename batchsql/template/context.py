"""What differs from one rendering of a model to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from batchsql.values import Interval, TableName

RunQuery = Callable[[str], tuple[tuple[str, ...], list[tuple[Any, ...]]]]
"""Runs one query; gives the names of its columns and its rows."""

OnLog = Callable[[str, bool], None]
"""Gets each message of log() and print(), and whether it is meant for the screen."""


class RenderContext(Struct, frozen=True, kw_only=True):
    """What differs from one rendering of a model to the next.

    execute: whether queries may be run; False while the project is compiled.
    incremental: what is_incremental() answers.
    interval: the slice the batch covers: `batch.start`, `batch.end`. None where the slice is everything.
    run_started_at: naive, in UTC. None while the project is compiled; the text then gets the start of 1970.
    relations: physical names by model name, and by `group.name` for sources; empty while the project is compiled.
    this: physical name of the model itself.
    physical: True: ref(), source() and `this` print physical names (hooks); False: the markers of `Rendered.sql`.
              The text given to run_query() always gets physical names.
    run_query: called by run_query() when execute is True.
    on_log: gets what log() and print() say.
    graph: gives all things of the project, for `graph`; None while the project is compiled.
    arguments: what the command was given, by dbt's names (`which`, `full_refresh`, `vars`, ...), for `flags`.
    selected: unique ids of what the command selected, for `selected_resources`.
    names: what only this text knows, e.g. the `results` of a run.
    """

    execute: bool = False
    incremental: bool = False
    interval: Interval | None = None
    batch_id: int | None = None
    run_started_at: datetime | None = None
    invocation_id: str = ""
    relations: Mapping[str, TableName] = {}
    this: TableName | None = None
    physical: bool = False
    run_query: RunQuery | None = None
    on_log: OnLog | None = None
    graph: Callable[[], Mapping[str, Any]] | None = None
    arguments: Mapping[str, Any] = {}
    selected: Callable[[], Sequence[str]] | None = None
    names: Mapping[str, Any] = {}
