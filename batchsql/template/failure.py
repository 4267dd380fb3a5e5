"""What went wrong in a template, told with the file and line as written, and what to try."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import NamedTuple

from jinja2 import TemplateError as JinjaError
from jinja2.exceptions import SecurityError
from jinja2.utils import missing

from batchsql.errors import BatchsqlError, TemplateError, did_you_mean
from batchsql.template.environment import ProjectTemplate
from batchsql.template.state import RenderState, Returned
from batchsql.template.undefined import UnknownNameError

FAILURES = (
    BatchsqlError,
    JinjaError,
    Returned,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    re.error,
)
"""What the code in a template can raise."""

_IN_SANDBOX = "templates run in a sandbox: they see values and the dialect's functions, nothing of Python behind them"


class Place(NamedTuple):
    """A line of a file, as written."""

    path: str
    line: int


def places(traceback: TracebackType | None) -> list[Place]:
    """The lines of templates that an exception passed, outermost first."""
    found = []
    while traceback is not None:
        place = _place(traceback.tb_frame, traceback.tb_lineno)
        if place:
            found.append(place)
        traceback = traceback.tb_next
    return found


def outermost_line(frame: FrameType | None, path: str) -> int | None:
    """The line of the outermost template of this path that is being rendered."""
    found = None
    while frame is not None:
        place = _place(frame, frame.f_lineno)
        if place and place.path == path:
            found = place.line
        frame = frame.f_back
    return found


def _place(frame: FrameType, line: int) -> Place | None:
    template = frame.f_globals.get("__jinja_template__")
    if not isinstance(template, ProjectTemplate):
        return None
    return Place(template.name or "", template.get_corresponding_lineno(line) + template.first_line - 1)


def explained(error: Exception, state: RenderState, where: list[Place]) -> BatchsqlError:
    """The error to show for what was raised while a template ran; `where` as `places` gives it."""
    place = _mention(state, where[-1] if where else Place(state.model.path, state.model.first_line))
    shown = _translated(error, state)
    if shown.path is None:
        shown.path, shown.line = place
    if shown.source_line is None and shown.line is not None:
        shown.source_line = _source_line(state, Place(shown.path, shown.line))
    if shown.path != state.model.path:
        callers = [caller for caller in where if caller.path == state.model.path]
        caller = _mention(state, callers[-1]) if callers else None
        called = f"called from {caller.path}, line {caller.line}" if caller else f"used by {state.model.path}"
        shown.hint = f"{shown.hint}; {called}" if shown.hint else called
    return shown


def _mention(state: RenderState, place: Place) -> Place:
    """The line that mentions the name that was looked for in vain: Jinja looks names up ahead of their lines."""
    lines, first_line = _lines(state, place.path)
    word = re.compile(rf"\b{re.escape(state.looking_for or '')}\b")
    for index in range(place.line - first_line, len(lines)) if state.looking_for else ():
        if word.search(lines[index]):
            return Place(place.path, first_line + index)
    return place


def _source_line(state: RenderState, place: Place) -> str | None:
    lines, first_line = _lines(state, place.path)
    index = place.line - first_line
    return lines[index] if 0 <= index < len(lines) else None


def _lines(state: RenderState, path: str) -> tuple[list[str], int]:
    """The text of a file, by lines, and the number of its first line."""
    if path == state.model.path:
        return state.model.text.splitlines(), state.model.first_line
    file = state.facts.macros.files.get(path)
    return (file.text.splitlines() if file else []), 1


def _translated(error: Exception, state: RenderState) -> BatchsqlError:
    if isinstance(error, BatchsqlError):
        return error
    if isinstance(error, UnknownNameError):
        return TemplateError(str(error), hint=_suggestion(error, state))
    if isinstance(error, SecurityError):
        return TemplateError(str(error), hint=_IN_SANDBOX)
    if isinstance(error, Returned):
        return TemplateError(str(error), hint="return() belongs in a macro; a model's text is what it prints")
    if isinstance(error, RecursionError):
        return TemplateError("the template calls itself without end", hint="look for a macro or loop that calls itself")
    if isinstance(error, OverflowError) and "Range too big" in str(error):
        return TemplateError("range() gives at most 100,000 numbers", hint="generate rows in SQL: from range(...)")
    if isinstance(error, LookupError | MemoryError):
        return TemplateError(f"{type(error).__name__}: {error}")
    return TemplateError(str(error) or type(error).__name__, hint=_hint(str(error)))


def _hint(message: str) -> str | None:
    """What to try for some messages of Python and Jinja that say little by themselves."""
    if "can only concatenate str" in message or "unsupported operand type(s) for +" in message:
        return "`~` joins values of any type as text; `+` adds numbers, or joins text with text"
    return None


_PACKAGES = frozenset({"dbt_utils", "dbt_date", "dbt_expectations", "codegen", "audit_helper", "dbt_utils_duckdb"})


def _suggestion(error: UnknownNameError, state: RenderState) -> str | None:
    name, owner = str(error.name), error.owner
    if owner is missing:
        if name in _PACKAGES:
            return "in a dbt project, name the package in packages.yml and run `batchsql deps`"
        return did_you_mean(name, state.known_names()) or (
            "names come from the dialect, from {% set %}, or from macros in the project's macro folders"
        )
    return did_you_mean(name, _attributes(owner))


def _attributes(owner: object) -> Iterator[str]:
    names = owner if isinstance(owner, dict) else [*(getattr(owner, "keys", list)() or ()), *dir(owner)]
    return (str(name) for name in names if not str(name).startswith("_"))
