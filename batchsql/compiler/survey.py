"""What in a dbt project would not work, found without running it: all of it, not the first that fails.

Each stage goes on without what failed in it: a file that cannot be read is read over, a model that cannot be rendered
stands for itself as an empty query, so that what reads it is looked at too.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from batchsql.artifacts.declared import declared, merged
from batchsql.compiler.asking import refuse_unaskable
from batchsql.compiler.compile import Compiled, Understanding, Unlinked
from batchsql.compiler.linking import link
from batchsql.compiler.made_by import made_by, require_known
from batchsql.errors import BatchsqlError, ProjectError
from batchsql.project import read_project, unused_keys
from batchsql.project.files import PROJECT_FILES
from batchsql.project.profiles import PROFILES_FILE
from batchsql.sql import parse
from batchsql.template.unknown import UnknownCalls
from batchsql.values import Config, ConfigLayer, Graph, Model, Project, Rendered

_SENTENCE = re.compile(r"(?P<path>[^\s:][^:]*):(?P<line>\d+): (?P<message>.*)", re.DOTALL)
_ABSENT = re.compile(r"the package '(?:.*/)?(?P<name>[^/']+)' is not installed")
_PROFILE = "any"
_ROUNDS = 200  # errors of one stage; who has more has seen enough


class Finding(Struct, frozen=True, kw_only=True):
    """Something that would not work (`error`), or has no effect, or only may fail (`warning`)."""

    severity: str
    message: str
    path: str | None = None
    line: int | None = None
    hint: str | None = None


def survey(
    folder: Path,
    *,
    target: str | None,
    profiles_dir: Path | None,
    variables: Mapping[str, Any],
    environment: Mapping[str, str],
) -> list[Finding]:
    """All that would not work in a dbt project, by file and line."""
    found: list[Finding] = []
    with tempfile.TemporaryDirectory() as place:
        project = _project(folder, target, profiles_dir, variables, environment, found, Path(place))
    if project is not None:
        found += [_of_sentence(sentence) for sentence in project.warnings]
        found += _in_models(project, variables, environment, found)
        found += [*_in_sources(project), *_in_templates(project)]
    return sorted(_once(found), key=lambda finding: (finding.path or "", finding.line or 0))


def _once(found: Sequence[Finding]) -> Iterator[Finding]:
    """The findings, of two errors at one line the first: they are of one cause."""
    known = set()
    absent = {name["name"] for finding in found if (name := _ABSENT.match(finding.message))}
    for finding in found:
        if any(f"'{name}'" in finding.message or f"'{name}." in finding.message for name in absent):
            continue  # it is there when the package is
        told = finding.severity if finding.line and finding.severity == "error" else finding.message
        if (finding.path, finding.line, told) not in known:
            known.add((finding.path, finding.line, told))
            yield finding


def _of_error(error: BatchsqlError) -> Finding:
    return Finding(severity="error", message=error.message, path=error.path, line=error.line, hint=error.hint)


def _of_sentence(sentence: str) -> Finding:
    """A warning of the project, which begins with its place."""
    told = _SENTENCE.fullmatch(sentence)
    if told is None:
        return Finding(severity="warning", message=sentence)
    return Finding(severity="warning", message=told["message"], path=told["path"], line=int(told["line"]))


# --- reading --------------------------------------------------------------------------------------------------------


def _project(
    folder: Path,
    target: str | None,
    profiles_dir: Path | None,
    variables: Mapping[str, Any],
    environment: Mapping[str, str],
    found: list[Finding],
    place: Path,
) -> Project | None:
    """The project without what cannot be read of it; none where nothing can. place: a folder for a profile."""
    ignored: set[str] = set()
    stands_in = False
    for _ in range(_ROUNDS):
        try:
            return read_project(
                folder,
                target=None if stands_in else target,
                profiles_dir=place if stands_in else profiles_dir,
                vars=variables,
                environment={**environment, "DBT_PROFILE": _PROFILE} if stands_in else environment,
                ignored=ignored,
            )
        except ProjectError as error:
            if found and found[-1].message == error.message:
                return None
            found.append(_of_error(error))
            if error.path in (None, *PROJECT_FILES) or error.path.endswith(PROFILES_FILE):
                _write_profile(place)
                stands_in = True
            else:
                ignored.add(error.path)
    return None


def _write_profile(place: Path) -> None:
    """A profile for DuckDB, which stands in for one that cannot be used, so that the rest can be looked at."""
    target = {"type": "duckdb", "path": ":memory:"}
    profiles = {_PROFILE: {"target": "dev", "outputs": {"dev": target}}}
    (place / PROFILES_FILE).write_bytes(msgspec.json.encode(profiles))  # JSON is YAML


# --- rendering and linking ------------------------------------------------------------------------------------------


def _in_models(
    project: Project, variables: Mapping[str, Any], environment: Mapping[str, str], found: Sequence[Finding]
) -> Iterator[Finding]:
    """What goes wrong when models are rendered, parsed and linked."""
    compiled = Compiled(project, Graph(nodes={}), dict(variables), environment)
    understand = Understanding(compiled, {})
    unread = {finding.path for finding in found if finding.severity == "error"}
    unlinked: list[Unlinked] = []
    for model in project.models:
        try:
            item = understand.model(model)
        except BatchsqlError as error:
            yield _of_error(error)
            item = _standing_for(model)
        if item is not None:
            unlinked.append(item)
            if item.rendered is not None:
                layer = ConfigLayer(values=item.rendered.config, path=model.path, line=item.rendered.config_line)
                yield from map(_of_sentence, unused_keys(layer, project.dialect))
                yield from map(_of_sentence, item.rendered.warnings)
    for fault in _linked(unlinked, compiled):
        if not (unread and fault.message.startswith("there is no source")):  # it may be in what could not be read
            yield _of_error(fault)


def _linked(unlinked: list[Unlinked], compiled: Compiled) -> Iterator[BatchsqlError]:
    for _ in range(_ROUNDS):
        try:
            graph = link(unlinked, compiled)
            refuse_unaskable(graph)
        except BatchsqlError as error:
            yield error
            places = [number for number, item in enumerate(unlinked) if item.model.path == error.path]
            if not places or all(unlinked[number].rendered == _NOTHING for number in places):
                return
            for number in places:
                unlinked[number] = _standing_for(unlinked[number].model)
        else:
            yield from _made_by_nobody(graph, compiled)
            return


def _made_by_nobody(graph: Graph, compiled: Compiled) -> Iterator[BatchsqlError]:
    """Materializations and strategies that are neither built in nor a macro's."""
    for node in graph.nodes.values():
        if node.kind in ("model", "snapshot") and made_by(compiled, node) is None:
            try:
                require_known(compiled, node)
            except BatchsqlError as error:
                error.line = (node.rendered.config_line if node.rendered else 0) or None
                yield error


