"""One rendering under way: what its names mean, and what it declared and touched so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jinja2.runtime import Context, Macro
from jinja2.utils import missing
from msgspec import Struct

from batchsql.errors import TemplateError
from batchsql.template.context import RenderContext
from batchsql.template.limits import MOST_MACROS_DEEP, MOST_STEPS, STEPS_OF_A_CALL, too_much
from batchsql.template.macros import BUILT_IN, MacroIndex
from batchsql.values import Model, TableName, Target

if TYPE_CHECKING:
    from batchsql.template.environment import ProjectTemplate

_NAMESPACES = {"dbt_duckdb": "dbt"}

STATE = " state"
"""Key of the RenderState in a context's variables: not an identifier, so that no template can name it."""

DYNAMIC = ("execute", "is_incremental", "run_query", "batch", "run_started_at", "invocation_id")


class Facts(Struct, frozen=True, kw_only=True):
    """What is the same for all renderings of a project.

    variables: `vars` of the project's files; supplied: those of --vars, which come first.
    environment: the environment variables.
    load: compiles a macro file; by its path. render: renders a text within a rendering under way.
    trusted: whether supplied values are SQL like any other text.
    dispatch: by namespace, the packages in which adapter.dispatch() looks, in this order.
    package_variables: by package, the `vars` it sees: its own, and those the project gives it.
    package_versions: by package, the version it says it has.
    docs: texts of docs blocks, by `package.name` and by name.
    """

    macros: MacroIndex
    variables: Mapping[str, Any]
    supplied: Mapping[str, Any]
    target: Target
    project_name: str
    environment: Mapping[str, str]
    names: Mapping[str, Callable[[RenderState], Any]]
    load: Callable[[str], ProjectTemplate]
    render: Callable[[str, RenderState], str]
    trusted: bool = False
    dispatch: Mapping[str, Sequence[str]] = {}
    package_variables: Mapping[str, Mapping[str, Any]] = {}
    package_versions: Mapping[str, str] = {}
    docs: Mapping[str, str] = {}

    def named(self, table: TableName) -> str:
        """A relation's physical name, as templates print it: in a dbt project with that of the database."""
        return table.within(self.target.database_name) if self.trusted else table.sql


class Returned(Exception):  # noqa: N818  it is no error, it is the way out of a macro
    """return() was called; value is what the macro gives."""

    def __init__(self, value: Any) -> None:
        super().__init__("return() was called outside of a macro")
        self.value = value


ADAPTER_PREFIXES = ("duckdb__", "default__")
"""What adapter.dispatch() puts before a macro's name, in this order."""


class MacroNamespace(Mapping[str, Any]):
    """The macros of one package under its name: `{{ shop.cents(x) }}`, `{{ dbt_utils.star(...) }}`."""

    __slots__ = ("_package", "_state")

    def __init__(self, state: RenderState, package: str) -> None:
        self._state = state
        self._package = package

    def __getitem__(self, name: str) -> Any:
        found = self._state.macro_of(self._package, name) if isinstance(name, str) else None
        if found is None and self._package == BUILT_IN:
            factory = self._state.facts.names.get(name)
            found = factory(self._state) if factory else None
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._state.facts.macros.names_of(self._package))

    def __len__(self) -> int:
        return len(self._state.facts.macros.names_of(self._package))


