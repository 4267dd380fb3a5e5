"""A project folder into a `values.Project`: the only place of this room where everything comes together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from batchsql.errors import ProjectError
from batchsql.project.config import resolve_config
from batchsql.project.documents import docs_blocks
from batchsql.project.files import IGNORE_FILE, PROJECT_FILES, read_text, stamp_files
from batchsql.project.generic_tests import GenericTests
from batchsql.project.listing import Listing, folders_below, list_files
from batchsql.project.models import generic_tests, overriding_of, read_models, with_distinct_names
from batchsql.project.packages import PACKAGE_FILES, missing_packages, package_folders
from batchsql.project.properties import PropertyFile, read_properties
from batchsql.project.settings import Settings, read_package_settings, read_settings
from batchsql.project.sources import check_paths, configured
from batchsql.project.suites import read_suite, with_suites
from batchsql.project.tree import Parts, explain_unmatched, foreign
from batchsql.project.unit_tests import for_each_version, verify_unit_tests, with_fixtures
from batchsql.project.verify import verify_checks, verify_names
from batchsql.project.yaml import line_at
from batchsql.values import MacroFile, Model, Project, Source
from batchsql.values.macro_names import defined_names
from batchsql.values.project import Package, PropertyText, RunHook

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, MutableMapping, Sequence
    from pathlib import Path

    from batchsql.values.unit_tests import UnitTest

_NO_VARS: dict[str, Any] = {}


class _Part(Struct, frozen=True, kw_only=True):
    """What the files of the project itself, or of one package, hold."""

    settings: Settings
    listing: Listing
    macros: tuple[MacroFile, ...]
    files: tuple[tuple[str, PropertyFile], ...] = ()
    models: tuple[Model, ...] = ()


def read_project(
    folder: Path,
    *,
    target: str | None = None,
    profiles_dir: Path | None = None,
    vars: Mapping[str, Any] = _NO_VARS,  # noqa: A002 - the word of the dialect
    environment: Mapping[str, str],
    yaml_cache: MutableMapping[str, bytes] | None = None,
    ignored: Collection[str] = (),
) -> Project:
    """Read a project folder. Raises ProjectError, with file, line and the text of that line.

    vars: supplied values; they count before those of the project file.
    yaml_cache: what property files were understood as, by their content; read and added to.
    ignored: files, relative to the folder, that are read over as if they were not there.
    """
    root = folder.absolute()
    try:
        settings = read_settings(root, target=target, profiles_dir=profiles_dir, vars=vars, environment=environment)
        return _read(root, settings, yaml_cache, ignored)
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


def _read(
    root: Path, settings: Settings, yaml_cache: MutableMapping[str, bytes] | None, ignored: Collection[str]
) -> Project:
    base = str(root)
    packages = _packages(root, settings, ignored)
    everything = (settings, *packages)
    settings_files = _settings_files(settings, packages)
    folders = tuple(dict.fromkeys(folder for each in everything for folder in each.folders))
    found = stamp_files(base, folders, settings_files, settings.skipped_folders, follow=settings.dialect == "dbt")
    stamps = tuple(stamp for stamp in found if stamp.path not in ignored)
    warnings = list(settings.warnings)
    known = {settings.name, *(package.name for package in packages)}
    if settings.dialect == "dbt":
        warnings.extend(sentence for tree in settings.overriding.values() for sentence in foreign(tree, known))
        warnings.extend(missing_packages(root, settings.packages_folder, settings.scope))
    parts = [_part(base, each, list_files(stamps, each, settings_files)) for each in everything]
    defined = {part.settings.package: _macro_names(part.macros) for part in parts}
    parts = [_filled(base, part, defined, settings.name, yaml_cache, warnings) for part in parts]
    own = parts[0]
    models = [model for part in parts for model in part.models]
    models = with_distinct_names(models) if settings.dialect == "dbt" else models
    models = verify_names(models, settings.dialect)
    sources = _sources(parts)
    _verify_sources(sources, base, settings)
    together, sources = _with_suites(base, own, models, sources)
    warnings.extend(verify_checks(together, sources, settings.dialect))
    unit_tests = for_each_version(_unit_tests(parts), together)
    verify_unit_tests(unit_tests, together, sources)
    _verify_trees(settings, own, warnings)
    by_name = sorted(packages, key=lambda package: package.name)
    fixtures = [path for part in parts for path in part.listing.fixtures]
    return Project(
        root=base,
        name=settings.name,
        dialect=settings.dialect,
        target=settings.target,
        models=together,
        sources=sources,
        macros=tuple(macro for part in parts for macro in part.macros),
        unit_tests=with_fixtures(unit_tests, fixtures, lambda path: read_text(base, path)),
        vars=settings.vars,
        target_path=settings.target_path,
        files=stamps,
        warnings=tuple(warnings),
        flags=settings.flags,
        folders=folders,
        settings_files=settings_files,
        skipped_folders=settings.skipped_folders,
        environment=dict(settings.scope.environment_read),
        property_texts=_property_texts(parts),
        on_run_start=_start_hooks(by_name, settings),
        on_run_end=tuple(hook for each in (*by_name, settings) for hook in each.on_run_end),
        dispatch=settings.dispatch,
        packages=tuple(
            Package(name=each.name, folder=each.folder, vars=each.vars, version=each.version) for each in packages
        ),
        docs=_docs(base, parts),
        groups=tuple(group for part in parts for _, file in part.files for group in file.groups),
        restricted=tuple(each.package for each in everything if each.restricted),
    )


def _with_suites(
    base: str, own: _Part, models: Sequence[Model], sources: tuple[Source, ...]
) -> tuple[tuple[Model, ...], tuple[Source, ...]]:
    """Models and sources with the checks of suites."""
    settings = own.settings
    defaults = resolve_config(settings.trees["test"].layers_for(()), "test", settings.dialect)
    suites = [read_suite(read_text(base, path), path, defaults) for path in own.listing.suites]
    return with_suites(models, sources, suites)


def _start_hooks(packages: Sequence[Settings], settings: Settings) -> tuple[RunHook, ...]:
    hooks = (hook for each in (*packages, settings) for hook in each.on_run_start)
    return tuple(replace(hook, required=settings.start_required) for hook in hooks)


def _unit_tests(parts: Sequence[_Part]) -> list[UnitTest]:
    return [test for part in parts for _, file in part.files for test in file.unit_tests]


def _property_texts(parts: Sequence[_Part]) -> tuple[PropertyText, ...]:
    return tuple(PropertyText(path, file.content, part.settings.package) for part in parts for path, file in part.files)


def _sources(parts: Sequence[_Part]) -> tuple[Source, ...]:
    """The sources of all property files, with what project files say of them."""
    found: list[Source] = []
    for part in parts:
        settings = part.settings
        for path, file in part.files:
            for source in file.sources:
                place = (*folders_below(path, settings), source.group, source.name)
                below = settings.trees["source"].layers_for(place) if settings.dialect == "dbt" else ()
                above = settings.overriding["source"].layers_for(place) if settings.package else ()
                kept = configured(source, below, above)
                if kept is not None:
                    found.append(replace(kept, package=settings.package))
    return tuple(found)


# --- packages and parts ---------------------------------------------------------------------------------------------


def _packages(root: Path, settings: Settings, ignored: Collection[str]) -> tuple[Settings, ...]:
    if settings.dialect != "dbt":
        return ()
    folders = package_folders(root, settings.packages_folder, settings.scope, ignored)
    return tuple(read_package_settings(settings, root, folder) for folder in folders)


def _settings_files(settings: Settings, packages: Sequence[Settings]) -> tuple[str, ...]:
    """What decides which files there are; a package that is installed later changes the packages' folder."""
    files = [*PROJECT_FILES, IGNORE_FILE, *settings.profiles, *PACKAGE_FILES]
    if settings.dialect == "dbt":
        files.append(settings.packages_folder)
    for package in packages:
        files.extend((package.path, *(f"{package.folder}/{name}" for name in PACKAGE_FILES)))
    return tuple(dict.fromkeys(files))


