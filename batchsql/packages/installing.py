"""`deps`: from what a project asks for to the packages in its folder, by way of the lock file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from batchsql.errors import ProjectError
from batchsql.packages.fetching import Fetcher, replace_folder
from batchsql.packages.lock import read_lock, write_lock
from batchsql.packages.requests import read_requests
from batchsql.packages.resolving import PROJECT_FILE, Pinned, Tell, project_name, resolve
from batchsql.project.expressions import Scope, evaluate
from batchsql.project.fields import text
from batchsql.project.files import PACKAGES_FOLDER, read_text
from batchsql.project.yaml import Block, load_yaml


class Installed(Struct, frozen=True, kw_only=True):
    """What came of it. resolved: whether versions were looked for, and the lock file written."""

    packages: tuple[Pinned, ...]
    folder: str
    resolved: bool


def install(
    root: Path,
    *,
    environment: Mapping[str, str],
    variables: Mapping[str, Any],
    upgrade: bool = False,
    lock_only: bool = False,
    tell: Tell,
) -> Installed:
    """Install what the project in a folder asks for. Raises ProjectError, and then what was installed is still there.

    upgrade: look for newer versions although the lock file holds. lock_only: write the lock file, install nothing.
    """
    name, into = _project(root, environment, variables)
    asked = read_requests(root, environment, variables)
    if not asked.requests:
        return Installed(packages=(), folder=into, resolved=False)
    with TemporaryDirectory(prefix="packages-") as scratch:
        fetcher = Fetcher(root, Path(scratch), environment)
        pinned = None if upgrade else read_lock(root, asked.fingerprint, environment, variables)
        resolved = pinned is None
        if pinned is None:
            pinned = resolve(asked.requests, fetcher, name, environment, variables, tell)
            write_lock(root, pinned, asked.fingerprint)
        if not lock_only:
            pinned = _install(pinned, fetcher, root / into, environment, variables)
    return Installed(packages=pinned, folder=into, resolved=resolved)


def _install(
    pinned: tuple[Pinned, ...],
    fetcher: Fetcher,
    into: Path,
    environment: Mapping[str, str],
    variables: Mapping[str, Any],
) -> tuple[Pinned, ...]:
    """Fetch everything first, so that a failure leaves the folder as it is; then replace what is in it."""
    fetched = [(package, fetcher.folder(package.request, package.version)[0]) for package in pinned]
    named = [
        (package if package.name else _named(package, folder, environment, variables), folder)
        for package, folder in fetched
    ]
    into.mkdir(parents=True, exist_ok=True)
    for old in into.iterdir():
        if old.is_symlink() or old.is_file():
            old.unlink()
        else:
            shutil.rmtree(old)
    for package, folder in named:
        replace_folder(folder, into / package.name, link=package.request.kind == "local")
    return tuple(package for package, _ in named)


def _named(package: Pinned, folder: Path, environment: Mapping[str, str], variables: Mapping[str, Any]) -> Pinned:
    """A package of a lock file that does not name it."""
    return replace(package, name=project_name(folder, package.request, environment, variables))


def _project(root: Path, environment: Mapping[str, str], variables: Mapping[str, Any]) -> tuple[str, str]:
    """The name of the project, and where its packages go: relative to it. Nothing else of its file is looked at."""
    if not (root / PROJECT_FILE).is_file():
        hint = f"packages are for projects with a {PROJECT_FILE}"
        raise ProjectError(f"{root} holds no {PROJECT_FILE}", hint=hint)
    top = load_yaml(read_text(str(root), PROJECT_FILE), PROJECT_FILE)
    if not isinstance(top, Block):
        raise ProjectError("a project file is a mapping", path=PROJECT_FILE, line=1, hint="write `name: ...`")
    scope = Scope(environment=environment, vars=variables)
    key = "packages-install-path" if "packages-install-path" in top else "packages_install_path"
    into = str(evaluate(text(top, key, PACKAGES_FOLDER), scope, PROJECT_FILE, top.line_of(key)))
    place = (root / into).resolve()
    if place == root.resolve() or not place.is_relative_to(root.resolve()):
        hint = "name a folder inside of the project: all that it holds is replaced"
        raise ProjectError(
            f"'{into}' is not a folder below the project", path=PROJECT_FILE, line=top.line_of(key), hint=hint
        )
    return text(top, "name"), into
