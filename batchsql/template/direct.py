"""Texts that only print literal calls, such as `{{ ref('orders') }}`, rendered without compiling them.

Most models are such texts, and compiling takes more than half of the time of a first rendering. Jinja's own parser has
read the text, and the same functions answer the calls, so that the result is the one of the long way.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from jinja2 import nodes
from jinja2.utils import missing

from batchsql.template.state import RenderState

_FUNCTIONS = {"ref", "source", "config", "var"}


class LiteralCall(NamedTuple):
    """A call of a function of the dialect with literal arguments. line: of the file."""

    function: str
    args: list[Any]
    kwargs: dict[str, Any]
    line: int


Printed = list[str | LiteralCall]
"""What a text prints, one piece after the other."""


def direct(tree: nodes.Template, first_line: int) -> Printed | None:
    """What the text prints, when it is but literal calls between plain text; None for any other."""
    printed: Printed = []
    for statement in tree.body:
        if not isinstance(statement, nodes.Output):
            return None
        for node in statement.nodes:
            if isinstance(node, nodes.TemplateData):
                printed.append(node.data)
                continue
            call = _literal_call(node, first_line)
            if call is None:
                return None
            printed.append(call)
    return printed


def _literal_call(node: nodes.Expr, first_line: int) -> LiteralCall | None:
    if not isinstance(node, nodes.Call) or not isinstance(node.node, nodes.Name) or node.node.name not in _FUNCTIONS:
        return None
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return None
    values: Iterable[nodes.Node] = [*node.args, *(keyword.value for keyword in node.kwargs)]
    if not all(_is_literal(value) for value in values):
        return None
    kwargs = {keyword.key: keyword.value.as_const() for keyword in node.kwargs}
    if len(kwargs) < len(node.kwargs):
        return None
    return LiteralCall(node.node.name, [arg.as_const() for arg in node.args], kwargs, first_line + node.lineno - 1)


def _is_literal(node: nodes.Node) -> bool:
    if isinstance(node, nodes.List):
        return all(_is_literal(item) for item in node.items)
    return isinstance(node, nodes.Const)


def functions_of(state: RenderState) -> dict[str, Any] | None:
    """The functions for literal calls; None where a macro of the project takes the name of one."""
    if _FUNCTIONS & state.facts.macros.paths.keys():
        return None
    found = {name: state.lookup(name) for name in _FUNCTIONS}
    return None if missing in found.values() else found