def _part(base: str, settings: Settings, listing: Listing) -> _Part:
    macros = (MacroFile(path, read_text(base, path), settings.package) for path in listing.macros)
    return _Part(settings=settings, listing=listing, macros=tuple(macros))


def _macro_names(macros: Sequence[MacroFile]) -> frozenset[str]:
    return frozenset(name for macro in macros for name in defined_names(macro.text))


def _filled(
    base: str,
    part: _Part,
    macros: dict[str, frozenset[str]],
    project: str,
    yaml_cache: MutableMapping[str, bytes] | None,
    warnings: list[str],
) -> _Part:
    """The part with its property files and models."""
    settings, listing = part.settings, part.listing
    generic = GenericTests()
    if settings.dialect == "dbt":
        generic = GenericTests.among(macros, settings.package, project)
    files = tuple((path, _read_properties(base, path, settings, generic, yaml_cache)) for path in listing.properties)
    found = [*listing.warnings, *(sentence for _, file in files for sentence in file.warnings)]
    models = read_models(base, listing, [file for _, file in files], settings, found)
    if not settings.package:
        warnings.extend(found)
    models.extend(generic_tests(files, settings))
    return replace(part, files=files, models=tuple(models))


def _read_properties(
    base: str, path: str, settings: Settings, generic: GenericTests, yaml_cache: MutableMapping[str, bytes] | None
) -> PropertyFile:
    folders = folders_below(path, settings)
    layers = (*settings.trees["test"].layers_for(folders), *overriding_of("test", folders, settings))
    defaults = resolve_config(layers, "test", settings.dialect)
    text = read_text(base, path)
    return read_properties(text, path, settings.scope, defaults, yaml_cache, settings.dialect, generic)


