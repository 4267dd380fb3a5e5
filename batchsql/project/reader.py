"""A project folder into a `values.Project`: the only place of this room where everything comes together."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from batchsql.errors import ProjectError, did_you_mean
from batchsql.project.config import resolve_config
from batchsql.project.files import IGNORE_FILE, PROJECT_FILES, SUITES_FOLDER, absent, read_text, stamp_files, within
from batchsql.project.properties import Properties, PropertyFile, read_properties
from batchsql.project.settings import PLACES, Place, Settings, read_settings
from batchsql.project.snapshots import snapshot_blocks
from batchsql.project.sources import check_paths
from batchsql.project.suites import read_suite, with_suites
from batchsql.project.tree import Parts, explain_unmatched
from batchsql.project.unit_tests import FIXTURES, verify_unit_tests, with_fixtures
from batchsql.project.verify import verify_checks, verify_names
from batchsql.project.yaml import line_at
from batchsql.values import ConfigLayer, FileStamp, Kind, MacroFile, Model, Project, Source
from batchsql.values.project import PropertyText

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence
    from pathlib import Path

_NO_VARS: dict[str, Any] = {}
_KINDS: dict[Place, Kind] = {"model": "model", "seed": "seed", "snapshot": "snapshot", "test": "test"}
_PACKAGE_FILES = ("packages.yml", "dependencies.yml")
_GENERIC_TESTS = "generic"
_OWN_NAME = re.compile(r"[\w-]+$")
_DBT_NAME = re.compile(r"[\w.-]+$")


class _Found(Struct, frozen=True):
    """A file that becomes a model: its place, its path, and its folders below that place's folder."""

    kind: Kind
    path: str
    folders: Parts


class _Listing(Struct, frozen=True, kw_only=True):
    """The files of a project, by what is to be done with them."""

    models: tuple[_Found, ...]
    properties: tuple[str, ...]
    suites: tuple[str, ...]
    macros: tuple[str, ...]
    fixtures: tuple[str, ...]
    warnings: tuple[str, ...]


def read_project(
    folder: Path,
    *,
    target: str | None = None,
    profiles_dir: Path | None = None,
    vars: Mapping[str, Any] = _NO_VARS,  # noqa: A002 - the word of the dialect
    environment: Mapping[str, str],
    yaml_cache: MutableMapping[str, bytes] | None = None,
) -> Project:
    """Read a project folder. Raises ProjectError, with file, line and the text of that line.

    vars: supplied values; they count before those of the project file.
    yaml_cache: what property files were understood as, by their content; read and added to.
    """
    root = folder.absolute()
    try:
        settings = read_settings(root, target=target, profiles_dir=profiles_dir, vars=vars, environment=environment)
        return _read(root, settings, yaml_cache)
    except ProjectError as error:
        raise with_source_line(error, root) from None


def with_source_line(error: ProjectError, root: Path) -> ProjectError:
    """The error with the text of its line, where it has a file and a line and that can be read."""
    if error.source_line is None and error.path and error.line:
        try:
            content = (root / error.path).read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            return error
        error.source_line = line_at(content, error.line)
    return error


def _read(root: Path, settings: Settings, yaml_cache: MutableMapping[str, bytes] | None) -> Project:
    base = str(root)
    settings_files = tuple(dict.fromkeys((*PROJECT_FILES, IGNORE_FILE, *settings.profiles, *_PACKAGE_FILES)))
    stamps = stamp_files(base, settings.folders, settings_files, settings.skipped_folders)
    listing = _list(stamps, settings, settings_files)
    warnings = [*settings.warnings, *listing.warnings]
    if settings.dialect == "dbt":
        warnings.extend((*_package_warnings(stamps), *_python_warnings(root, settings)))
    files = [_read_properties(base, path, settings, yaml_cache) for path in listing.properties]
    warnings.extend(sentence for file in files for sentence in file.warnings)
    models = _models(base, listing, files, settings, warnings)
    sources = tuple(source for file in files for source in file.sources)
    _verify_sources(sources, base, settings)
    defaults = resolve_config(settings.trees["test"].layers_for(()), "test", settings.dialect)
    suites = [read_suite(read_text(base, path), path, defaults) for path in listing.suites]
    models, sources = with_suites(models, sources, suites)
    verify_checks(models, sources)
    unit_tests = tuple(test for file in files for test in file.unit_tests)
    verify_unit_tests(unit_tests, models, sources)
    _verify_trees(settings, listing, models, warnings)
    return Project(
        root=base,
        name=settings.name,
        dialect=settings.dialect,
        target=settings.target,
        models=models,
        sources=sources,
        macros=tuple(MacroFile(path, read_text(base, path)) for path in listing.macros),
        unit_tests=with_fixtures(unit_tests, listing.fixtures, lambda path: read_text(base, path)),
        vars=settings.vars,
        target_path=settings.target_path,
        files=stamps,
        warnings=tuple(warnings),
        folders=settings.folders,
        settings_files=settings_files,
        skipped_folders=settings.skipped_folders,
        environment=dict(settings.scope.environment_read),
        property_texts=tuple(
            PropertyText(path, file.content) for path, file in zip(listing.properties, files, strict=True)
        ),
    )


