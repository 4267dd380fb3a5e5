"""The filters of templates: Jinja's, bounded, without those for HTML, and `literal`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import wraps
from typing import Any

from jinja2 import Environment
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.filters import make_attrgetter
from jinja2.utils import pass_environment

from batchsql.errors import TemplateError
from batchsql.template.limits import (
    check_characters,
    check_join,
    check_percent_format,
    check_printable,
    check_replace,
    check_stretched,
    check_widths,
    take,
)
from batchsql.template.supplied import Origin, Piece, Supplied, origins
from batchsql.values import literal

EXACT_FILTERS = {"join", "replace", "format", "indent", "upper", "lower", "trim", "string"}
"""Filters that are pure and treat unknown characters as they are."""

_FOR_HTML = {"e", "escape", "forceescape", "xmlattr", "urlize", "striptags"}


def _plain_text(function: Callable[..., Any]) -> Callable[..., str]:
    """A filter for HTML whose result is text like any other: what it is joined with is not escaped in its turn."""

    @wraps(function)
    def filtered(*args: Any, **kwargs: Any) -> str:
        check_printable(args[-1])
        return str(function(*args, **kwargs))

    return filtered


def sql_literal(value: Any) -> str:
    """A value as an SQL literal: text quoted, numbers as they are, None as NULL, a list as (…, …)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "NULL"
    if isinstance(value, (int, Decimal)):
        return str(value)
    if isinstance(value, float):
        return repr(value) if abs(value) < float("inf") else f"{literal(str(value))}::double"
    if isinstance(value, (list, tuple)):
        return f"({', '.join(sql_literal(item) for item in value)})"
    if isinstance(value, (str, date, datetime, time)):
        return literal(str(value))
    raise TemplateError(
        f"a {type(value).__name__} has no SQL literal",
        hint="`| literal` takes text, numbers, dates, none, and lists of them",
    )


def _literal(value: Any) -> str:
    """`| literal`: what it makes of supplied text is safe wherever a bare value may stand."""
    check_printable(value)
    names = _names(value)
    text = sql_literal(value)
    return Supplied((Piece(text, Origin(" and ".join(sorted(names)), quoted=True)),)) if names else text


def _names(value: Any) -> set[str]:
    if isinstance(value, (list, tuple)):
        return {name for item in value for name in _names(item)}
    return origins(value) if isinstance(value, str) else set()


_literal._keeps_supplied = True  # type: ignore[attr-defined]


@pass_environment
def _join(environment: Environment, value: Any, d: str = "", attribute: str | int | None = None) -> str:
    """`| join`, bounded."""
    items = take(value if attribute is None else map(make_attrgetter(environment, attribute), value))
    check_printable(items)
    texts = [str(item) for item in items]
    check_join(d, texts)
    return str(d).join(texts)


def _replace(value: Any, old: Any, new: Any, count: int | None = None) -> str:
    """`| replace`, bounded."""
    check_printable(value, old, new)
    text, old, new = str(value), str(old), str(new)
    check_replace(text, old, new)
    return text.replace(old, new, -1 if count is None else count)


def _format(value: Any, *args: Any, **kwargs: Any) -> str:
    """`| format`: `%` with the arguments."""
    if args and kwargs:
        raise TypeError("format takes positional or keyword arguments, not both")
    check_percent_format(str(value), kwargs or args)
    return str(value) % (kwargs or args)


def to_json(value: Any, indent: int | None = None, sort_keys: bool = False) -> str:
    """A value as JSON; what JSON does not know is written as text."""
    check_printable(value)
    check_widths([indent])
    encoder = json.JSONEncoder(indent=indent, sort_keys=sort_keys, default=_json_value)
    chunks, length = [], 0
    for chunk in encoder.iterencode(value):
        chunks.append(chunk)
        length += len(chunk)
        check_characters(length)
    return "".join(chunks)


def _json_value(value: Any) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return list(value)
    if isinstance(value, Decimal):
        return float(value)
    return str(value)


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of Jinja whose numbers are widths or counts, and which prints what it gets."""

    @wraps(function)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        arguments = [argument for argument in (*args, *kwargs.values()) if not hasattr(argument, "filters")]
        check_widths(arguments[1:])
        check_printable(*arguments)
        check_stretched(*arguments)
        return function(*args, **kwargs)

    return bounded


FILTERS: dict[str, Callable[..., Any]] = {
    **{name: function for name, function in JINJA_FILTERS.items() if name not in _FOR_HTML},
    **{
        name: _bounded(JINJA_FILTERS[name])
        for name in ("center", "indent", "batch", "slice", "wordwrap", "truncate", "pprint", "string", "round", "sum")
    },
    **dict.fromkeys(("safe", "as_text", "as_bool", "as_native", "as_number"), lambda value: value),
    "join": _join,
    "replace": _replace,
    "format": _format,
    "tojson": to_json,
    "literal": _literal,
}

HTML_FILTERS = {name: _plain_text(JINJA_FILTERS[name]) for name in sorted(_FOR_HTML)}
"""Those for HTML, which only a dbt project has."""