def _docs(base: str, parts: Sequence[_Part]) -> dict[str, str]:
    """Texts of docs blocks by `package.name`; those of the project also by their names alone."""
    found: dict[str, str] = {}
    for part in reversed(parts):
        for path in part.listing.documents:
            for name, text in docs_blocks(read_text(base, path)):
                found[f"{part.settings.name}.{name}"] = text
                found[name] = text
    return found


# --- what must hold of the whole ------------------------------------------------------------------------------------


def _verify_sources(sources: Sequence[Source], base: str, settings: Settings) -> None:
    first: dict[str, Source] = {}
    for source in sources:
        other = first.setdefault(source.key.lower(), source)
        if other is not source:
            message = f"the source '{source.key}' is declared twice, first in {other.path}:{other.line}"
            raise ProjectError(message, path=source.path, line=source.line, hint="keep one of them")
        check_paths(source, os.path.normpath(base), settings.target)


def _verify_trees(settings: Settings, part: _Part, warnings: list[str]) -> None:
    """A folder in a config block that holds nothing: an error where it looks like a slip of the pen, else a warning."""
    folders = {found.path: found.folders for found in part.listing.models}
    for kind, tree in settings.trees.items():
        files: list[Parts] = [
            (*folders.get(each.path, ()), *each.path_parts) for each in part.models if each.kind == kind
        ]
        if kind == "test":
            files.extend(folders_below(path, settings) for path in part.listing.properties)
        if kind == "source":
            found = ((path, source) for path, file in part.files for source in file.sources)
            files.extend((*folders_below(path, settings), source.group, source.name) for path, source in found)
        for prefix in tree.unmatched(files):
            layer = tree.layers[prefix][0]
            hint = explain_unmatched(prefix, files)
            message = f"no {kind} lies in '{'/'.join(prefix)}'"
            if hint and settings.dialect == "batchsql":
                raise ProjectError(message, path=layer.path, line=layer.line, hint=hint)
            warnings.append(f"{layer.path}:{layer.line}: {message}, so this config has no effect")
