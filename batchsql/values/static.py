"""What the engine's binder says of a project before anything runs."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

Columns = tuple[tuple[str, str], ...]
"""Name and type of each column, in order."""


class Shape(Struct, frozen=True):
    """The columns of a relation.

    guessed: the types of some are made up, so that a complaint about types downstream may be wrong.
    open: there may be others, since only the warehouse tells of them, and it may be behind the code.
    """

    columns: Columns
    guessed: bool = False
    open: bool = False


class Finding(Struct, frozen=True, kw_only=True):
    """Something in a model that the engine would refuse.

    path, line, source_line: as the user wrote it. column: the column that is not there, where it is one.
    upstream: keys of the relations that the line could have meant it of.
    breaks: columns downstream that are made of it, as `model.column`.
    """

    model: str
    message: str
    path: str
    line: int | None = None
    source_line: str | None = None
    hint: str | None = None
    column: str = ""
    upstream: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()

    def report(self) -> dict[str, Any]:
        """Where it is, and what to try, as reports of errors want it."""
        return {
            "path": self.path,
            "line": self.line,
            "source_line": self.source_line,
            "hint": self.hint,
        }


class Unchecked(Struct, frozen=True):
    """A model that could not be bound without being wrong, and why; what is unknown of it hides what reads it."""

    model: str
    reason: str


class StaticCheck(Struct, frozen=True, kw_only=True):
    """The whole project, or as much of it as was asked for.

    models: how many queries were looked at; bound: how many of them the engine had to bind now, the rest being known.
    shapes: columns of each relation, by key, where they are known.
    """

    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    models: int = 0
    bound: int = 0
    seconds: float = 0.0
    shapes: dict[str, Shape] = {}

    @property
    def exit_code(self) -> int:
        """0 when nothing was found, 2 (the project is wrong) otherwise."""
        return 2 if self.findings else 0