def _read_properties(
    base: str, path: str, settings: Settings, yaml_cache: MutableMapping[str, bytes] | None
) -> PropertyFile:
    tree = settings.trees["test"]
    defaults = resolve_config(tree.layers_for(_folders_below(path, settings)), "test", settings.dialect)
    return read_properties(read_text(base, path), path, settings.scope, defaults, yaml_cache)


def _folders_below(path: str, settings: Settings) -> Parts:
    """The folders of a file below the innermost of the project's folders that holds it."""
    homes = [folder for place in PLACES for folder in settings.paths[place] if within(path, folder)]
    return _below(path, max(homes, key=len))


# --- which file is what ---------------------------------------------------------------------------------------------


def _list(stamps: Sequence[FileStamp], settings: Settings, settings_files: Sequence[str]) -> _Listing:
    models: list[_Found] = []
    properties: list[str] = []
    suites: list[str] = []
    macros: list[str] = []
    fixtures: list[str] = []
    warnings: list[str] = []
    homes = [(folder, place) for place in PLACES for folder in settings.paths[place]]
    homes.sort(key=lambda home: -len(home[0]))
    for stamp in stamps:
        path = stamp.path
        if path in settings_files:
            continue
        ending = path[path.rindex(".") :]
        if ending == ".json":
            suites.extend((path,) if within(path, SUITES_FOLDER) else ())
            continue
        if not any(within(path, folder) for folder, _ in homes):
            warnings.append(f"{path}:1: in {SUITES_FOLDER}/, suites (*.json) are read, and nothing else")
            continue
        folder, place = _home(path, ending, homes)
        if ending in (".yml", ".yaml"):
            if place != "test" or settings.dialect == "dbt":
                properties.append(path)
        elif place == "macro":
            if ending == ".sql":
                macros.append(path)
        elif place == "test" and _below(path, folder)[:1] == (FIXTURES,):
            fixtures.append(path)
        elif (ending == ".csv") == (place == "seed"):
            parts = _below(path, folder)
            if place == "test" and settings.dialect == "dbt" and parts[:1] == (_GENERIC_TESTS,):
                warnings.append(f"{path}:1: generic tests of one's own are not run yet")
            else:
                models.append(_Found(_KINDS[place], path, parts))
    return _Listing(
        models=tuple(models),
        properties=tuple(properties),
        suites=tuple(suites),
        macros=tuple(macros),
        fixtures=tuple(fixtures),
        warnings=tuple(warnings),
    )


def _below(path: str, folder: str) -> Parts:
    """The folders of a file below one that holds it."""
    return tuple((path if folder == "." else path[len(folder) + 1 :]).split("/")[:-1])


def _home(path: str, ending: str, homes: Sequence[tuple[str, Place]]) -> tuple[str, Place]:
    """The folder and place a file belongs to: the innermost; of two that share it, the one that takes such files."""
    around = [home for home in homes if within(path, home[0])]
    innermost = [home for home in around if home[0] == around[0][0]]
    for home in innermost:
        if (ending == ".csv") == (home[1] == "seed"):
            return home
    return innermost[0]


def _package_warnings(stamps: Sequence[FileStamp]) -> list[str]:
    present = {stamp.path for stamp in stamps if not absent(stamp)}
    return [f"{path}:1: packages are not read yet" for path in _PACKAGE_FILES if path in present]


def _python_warnings(root: Path, settings: Settings) -> list[str]:
    files = sorted(file for folder in settings.paths["model"] for file in (root / folder).rglob("*.py"))
    return [f"{file.relative_to(root).as_posix()}:1: models in Python are not run" for file in files]


# --- models ---------------------------------------------------------------------------------------------------------


def _models(
    base: str, listing: _Listing, files: Sequence[PropertyFile], settings: Settings, warnings: list[str]
) -> tuple[Model, ...]:
    models: list[Model] = []
    for found in listing.models:
        models.extend(_read_models(base, found, settings, warnings))
    properties = [entry for file in files for entry in file.properties]
    models.extend(_yaml_snapshot(entry, settings) for entry in properties if entry.relation is not None)
    by_name = _by_name(properties)
    models = [_with_properties(model, by_name.get((model.kind, model.name))) for model in models]
    models = verify_names(models, settings.dialect)
    _verify_properties(properties, models)
    return tuple(models)


