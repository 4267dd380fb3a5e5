"""Jinja's immutable sandbox, bounded, with the dialect's lookups: names, macros across files, return()."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from types import BuiltinMethodType
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import Template
from jinja2.ext import Extension
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedFormatter
from jinja2.utils import pass_context

from batchsql.errors import TemplateError, did_you_mean
from batchsql.template.blocks import DbtBlocks
from batchsql.template.filters import EXACT_FILTERS, FILTERS, HTML_FILTERS
from batchsql.template.limits import (
    check_characters,
    check_format_spec,
    check_method,
    check_operator,
    check_printable,
)
from batchsql.template.objects import keeps_supplied
from batchsql.template.state import STATE, state_of
from batchsql.template.supplied import Supplied, follow, join
from batchsql.template.undefined import Nothing, Unknown

_EXACT_METHODS = {"join", "replace", "upper", "lower", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix"}
_COLLECTIONS = (list, tuple, dict, set, frozenset)
_CHANGING = {"append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear", "update", "setdefault", "add"}
_CLOCKS = {"now", "utcnow", "today"}  # modules.datetime has them, and knows that they were asked
_TAGS = (
    *("if", "elif", "else", "endif", "for", "endfor", "break", "continue", "set", "endset", "do", "raw", "endraw"),
    *("macro", "endmacro", "call", "endcall", "filter", "endfilter", "import", "from", "include", "with", "endwith"),
)
_NO_METHODS = {"encode", "decode", "translate", "maketrans"}


class ProjectContext(Context):
    """A context that finds names in the rendering's state, each when it is asked for."""

    def resolve_or_missing(self, key: str) -> Any:
        """What a name means: set by the template, given by its importer, or known to the dialect."""
        if key in self.vars:
            return self.vars[key]
        if key in self.parent:
            return self.parent[key]
        return state_of(self).lookup(key)


class ProjectTemplate(Template):
    """A compiled text. first_line: the line of its file where it begins."""

    first_line = 1

    def make_module(self, vars: Any = None, shared: bool = False, locals: Any = None) -> Any:  # noqa: A002, ARG002
        """The macros of an imported file: they see the dialect's names, and none of the importer's."""
        return super().make_module({STATE: vars[STATE]})


class BoundedCodeGenerator(CodeGenerator):
    """Generates code whose `~` is bounded and keeps track of supplied text."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        """`a ~ b`."""
        self.write("environment.join_text((")
        for operand in node.nodes:
            self.visit(operand, frame)
            self.write(", ")
        self.write("))")

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802
        """A loop, its turns counted."""
        counted = nodes.EnvironmentAttribute("counted", lineno=node.lineno)
        node.iter = nodes.Call(counted, [node.iter], [], None, None, lineno=node.lineno)
        super().visit_For(node, frame)

    def visit_Import(self, node: nodes.Import, frame: Frame) -> None:  # noqa: N802
        """`import`: with the context, which leads to the rendering's state."""
        node.with_context = True
        super().visit_Import(node, frame)

    def visit_FromImport(self, node: nodes.FromImport, frame: Frame) -> None:  # noqa: N802
        """`from ... import`: with the context, which leads to the rendering's state."""
        node.with_context = True
        super().visit_FromImport(node, frame)


class Counted:
    """What a loop goes over, counting its turns."""

    __slots__ = ("_items", "_step")

    def __init__(self, items: Any, step: Callable[[], None]) -> None:
        self._items = items
        self._step = step

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        step = self._step
        for item in self._items:
            step()
            yield item


@keeps_supplied
@pass_context
def counted(context: Context, items: Any) -> Counted:
    """The items of a loop, which counts its turns."""
    return Counted(items, state_of(context).step)


