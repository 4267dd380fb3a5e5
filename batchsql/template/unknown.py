"""What the templates of a dbt project call and nobody defines, found without rendering them.

So also what stands behind `{% if execute %}`, or in a macro that no model calls today, is seen before a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jinja2 import nodes
from msgspec import Struct

from batchsql.errors import did_you_mean
from batchsql.template.environment import ProjectEnvironment, ProjectTemplate
from batchsql.template.macros import BUILT_IN, MacroIndex
from batchsql.template.names import NAMES
from batchsql.template.names.adapter import Adapter
from batchsql.template.names.texts import REFUSED
from batchsql.values import MacroFile

_OF_JINJA = {"caller", "loop", "self", "super", "varargs", "kwargs"}
_PREFIXES = ("duckdb__", "default__")
_MATERIALIZATION = "materialization_"
_METHODS = [name for name in vars(Adapter) if not name.startswith("_")]


class UnknownCall(Struct, frozen=True):
    """A call that leads nowhere, at a line of the file."""

    line: int
    message: str
    hint: str | None = None


class UnknownCalls:
    """Looks for such calls in the texts of one project. macros: those of the project and of its packages."""

    def __init__(self, macros: Sequence[MacroFile], project: str) -> None:
        self._index = MacroIndex(macros)
        self._project = project
        self._packages = {BUILT_IN, project, *self._index.packages}
        self._jinja = ProjectEnvironment(follows=False, load=_load_nothing, lenient=True)

    def find(self, text: str, path: str, first_line: int = 1, package: str = "") -> Iterator[UnknownCall]:
        """The calls in a text of a package, or of the project. Raises TemplateError where it is no template."""
        if "{" not in text:
            return
        tree = self._jinja.tree(text, path, first_line)
        given = set(_given_names(tree))
        elsewhere = {id(call) for macro in _of_other_warehouses(tree) for call in macro.find_all(nodes.Call)}
        for call in tree.find_all(nodes.Call):
            line = call.lineno + first_line - 1
            owner, name = _called(call)
            if id(call) in elsewhere or (owner or name) in given:
                continue
            if owner:
                yield from self._qualified(owner, name, line)
            elif name:
                yield from self._plain(name, package, line)
            if (owner, name) == ("adapter", "dispatch"):
                yield from self._dispatched(call, package, line)

    def _plain(self, name: str, package: str, line: int) -> Iterator[UnknownCall]:
        if name in REFUSED:
            yield UnknownCall(line, f"{name}() is not supported")
        elif name not in NAMES and not any(name in self._macros(where) for where in (package, "", BUILT_IN)):
            known = [*NAMES, *self._macros(""), *self._macros(BUILT_IN)]
            yield UnknownCall(line, f"nobody defines the macro '{name}'", did_you_mean(name, known))

    def _qualified(self, owner: str, name: str, line: int) -> Iterator[UnknownCall]:
        if owner == "adapter":
            if name not in _METHODS:
                yield UnknownCall(line, f"adapter.{name}() is not supported", did_you_mean(name, _METHODS))
        elif owner in self._packages:
            if name not in self._macros(owner) and not (owner == BUILT_IN and name in NAMES):
                hint = did_you_mean(name, self._macros(owner))
                yield UnknownCall(line, f"the package '{owner}' has no macro '{name}'", hint)
        elif owner not in NAMES:
            yield UnknownCall(
                line, f"there is no package '{owner}'", "is it in packages.yml? `batchsql deps` installs what is there"
            )

    def _dispatched(self, call: nodes.Call, package: str, line: int) -> Iterator[UnknownCall]:
        """A macro that has no version for DuckDB, and none for all."""
        given = [*call.args, *(each.value for each in call.kwargs)]
        words = [each.value for each in given if isinstance(each, nodes.Const) and isinstance(each.value, str)]
        if not words:
            return
        places = {package, "", BUILT_IN, *words[1:]}
        if not any(f"{prefix}{words[0]}" in self._macros(place) for prefix in _PREFIXES for place in places):
            names = " nor ".join(f"{prefix}{words[0]}" for prefix in _PREFIXES)
            yield UnknownCall(line, f"neither {names} is defined, which this dispatches to")

    def _macros(self, package: str) -> Sequence[str]:
        return tuple(self._index.names_of("" if package == self._project else package))


def _called(call: nodes.Call) -> tuple[str, str]:
    """What a call names: a macro, or one of something; empty where it is neither."""
    called = call.node
    if isinstance(called, nodes.Name):
        return "", called.name
    if isinstance(called, nodes.Getattr) and isinstance(called.node, nodes.Name):
        return called.node.name, called.attr
    return "", ""


def _given_names(tree: nodes.Template) -> Iterator[str]:
    """The names to which a text gives a meaning itself, wherever it does so."""
    yield from _OF_JINJA
    for node in tree.find_all((nodes.Name, nodes.Macro, nodes.Import, nodes.FromImport)):
        if isinstance(node, nodes.FromImport):
            yield from (name if isinstance(name, str) else name[1] for name in node.names)
        elif isinstance(node, nodes.Import):
            yield node.target
        elif isinstance(node, nodes.Macro) or (isinstance(node, nodes.Name) and node.ctx != "load"):
            yield node.name


def _of_other_warehouses(tree: nodes.Template) -> Iterator[nodes.Macro]:
    """The macros that dispatch() and materializations never find on DuckDB."""
    for macro in tree.find_all(nodes.Macro):
        name = macro.name
        prefix, parted, _ = name.partition("__")
        if name.startswith(_MATERIALIZATION):
            if name.rpartition("_")[2] not in ("duckdb", "default"):
                yield macro
        elif parted and f"{prefix}__" not in _PREFIXES:
            yield macro


def _load_nothing(path: str) -> ProjectTemplate:
    raise AssertionError(f"nothing is rendered here, and {path} not loaded")
