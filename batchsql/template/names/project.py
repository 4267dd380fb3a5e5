"""Names that speak of the project: ref, source, this, config, var, env_var, target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from hashlib import sha256
from typing import Any

from batchsql.errors import TemplateError, did_you_mean
from batchsql.template.objects import Record, keeps_supplied
from batchsql.template.relation import Relation, marker
from batchsql.template.state import RenderState
from batchsql.template.supplied import plain, supply
from batchsql.values import TableName

_NO_DEFAULT: Any = object()
SECRET_PREFIXES = ("DBT_ENV_SECRET_", "BATCHSQL_SECRET_")
"""Environment variables whose names begin so hold secrets: their values are never kept, only digests of them."""


def recorded_value(name: str, value: str) -> str:
    """The value of an environment variable as `Rendered.environment` records it: of a secret, a digest."""
    return f"sha256:{sha256(value.encode()).hexdigest()[:24]}" if name.startswith(SECRET_PREFIXES) else value


# --- relations ----------------------------------------------------------------------------------------------------


def _name(value: Any, function: str) -> str:
    if not isinstance(value, str) or not value:
        from batchsql.template.undefined import Unknown  # loads Jinja, which a plain ref() does without

        if isinstance(value, Unknown):
            written = value._undefined_name
            raise TemplateError(f"{written} has no value here", hint=f"are quotes missing? {function}('{written}')")
        raise TemplateError(f"{function}() takes names as text, not {type(value).__name__}", hint=_EXAMPLES[function])
    return str(plain(value))


_EXAMPLES = {
    "ref": "write {{ ref('orders') }}, {{ ref('a_package', 'orders') }} or {{ ref('orders', v=2) }}",
    "source": "write {{ source('shop', 'orders') }}",
}


def _relation(state: RenderState, kind: str, key: str, name: str) -> Relation:
    context, target = state.context, state.facts.target

    def known() -> TableName | None:
        return context.this if kind == "this" else context.relations.get(key)

    def physical() -> TableName:
        found = known()
        if found is None:  # only a run knows: what the text makes of it must be made again then
            state.dynamic.add("execute")
        return found or TableName(target.schema, name)

    def text() -> str:
        if not context.physical:
            return marker(kind, key)
        found = known()
        if found is None:
            raise TemplateError(f"'{key}' is no relation in the warehouse", hint=did_you_mean(key, context.relations))
        return state.facts.named(found)

    return Relation(text, physical, target.database_name)


def _ref(state: RenderState) -> Callable[..., Relation]:
    @keeps_supplied
    def ref(*names: Any, v: Any = None, version: Any = None) -> Relation:
        if len(names) not in {1, 2}:
            raise TemplateError(f"ref() takes one or two names, not {len(names)}", hint=_EXAMPLES["ref"])
        texts = [_name(name, "ref") for name in names]
        number = plain(v if version is None else version)
        key = texts[-1] if number is None else f"{texts[-1]}.v{number}"
        state.refs[key] = None
        return _relation(state, "ref", key, key if number is None else f"{texts[-1]}_v{number}")

    return ref


def _source(state: RenderState) -> Callable[..., Relation]:
    @keeps_supplied
    def source(*names: Any) -> Relation:
        if len(names) != 2:
            raise TemplateError(f"source() takes a group and a table, not {len(names)} names", hint=_EXAMPLES["source"])
        group, name = (_name(name, "source") for name in names)
        key = f"{group}.{name}"
        state.sources[key] = None
        return _relation(state, "source", key, name)

    return source


def _this(state: RenderState) -> Relation:
    return _relation(state, "this", state.model.name, state.model.name)


# --- config -------------------------------------------------------------------------------------------------------


class ConfigCall:
    """`config(...)`, which records its arguments and prints nothing; `config.get`, `config.require`."""

    __slots__ = ("_state",)
    _keeps_supplied = True

    def __init__(self, state: RenderState) -> None:
        self._state = state

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        """Record keys and values."""
        if len(args) > 1 or not all(isinstance(argument, Mapping) for argument in args):
            raise TemplateError("config() takes keys and values", hint="write {{ config(materialized='table') }}")
        if not self._state.config_line:
            self._state.config_line = self._state.line_here()
        for argument in (*args, kwargs):
            self._state.config.update(argument)
        return ""

    def get(self, key: str, default: Any = None, validator: Any = None) -> Any:  # noqa: ARG002
        """A config value: from config() so far, from the project's files, or the default.

        In a dbt project it is empty while the project is compiled, as it is for dbt's parser.
        """
        if self._state.facts.trusted and not self._state.context.execute:
            self._state.dynamic.add("execute")
            return ""
        if key in self._state.config:
            return self._state.config[key]
        for layer in reversed(self._state.model.layers):
            for spelled in (key, f"+{key}"):
                if spelled in layer.values:
                    return deepcopy(layer.values[spelled])
        return default

    def require(self, key: str, validator: Any = None) -> Any:
        """A config value that must be there."""
        value = self.get(key, _NO_DEFAULT, validator)
        if value is _NO_DEFAULT:
            raise TemplateError(
                f"config '{key}' is required here, and not set", hint=f"set it: {{{{ config({key}=...) }}}}"
            )
        return value

    def meta_get(self, key: str, default: Any = None, validator: Any = None) -> Any:  # noqa: ARG002
        """A value of `meta`, of whatever layer; in a dbt project empty while the project is compiled."""
        if self.get("meta") == "":
            return ""
        layers = [layer.values for layer in self._state.model.layers]
        given = [values.get("meta", values.get("+meta")) for values in (*layers, self._state.config)]
        meta = {name: value for each in given if isinstance(each, Mapping) for name, value in each.items()}
        return deepcopy(meta.get(key, default))

    def meta_require(self, key: str, validator: Any = None) -> Any:
        """A value of `meta` that must be there."""
        value = self.meta_get(key, None, validator)
        if value is None:
            raise TemplateError(f"meta '{key}' is required here, and not set")
        return value

    def persist_relation_docs(self) -> bool:
        """Whether the description of the relation goes into the warehouse."""
        return self._persists("relation")

    def persist_column_docs(self) -> bool:
        """Whether the descriptions of columns go into the warehouse."""
        return self._persists("columns")

    def _persists(self, part: str) -> bool:
        told = self.get("persist_docs", {})
        return bool(isinstance(told, Mapping) and told.get(part))


# --- variables ----------------------------------------------------------------------------------------------------


class VarCall:
    """`var(name, default)`, `var.has_var(name)`."""

    __slots__ = ("_known", "_state", "_supplied", "_trusted")
    _keeps_supplied = True

    def __init__(self, state: RenderState) -> None:
        facts = state.facts
        self._state = state
        self._trusted = facts.trusted
        own = facts.variables.get(facts.project_name)
        self._known = {**facts.variables, **own} if isinstance(own, Mapping) else facts.variables
        if state.model.package:
            self._known = facts.package_variables.get(state.model.package, self._known)
        self._supplied = facts.supplied

    def __call__(self, name: str, default: Any = _NO_DEFAULT) -> Any:
        """The value of a variable."""
        if name in self._supplied:
            return deepcopy(self._supplied[name]) if self._trusted else supply(self._supplied[name], name)
        if name in self._known:
            return self._rendered(self._known[name])
        if default is not _NO_DEFAULT:
            return default
        known = sorted({*self._known, *self._supplied})
        defined = f"defined are {', '.join(known)}" if known else "no variable is defined"
        raise TemplateError(
            f"variable '{name}' is not defined",
            hint=did_you_mean(str(name), known)
            or f"{defined}; add it under `vars:` in the project file, or give --vars, or a default: var('{name}', ...)",
        )

    def _rendered(self, value: Any) -> Any:
        """The value; in a dbt project text in it that is a template is rendered, as dbt does it."""
        if self._trusted and isinstance(value, str) and ("{{" in value or "{%" in value):
            return self._state.facts.render(value, self._state)
        return deepcopy(value)

    def has_var(self, name: str) -> bool:
        """Whether a variable is defined."""
        return name in self._supplied or name in self._known


def _env_var(state: RenderState) -> Callable[..., Any]:
    @keeps_supplied
    def env_var(name: str, default: Any = _NO_DEFAULT) -> Any:
        value = state.facts.environment.get(name)
        if value is None and default is _NO_DEFAULT:
            raise TemplateError(
                f"environment variable '{name}' is not set",
                hint=did_you_mean(str(name), state.facts.environment)
                or f"set it before the run, or give a default: env_var('{name}', ...)",
            )
        state.environment[str(name)] = None if value is None else recorded_value(str(name), value)
        return default if value is None else value

    return env_var


# --- where and what -------------------------------------------------------------------------------------------------


def _target(state: RenderState) -> Record:
    target = state.facts.target
    return Record(
        {
            **target.attributes,
            "name": target.name,
            "target_name": target.name,
            "profile_name": target.profile,
            "type": "duckdb",
            "schema": target.schema,
            "database": target.database_name,
            "path": target.attributes.get("path", target.database),
            "threads": target.threads,
        }
    )


PROJECT: dict[str, Callable[[RenderState], Any]] = {
    "ref": _ref,
    "source": _source,
    "this": _this,
    "config": ConfigCall,
    "var": VarCall,
    "env_var": _env_var,
    "target": _target,
    "project_name": lambda state: state.facts.project_name,
}
