"""From a project folder to a graph: read, render, parse, resolve, order. Each stage is a function of the one before.

Two things are cached by content (see cache.py): each model rendered and parsed, and the whole graph. Nothing changed:
the graph is decoded and returned. One file edited: that model is rendered again, the rest comes from the cache.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from batchsql.compiler import cache
from batchsql.errors import SqlError
from batchsql.graph import latest_versions
from batchsql.sql import Names, Parsed, parse, read_marks
from batchsql.template import RenderContext
from batchsql.values import Config, ConfigLayer, Graph, Interval, Model, Node, Project, Rendered
from batchsql.values.macro_names import defined_names

if TYPE_CHECKING:
    from batchsql.artifacts import Manifest
    from batchsql.template.renderer import Renderer  # loads Jinja


_SOME_DAY = Interval(datetime(1970, 1, 1), datetime(1970, 1, 2))


class ReadsPart(msgspec.Struct, frozen=True):
    """Which rows models see of what they read: none, or those of a stretch of time, where there is an event_time."""

    interval: Interval | None = None


class CurrentRun(msgspec.Struct, frozen=True):
    """The run that renders texts. started_at: naive, in UTC. on_log: takes what templates log, and if it is shown."""

    invocation_id: str = ""
    started_at: datetime | None = None
    on_log: Callable[[str, bool], None] | None = None


class Compiled:
    """A project understood: what it holds, in which order it runs, and the means to render it again for a batch."""

    def __init__(
        self,
        project: Project,
        graph: Graph,
        supplied: Mapping[str, Any],
        environment: Mapping[str, str],
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        self.project = project
        self.graph = graph
        self.supplied = supplied
        self.environment = environment
        self.overrides = overrides  # what macros give instead of their own, in a unit test
        self.arguments: Mapping[str, Any] = {}  # what the command was given, by dbt's names
        self.state: str | None = None  # a hash of all that went in, where the compile cache holds what came out
        self.asked: Mapping[str, Any] = {}  # options that say how --select is meant, by name
        self.selected: Sequence[str] | None = None  # keys that the command selected; None for all
        self.chosen: frozenset[str] | None = None  # what dbt would say is selected, by name and id; None for all
        self.warnings_fail = False  # whether a check that would warn fails
        self.selection_fails = False  # whether a selection that matches nothing is an error
        self.elsewhere: Mapping[str, str] = {}  # relations that are read in place of models, by key
        self.run = CurrentRun()
        self.reads_part: ReadsPart | None = None  # which rows of what they read models see; None for all

    @property
    def root(self) -> Path:
        """The project's folder, absolute."""
        return Path(self.project.root)

    def fingerprint(self, node: Node) -> str:
        """The fingerprint of a node's rows, which are others when it sees a part of its inputs only."""
        return node.fingerprint if self.reads_part is None else f"{node.fingerprint}/part"

    def kept_text(self, name: str, make: Callable[[], bytes]) -> bytes:
        """A text that is made of the project alone, from the compile cache where nothing changed since it was made."""
        text = cache.load_text(self.root, name, self.state) if self.state else None
        if text is None:
            text = make()
            if self.state:
                cache.save_text(self.root, name, self.state, text)
        return text

    @cached_property
    def described(self) -> Manifest:
        """All things of the project as artifacts tell them, and as templates see them under `graph`."""
        from batchsql.artifacts import graph_object

        return graph_object(self.project, self.graph)

    def selected_ids(self) -> list[str]:
        """Unique ids of what the command selected."""
        ids = self.ids
        return [ids[key] for key in (self.graph.nodes if self.selected is None else self.selected) if key in ids]

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """Unique ids by the names under which a run knows things."""
        from batchsql.artifacts import ids_by_key

        return ids_by_key(self.project, self.graph)

    @cached_property
    def renderer(self) -> Renderer:
        """The renderer; made only when something must be rendered again, since it loads Jinja."""
        from batchsql.template.renderer import Renderer

        project = self.project
        return Renderer(
            macros=project.macros,
            variables=project.vars,
            supplied=self.supplied,
            target=project.target,
            project_name=project.name,
            environment=self.environment,
            overrides=self.overrides,
            trusted=project.dialect == "dbt",
            dispatch=project.dispatch,
            package_variables={package.name: package.vars for package in project.packages},
            package_versions={package.name: package.version for package in project.packages},
            docs=project.docs,
        )

    @cached_property
    def macro_names(self) -> Mapping[str, set[str]]:
        """The names of macros, by package; those of the project itself are under ""."""
        found: dict[str, set[str]] = {"": set()}
        for file in self.project.macros:
            found.setdefault(file.package, set()).update(defined_names(file.text))
        return found

    @cached_property
    def names(self) -> Names:
        """What names mean in queries."""
        relations = {
            key: None if node.config.materialized == "ephemeral" else node.relation
            for key, node in self.graph.nodes.items()
            if node.kind in ("model", "seed", "snapshot")
        }
        return Names.of(relations, self.project.sources, latest_versions(self.graph))