class BoundedFormatter(SandboxedFormatter):
    """str.format without access to what the sandbox hides, and without great widths."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """One field."""
        check_format_spec(format_spec)
        check_printable(value)
        return str(super().format_field(value, format_spec))

    def convert_field(self, value: Any, conversion: Any) -> Any:
        """`!r` and `!s`."""
        check_printable(value)
        return super().convert_field(value, conversion)


def methodcaller_of(name: str) -> Callable[..., Any]:
    """A function that calls this method of its first argument."""
    return lambda receiver, *args, **kwargs: getattr(receiver, name)(*args, **kwargs)


class BoundFormat:
    """The method `format` (or `format_map`) of one string."""

    __slots__ = ("_environment", "_mapping", "_text")

    def __init__(self, environment: ProjectEnvironment, text: str, mapping: bool) -> None:
        self._environment = environment
        self._text = text
        self._mapping = mapping

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        """Format."""
        return self._of(self._text, args, kwargs)

    def _of(self, text: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        """Format another text in the same way."""
        if self._mapping:
            (kwargs,), args = args, ()
        formatted = BoundedFormatter(self._environment).vformat("".join(text), args, kwargs)
        check_characters(len(formatted))
        return formatted


class ProjectEnvironment(ImmutableSandboxedEnvironment):
    """The environment of one project.

    follows: whether any text came with --vars, whose way must be followed.
    lenient: whether names that nobody knows are nothing, as in dbt, or errors.
    load: gives the compiled file that `{% import %}` or `{% include %}` names.
    """

    context_class = ProjectContext
    template_class = ProjectTemplate
    code_generator_class = BoundedCodeGenerator
    counted = staticmethod(counted)
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(
        self,
        *,
        follows: bool,
        load: Callable[[str], ProjectTemplate],
        lenient: bool = False,
        extensions: Sequence[type[Extension]] = (),
    ) -> None:
        super().__init__(
            extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols", DbtBlocks, *extensions],
            undefined=Nothing if lenient else Unknown,
            finalize=self.text_of,
            cache_size=0,
            auto_reload=False,
        )
        self.follows = follows
        self.load_macros = load
        self.globals.clear()
        filters = {**FILTERS, **HTML_FILTERS} if lenient else FILTERS
        self.filters = {name: self._followed(name, function) for name, function in filters.items()}
        self.concat = self.concatenate  # type: ignore[method-assign]

    # --- compiling ----------------------------------------------------------------------------------------------

    def tree(self, text: str, path: str, first_line: int) -> nodes.Template:
        """Parse a text. Raises TemplateError with the line in the file."""
        try:
            return self.parse(text, path, path)
        except TemplateSyntaxError as error:
            raise syntax_error(error, text, path, first_line, self) from error
        except RecursionError as error:
            raise TemplateError("the template is nested too deeply", path=path, line=first_line) from error

    def compiled(self, tree: nodes.Template, text: str, path: str, first_line: int) -> ProjectTemplate:
        """Compile a parsed text. Raises TemplateError with the line in the file."""
        try:
            template = ProjectTemplate.from_code(self, self.compile(tree, path, path), {})
        except TemplateSyntaxError as error:
            raise syntax_error(error, text, path, first_line, self) from error
        except (SyntaxError, RecursionError) as error:  # of the Python code that Jinja made: loops 20 deep, for example
            raise TemplateError(
                f"the template cannot be compiled: {error.args[0]}", path=path, line=first_line
            ) from error
        assert isinstance(template, ProjectTemplate)  # noqa: S101
        template.first_line = first_line
        return template

    def get_template(self, name: str | Template, parent: Any = None, globals: Any = None) -> Template:  # noqa: A002, ARG002
        """The file an import names; only macro files can be imported."""
        return name if isinstance(name, Template) else self.load_macros(str(name))

    # --- text ---------------------------------------------------------------------------------------------------

    def concatenate(self, parts: Iterable[str]) -> str:
        """Put together what a template, macro or block printed."""
        kept: list[str] = []
        length = 0
        for part in parts:
            kept.append(part)
            length += len(part)
            check_characters(length)
        return join(kept) if self.follows else "".join(kept)

    def text_of(self, value: Any) -> Any:
        """What is printed for a value: of a collection its text, with the origins; any other as it is."""
        if type(value) is str or isinstance(value, Supplied):
            return value
        if isinstance(value, _COLLECTIONS):
            check_printable(value)
            if self.follows:
                return follow(str, (value,), {}, exact=False)
        return value

    def join_text(self, parts: Iterable[Any]) -> str:
        """`a ~ b`."""
        return self.concatenate([str(self.text_of(part)) for part in parts])

    # --- what templates may do ----------------------------------------------------------------------------------

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may see an attribute.

        Lists, dictionaries and sets may be changed: all that templates get are their own, or copies.
        """
        if type(obj) in {list, dict, set} and attr in _CHANGING:
            return True
        if isinstance(obj, (str, bytes)) and attr in _NO_METHODS:
            return False
        if isinstance(obj, date) and attr in _CLOCKS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def call(self, context: Context, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Every call in a template comes by here."""
        enter = super().call
        if type(function) is Macro:
            return state_of(context).call_macro(function.name, lambda: enter(context, function, *args, **kwargs))
        if isinstance(function, Nothing) and state_of(context).passes_over_unknown():
            return function
        check_method(function, args, kwargs)
        if self.follows and not getattr(function, "_keeps_supplied", False):
            return self._follow_call(partial(enter, context), function, args, kwargs)
        return enter(context, function, *args, **kwargs)

    def _follow_call(
        self, enter: Callable[..., Any], function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """Call a function that may make new text of what was supplied."""
        receiver = getattr(function, "__self__", None)
        if isinstance(receiver, _COLLECTIONS):
            return enter(function, *args, **kwargs)
        if isinstance(function, BoundFormat):
            return follow(function._of, (function._text, args, kwargs), {}, exact=True)
        if isinstance(receiver, str) and type(function) is BuiltinMethodType and function.__name__ in _EXACT_METHODS:
            return follow(methodcaller_of(function.__name__), (receiver, *args), kwargs, exact=True)
        made_of = receiver if isinstance(receiver, str) else None
        return follow(partial(enter, function), args, kwargs, exact=False, made_of=made_of)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002
        """The operators that can make much of little, and `%`, which formats."""
        check_operator(operator, left, right)
        function = self.binop_table[operator]
        if self.follows and operator == "%" and isinstance(left, str):
            return follow(function, (left, right), {}, exact=True)
        return function(left, right)

    def wrap_str_format(self, value: Any) -> Any:
        """The methods `format` and `format_map` of strings."""
        is_format = isinstance(value, BuiltinMethodType) and value.__name__ in {"format", "format_map"}
        if not is_format or not isinstance(value.__self__, str):
            return None
        return BoundFormat(self, value.__self__, value.__name__ == "format_map")

    def _followed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A filter, followed where supplied text may come to it."""
        if not self.follows or getattr(function, "_keeps_supplied", False):
            return function

        def followed(*args: Any, **kwargs: Any) -> Any:
            return follow(function, args, kwargs, exact=name in EXACT_FILTERS)

        followed.__dict__.update(getattr(function, "__dict__", {}))
        return followed


def syntax_error(
    error: TemplateSyntaxError, text: str, path: str, first_line: int, environment: ProjectEnvironment
) -> TemplateError:
    """What Jinja's parser says, with the line as written and a suggestion."""
    message = re.sub(r" at \d+$", "", error.message or "the template cannot be read")
    words = message.split("'")
    hint = None
    if message.startswith("No filter named"):
        hint = did_you_mean(words[1], (name for name in environment.filters if name.isidentifier()))
    elif message.startswith("No test named"):
        hint = did_you_mean(words[1], environment.tests)
    elif message.startswith("Encountered unknown tag"):
        hint = did_you_mean(words[1], _TAGS)
    lines = text.splitlines()
    line = min(error.lineno, len(lines) or 1)
    return TemplateError(
        message.rstrip("."),
        path=path,
        line=first_line + line - 1,
        source_line=lines[line - 1] if lines else "",
        hint=hint,
    )
