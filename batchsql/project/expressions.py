"""The few expressions that project YAML may hold: environment variables, variables and the target.

`{{ env_var('X', 'default') }}`, `{{ var('x') }}`, `{{ target.name }}`, with filters (`| int`, `| as_bool`, ...),
comparisons, `and`, `or`, `not` and `a if b else c` among them. A text that is one expression becomes its value; inside
a longer text the value is put in its place. Everything else is refused: YAML is read before anything is rendered. In a
dbt project it is given to Jinja itself instead.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from batchsql.errors import ProjectError
from batchsql.project.yaml import Block, Items
from batchsql.values import DBT_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_PLAIN = re.compile(r"[\w.:+/-]*(?: \d[\d:.]*)?")
_EXPRESSION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_MAX_LENGTH = 1000
_MISSING = object()
_CONSTANTS = {"true": True, "false": False, "none": None}


class Scope(Struct, frozen=True, kw_only=True):
    """What expressions may look up.

    environment_read: every environment variable that is asked for is written down here, with its value, or None.
    supplied: names of the variables that came from the command line. They are values, never SQL: a text among them must
    be one plain word, number, date or path, wherever it is put.
    lenient: whether the files are read as dbt reads them.
    """

    environment: Mapping[str, str]
    vars: Mapping[str, Any] = {}
    supplied: Collection[str] = ()
    target: Mapping[str, Any] = {}
    environment_read: dict[str, str | None] = {}
    lenient: bool = False


def _is_plain(value: Any) -> bool:
    """Whether all text in a value is a word, a number, a date, a time or a path, in which no SQL can hide."""
    if isinstance(value, str):
        return _PLAIN.fullmatch(value) is not None and "--" not in value
    if isinstance(value, dict):
        return all(_is_plain(item) for item in (*value.keys(), *value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return True


class _RefusedError(Exception):
    """An expression cannot be evaluated; the message says why, `hint` what to try."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class _UnreadableError(_RefusedError):
    """An expression is beyond the few that are read here."""


def evaluate(text: str, scope: Scope, path: str, line: int) -> Any:
    """The value of a text with expressions in it; a text without any is itself. Raises ProjectError."""
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return text
    try:
        return _evaluate(text, scope)
    except _UnreadableError as error:
        if scope.lenient:
            return _rendered(text, scope, path, line)
        raise ProjectError(str(error), path=path, line=line, hint=error.hint) from None
    except _RefusedError as error:
        raise ProjectError(str(error), path=path, line=line, hint=error.hint) from None


def _evaluate(text: str, scope: Scope) -> Any:
    if "{%" in text or "{#" in text:
        raise _UnreadableError(
            "statements ({% ... %}) are not evaluated in YAML", "use `{{ a if b else c }}`, or move it into a model"
        )
    whole = _EXPRESSION.fullmatch(text.strip())
    if whole and "{{" not in whole[1]:
        return _value_of(whole[1], scope)
    return _EXPRESSION.sub(lambda found: str(_value_of(found[1], scope)), text)


def _rendered(text: str, scope: Scope, path: str, line: int) -> Any:
    """The text as Jinja renders it, which keeps the type of a value that stands alone."""
    from jinja2 import TemplateError, Undefined
    from jinja2.nativetypes import NativeEnvironment
    from jinja2.sandbox import SandboxedEnvironment

    class Environment(SandboxedEnvironment, NativeEnvironment):
        pass

    evaluator = _Evaluator(text, scope)
    jinja = Environment(undefined=Undefined)
    jinja.filters |= {name: _kept(function) for name, function in _FILTERS.items() if name.startswith("as_")}
    known = {
        "env_var": evaluator.environment,
        "var": evaluator.var,
        "target": scope.target,
        "dbt_version": DBT_VERSION,
    }
    try:
        value = jinja.from_string(text).render(known)
    except _RefusedError as error:
        raise ProjectError(str(error), path=path, line=line, hint=error.hint) from None
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise ProjectError(f"'{text}' cannot be rendered: {error}", path=path, line=line) from None
    undefined: object = value
    return None if isinstance(undefined, Undefined) else value


def evaluate_tree(value: Any, scope: Scope, path: str, line: int, skip: Collection[str] = ()) -> Any:
    """The same values with all expressions evaluated, but for what stands under the keys in `skip`."""
    if isinstance(value, str):
        return evaluate(value, scope, path, line)
    if isinstance(value, Block):
        block = Block(value.path, value.line, value.lenient)
        block.lines = value.lines
        for key, each in value.items():
            block[key] = each if key in skip else evaluate_tree(each, scope, path, value.line_of(key), skip)
        return block
    if isinstance(value, Items):
        items = Items()
        items.lines = value.lines
        items.extend(evaluate_tree(each, scope, path, at, skip) for at, each in value.with_lines())
        return items
    return value


def _value_of(expression: str, scope: Scope) -> Any:
    if len(expression) > _MAX_LENGTH:
        raise _RefusedError(f"an expression in YAML has at most {_MAX_LENGTH} characters")
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _UnreadableError(f"the expression '{expression}' cannot be read") from None
    return _Evaluator(expression, scope).value(tree.body)


