"""From an engine's error to the line of the model as written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from batchsql.compiler import Assembled, Compiled, line_as_written
from batchsql.errors import BatchError, BatchsqlError, EngineError, did_you_mean
from batchsql.values import Source

_MISSING_COLUMN = re.compile(r'Referenced column "([^"]+)" not found')
_CANDIDATES = re.compile(r"Candidate bindings: (.*)$", re.MULTILINE)
_FUNCTIONS = re.compile(r"^\s*Candidate functions:\n((?:\t.*(?:\n|$))+)", re.MULTILINE)
_GIVEN = re.compile(r"argument types '(.*)'\.")
_TYPE = re.compile(r"[A-Z][A-Z0-9]+")
_MOST_FUNCTIONS = 3
_NO_FILES = re.compile(r'No files found that match the pattern "([^"]+)"')
_SUGGESTION = re.compile(r'Did you mean "([^"]+)"')


def located(compiled: Compiled, assembled: Assembled | None, error: EngineError, path: str) -> BatchError:
    """The same error with file, line and text of the model as written, as far as they can be told.

    assembled: the query the failed statement was made around; None when it was made from something else.
    """
    message, hint = in_words(error.message)
    if source := _without_files(compiled, error):
        files = ", ".join(source.files)
        return BatchError(
            f"the source {source.key} has no files: nothing matches {files}",
            path=source.path,
            line=source.line or None,
            source_line=source_line(compiled.root, source.path, source.line),
            hint="put a file there, or correct `files`",
        )
    line: int | None = None
    if assembled and error.sql_line is not None and assembled.sql in error.sql:
        before = error.sql.index(assembled.sql)
        line_in_query = error.sql_line - error.sql.count("\n", 0, before)
        if 1 <= line_in_query <= assembled.sql.count("\n") + 1:
            path, line = line_as_written(compiled, assembled, line_in_query)
    return BatchError(message, path=path, line=line, source_line=source_line(compiled.root, path, line), hint=hint)


def _without_files(compiled: Compiled, error: EngineError) -> Source | None:
    """The source whose files the engine did not find."""
    missing = _NO_FILES.search(error.message)
    if not missing:
        return None
    for source in compiled.project.sources:
        if any(str(compiled.root / pattern) == missing[1] for pattern in source.files):
            return source
    return None


def source_line(root: Path, path: str | None, line: int | None) -> str | None:
    """The text of a line of a project file; None where there is no such line."""
    if path is None or line is None:
        return None
    try:
        lines = (root / path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return lines[line - 1] if 1 <= line <= len(lines) else None


def error_report(root: Path, error: BatchsqlError) -> dict[str, Any]:
    """What a report needs of an error, as plain values."""
    return {
        "label": error.label,
        "message": error.message,
        "path": error.path,
        "line": error.line,
        "source_line": error.source_line or source_line(root, error.path, error.line),
        "hint": error.hint,
    }


def in_words(text: str) -> tuple[str, str | None]:
    """The engine's message on one line, and its advice as a hint."""
    candidates = _CANDIDATES.search(text)
    suggestion = _SUGGESTION.search(text)
    hint = f"did you mean '{suggestion[1]}'?" if suggestion else None
    missing = _MISSING_COLUMN.search(text)
    if candidates:
        names = re.findall(r'"([^"]+)"', candidates[1])
        hint = (did_you_mean(missing[1], names) if missing else None) or f"columns near it: {', '.join(names)}"
    functions = _FUNCTIONS.search(text)
    if functions:
        hint = hint or _nearest_functions(text, functions[1])
        text = text[: functions.start()] + text[functions.end() :]
    lines = [line for line in text.splitlines() if not line.startswith(("Candidate bindings", "Did you mean"))]
    return " ".join(line.strip() for line in lines if line.strip()), hint


def _nearest_functions(text: str, listed: str) -> str:
    """Of the functions that there are, the few that share most types with the arguments that were given."""
    given = _GIVEN.search(text)
    types = set(_TYPE.findall(given[1])) if given else set()
    there = [line.strip().replace(", /)", ")") for line in listed.splitlines()]
    nearest = sorted(there, key=lambda function: -len(types & set(_TYPE.findall(function.split(" -> ")[0]))))
    more = f", and {len(there) - _MOST_FUNCTIONS} more" if len(there) > _MOST_FUNCTIONS else ""
    return f"cast what does not fit; there is {', '.join(nearest[:_MOST_FUNCTIONS])}{more}"
