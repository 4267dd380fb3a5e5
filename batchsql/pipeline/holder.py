"""Who holds the warehouse: a small file beside it, believed only when the engine says that the warehouse is held."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from batchsql.errors import WarehouseBusyError

_POLL_SECONDS = 0.2
_T = TypeVar("_T")


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A run that has the warehouse open for writing. since: UTC."""

    run_id: int
    pid: int
    host: str
    since: datetime
    command: str


def _file_of(database: str) -> Path:
    return Path(database + ".run")


@contextmanager
def holding(database: str, run_id: int, command: str) -> Iterator[None]:
    """Say beside the warehouse that this run holds it, for as long as the block lasts."""
    if database == ":memory:":
        yield
        return
    path = _file_of(database)
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    holder = Holder(run_id=run_id, pid=os.getpid(), host=socket.gethostname(), since=now, command=command)
    path.write_bytes(msgspec.json.encode(holder))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def describe_holder(database: str, busy: WarehouseBusyError) -> WarehouseBusyError:
    """The same error, with the run and since when, where the file beside the warehouse tells."""
    try:
        holder = msgspec.json.decode(_file_of(database).read_bytes(), type=Holder)
    except (OSError, msgspec.DecodeError):
        return busy
    if str(holder.pid) not in busy.message:
        return busy
    return WarehouseBusyError(
        f"run {holder.run_id} holds the warehouse {Path(database).name} since {holder.since:%Y-%m-%d %H:%M:%S} UTC: "
        f"process {holder.pid} on {holder.host}, `{holder.command}`",
        path=busy.path,
        hint=busy.hint,
    )


def waiting_for(open_it: Callable[[], _T], database: str, seconds: float, note: Callable[[str], None]) -> _T:
    """Call open_it until the warehouse is free, for at most so many seconds; raises WarehouseBusyError after that."""
    deadline = time.monotonic() + seconds
    noted = False
    while True:
        try:
            return open_it()
        except WarehouseBusyError as error:
            busy = describe_holder(database, error)
            if time.monotonic() >= deadline:
                raise busy from None
            if not noted:
                note(f"waiting up to {seconds:g} s: {busy.message}")
                noted = True
            time.sleep(_POLL_SECONDS)
