"""A server of a folder's files. A module of its own, since the library that it needs slows every command down."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from batchsql.errors import UsageError


def listening(folder: Path, host: str, port: int) -> ThreadingHTTPServer:
    """A server of the files of a folder. Raises UsageError where the address cannot be had."""
    try:
        return ThreadingHTTPServer((host, port), partial(_Files, directory=str(folder)))
    except OSError as error:
        raise UsageError(f"nothing can listen on {host}:{port}: {error.strerror}", hint="try --port 0") from None


class _Files(SimpleHTTPRequestHandler):
    """Files, without a line on the terminal for each."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002  as it is called
        return