def _read_models(base: str, found: _Found, settings: Settings, warnings: list[str]) -> list[Model]:
    """The models of one file: several where it holds snapshot blocks, none where dbt would skip it."""
    name = found.path.rpartition("/")[2].rpartition(".")[0]
    if found.kind == "seed":
        return [_model(found, name, "", 1, settings)]
    text = read_text(base, found.path)
    if not text.strip():
        if settings.dialect == "dbt":
            warnings.append(f"{found.path}:1: this file is empty and left out")
            return []
        hint = "write a SELECT, or remove the file"
        raise ProjectError("this file is empty; it holds no query", path=found.path, line=1, hint=hint)
    if found.kind == "snapshot":
        blocks = list(snapshot_blocks(text, found.path))
        if blocks:
            return [_model(found, block.name, block.text, block.first_line, settings) for block in blocks]
    return [_model(found, name, text, 1, settings)]


def _model(found: _Found, name: str, text: str, first_line: int, settings: Settings) -> Model:
    if not (_OWN_NAME if settings.dialect == "batchsql" else _DBT_NAME).match(name):
        hint = "use letters, digits, '_' and '-'"
        raise ProjectError(f"'{name}' is no name for a {found.kind}", path=found.path, line=1, hint=hint)
    layers = settings.trees[found.kind].layers_for((*found.folders, name))
    return Model(kind=found.kind, name=name, path=found.path, text=text, first_line=first_line, layers=layers)


def _yaml_snapshot(entry: Properties, settings: Settings) -> Model:
    """A snapshot that YAML alone declares, by the relation it keeps the history of."""
    group, dot, table = (entry.relation or "").partition(".")
    read = f"source('{group}', '{table}')" if dot else f"ref('{group}')"
    found = _Found("snapshot", entry.path, _folders_below(entry.path, settings))
    return _model(found, entry.name, f"select * from {{{{ {read} }}}}", entry.line, settings)


def _by_name(properties: Sequence[Properties]) -> dict[tuple[Kind, str], Properties]:
    by_name: dict[tuple[Kind, str], Properties] = {}
    for entry in properties:
        other = by_name.setdefault((entry.kind, entry.name), entry)
        if other is not entry:
            message = f"the {entry.kind} '{entry.name}' is described twice, first in {other.path}:{other.line}"
            raise ProjectError(message, path=entry.path, line=entry.line, hint="put both into one entry")
    return by_name


def _with_properties(model: Model, entry: Properties | None) -> Model:
    if entry is None:
        return model
    layers: tuple[ConfigLayer, ...] = (*model.layers, entry.layer) if entry.layer else model.layers
    return replace(
        model,
        layers=layers,
        description=entry.description,
        columns=entry.columns,
        checks=entry.checks,
        constraints=entry.constraints,
        described=(entry.path, entry.line),
    )


def _verify_properties(properties: Sequence[Properties], models: Sequence[Model]) -> None:
    """Refuse an entry for something that is not there."""
    present = {(model.kind, model.name) for model in models}
    for entry in properties:
        if (entry.kind, entry.name) in present:
            continue
        kind = "singular test" if entry.kind == "test" else entry.kind
        elsewhere = next((model for model in models if model.name == entry.name), None)
        hint = (
            f"'{entry.name}' is a {elsewhere.kind}, in {elsewhere.path}: describe it under '{elsewhere.kind}s:'"
            if elsewhere
            else did_you_mean(entry.name, (model.name for model in models if model.kind == entry.kind))
        )
        raise ProjectError(
            f"there is no {kind} '{entry.name}' to describe",
            path=entry.path,
            line=entry.line,
            hint=hint or "the name is that of its file, without the ending",
        )


# --- what must hold of the whole ------------------------------------------------------------------------------------


def _verify_sources(sources: Sequence[Source], base: str, settings: Settings) -> None:
    first: dict[str, Source] = {}
    for source in sources:
        other = first.setdefault(source.key.lower(), source)
        if other is not source:
            message = f"the source '{source.key}' is declared twice, first in {other.path}:{other.line}"
            raise ProjectError(message, path=source.path, line=source.line, hint="keep one of them")
        check_paths(source, os.path.normpath(base), settings.target)


def _verify_trees(settings: Settings, listing: _Listing, models: Sequence[Model], warnings: list[str]) -> None:
    """A folder in a config block that holds nothing: an error where it looks like a slip of the pen, else a warning."""
    folders = {found.path: found.folders for found in listing.models}
    for kind, tree in settings.trees.items():
        files: list[Parts] = [(*folders.get(model.path, ()), model.name) for model in models if model.kind == kind]
        if kind == "test":
            files.extend(_folders_below(path, settings) for path in listing.properties)
        for prefix in tree.unmatched(files):
            layer = tree.layers[prefix][0]
            hint = explain_unmatched(prefix, files)
            message = f"no {kind} lies in '{'/'.join(prefix)}'"
            if hint and settings.dialect == "batchsql":
                raise ProjectError(message, path=layer.path, line=layer.line, hint=hint)
            warnings.append(f"{layer.path}:{layer.line}: {message}, so this config has no effect")
