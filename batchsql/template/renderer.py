"""Renders models, hooks and other texts of one project."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from batchsql.errors import BatchsqlError, TemplateError
from batchsql.template.context import RenderContext
from batchsql.template.direct import DirectRendering, DirectText, direct
from batchsql.template.environment import ProjectEnvironment, ProjectTemplate
from batchsql.template.failure import FAILURES, Place, explained, outermost_line, places
from batchsql.template.lexical import SuppliedError, check_supplied
from batchsql.template.lines import LineMarks, align, origins_of_lines, strip_marks
from batchsql.template.macros import MacroIndex
from batchsql.template.names import NAMES
from batchsql.template.overrides import overridden
from batchsql.template.state import DYNAMIC, STATE, Facts, RenderState
from batchsql.template.supplied import has_text, plain
from batchsql.values import MacroFile, Model, Rendered, Target
from batchsql.values.macro_names import definitions_only

_NEWLINE = re.compile(r"\r\n|\r|\n")
_SQL_KEYS = ("pre_hook", "post_hook", "pre-hook", "post-hook", "sql_header")
_COMPILED_TEXTS = 512
_WITHIN = "render()"


class Renderer:
    """Renders the texts of one project. May be used by several threads at once.

    variables: `vars` of the project's files; supplied: those given with --vars, which come before them and are values:
    text among them that would change the structure of the SQL is refused.
    overrides: what macros, and functions of the dialect, give instead of their own.
    trusted: whether supplied values may change the structure of SQL after all, as in a dbt project.
    dispatch, package_variables, package_versions, docs: see template.state.Facts.
    """

    def __init__(
        self,
        *,
        macros: Sequence[MacroFile],
        variables: Mapping[str, Any],
        supplied: Mapping[str, Any],
        target: Target,
        project_name: str,
        environment: Mapping[str, str],
        overrides: Mapping[str, Any] | None = None,
        trusted: bool = False,
        dispatch: Mapping[str, Sequence[str]] | None = None,
        package_variables: Mapping[str, Mapping[str, Any]] | None = None,
        package_versions: Mapping[str, str] | None = None,
        docs: Mapping[str, str] | None = None,
    ) -> None:
        names: Mapping[str, Any] = NAMES
        if overrides:
            macros, names = overridden(macros, NAMES, project_name, overrides)
        self._index = MacroIndex(macros)
        self._follows = has_text(supplied) and not trusted
        self._jinja = ProjectEnvironment(follows=self._follows, load=self._load, lenient=trusted)
        self._macro_file = lru_cache(None)(self._compile_macro_file)
        self._program = lru_cache(_COMPILED_TEXTS)(self._compile)
        self._facts = Facts(
            macros=self._index,
            variables=variables,
            supplied=supplied,
            target=target,
            project_name=project_name,
            environment=environment,
            names=names,
            load=self._load,
            render=self._render_within,
            trusted=trusted,
            dispatch=dispatch or {},
            package_variables=package_variables or {},
            package_versions=package_versions or {},
            docs=docs or {},
        )

    def render(self, model: Model, context: RenderContext) -> Rendered:
        """Render a model. Raises TemplateError with path and line as written; errors of run_query pass, with both."""
        state = RenderState(self._facts, context, model)
        sql = self._run(state)
        try:
            if self._follows:
                check_supplied(sql)
                self._check_config(state)
        except SuppliedError as error:
            raise self._located(error, state) from None
        return Rendered(
            sql=plain(sql),
            config=plain(state.config),
            config_line=state.config_line,
            refs=tuple(state.refs),
            sources=tuple(state.sources),
            dynamic=tuple(name for name in DYNAMIC if name in state.dynamic),
            environment=state.environment,
            warnings=tuple(state.warnings),
        )

    def render_text(
        self,
        text: str,
        *,
        path: str,
        first_line: int,
        context: RenderContext,
        name: str = "",
        is_sql: bool = True,
        model: Model | None = None,
    ) -> str:
        """Render a hook, or another text that is not a model's own. Raises as render() does.

        name: the model it belongs to; model: itself, where the text may ask for its config.
        is_sql: whether supplied values in it must leave the structure of SQL alone.
        """
        owner = model or Model(kind="model", name=name, path=path)
        state = RenderState(self._facts, context, replace(owner, path=path, text=text, first_line=first_line))
        sql = self._run(state)
        if is_sql and self._follows:
            try:
                check_supplied(sql)
            except SuppliedError as error:
                raise self._located(error, state) from None
        return str(plain(sql))

    def source_lines(self, model: Model, context: RenderContext, *, sql: str | None = None) -> list[tuple[str, int]]:
        """For each line of the rendered SQL, the file and the line it was written at; slow, for reports of errors.

        sql: what render() gave, where it is at hand. The model is rendered again, its queries run again; where that
        fails, or gives another text, the lines are those of the model's text that look most alike.
        """
        silent = replace(context, on_log=None)
        twin = self._marked_twin()
        marks = twin._jinja.extensions[LineMarks.identifier]
        assert isinstance(marks, LineMarks)  # noqa: S101
        try:
            if sql is None:
                sql = str(plain(self._run(RenderState(self._facts, silent, model))))
            marked = str(plain(twin._run(RenderState(twin._facts, silent, model), whole_way=True)))
        except BatchsqlError:
            return align(model.text if sql is None else sql, model)
        return origins_of_lines(marked, marks.paths, model) if strip_marks(marked) == sql else align(sql, model)

    # --- the way of a text --------------------------------------------------------------------------------------

    def _run(self, state: RenderState, *, whole_way: bool = False) -> str:
        """Render a text; what it declared is in the state."""
        model = state.model
        if not any(opener in model.text for opener in ("{{", "{%", "{#")):
            text = _NEWLINE.sub("\n", model.text)
            if not whole_way:
                return text[:-1] if text.endswith("\n") else text
        program = self._program(model.text, model.path, model.first_line, whole_way)
        if isinstance(program, DirectText):
            printed = self._run_direct(DirectRendering(program, self._jinja, state), state)
            if printed is not None:
                return printed
            program = self._program(model.text, model.path, model.first_line, True)
        assert isinstance(program, ProjectTemplate)  # noqa: S101
        state.line_here = lambda: outermost_line(sys._getframe(), model.path) or model.first_line
        try:
            return self._jinja.concatenate(program.root_render_func(program.new_context({STATE: state})))
        except FAILURES as error:
            failure = explained(error, state, places(error.__traceback__))
            if failure is error:
                raise
            raise failure from error

    def _run_direct(self, rendering: DirectRendering, state: RenderState) -> str | None:
        """Render a simple text; None where it mentions a name that is not known."""
        state.line_here = lambda: rendering.line
        try:
            return self._jinja.concatenate(rendering.parts()) if rendering.finds_names() else None
        except FAILURES as error:
            own = Place(state.model.path, rendering.line)
            failure = explained(error, state, [own, *places(error.__traceback__)])
            if failure is error:
                raise
            raise failure from error

    def _compile(self, text: str, path: str, first_line: int, whole_way: bool) -> ProjectTemplate | DirectText:
        tree = self._jinja.tree(text, path, first_line)
        simple = None if whole_way else direct(tree, first_line)
        return self._jinja.compiled(tree, text, path, first_line) if simple is None else simple

    def _render_within(self, text: str, state: RenderState) -> str:
        """A text that a template renders, as part of its own rendering."""
        program = self._program(text, _WITHIN, 1, True)
        assert isinstance(program, ProjectTemplate)  # noqa: S101
        return self._jinja.concatenate(program.root_render_func(program.new_context({STATE: state})))

    def _load(self, path: str) -> ProjectTemplate:
        """The compiled macro file that a path means."""
        return self._macro_file(self._index.imported(path).path)

    def _compile_macro_file(self, path: str) -> ProjectTemplate:
        text = self._index.file(path).text
        try:
            tree = self._jinja.tree(text, path, 1)
        except TemplateError:
            blocks = definitions_only(text) if self._facts.trusted else text
            if blocks == text:
                raise
            tree = self._jinja.tree(blocks, path, 1)
        return self._jinja.compiled(tree, text, path, 1)

    # --- reports --------------------------------------------------------------------------------------------------

    def _check_config(self, state: RenderState) -> None:
        """Hooks in config() are SQL too, and rendered once more: supplied values in them are held to the same rule."""
        for key in _SQL_KEYS if self._follows else ():
            value = state.config.get(key, ())
            for sql in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(sql, str):
                    check_supplied(sql, templated=True)

    def _located(self, error: SuppliedError, state: RenderState) -> SuppliedError:
        """The error with the line of the text that printed the value."""
        lines = self.source_lines(state.model, state.context)
        index = min(error.line_in_sql - 1, len(lines) - 1)
        error.path, error.line = lines[index] if lines else (state.model.path, state.model.first_line)
        explained(error, state, [])
        return error

    def _marked_twin(self) -> Renderer:
        """A renderer of the same project whose texts carry marks of their lines."""
        facts = self._facts
        twin = Renderer(
            macros=tuple(self._index.files.values()),
            variables=facts.variables,
            supplied=facts.supplied,
            target=facts.target,
            project_name=facts.project_name,
            environment=facts.environment,
            trusted=facts.trusted,
        )
        twin._facts = replace(facts, load=twin._load, macros=twin._index)
        twin._jinja = ProjectEnvironment(
            follows=self._follows, load=twin._load, lenient=facts.trusted, extensions=[LineMarks]
        )
        return twin
