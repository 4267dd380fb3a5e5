"""What a unit test gives in place of macros and names of the dialect: one value each, whatever the arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from batchsql.errors import TemplateError, did_you_mean
from batchsql.template.macros import MacroIndex
from batchsql.template.objects import keeps_supplied
from batchsql.template.state import RenderState
from batchsql.values import MacroFile

Names = Mapping[str, Callable[[RenderState], Any]]

_VALUES = ("execute", "invocation_id", "project_name", "run_started_at")
_ELSEWHERE = {
    "ref": "give rows for the input instead",
    "source": "give rows for the input instead",
    "this": "give rows for `this` instead",
    "var": "override it under `vars:`",
    "env_var": "override it under `env_vars:`",
    "batch": "write `batch: {start: ..., end: ...}`",
    "config": None,
    "target": None,
    "model": None,
    "builtins": None,
    "modules": None,
}
_WORDS = re.compile(r"\bnull\b|\bNaN\b|\bInfinity\b|\"(?:[^\"\\]|\\.)*\"")


def overridden(
    macros: Sequence[MacroFile], names: Names, project_name: str, overrides: Mapping[str, Any]
) -> tuple[tuple[MacroFile, ...], Names]:
    """Macro files and names with these put in their places. Raises TemplateError for what cannot be overridden.

    A macro gets a second definition at the end of its file, which also counts for the macros beside it there. One of a
    package, or a built-in one, is named with its package: `dbt_utils.star`, `dbt.current_timestamp`.
    """
    index = MacroIndex(macros)
    added: dict[str, str] = {}
    replaced: dict[str, Callable[[RenderState], Any]] = {}
    for spelled, value in overrides.items():
        package, _, name = spelled.removeprefix(f"{project_name}.").rpartition(".")
        if paths := index.names_of(package).get(name):
            for path in paths:
                added[path] = added.get(path, "") + _definition(name, value)
        elif name in names and name not in _ELSEWHERE:
            replaced[name] = _factory(value if name in _VALUES else _giving(value))
        else:
            raise _refused(spelled, [*index.paths, *names])
    touched = {path: index.file(path) for path in added}
    files = {file.path: file for file in macros} | {
        path: replace(file, text=file.text + added[path]) for path, file in touched.items()
    }
    return tuple(files.values()), {**names, **replaced}


def _refused(name: str, known: Sequence[str]) -> TemplateError:
    if name in _ELSEWHERE:
        return TemplateError(f"'{name}' cannot be overridden as a macro", hint=_ELSEWHERE[name])
    return TemplateError(f"there is no macro '{name}' to override", hint=did_you_mean(name, known))


def _definition(name: str, value: Any) -> str:
    """A macro of that name which takes any arguments; on the last line, so that no other line moves."""
    return (
        f"{{% macro {name}() %}}{{% set _ = (varargs, kwargs) %}}{{{{ return({_expression(value)}) }}}}{{% endmacro %}}"
    )


def _expression(value: Any) -> str:
    """The value as an expression of a template."""
    words = {"null": "none", "NaN": "'nan'|float", "Infinity": "'inf'|float"}
    return _WORDS.sub(lambda found: words.get(found[0], found[0]), json.dumps(value))


def _giving(value: Any) -> Callable[..., Any]:
    return keeps_supplied(lambda *_, **__: value)


def _factory(value: Any) -> Callable[[RenderState], Any]:
    return lambda _state: value
