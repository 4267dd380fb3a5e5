"""The models, seeds, snapshots and singular tests of a project or package, with what property files say of them."""

from __future__ import annotations

import re
from hashlib import md5
from typing import TYPE_CHECKING

from msgspec.structs import replace

from batchsql.errors import ProjectError, did_you_mean
from batchsql.project.files import read_text
from batchsql.project.listing import Found, Listing, folders_below
from batchsql.project.properties import Properties, PropertyFile
from batchsql.project.settings import Settings
from batchsql.project.snapshots import snapshot_blocks
from batchsql.project.tree import Parts
from batchsql.values import ConfigLayer, Kind, Model

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWN_NAME = re.compile(r"[\w-]+$")
_DBT_NAME = re.compile(r"[\w.-]+$")


def read_models(
    base: str, listing: Listing, files: Sequence[PropertyFile], settings: Settings, warnings: list[str]
) -> list[Model]:
    """All of them, those that are switched off included. base: the project's folder."""
    models: list[Model] = []
    properties = [entry for file in files for entry in file.properties]
    versions = _versions(properties, listing)
    for found in listing.models:
        models.extend(_read_models(base, found, settings, warnings, versions.get(found.path)))
    models.extend(_yaml_snapshot(entry, settings) for entry in properties if entry.relation is not None)
    by_name = _by_name(properties)
    models = [_with_properties(model, by_name.get((model.kind, model.name))) for model in models]
    _verify_properties(properties, models, settings, warnings)
    return models


def generic_tests(files: Sequence[tuple[str, PropertyFile]], settings: Settings) -> list[Model]:
    """The applications of generic tests in property files, with the config of their folders. files: with paths."""
    found: list[Model] = []
    for path, file in files:
        layers = settings.trees["test"].layers_for(folders_below(path, settings))
        overriding = overriding_of("test", folders_below(path, settings), settings)
        found.extend(replace(test, layers=(*layers, *test.layers), overriding=overriding) for test in file.tests)
    return found


def with_distinct_names(models: Sequence[Model]) -> list[Model]:
    """Models of a dbt project, in which a test may be named like a model, or like another test."""
    taken = {model.name.lower() for model in models if model.kind != "test"}
    kept: list[Model] = []
    for model in models:
        name = model.name
        if model.kind == "test" and name.lower() in taken:
            stated = f"{model.test.attached}:{model.text}" if model.test else model.path
            name = f"{name}_{md5(stated.encode(), usedforsecurity=False).hexdigest()[-10:]}"
        if model.kind == "test":
            taken.add(name.lower())
        kept.append(model if name == model.name else replace(model, name=name))
    return kept


def overriding_of(kind: Kind, parts: Parts, settings: Settings) -> tuple[ConfigLayer, ...]:
    """What the project says of a file of a package, which counts before what the file itself says."""
    return settings.overriding[kind].layers_for(parts) if settings.package else ()


def _versions(properties: Sequence[Properties], listing: Listing) -> dict[str, Properties]:
    """The files that are versions of models, by path."""
    paths = {_stem(found.path): found.path for found in listing.models if found.kind == "model"}
    versions: dict[str, Properties] = {}
    for entry in properties:
        path = next((paths[name] for name in entry.version.files if name in paths), None) if entry.version else None
        if path is not None:
            versions[path] = entry
    return versions


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def _read_models(
    base: str, found: Found, settings: Settings, warnings: list[str], version: Properties | None = None
) -> list[Model]:
    """The models of one file: several where it holds snapshot blocks, none where dbt would skip it."""
    name = _stem(found.path)
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
    return [_model(found, name, text, 1, settings, version)]


def _model(
    found: Found, name: str, text: str, first_line: int, settings: Settings, described: Properties | None = None
) -> Model:
    version = described.version if described else None
    parts = (*found.folders, name)
    if described and version:
        name, parts = described.key, (*found.folders, described.name, f"v{version.number}")
    if not (_OWN_NAME if settings.dialect == "batchsql" else _DBT_NAME).match(name):
        hint = "use letters, digits, '_' and '-'"
        raise ProjectError(f"'{name}' is no name for a {found.kind}", path=found.path, line=1, hint=hint)
    return Model(
        kind=found.kind,
        name=name,
        path=found.path,
        text=text,
        first_line=first_line,
        layers=settings.trees[found.kind].layers_for(parts),
        package=settings.package,
        overriding=overriding_of(found.kind, parts, settings),
        version=version.number if version else None,
        latest_version=version.latest if version else None,
    )


def _yaml_snapshot(entry: Properties, settings: Settings) -> Model:
    """A snapshot that YAML alone declares, by the relation it keeps the history of."""
    group, dot, table = (entry.relation or "").partition(".")
    read = f"source('{group}', '{table}')" if dot else f"ref('{group}')"
    found = Found("snapshot", entry.path, folders_below(entry.path, settings))
    return _model(found, entry.name, f"select * from {{{{ {read} }}}}", entry.line, settings)


def _by_name(properties: Sequence[Properties]) -> dict[tuple[Kind, str], Properties]:
    by_name: dict[tuple[Kind, str], Properties] = {}
    for entry in properties:
        other = by_name.setdefault((entry.kind, entry.key), entry)
        if other is not entry:
            message = f"the {entry.kind} '{entry.name}' is described twice, first in {other.path}:{other.line}"
            raise ProjectError(message, path=entry.path, line=entry.line, hint="put both into one entry")
    return by_name


def _with_properties(model: Model, entry: Properties | None) -> Model:
    if entry is None:
        return model
    given = [layer for layer in (entry.layer, entry.version_layer) if layer]
    layers: tuple[ConfigLayer, ...] = (*model.layers, *given)
    return replace(
        model,
        layers=layers,
        description=entry.description,
        columns=entry.columns,
        checks=entry.checks,
        constraints=entry.constraints,
        described=(entry.path, entry.line),
        deprecated=entry.deprecated,
    )


def _verify_properties(
    properties: Sequence[Properties], models: Sequence[Model], settings: Settings, warnings: list[str]
) -> None:
    """Refuse an entry for something that is not there; in a dbt project warn of it."""
    present = {(model.kind, model.name) for model in models}
    for entry in properties:
        if (entry.kind, entry.key) in present:
            continue
        kind = "singular test" if entry.kind == "test" else entry.kind
        elsewhere = next((model for model in models if model.name == entry.name), None)
        message = f"there is no {kind} '{entry.key}' to describe"
        if entry.version:
            message += f": neither {' nor '.join(f'{file}.sql' for file in entry.version.files)} is there"
        if settings.dialect == "dbt":
            warnings.append(f"{entry.path}:{entry.line}: {message}")
            continue
        hint = (
            f"'{entry.name}' is a {elsewhere.kind}, in {elsewhere.path}: describe it under '{elsewhere.kind}s:'"
            if elsewhere
            else did_you_mean(entry.name, (model.name for model in models if model.kind == entry.kind))
        )
        raise ProjectError(
            message,
            path=entry.path,
            line=entry.line,
            hint=hint or "the name is that of its file, without the ending",
        )
