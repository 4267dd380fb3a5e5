"""Models in Python, read and not run: what `def model(dbt, session)` asks for stands in its calls, as constants."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from batchsql.errors import TemplateError
from batchsql.template.relation import marker
from batchsql.values import Model, Rendered

FUNCTION = "model"


def render_python(model: Model) -> Rendered:
    """What a model in Python reads, and its config. Raises TemplateError where that cannot be told.

    sql: the source as it is, and one line of comment for each relation that it reads.
    """
    try:
        tree = ast.parse(model.text)
    except SyntaxError as error:
        raise TemplateError(f"this is no Python: {error.msg}", path=model.path, line=error.lineno) from None
    calls = list(_calls(tree, _parameter(tree, model)))
    refs = {_key(call, model): None for name, call in calls if name == "ref"}
    sources = {_key(call, model): None for name, call in calls if name == "source"}
    marks = [marker("ref", name.rpartition(".")[2]) for name in refs] + [marker("source", name) for name in sources]
    config: dict[str, Any] = {}
    lines = [call.lineno for name, call in calls if name == "config"]
    for name, call in calls:
        if name == "config":
            config |= {word.arg: _constant(word.value, model) for word in call.keywords if word.arg}
    return Rendered(
        sql="\n".join((model.text.rstrip(), *(f"# reads {mark}" for mark in marks))),
        config={"materialized": "table", **config},
        config_line=min(lines, default=0),
        refs=tuple(refs),
        sources=tuple(sources),
    )


def _parameter(tree: ast.Module, model: Model) -> str:
    """The name under which the function knows `dbt`."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == FUNCTION and len(node.args.args) >= 2:
            return node.args.args[0].arg
    hint = "write `def model(dbt, session):`, and return a data frame or a relation"
    raise TemplateError("a model in Python needs a function `model(dbt, session)`", path=model.path, line=1, hint=hint)


def _calls(tree: ast.Module, name: str) -> Iterator[tuple[str, ast.Call]]:
    """The calls of methods of `dbt`, wherever they stand in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == name:
                yield node.func.attr, node


def _key(call: ast.Call, model: Model) -> str:
    return ".".join(str(_constant(argument, model)) for argument in call.args)


def _constant(node: ast.expr, model: Model) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        hint = "dbt.ref(), dbt.source() and dbt.config() take constants: what they say is read without running the code"
        raise TemplateError(
            f"`{ast.unparse(node)}` is no constant", path=model.path, line=node.lineno, hint=hint
        ) from None
