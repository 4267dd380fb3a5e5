"""Which file defines which macro: found cheaply, so that only files whose macros are asked for get compiled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from importlib import resources
from posixpath import basename

from batchsql.errors import TemplateError, did_you_mean
from batchsql.values import MacroFile
from batchsql.values.macro_names import defined_names

BUILT_IN = "dbt"
"""The package of built-in macros."""

Names = Mapping[str, tuple[str, ...]]


@lru_cache(None)
def built_in_files() -> Mapping[str, MacroFile]:
    """The files of built-in macros, by path; they are read when the first of them is asked for."""
    folder = resources.files("batchsql.template") / "builtin"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    found = [MacroFile(f"{BUILT_IN}/{file.name}", file.read_text(encoding="utf-8"), BUILT_IN) for file in files]
    return {file.path: file for file in found}


@lru_cache(None)
def _built_in_names() -> Names:
    return _names_in(built_in_files().values())


def _names_in(files: Iterable[MacroFile]) -> Names:
    """For each macro's name, the files that seem to define it."""
    names: dict[str, tuple[str, ...]] = {}
    for file in files:
        for name in dict.fromkeys(defined_names(file.text)):
            names[name] = (*names.get(name, ()), file.path)
    return names


class MacroIndex:
    """The macro files of a project and of its packages, by the names they define."""

    def __init__(self, files: Sequence[MacroFile]) -> None:
        self.files = {file.path: file for file in files}

    @cached_property
    def packages(self) -> dict[str, Names]:
        """By package, for each macro's name the files that seem to define it; the project itself is ""."""
        by_package: dict[str, list[MacroFile]] = {"": []}
        for file in self.files.values():
            by_package.setdefault(file.package, []).append(file)
        return {package: _names_in(files) for package, files in by_package.items()}

    def names_of(self, package: str) -> Names:
        """For each macro's name in a package, the files that seem to define it."""
        return _built_in_names() if package == BUILT_IN else self.packages.get(package, {})

    def file(self, path: str) -> MacroFile:
        """The file of a path that one of the names leads to."""
        return self.files.get(path) or built_in_files()[path]

    @property
    def paths(self) -> Names:
        """The files of the project's own macros, by name."""
        return self.packages[""]

    def imported(self, path: str) -> MacroFile:
        """The file that `{% import "path" %}` means: a path in the project, or the end of one. Raises TemplateError."""
        if path in self.files or path in built_in_files():
            return self.file(path)
        ending = [file for file in self.files.values() if file.path.endswith("/" + path)]
        if len(ending) == 1:
            return ending[0]
        if ending:
            raise TemplateError(
                f"'{path}' may mean {' or '.join(repr(file.path) for file in ending)}",
                hint="write the path from the project folder on",
            )
        near = did_you_mean(basename(path), {basename(known) for known in self.files})
        raise TemplateError(
            f"there is no macro file '{path}'",
            hint=near or "only files in the project's macro folders can be imported or included",
        )
