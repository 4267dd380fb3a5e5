"""Names around the text itself: context, render, write, doc, database, schema, sql, hooks, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, NoReturn

from jinja2.utils import missing

from batchsql.errors import TemplateError, did_you_mean
from batchsql.template.objects import Members, Record, keeps_supplied
from batchsql.template.state import RenderState
from batchsql.template.supplied import Supplied


class ContextNames(Mapping[str, Any]):
    """`context`: all names, by their text: `context['ref']('orders')`."""

    def __init__(self, state: RenderState) -> None:
        self._state = state

    def __getitem__(self, name: str) -> Any:
        found = self._state.lookup(name) if isinstance(name, str) else missing
        if found is missing:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._state.known_names())

    def __len__(self) -> int:
        return len(self._state.known_names())

    def __str__(self) -> str:
        return f"<context of {self._state.model.path}>"

    def update(self, names: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Let names mean something else from now on, where the text itself does not set them."""
        for name, value in {**(names or {}), **more}.items():
            self._state.define(str(name), value)


class BuiltinNames(Mapping[str, Any]):
    """`builtins`: the names of the language as they are before a project's macros take their places."""

    def __init__(self, state: RenderState) -> None:
        self._state = state

    def __getitem__(self, name: str) -> Any:
        found = self._state.facts.names[name](self._state)
        if name == "ref":
            found.config = _run_config(self._state)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._state.facts.names)

    def __len__(self) -> int:
        return len(self._state.facts.names)

    def __str__(self) -> str:
        return f"<{len(self)} names>"


def _run_config(state: RenderState) -> Record:
    """`builtins.ref.config`: what packages look up of the run's configuration."""
    packages = {
        name: {"project_name": name, "version": version} for name, version in state.facts.package_versions.items()
    }
    variables = Record({"to_dict": keeps_supplied(lambda: deepcopy(dict(state.facts.variables)))})
    return Record(
        {"project_name": state.facts.project_name, "dependencies": packages, "vars": variables},
        {"args": lambda: Record(state.lookup("invocation_args_dict")), "credentials": lambda: state.lookup("target")},
    )


def _render(state: RenderState) -> Callable[[Any], str]:
    @keeps_supplied
    def render(text: Any) -> str:
        """A text rendered as a template of its own."""
        if isinstance(text, Supplied) and any(brace in text for brace in "{}"):
            raise TemplateError(
                "a value given with --vars would be rendered as a template", hint="values given with --vars are values"
            )
        return state.facts.render(str(text), state)

    return render


def _doc(state: RenderState) -> Callable[..., str]:
    @keeps_supplied
    def doc(*names: str) -> str:
        docs = state.facts.docs
        key = ".".join(str(name) for name in names)
        if not 1 <= len(names) <= 2:
            raise TemplateError("doc() takes the name of a docs block", hint="write {{ doc('orders') }}")
        own = f"{state.model.package or state.facts.project_name}.{key}"
        for spelled in (own, key) if len(names) == 1 else (key,):
            if spelled in docs:
                return docs[spelled]
        raise TemplateError(
            f"there is no docs block '{key}'",
            hint=did_you_mean(key, docs) or "docs blocks are in Markdown files: {% docs name %} ... {% enddocs %}",
        )

    return doc


class AnyOf:
    """`validation.any[...]`: a value must be one of these."""

    def __getitem__(self, allowed: Any) -> Callable[[Any], None]:
        choices = allowed if isinstance(allowed, tuple) else (allowed,)

        @keeps_supplied
        def check(value: Any) -> None:
            if value not in choices:
                raise TemplateError(f"{value!r} is none of {', '.join(map(repr, choices))}")

        return check


def _refused(what: str, hint: str) -> Callable[[RenderState], Callable[..., Any]]:
    @keeps_supplied
    def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise TemplateError(what, hint=hint)

    return lambda _state: refuse


def _hooks(key: str) -> Callable[[RenderState], list[Any]]:
    def hooks(state: RenderState) -> list[Any]:
        found = state.lookup("config").get(key, [])
        return list(found) if isinstance(found, list | tuple) else [found]

    return hooks


def _place(part: str) -> Callable[[RenderState], Any]:
    return lambda state: state.lookup("model")[part]


REFUSED: dict[str, Callable[[RenderState], Any]] = {
    "metric": _refused("metrics cannot be asked in a model", "write the query over the model that the metric is of"),
    "function": _refused("user-defined functions of a project are not supported", "create it in an on-run-start hook"),
    "submit_python_job": _refused("Python code is not run from a macro", "a Python model is a file models/<name>.py"),
    "load_agate_table": _refused("only a seed's materialization can load its file", "read seeds with ref('...')"),
}
"""Names that are known, and refused where they are called."""

TEXTS: dict[str, Callable[[RenderState], Any]] = {
    "context": ContextNames,
    "builtins": BuiltinNames,
    "render": _render,
    "write": lambda _state: keeps_supplied(lambda _payload="": ""),
    "doc": _doc,
    "database": _place("database"),
    "schema": _place("schema"),
    "env": lambda state: state.lookup("target"),
    "sql": lambda _state: None,
    "compiled_code": lambda _state: None,
    "pre_hooks": _hooks("pre_hook"),
    "post_hooks": _hooks("post_hook"),
    "sql_now": lambda _state: "now()",
    "defer_relation": lambda _state: None,
    "validation": lambda _state: Members({"any": AnyOf()}),
    **REFUSED,
}