_NOTHING = Rendered(sql="select 1 as nothing")


def _standing_for(model: Model) -> Unlinked:
    return Unlinked(model, Config(), _NOTHING, parse(_NOTHING.sql, path=model.path))


# --- sources and templates ------------------------------------------------------------------------------------------


def _in_sources(project: Project) -> Iterator[Finding]:
    """Sources that only Python code of dbt-duckdb can read."""
    told = declared(project).sources
    for source in project.sources:
        group, table = told[source.package, source.group, source.name]
        blocks = [block for entry in (group.entry, table) for block in (entry, entry.get("config"))]
        metas = [block.get("meta") for block in blocks if isinstance(block, dict)]
        plugin = merged(source.config, *metas).get("plugin")
        if plugin:
            message = f"the source '{source.key}' is read by the plugin '{plugin}', and plugins are not run"
            hint = "name its files with `external_location`, or load it before"
            yield Finding(severity="error", message=message, path=source.path, line=source.line, hint=hint)


def _in_templates(project: Project) -> Iterator[Finding]:
    """Calls that lead nowhere. In a model or a hook they fail; of macros nobody knows whether they are called."""
    calls = UnknownCalls(project.macros, project.name)
    texts = [(m.text, m.path, m.first_line, m.package, "error") for m in project.models if m.language == "sql"]
    hooks = (*project.on_run_start, *project.on_run_end)
    texts += [(hook.sql, hook.path, hook.line or 1, hook.package, "error") for hook in hooks]
    texts += [(macro.text, macro.path, 1, "", "warning") for macro in project.macros if not macro.package]
    for text, path, first_line, package, severity in texts:
        try:
            for call in calls.find(text, path, first_line, package):
                yield Finding(severity=severity, message=call.message, path=path, line=call.line, hint=call.hint)
        except BatchsqlError as error:
            yield _of_error(error)