class RenderState:
    """One rendering of one text. Not shared between threads.

    line_here gives the line of the model's text that is being rendered; the renderer sets it.
    looking_for: the name whose meaning was last asked for, when that failed.
    results: what statements gave, by their names.
    """

    def __init__(self, facts: Facts, context: RenderContext, model: Model) -> None:
        self.facts = facts
        self.context = context
        self.model = model
        self.refs: dict[str, None] = {}
        self.sources: dict[str, None] = {}
        self.config: dict[str, Any] = {}
        self.config_line = 0
        self.dynamic: set[str] = set()
        self.environment: dict[str, str | None] = {}
        self.warnings: list[str] = []
        self.results: dict[str, Any] = {}
        self.line_here: Callable[[], int] = lambda: model.first_line
        self.looking_for: str | None = None
        self._found: dict[str, Any] = {}
        self._macros: dict[str, Mapping[str, Any]] = {}
        self._calls: list[str] = []
        self._steps = 0

    # --- names --------------------------------------------------------------------------------------------------

    def lookup(self, name: str) -> Any:
        """What a name means that the template itself does not define; `missing` where nothing is known by it."""
        value = self._found.get(name, missing)
        if value is missing:
            self.looking_for = name
            value = self._find(name)
            self.looking_for = None
            self._found[name] = value
        return value

    def _find(self, name: str) -> Any:
        if name in self.context.names:
            return self.context.names[name]
        macro = self.macro(name)
        if macro is not None:
            return macro
        if name in DYNAMIC:
            self.dynamic.add(name)
        factory = self.facts.names.get(name)
        if factory:
            return factory(self)
        macro = self.macro_of(BUILT_IN, name)
        if macro is not None:
            return macro
        package = _NAMESPACES.get(name, name)
        if package == self.facts.project_name:
            return MacroNamespace(self, "")
        if package == BUILT_IN or (package and package in self.facts.macros.packages):
            return MacroNamespace(self, package)
        return missing

    def define(self, name: str, value: Any) -> None:
        """Let a name mean something from now on, in this rendering."""
        self._found[name] = value

    def known_names(self) -> list[str]:
        """All names a template may use here, for suggestions."""
        packages = self.facts.macros.packages
        return [*self.facts.names, *packages[""], *filter(None, packages), self.facts.project_name]

    # --- macros -------------------------------------------------------------------------------------------------

    def macro(self, name: str) -> Macro | None:
        """The macro that a plain name means: one of the text's own package, or of the project."""
        own = self.macro_of(self.model.package, name) if self.model.package else None
        return own or self.macro_of("", name)

    def macro_of(self, package: str, name: str) -> Macro | None:
        """The macro of that name in a package, wherever in it it is defined."""
        paths = self.facts.macros.names_of(package).get(name, ())
        found = [(path, self._macros_in(path).get(name)) for path in paths]
        found = [(path, macro) for path, macro in found if isinstance(macro, Macro)]
        if len(found) > 1:
            raise TemplateError(
                f"macro '{name}' is defined in {' and in '.join(path for path, _ in found)}", hint="rename one of them"
            )
        return found[0][1] if found else None

    def dispatch(self, name: str, namespace: str | None = None) -> Macro:
        """The macro that fits DuckDB best: `duckdb__<name>`, else `default__<name>`, in the first package that has one.

        namespace: whose macro it is; the project's own come before it, unless its `dispatch:` says otherwise. Without
        one, the text's package, the project and what is built in are searched. Raises TemplateError.
        """
        order = self._packages_to_search(namespace)
        for package in order:
            for prefix in ADAPTER_PREFIXES:
                macro = self.macro_of(package, prefix + name)
                if macro is not None:
                    return macro
        searched = ", ".join(package or self.facts.project_name for package in order)
        raise TemplateError(
            f"no macro '{name}' fits: there is neither a {' nor a '.join(each + name for each in ADAPTER_PREFIXES)} "
            f"in {searched}",
            hint="name the package the macro is in: adapter.dispatch('name', 'package')",
        )

    def _packages_to_search(self, namespace: str | None) -> list[str]:
        if namespace is None:
            return list(dict.fromkeys((self.model.package, "", BUILT_IN)))
        order = self.facts.dispatch.get(namespace) or (self.facts.project_name, namespace)
        return [
            "" if package == self.facts.project_name else _NAMESPACES.get(package, package)  # the project is ""
            for package in order
        ]

    def _macros_in(self, path: str) -> Mapping[str, Any]:
        if path not in self._macros:
            template = self.facts.load(path)
            context = template.new_context({STATE: self})
            self._macros[path] = context.vars
            for _ in template.root_render_func(context):
                self.step()
        return self._macros[path]

    def passes_over_unknown(self) -> bool:
        """Whether calls of what nobody knows give nothing: in a dbt project, until the text is rendered to run."""
        if self.context.execute:
            return False
        self.dynamic.add("execute")
        return True

    def call_macro(self, name: str, call: Callable[[], Any]) -> Any:
        """Call a macro: its value is its text, or what return() was given."""
        self.step(STEPS_OF_A_CALL)
        if len(self._calls) >= MOST_MACROS_DEEP:
            raise TemplateError(
                f"macros call one another without end: {' -> '.join([*self._calls[-5:], name])}",
                hint=f"a macro may call others, or itself, at most {MOST_MACROS_DEEP} deep",
            )
        self._calls.append(name)
        try:
            return call()
        except Returned as returned:
            return returned.value
        finally:
            self._calls.pop()

    def step(self, count: int = 1) -> None:
        """Count turns of loops."""
        self._steps += count
        if self._steps > MOST_STEPS:
            raise too_much(
                f"more than {MOST_STEPS:,} turns of loops, or {MOST_STEPS // STEPS_OF_A_CALL:,} calls of macros"
            )


def state_of(context: Context) -> RenderState:
    """The rendering that a template's context belongs to."""
    state = context.parent[STATE]
    assert isinstance(state, RenderState)  # noqa: S101
    return state
