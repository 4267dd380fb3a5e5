"""Words of the command line, and of selectors, into terms: `@a`, `2+tag:daily+1,config.materialized:table`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from batchsql.errors import UsageError, did_you_mean
from batchsql.values.selection import Criterion, Definition, Indirect

_TERM = re.compile(
    r"(?P<around>@)?(?:(?P<up>\d*)(?P<plus>\+))?(?:(?P<method>[\w.]+):)?(?P<value>.*?)(?:(?P<more>\+)(?P<down>\d*))?",
    re.DOTALL,
)
_FILES = (".sql", ".py", ".csv")
METHODS = (
    *("fqn", "tag", "group", "access", "source", "path", "file", "package", "config", "test_name", "test_type"),
    *("resource_type", "state", "exposure", "metric", "result", "source_status", "version", "semantic_model"),
    *("saved_query", "unit_test"),
)
SELECTOR = "selector"
_EVERYTHING = ("fqn:*", "source:*", "exposure:*", "metric:*", "semantic_model:*")


def read_term(text: str) -> Criterion:
    """One part of a selection. Raises UsageError."""
    found = _TERM.fullmatch(text)
    if found is None or not found["value"] or (found["around"] and found["more"]):
        raise UsageError(
            f"cannot read the selection '{text}'",
            hint="write for example 'orders', '+orders', 'orders+2', '@orders', 'tag:daily', 'path:models/marts'",
        )
    method, arguments = read_method(found["method"], found["value"], text)
    return Criterion(
        text=text,
        method=method,
        arguments=arguments,
        value=found["value"],
        up=_steps(found["plus"], found["up"]),
        down=_steps(found["more"], found["down"]),
        around=bool(found["around"]),
    )


def read_method(written: str | None, value: Any, text: str) -> tuple[str, tuple[str, ...]]:
    """A method and its arguments; without one, what the value looks like. Raises UsageError."""
    if written is None:
        looks = str(value)
        if "/" in looks or "\\" in looks:
            return "path", ()
        return ("file" if looks.lower().endswith(_FILES) else "fqn"), ()
    method, *arguments = written.split(".")
    if method not in (*METHODS, SELECTOR):
        hint = did_you_mean(method, METHODS) or f"known are {', '.join(METHODS)}"
        raise UsageError(f"unknown selection method '{method}:' in '{text}'", hint=hint)
    return method, tuple(arguments)


def _steps(plus: str | None, count: str | None) -> int | None:
    """How far a `+` goes: nowhere without it, all the way without a number."""
    if not plus:
        return 0
    return int(count) if count else None


def asked_for(include: Sequence[str], exclude: Sequence[str], selectors: Mapping[str, Definition]) -> Definition:
    """What --select and --exclude mean: a space, or a repeated option, joins, a comma leaves what both sides select.

    Raises UsageError.
    """
    included = _words(include)
    wanted = [_group(word, selectors, named=bool(included)) for word in included or _EVERYTHING]
    unwanted = [_group(word, selectors, named=True) for word in _words(exclude)]
    union = Definition(operator="union", parts=tuple(wanted), indirect=None)
    return without(union, Definition(operator="union", parts=tuple(unwanted), indirect=None)) if unwanted else union


def without(first: Definition, excluded: Definition) -> Definition:
    """The first, without what the other selects."""
    return Definition(operator="difference", parts=(first, excluded))


def _words(texts: Sequence[str]) -> list[str]:
    return [word for text in texts for word in text.split()]


def _group(word: str, selectors: Mapping[str, Definition], *, named: bool) -> Definition:
    terms = [of_term(read_term(part), selectors) for part in word.split(",") if part]
    if not terms:
        raise UsageError(f"cannot read the selection '{word}'", hint="write for example 'tag:daily,path:models/marts'")
    return Definition(operator="intersection", parts=tuple(terms), indirect=None, named=word if named else "")


def of_term(term: Criterion, selectors: Mapping[str, Definition]) -> Definition:
    """A term as a definition; one that names a selector is that selector. Raises UsageError."""
    if term.method != SELECTOR:
        return Definition(operator="term", term=term)
    return named_selector(str(term.value), selectors)


def named_selector(name: str, selectors: Mapping[str, Definition]) -> Definition:
    """The selector of this name. Raises UsageError."""
    if name not in selectors:
        hint = did_you_mean(name, selectors) or f"selectors.yml has: {', '.join(selectors) or 'none'}"
        raise UsageError(f"there is no selector '{name}'", hint=hint)
    return selectors[name]


def checked_indirect(text: str) -> Indirect:
    """One of the four ways in which tests are selected. Raises UsageError."""
    match text:
        case "eager" | "cautious" | "buildable" | "empty":
            return text
    raise UsageError(f"'{text}' is no way to select tests", hint="write eager, cautious, buildable or empty")
