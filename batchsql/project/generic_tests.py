"""Generic tests, which macros define (`{% test positive(model, column_name) %}`), as the property files apply them.

Each application becomes a test of its own, with a text that calls the macro: from there on it is what a file in tests/
is. Its name is the one dbt gives it, so that what selects or reports tests by name goes on working.
"""

from __future__ import annotations

import re
from hashlib import md5
from typing import Any

from msgspec import Struct, json

from batchsql.project.fields import optional_text, text
from batchsql.project.yaml import Block, plain
from batchsql.values import ConfigLayer, Model
from batchsql.values.project import GenericTest

_CONFIG_KEYS = (
    *("severity", "tags", "enabled", "where", "limit", "warn_if", "error_if", "fail_calc", "meta"),
    *("store_failures", "store_failures_as", "database", "schema", "alias", "group"),
)
_CALL = re.compile(r"\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
_LONGEST_NAME = 63
_KEPT_OF_LONG_NAMES = 30
_TEST = "test_"
CORE = ("unique", "not_null", "accepted_values", "relationships")
"""The tests that are native checks, unless a project has others of these names, or their arguments are expressions."""


class GenericTests(Struct, frozen=True):
    """Which generic tests the files of a package may apply.

    names: as the files write them: `positive`, `dbt_utils.equality`.
    package: the package whose files are read; "" for the project itself. is_dbt: whether the project is one of dbt.
    """

    names: frozenset[str] = frozenset()
    package: str = ""
    is_dbt: bool = False

    @classmethod
    def among(cls, macros: dict[str, frozenset[str]], package: str, project: str) -> GenericTests:
        """From the names of all macros, by package."""
        names = set()
        for owner, defined in macros.items():
            tests = {name.removeprefix(_TEST) for name in defined if name.startswith(_TEST)}
            if owner in ("", package):
                names |= tests
            names |= {f"{owner or project}.{name}" for name in tests}
        return cls(frozenset(names), package, is_dbt=True)


NO_TESTS = GenericTests()


class Tested(Struct, frozen=True):
    """What a test is about. expression: how a template reads it; attached: the node; name: as test names have it."""

    expression: str
    name: str
    attached: str
    column: str | None = None
    is_source: bool = False


def generic_test(spelled: str, given: Block, tested: Tested, package: str, description: str = "") -> Model:
    """The application of a test as a model of kind `test`. given: all that stands below the test's name."""
    namespace, _, name = spelled.rpartition(".")
    _, config = _split(given)
    applied, short = application(spelled, given, tested)
    kwargs = applied.kwargs
    model = f"get_where_subquery({tested.expression})"
    called = ", ".join(
        [f"model={model}", *(f"{key}={expression(value, key)}" for key, value in kwargs.items() if key != "model")]
    )
    static = {key: value for key, value in config.items() if not has_template(value)}
    dynamic = ", ".join(f"{key}={expression(value)}" for key, value in config.items() if key not in static)
    macro = f"{namespace}.{_TEST}{name}" if namespace else f"{_TEST}{name}"
    prefix = f"{{{{ config({dynamic}) }}}}" if dynamic else ""
    return Model(
        kind="test",
        name=applied.title,
        path=given.path,
        first_line=given.line,
        text=f"{prefix}{{{{ {macro}({called}) }}}}",
        layers=(ConfigLayer(values={"alias": short, **static}, path=given.path, line=given.line),),
        description=text(given, "description") or description,
        package=package,
        test=applied,
    )


def application(spelled: str, given: Block, tested: Tested) -> tuple[GenericTest, str]:
    """What a test is the application of, and the name of its table, which is below 64 characters."""
    namespace, _, name = spelled.rpartition(".")
    arguments, _ = _split(given)
    kwargs = {"column_name": tested.column, **arguments} if tested.column is not None else dict(arguments)
    short, full = test_names(name, namespace, tested, kwargs)
    own_name = optional_text(given, "name")
    applied = GenericTest(
        title=own_name or full,
        name=name,
        namespace=namespace or None,
        kwargs={**kwargs, "model": f"{{{{ get_where_subquery({tested.expression}) }}}}"},
        attached=tested.attached,
        column=tested.column,
    )
    return applied, own_name or short


def _split(given: Block) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arguments of the test, and its config, wherever they stand."""
    arguments: dict[str, Any] = {}
    config: dict[str, Any] = {}
    for key, value in given.items():
        if key == "config" and isinstance(value, dict):
            config |= plain(value)
        elif key == "arguments" and (value is None or isinstance(value, dict)):
            arguments |= plain(value or {})
        elif key in _CONFIG_KEYS:
            config[key] = plain(value)
        elif key not in ("name", "description"):
            arguments[key] = plain(value)
    return arguments, config


def has_template(value: Any) -> bool:
    """Whether there is an expression somewhere in a value of YAML, other than what `to:` names."""
    if isinstance(value, dict):
        return any(has_template(each) for key, each in value.items() if key != "to")
    if isinstance(value, list | tuple):
        return any(map(has_template, value))
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def expression(value: Any, key: str = "") -> str:
    """A value of YAML as an expression of a template: calls such as ref('x') and `{{ ... }}` in texts are meant."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(str(name))}: {expression(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(expression, value)) + "]"
    if value is None:
        return "none"
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else repr(value)
    if key == "column_name":
        return _text(value)
    if _CALL.fullmatch(value):
        return value.strip()
    whole = _EXPRESSION.fullmatch(value.strip())
    if whole and "{{" not in whole[1]:
        return f"({whole[1].strip()})"
    parts = _EXPRESSION.split(value)
    written = [_text(part) if number % 2 == 0 else f"({part.strip()})" for number, part in enumerate(parts)]
    return " ~ ".join(part for part in written if part != '""') or '""'


def _text(value: str) -> str:
    """A text as a literal of a template, which knows the escapes of JSON and Python both."""
    return json.encode(value).decode()


def test_names(name: str, namespace: str, tested: Tested, kwargs: dict[str, Any]) -> tuple[str, str]:
    """The name of a test's table, below 64 characters, and its full name: test, relation, and what it is given."""
    kind = f"source_{name}" if tested.is_source else name
    if namespace:
        kind = f"{namespace}_{kind}"
    flat: list[str] = []
    for key in sorted(kwargs):
        value = kwargs[key]
        if key != "model":
            parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
            flat.extend(re.sub("[^0-9a-zA-Z_]+", "_", str(part)) for part in parts)
    beginning = f"{kind}_{tested.name}"
    full = f"{beginning}_{'__'.join(flat)}"
    if len(full) <= _LONGEST_NAME:
        return full, full
    digest = md5(full.encode(), usedforsecurity=False).hexdigest()
    return f"{beginning[:_KEPT_OF_LONG_NAMES]}_{digest}", full
