"""Every error a user can meet. One base; each error knows where, why, what to try, and its exit code.

Exit codes: 0 all well, 1 a batch failed, 2 the project or the command is wrong, 3 a check failed.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class BatchsqlError(Exception):
    """Base of all errors that are reported to a user without a traceback.

    path: file the error is in, relative to the project folder, POSIX separators.
    line: line in that file as the user wrote it, counted from 1.
    source_line: the text of that line; readers fill it in where they have the file at hand.
    hint: what to try.
    check: the name of the check that could not be evaluated, where that is what happened.
    """

    check: str | None = None
    exit_code = 2
    label = "Error"

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        source_line: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.source_line = source_line
        self.hint = hint


class UsageError(BatchsqlError):
    """The command line asks for something that cannot be done: an unknown model, a bad value."""

    label = "Usage error"


class ProjectError(BatchsqlError):
    """A project file is wrong: YAML, a config key or value, a duplicate name, a missing file."""

    label = "Project error"


class TemplateError(BatchsqlError):
    """Jinja failed: syntax, an undefined name, a forbidden access, raise_compiler_error."""

    label = "Template error"


class SqlError(BatchsqlError):
    """A query cannot be understood: it does not parse, or it reads an unknown relation."""

    label = "SQL error"


class CycleError(BatchsqlError):
    """Models depend on one another in a circle; the message is the path."""

    label = "Dependency cycle"


class WarehouseBusyError(BatchsqlError):
    """Another process holds the warehouse."""

    label = "Warehouse busy"


class BatchError(BatchsqlError):
    """A batch failed while it ran: the engine refused a statement, or the data broke a rule of the load."""

    exit_code = 1
    label = "Batch failed"


class EngineError(BatchError):
    """A statement failed in the engine. `sql_line` is the line in the statement as sent, from 1, where known."""

    label = "Engine error"

    def __init__(self, message: str, *, sql: str = "", sql_line: int | None = None, conflict: bool = False) -> None:
        super().__init__(message)
        self.sql = sql
        self.sql_line = sql_line
        self.conflict = conflict


class CheckError(BatchsqlError):
    """A check of severity `error` failed."""

    exit_code = 3
    label = "Check failed"


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint such as "did you mean 'orders'?", or None when nothing is near. Case does not count."""
    by_lower = {name.lower(): name for name in known}
    lowered = word.lower()
    near = get_close_matches(lowered, by_lower, n=3, cutoff=0.65)
    near = near or [name for name in by_lower if len(name) > 2 and lowered.startswith(name)][:3]
    if not near:
        return None
    names = " or ".join(f"'{by_lower[n]}'" for n in near)
    return f"did you mean {names}?"
