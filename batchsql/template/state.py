"""One rendering under way: what its names mean, and what it declared and touched so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from jinja2.runtime import Context, Macro
from jinja2.utils import missing
from msgspec import Struct

from batchsql.errors import TemplateError
from batchsql.template.context import RenderContext
from batchsql.template.limits import MOST_MACROS_DEEP, MOST_STEPS, STEPS_OF_A_CALL, too_much
from batchsql.template.macros import MacroIndex
from batchsql.values import Model, Target

if TYPE_CHECKING:
    from batchsql.template.environment import ProjectTemplate

STATE = " state"
"""Key of the RenderState in a context's variables: not an identifier, so that no template can name it."""

DYNAMIC = ("execute", "is_incremental", "run_query", "batch", "run_started_at", "invocation_id")


class Facts(Struct, frozen=True, kw_only=True):
    """What is the same for all renderings of a project.

    variables: `vars` of the project's files; supplied: those of --vars, which come first.
    environment: the environment variables.
    load: compiles a macro file; by its path.
    """

    macros: MacroIndex
    variables: Mapping[str, Any]
    supplied: Mapping[str, Any]
    target: Target
    project_name: str
    environment: Mapping[str, str]
    names: Mapping[str, Callable[[RenderState], Any]]
    load: Callable[[str], ProjectTemplate]


class Returned(Exception):  # noqa: N818  it is no error, it is the way out of a macro
    """return() was called; value is what the macro gives."""

    def __init__(self, value: Any) -> None:
        super().__init__("return() was called outside of a macro")
        self.value = value


class MacroNamespace:
    """The project's macros under the project's name: `{{ shop.cents(x) }}`."""

    __slots__ = ("_state",)

    def __init__(self, state: RenderState) -> None:
        self._state = state

    def __getitem__(self, name: str) -> Macro:
        macro = self._state.macro(name) if isinstance(name, str) else None
        if macro is None:
            raise KeyError(name)
        return macro


class RenderState:
    """One rendering of one text. Not shared between threads.

    line_here gives the line of the model's text that is being rendered; the renderer sets it.
    looking_for: the name whose meaning was last asked for, when that failed.
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
        macro = self.macro(name)
        if macro is not None:
            return macro
        if name in DYNAMIC:
            self.dynamic.add(name)
        factory = self.facts.names.get(name)
        if factory:
            return factory(self)
        return MacroNamespace(self) if name == self.facts.project_name else missing

    def known_names(self) -> list[str]:
        """All names a template may use here, for suggestions."""
        return [*self.facts.names, *self.facts.macros.paths, self.facts.project_name]

    # --- macros -------------------------------------------------------------------------------------------------

    def macro(self, name: str) -> Macro | None:
        """The macro of that name, wherever in the project it is defined."""
        paths = self.facts.macros.paths.get(name, ())
        found = [(path, self._macros_in(path).get(name)) for path in paths]
        found = [(path, macro) for path, macro in found if isinstance(macro, Macro)]
        if len(found) > 1:
            raise TemplateError(
                f"macro '{name}' is defined in {' and in '.join(path for path, _ in found)}", hint="rename one of them"
            )
        return found[0][1] if found else None

    def _macros_in(self, path: str) -> Mapping[str, Any]:
        if path not in self._macros:
            template = self.facts.load(path)
            context = template.new_context({STATE: self})
            self._macros[path] = context.vars
            for _ in template.root_render_func(context):
                self.step()
        return self._macros[path]

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