class _Evaluator:
    """Walks an expression; only the node types named here exist."""

    def __init__(self, expression: str, scope: Scope) -> None:
        self._expression = expression
        self._scope = scope

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value) if value is None or isinstance(value, str | int | float):
                return value
            case ast.Name(id=name) if name.lower() in _CONSTANTS:
                return _CONSTANTS[name.lower()]
            case ast.Attribute(value=ast.Name(id="target"), attr=attribute):
                return self._target(attribute)
            case ast.Call(func=ast.Name(id="env_var"), args=arguments, keywords=[]):
                return self.environment(*self._name_and_default(arguments))
            case ast.Call(func=ast.Name(id="var"), args=arguments, keywords=[]):
                return self.var(*self._name_and_default(arguments))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._filtered(self.value(left), right)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.value(test) else orelse)
            case ast.BoolOp(op=operator, values=values):
                return self._boolean(isinstance(operator, ast.And), values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.value(operand)
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return self._compare(operator, self.value(left), self.value(right))
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return [self.value(element) for element in elements]
        raise _UnreadableError(
            f"'{{{{ {self._expression} }}}}' is not evaluated in YAML",
            "YAML knows env_var('X', 'default'), var('x', default), target.name, comparisons and simple filters",
        )

    def _name_and_default(self, arguments: list[ast.expr]) -> tuple[str, Any]:
        values = [self.value(argument) for argument in arguments]
        if not 1 <= len(values) <= 2 or not isinstance(values[0], str):
            raise _RefusedError(
                f"'{{{{ {self._expression} }}}}' needs a name, and perhaps a default", "env_var('X', 'default')"
            )
        return values[0], values[1] if len(values) == 2 else _MISSING

    def environment(self, name: str, default: Any = _MISSING) -> Any:
        """The value of an environment variable."""
        value = self._scope.environment.get(name)
        self._scope.environment_read[name] = value
        if value is not None:
            return value
        if default is _MISSING:
            raise _RefusedError(
                f"the environment variable {name} is not set",
                f"set {name}, or give a default: env_var('{name}', '...')",
            )
        return default

    def var(self, name: str, default: Any = _MISSING) -> Any:
        """The value of a variable."""
        if name in self._scope.vars:
            value = self._scope.vars[name]
            if name in self._scope.supplied and not self._scope.lenient and not _is_plain(value):
                raise _RefusedError(
                    f"the value that --vars gives '{name}' is more than a plain word, number or date",
                    "such values may change the structure of SQL: set it under `vars:` in the project file",
                )
            return value
        if default is _MISSING:
            raise _RefusedError(
                f"the variable '{name}' has no value",
                f"set it under `vars:`, or by --vars, or give a default: var('{name}', ...)",
            )
        return default

    def _target(self, attribute: str) -> Any:
        if attribute not in self._scope.target:
            raise _UnreadableError(f"target.{attribute} is not known here", "known: " + ", ".join(self._scope.target))
        return self._scope.target[attribute]

    def _filtered(self, value: Any, node: ast.expr) -> Any:
        arguments: list[Any] = []
        if isinstance(node, ast.Call) and not node.keywords:
            arguments = [self.value(argument) for argument in node.args]
            node = node.func
        name = node.id if isinstance(node, ast.Name) else ""
        if name == "default" and len(arguments) == 1:
            return arguments[0] if value is None else value
        if name not in _FILTERS or arguments:
            raise _UnreadableError(f"the filter '{name}' is not known in YAML", "known: " + ", ".join(sorted(_FILTERS)))
        try:
            return _FILTERS[name](value)
        except ValueError:
            message = f"'{value}' cannot be made a value by the filter '{name}'"
            raise (_UnreadableError if self._scope.lenient else _RefusedError)(message) from None

    def _boolean(self, conjunction: bool, nodes: list[ast.expr]) -> Any:
        value: Any = None
        for node in nodes:
            value = self.value(node)
            if bool(value) != conjunction:
                return value
        return value

    @staticmethod
    def _compare(operator: ast.cmpop, left: Any, right: Any) -> bool:
        match operator:
            case ast.Eq():
                return bool(left == right)
            case ast.NotEq():
                return bool(left != right)
            case ast.In() if isinstance(right, list | str):
                return left in right
            case ast.NotIn() if isinstance(right, list | str):
                return left not in right
        raise _UnreadableError("only ==, !=, in and not in are evaluated in YAML")


def _as_bool(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
        raise ValueError(word)
    return word in ("true", "1", "yes", "on")


def _as_number(value: Any) -> int | float:
    number = float(value)
    return int(number) if number.is_integer() else number


def _as_native(value: Any) -> Any:
    for read in (_as_number, _as_bool):
        try:
            return read(value)
        except ValueError:
            continue
    return value


def _kept(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A filter that leaves alone what it cannot convert: in dbt it converts the whole result, if anything."""

    def converted(value: Any) -> Any:
        try:
            return function(value)
        except ValueError:
            return value

    return converted


_FILTERS: dict[str, Callable[[Any], Any]] = {
    "int": int,
    "float": float,
    "string": str,
    "lower": lambda value: str(value).lower(),
    "upper": lambda value: str(value).upper(),
    "trim": lambda value: str(value).strip(),
    "bool": _as_bool,
    "as_bool": _as_bool,
    "as_number": _as_number,
    "as_native": _as_native,
    "as_text": str,
}