def compile_project(
    folder: Path,
    *,
    target: str | None = None,
    profiles_dir: Path | None = None,
    variables: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    use_cache: bool = True,
) -> Compiled:
    """Understand the project in a folder. Raises BatchsqlError with file and line for what is wrong with it."""
    from batchsql.project import fast_stamps

    supplied = dict(variables or {})
    environment = os.environ if environment is None else environment
    here = Path.cwd()  # where relative paths of a profile count from
    outside = "" if here.is_relative_to(folder) else str(here)
    key = cache.content_key(str(folder), target, str(profiles_dir), supplied, outside)
    known = cache.load_whole(folder, key) if use_cache else None
    if (
        known
        and cache.environment_unchanged(known.environment, environment)
        and (fast_stamps(known.project) == known.stamps)
    ):
        return _kept(known, supplied, environment)
    pieces = cache.load_pieces(folder) if use_cache else cache.Pieces()
    with _rarer_collections():
        whole, fresh_pieces = _compile(folder, key, target, profiles_dir, supplied, environment, pieces)
    if use_cache and cache.save(folder, whole, fresh_pieces):
        return _kept(whole, supplied, environment)
    return Compiled(whole.project, whole.graph, supplied, environment)


def _kept(whole: cache.Whole, supplied: Mapping[str, Any], environment: Mapping[str, str]) -> Compiled:
    compiled = Compiled(whole.project, whole.graph, supplied, environment)
    compiled.state = cache.content_key(whole.key, whole.stamps, whole.environment)
    return compiled


