"""How artifacts call the things of a project: unique ids, the paths of files, and where in the project they stand."""

from __future__ import annotations

from hashlib import md5
from typing import Any

from msgspec import Struct

from batchsql.values import Check, Model, Node, Project, Source
from batchsql.values.project import GenericTest

_DIGITS_OF_A_TEST = 10
_IN_PACKAGES = {"accepted_range": "dbt_utils", "row_count": None, "expression": None}


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
        self.database = project.target.database_name

    def package(self, package: str) -> str:
        """A package's name; the project's own for the project itself."""
        return package or self._project.name

    def of_model(self, model: Model) -> str:
        """The unique id of a model, seed, snapshot or test in a file: `model.shop.orders`."""
        own = f"{model.kind}.{self.package(model.package)}.{model.title}"
        test = model.test
        return f"{own}.{test_digest(test.title, test.namespace, test.name, test.kwargs)}" if test else own

    def of_check(self, check: Check, node: Node) -> str:
        """The unique id of a check that a property file gives a model or a source."""
        package = self.package((node.model.package if node.model else node.source.package if node.source else "") or "")
        test = check.test or described_test(check, node)
        digest = test_digest(test.title, test.namespace, test.name, test.kwargs)
        return f"test.{package}.{test.title}.{digest}"

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


def test_digest(name: str, namespace: str | None, kind: str, arguments: dict[str, Any]) -> str:
    """What tells one generic test from others of its name, as dbt computes it, so that the ids of both are the same."""
    described = {"kwargs": _texts(arguments), "name": kind, "namespace": str(namespace)}
    return md5(f"{name}{described!r}".encode(), usedforsecurity=False).hexdigest()[-_DIGITS_OF_A_TEST:]


def _texts(value: Any) -> Any:
    """The same with keys in order, and what is neither mapping nor list as text."""
    if isinstance(value, dict):
        return {key: _texts(value[key]) for key in sorted(value)}
    return [_texts(each) for each in value] if isinstance(value, list) else str(value)


def described_test(check: Check, node: Node) -> GenericTest:
    """A check of our own as the application of a generic test of dbt."""
    kind, namespace = _kind(check)
    return GenericTest(
        title=check.name, name=kind, namespace=namespace, kwargs=_arguments(check, node), attached=node.key
    )


def _kind(check: Check) -> tuple[str, str | None]:
    """The generic test's name and package."""
    if check.kind.startswith("expect_"):
        return check.kind, "dbt_expectations"
    return check.kind, _IN_PACKAGES.get(check.kind)


def _arguments(check: Check, node: Node) -> dict[str, Any]:
    """What dbt's generic test of that name is given."""
    arguments: dict[str, Any] = {key: value for key, value in check.arguments.items() if key not in ("of", "to")}
    if check.kind == "accepted_values" and arguments.get("quote") is True:
        del arguments["quote"]  # the default
    if check.compared_with:
        arguments["to"] = _spoken(check.compared_with)
    if len(check.columns) == 1:
        arguments["column_name"] = check.columns[0]
    elif check.columns:
        arguments["combination_of_columns"] = list(check.columns)
    arguments["model"] = f"{{{{ get_where_subquery({_spoken(node.key)}) }}}}"
    return arguments


def _spoken(key: str) -> str:
    """A key as a template names it."""
    group, dot, table = key.partition(".")
    return f"source('{group}', '{table}')" if dot else f"ref('{key}')"
