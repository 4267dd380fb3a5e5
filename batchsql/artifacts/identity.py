"""How artifacts call the things of a project: unique ids, the paths of files, and where in the project they stand."""

from __future__ import annotations

from hashlib import md5
from pathlib import PurePath
from typing import Any

from msgspec import Struct

from batchsql.values import Model, Project, Source, Target

_DIGITS_OF_A_TEST = 10


class Place(Struct, frozen=True):
    """Where a file is. original: relative to its package; within: to the folder of its kind, e.g. `models`."""

    original: str
    within: str

    @property
    def folders(self) -> list[str]:
        """The folders below that of its kind."""
        return self.within.split("/")[:-1]


class Identity:
    """Names and places of one project's things."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._folders = sorted(project.folders, key=len, reverse=True)
        self._packages = {package.name: package.folder for package in project.packages}
        self._places: dict[tuple[str, str], Place] = {}
        self.database = database_name(project.target)

    def package(self, package: str) -> str:
        """A package's name; the project's own for the project itself."""
        return package or self._project.name

    def of_model(self, model: Model) -> str:
        """The unique id of a model, seed, snapshot or test in a file: `model.shop.orders`."""
        return f"{model.kind}.{self.package(model.package)}.{model.name}"

    def of_source(self, source: Source) -> str:
        """The unique id of a source: `source.shop.raw.orders`."""
        return f"source.{self.package(source.package)}.{source.group}.{source.name}"

    def place(self, path: str, package: str = "") -> Place:
        """Where a file of the project, or of a package of it, is."""
        key = (path, package)
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = self._find(path, package)
        return found

    def _find(self, path: str, package: str) -> Place:
        folder = self._packages.get(package, "") if package else ""
        original = path.removeprefix(f"{folder}/") if folder else path
        if package:
            return Place(original, original.partition("/")[2] or original)
        home = next((home for home in self._folders if path.startswith(f"{home}/")), "")
        return Place(original, path[len(home) + 1 :] if home else path)


def database_name(target: Target) -> str:
    """How DuckDB calls the database that a target opens: its file's name without ending."""
    return "memory" if target.database in ("", ":memory:") else PurePath(target.database).stem


def test_digest(name: str, namespace: str | None, kind: str, arguments: dict[str, Any]) -> str:
    """What tells one generic test from others of its name, as dbt computes it, so that the ids of both are the same."""
    described = {"kwargs": _texts(arguments), "name": kind, "namespace": str(namespace)}
    return md5(f"{name}{described!r}".encode(), usedforsecurity=False).hexdigest()[-_DIGITS_OF_A_TEST:]


def _texts(value: Any) -> Any:
    """The same with keys in order, and what is neither mapping nor list as text."""
    if isinstance(value, dict):
        return {key: _texts(value[key]) for key in sorted(value)}
    return [_texts(each) for each in value] if isinstance(value, list) else str(value)
