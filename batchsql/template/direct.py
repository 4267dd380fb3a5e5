"""Simple texts, rendered from Jinja's syntax tree without compiling them to Python.

Most models only print calls such as `{{ ref('orders') }}` or `{{ cents('amount') }}`, some under
`{% if is_incremental() %}`. For them compiling is more than half of the time of a first rendering. Jinja's own parser
has read the text, and every call and attribute goes through the same sandbox: the result is that of the long way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jinja2 import nodes
from jinja2.nodes import Node
from jinja2.utils import missing

from batchsql.template.environment import ProjectContext, ProjectEnvironment
from batchsql.template.state import STATE, RenderState


class DirectText:
    """A text that can be rendered directly. names: what it mentions, in branches not taken too, with the line."""

    def __init__(self, tree: nodes.Template, first_line: int) -> None:
        self.body = tree.body
        self.first_line = first_line
        self.names = {name.name: name.lineno for name in tree.find_all(nodes.Name)}


def direct(tree: nodes.Template, first_line: int) -> DirectText | None:
    """The text, when it is simple; None for any other."""
    return DirectText(tree, first_line) if all(_is_simple(node) for node in tree.body) else None


def _is_simple(node: Node) -> bool:
    """Whether the classes below know how to render a node with all that is in it."""
    if isinstance(node, nodes.Call):
        keys = [keyword.key for keyword in node.kwargs]
        if node.dyn_args is not None or node.dyn_kwargs is not None or len(keys) != len(set(keys)):
            return False
    return isinstance(node, _SIMPLE) and all(_is_simple(child) for child in node.iter_child_nodes())


_SIMPLE = (
    *(nodes.Output, nodes.TemplateData, nodes.If),
    *(nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword),
    *(nodes.Name, nodes.Call, nodes.Getattr, nodes.Not),
)


class DirectRendering:
    """One rendering of a simple text. line: of the file, where it is."""

    def __init__(self, text: DirectText, environment: ProjectEnvironment, state: RenderState) -> None:
        self.line = text.first_line
        self._text = text
        self._environment = environment
        self._context = ProjectContext(environment, {STATE: state}, state.model.path, {})
        self._values: dict[str, object] = {}
        self._state = state

    def finds_names(self) -> bool:
        """Find what the names mean; whether all are known. For an unknown one, the long way has the error."""
        for name, line in self._text.names.items():
            self.line = self._text.first_line + line - 1
            self._values[name] = self._state.lookup(name)
        return missing not in self._values.values()

    def parts(self) -> Iterator[str]:
        """What the text prints, piece by piece."""
        return self._parts(self._text.body)

    def _parts(self, body: Sequence[Node]) -> Iterator[str]:
        for node in body:
            if isinstance(node, nodes.If):
                yield from self._parts(self._branch(node))
            elif isinstance(node, nodes.Output):
                for child in node.nodes:
                    if isinstance(child, nodes.TemplateData):
                        yield child.data
                    else:
                        self._go_to(child)
                        yield str(self._environment.text_of(self._value(child)))

    def _branch(self, node: nodes.If) -> list[Node]:
        for condition in (node, *node.elif_):
            self._go_to(condition)
            if self._value(condition.test):
                return condition.body
        return node.else_

    def _go_to(self, node: Node) -> None:
        self.line = self._text.first_line + node.lineno - 1

    def _value(self, node: Node) -> object:
        match node:
            case nodes.Const():
                return node.value
            case nodes.Name():
                return self._values[node.name]
            case nodes.Call():
                function = self._value(node.node)
                args = [self._value(argument) for argument in node.args]
                kwargs = {keyword.key: self._value(keyword.value) for keyword in node.kwargs}
                return self._environment.call(self._context, function, *args, **kwargs)
            case nodes.Getattr():
                return self._environment.getattr(self._value(node.node), node.attr)
            case nodes.Not():
                return not self._value(node.node)
            case nodes.List():
                return [self._value(item) for item in node.items]
            case nodes.Tuple():
                return tuple(self._value(item) for item in node.items)
            case nodes.Dict():
                return {self._value(pair.key): self._value(pair.value) for pair in node.items}
        raise TypeError(f"a {type(node).__name__} is not simple")
