"""Everything that is printed goes through here: masked, painted when a person looks, as JSON when a machine does."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from batchsql.report.mask import masker
from batchsql.report.words import Paint, ansi, fold, plain


def utc_now() -> datetime:
    """The time, UTC, without a zone, as all our times are."""
    return datetime.now(UTC).replace(tzinfo=None)


class Terminal:
    """Standard output and standard error.

    Results go to standard output. Notes and errors go to standard error, so that a result can be piped;
    with a JSON log they are JSON objects, and errors come on standard output, at the end of the log.
    """

    def __init__(self, environment: Mapping[str, str], *, quiet: bool = False, json_log: bool = False) -> None:
        self.quiet = quiet
        self.json_log = json_log
        self.mask = masker(environment)
        self._environment = environment
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")

    @property
    def is_live(self) -> bool:
        """Whether standard output is a terminal that can redraw lines."""
        return sys.stdout.isatty() and self._environment.get("TERM") != "dumb"

    @property
    def paint(self) -> Paint:
        """Colours, for standard output."""
        return self._paint_for(sys.stdout)

    @property
    def paint_errors(self) -> Paint:
        """Colours, for standard error."""
        return self._paint_for(sys.stderr)

    @property
    def width(self) -> int | None:
        """Characters a line of the terminal has; None where output goes to a file or a pipe."""
        return self._width_of(sys.stdout)

    @property
    def error_width(self) -> int | None:
        """The same for standard error."""
        return self._width_of(sys.stderr)

    def say(self, text: str) -> None:
        """Print a result."""
        self._write(sys.stdout, text if text.endswith("\n") else text + "\n")

    def note(self, text: str) -> None:
        """Print something worth knowing that is not the result; not when quiet."""
        if self.json_log:
            from batchsql.report.lines import note_record

            self._write(sys.stderr, self._json(note_record(text, utc_now())))
        elif not self.quiet:
            self._write(sys.stderr, fold(text, self.error_width, 2) + "\n")

    def complain(self, text: str) -> None:
        """Print an error for a person, as it is."""
        self._write(sys.stderr, text + "\n")

    def record(self, record: Mapping[str, Any]) -> None:
        """Print one JSON object, in one line, on standard output."""
        self._write(sys.stdout, self._json(record))

    def _width_of(self, stream: TextIO) -> int | None:
        if not stream.isatty():
            return None
        wanted = self._environment.get("COLUMNS", "")
        return (
            int(wanted) if wanted.isdecimal() and int(wanted) else os.get_terminal_size(stream.fileno()).columns or 80
        )

    def _json(self, record: Mapping[str, Any]) -> str:
        from batchsql.report.table import json_text

        return json_text(record) + "\n"

    def _write(self, stream: TextIO, text: str) -> None:
        stream.write(self.mask(text))
        stream.flush()

    def _paint_for(self, stream: TextIO) -> Paint:
        if self._environment.get("NO_COLOR"):
            return plain
        if self._environment.get("FORCE_COLOR"):
            return ansi
        return ansi if stream.isatty() and self._environment.get("TERM") != "dumb" else plain