@contextmanager
def _rarer_collections() -> Iterator[None]:
    """Look for garbage less often: a tenth less CPU on 1,000 models, for two megabytes more memory."""
    before = gc.get_threshold()
    gc.set_threshold(20_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _compile(
    folder: Path,
    key: str,
    target: str | None,
    profiles_dir: Path | None,
    supplied: dict[str, Any],
    environment: Mapping[str, str],
    pieces: cache.Pieces,
) -> tuple[cache.Whole, cache.Pieces]:
    """All stages; returns the result, and the pieces that are worth keeping."""
    from batchsql.compiler.asking import refuse_unaskable
    from batchsql.compiler.governing import deprecations
    from batchsql.compiler.linking import link
    from batchsql.project import read_project, without_switched_off_twins

    yaml_pieces = dict(pieces.yaml)
    watched = _WatchedEnvironment(environment)
    project = read_project(
        folder,
        target=target,
        profiles_dir=profiles_dir,
        vars=supplied,
        environment=watched,
        yaml_cache=yaml_pieces,
    )
    compiled = Compiled(project, Graph(nodes={}), supplied, watched)
    understand = Understanding(compiled, pieces.models)
    understood = {id(model): understand.model(model) for model in project.models}
    compiled.project = project = without_switched_off_twins(
        project, {key for key, found in understood.items() if found is None}
    )
    graph = link([found for found in understood.values() if found], compiled)
    refuse_unaskable(graph)
    project = msgspec.structs.replace(
        project, warnings=(*project.warnings, *deprecations(graph, datetime.now(UTC).date()))
    )
    read = cache.hashed({*watched.seen, *project.environment}, environment)
    project = msgspec.structs.replace(project, environment={})
    whole = cache.Whole(key=key, stamps=project.files, environment=read, project=project, graph=graph)
    return whole, cache.Pieces(models=understand.kept, yaml=yaml_pieces)


class _WatchedEnvironment(Mapping[str, str]):
    """The environment, noting which variables were asked for and what they were."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.seen: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.seen.add(name)
        return self._environment[name]

    def __iter__(self) -> Any:
        return iter(self._environment)

    def __len__(self) -> int:
        return len(self._environment)


class Understanding:
    """Rendering and parsing models, from the cache where their text, config and surroundings are the same."""

    def __init__(self, compiled: Compiled, cached: dict[str, cache.Piece]) -> None:
        project = compiled.project
        self._compiled = compiled
        self._cached = cached
        self._surroundings = cache.content_key(
            *(project.name, project.dialect, project.vars, compiled.supplied, project.target, project.macros),
            *(project.dispatch, project.packages, project.docs),
        )
        self.kept: dict[str, cache.Piece] = {}

    def model(self, model: Model) -> Unlinked | None:
        """The model with its config and its parsed text; None when it is not enabled."""
        from batchsql.project import resolve_config

        dialect = self._compiled.project.dialect
        if model.kind == "seed":
            config = resolve_config((*model.layers, *model.overriding), model.kind, dialect)
            return Unlinked(model, config) if config.enabled else None
        piece = self._piece(model, incremental=False)
        layers = (*model.layers, _config_call(model, piece.rendered), *model.overriding)
        config = resolve_config(layers, model.kind, dialect)
        variant = self._piece(model, incremental=True) if _has_variant(piece.rendered, config) else None
        if not config.enabled:
            return None
        return Unlinked(model, config, piece.rendered, piece.parsed, variant.parsed if variant else None)

    def _piece(self, model: Model, *, incremental: bool) -> cache.Piece:
        key = cache.content_key(self._surroundings, model.path, model.text, model.layers, incremental)
        piece = self._cached.get(key)
        if piece is None or not cache.environment_unchanged(piece.environment, self._compiled.environment):
            context = compile_context(incremental=incremental)
            rendered = self._rendered(model, context)
            read = cache.hashed(rendered.environment, self._compiled.environment)
            rendered = msgspec.structs.replace(rendered, environment={})
            with errors_as_written(self._compiled, model, context):
                piece = cache.Piece(rendered, read_query(self._compiled, model, rendered.sql), read)
        self.kept[key] = piece
        return piece

    def _rendered(self, model: Model, context: RenderContext) -> Rendered:
        if model.language == "python":
            from batchsql.template.python_model import render_python

            return render_python(model)
        return self._compiled.renderer.render(model, context)


def read_query(compiled: Compiled, model: Model, sql: str) -> Parsed:
    """A rendered text, parsed. Raises SqlError with the line of the rendered text.

    In a dbt project the text may be one that only DuckDB understands, or nothing before a warehouse is at hand: what
    ref() and source() gave is known in any case.
    """
    if compiled.project.dialect == "batchsql":
        return parse(sql, path=model.path)
    if model.kind == "test":
        return read_marks(sql)
    try:
        return parse(sql, path=model.path)
    except SqlError:
        return read_marks(sql)


class Unlinked(msgspec.Struct, frozen=True):
    """A model understood by itself: what it reads is known by name only. incremental: for is_incremental()."""

    model: Model
    config: Config
    rendered: Rendered | None = None
    parsed: Parsed | None = None
    incremental: Parsed | None = None


def compile_context(*, incremental: bool = False) -> RenderContext:
    """The template's context while the project is compiled: a fixed slice, so that fingerprints stay."""
    return RenderContext(incremental=incremental, interval=_SOME_DAY, batch_id=0)


@contextmanager
def errors_as_written(compiled: Compiled, model: Model, context: RenderContext) -> Iterator[None]:
    """Give a SqlError, whose line is one of the rendered text, the file and line of the model as written."""
    try:
        yield
    except SqlError as error:
        lines = compiled.renderer.source_lines(model, context) if error.line else []
        if not error.line or error.line > len(lines):
            raise
        path, line = lines[error.line - 1]
        raise SqlError(error.message, path=path, line=line, hint=error.hint) from None


def _has_variant(rendered: Rendered, config: Config) -> bool:
    return config.materialized == "incremental" and "is_incremental" in rendered.dynamic


def _config_call(model: Model, rendered: Rendered) -> ConfigLayer:
    line = rendered.config_line or model.first_line
    return ConfigLayer(values=rendered.config, path=model.path, line=line, lines=dict.fromkeys(rendered.config, line))
