"""The packages that a dbt project uses: which there are, and where each lies.

What `packages.yml` or `dependencies.yml` asks for is installed by `batchsql deps` (or dbt's own) into the packages'
folder, and read from there. A package that stands as `local:` and is not installed is read from where it is.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from batchsql.errors import ProjectError
from batchsql.project.expressions import Scope, evaluate_tree
from batchsql.project.fields import blocks, text
from batchsql.project.files import PROJECT_FILES, read_text
from batchsql.project.yaml import Block, load_yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

PACKAGE_FILES = ("packages.yml", "dependencies.yml")
_PROJECT_FILE = PROJECT_FILES[1]


def package_folders(root: Path, packages_folder: str, scope: Scope, ignored: Collection[str] = ()) -> tuple[str, ...]:
    """The folders of all packages, relative to the project: those that are installed, else those on this machine.

    ignored: files that are read over.
    Raises ProjectError, at the line that asks for it, when a package that must be installed is not.
    """
    installed = _installed(root, packages_folder)
    return installed or tuple(_local(root, scope, ignored))


def missing_packages(root: Path, packages_folder: str, scope: Scope) -> Iterator[str]:
    """A sentence for each package that is asked for from the hub and not installed, although others are."""
    installed = {folder.rpartition("/")[2] for folder in _installed(root, packages_folder)}
    for entry in _wanted(root, "", scope) if installed else ():
        name = str(entry.get("package") or "").rpartition("/")[2]
        if name and name not in installed:
            yield f"{entry.path}:{entry.line}: {_missing(entry).message}; `batchsql deps` installs it"


def _local(root: Path, scope: Scope, ignored: Collection[str]) -> Iterator[str]:
    """Folders of the packages that stand as `local:`, those that they ask for included."""
    seen: set[str] = set()
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        for entry in _wanted(root, folder, scope, ignored):
            if "local" not in entry:
                raise _missing(entry)
            local = text(entry, "local")
            place = os.path.normpath(f"{folder}/{local}" if folder else local)
            resolved = os.path.realpath(root / place)
            if not Path(resolved, _PROJECT_FILE).is_file():
                message = f"there is no dbt project in '{local}'"
                raise ProjectError(message, path=entry.path, line=entry.line, hint="name the folder of a package")
            if resolved not in seen:
                seen.add(resolved)
                waiting.append(place)
                yield place


def _installed(root: Path, packages_folder: str) -> tuple[str, ...]:
    try:
        names = sorted(entry.name for entry in os.scandir(root / packages_folder))
    except OSError:
        return ()
    return tuple(
        f"{packages_folder}/{name}" for name in names if (root / packages_folder / name / _PROJECT_FILE).is_file()
    )


def _wanted(root: Path, folder: str, scope: Scope, ignored: Collection[str] = ()) -> Iterator[Block]:
    """The entries under `packages:` of one project."""
    for name in PACKAGE_FILES:
        path = f"{folder}/{name}" if folder else name
        if path in ignored or not (root / path).is_file():
            continue
        top = load_yaml(read_text(str(root), path), path, lenient=True)
        if isinstance(top, Block):
            yield from blocks(evaluate_tree(top, scope, path, 1), "packages", "package")


def _missing(entry: Block) -> ProjectError:
    asked = next((str(entry[key]) for key in ("package", "git", "tarball") if entry.get(key)), "this package")
    return ProjectError(
        f"the package '{asked}' is not installed", path=entry.path, line=entry.line, hint="run `batchsql deps`"
    )
