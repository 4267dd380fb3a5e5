"""Getting packages from where they are: git, tarballs, the registry. Nothing else of this room leaves the machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from batchsql.errors import ProjectError
from batchsql.packages.requests import Request

HUB_VARIABLE = "DBT_PACKAGE_HUB_URL"
_HUB = "https://hub.getdbt.com/"
_SECONDS = 30
_ATTEMPTS = 3
_PROTOCOLS = "file:git:http:https:ssh"
_ADDRESSES = ("http", "https", "file")


class Fetcher:
    """Fetches each package once, into a folder of its own that is thrown away at the end.

    root: the project's folder, from which the paths of local packages count.
    """

    def __init__(self, root: Path, scratch: Path, environment: Mapping[str, str]) -> None:
        self._root = root
        self._scratch = scratch
        self._environment = environment
        self._known: dict[tuple[str, str], tuple[Path, str]] = {}
        self._registry: dict[str, dict[str, Any]] = {}

    def folder(self, request: Request, version: str) -> tuple[Path, str]:
        """Where the package is, and its version: for git, the commit. Raises ProjectError."""
        known = self._known.get((request.key, version))
        if known is None:
            known = self._fetched(request, version)
            self._known[request.key, version] = known
        return known

    def offered(self, request: Request) -> dict[str, Any]:
        """The versions of a package on the hub, each with its record. Raises ProjectError."""
        if request.place not in self._registry:
            base = self._environment.get(HUB_VARIABLE) or _HUB
            url = f"{base.rstrip('/')}/api/v1/{request.place}.json"
            try:
                record = json.loads(_read(url, request))
            except ValueError:
                record = None
            if not isinstance(record, dict) or not isinstance(record.get("versions"), dict):
                raise _failed(request, f"the answer of {url} is not that of a registry", None)
            self._registry[request.place] = record["versions"]
        return self._registry[request.place]

    def _fetched(self, request: Request, version: str) -> tuple[Path, str]:
        if request.kind == "local":
            place = (self._root / request.place).resolve()
            if not place.is_dir():
                raise _failed(request, f"there is no folder {place}", "the path counts from the project's folder")
            return place, ""
        into = self._scratch / str(len(self._known))
        if request.kind == "git":
            commit = self._clone(request, version, into)
            return _inside(request, into), commit
        url = request.place
        if request.kind == "package":
            url = str(self.offered(request)[version].get("downloads", {}).get("tarball", ""))
        return _unpacked(request, _read(url, request), into), version

    def _clone(self, request: Request, revision: str, into: Path) -> str:
        """Check a revision out (a branch, a tag, a commit), return its commit."""
        if revision.startswith("-") or request.place.startswith("-"):
            raise _failed(request, f"'{revision or request.place}' cannot be asked of git", None)
        git = shutil.which("git", path=self._environment.get("PATH"))
        if git is None:
            raise _failed(request, "the program git is not there", "install git")
        environment = {**self._environment, "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": _PROTOCOLS}

        def run(*arguments: str, needed: bool = True) -> str | None:
            done = subprocess.run(  # noqa: S603 - no shell, and no word that could be an option
                [git, *arguments],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
            )
            if done.returncode and needed:
                said = done.stderr.strip().splitlines()
                raise _failed(
                    request, f"git says: {said[-1] if said else 'nothing'}", "look at the address and the revision"
                )
            return None if done.returncode else done.stdout.strip()

        run("init", "--quiet", str(into))
        here = ("-C", str(into))
        run(*here, "remote", "add", "origin", request.place)
        wanted = revision or "HEAD"
        if run(*here, "fetch", "--quiet", "--depth", "1", "origin", wanted, needed=False) is None:
            run(*here, "fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*")
            run(*here, "checkout", "--quiet", "--detach", wanted)
        else:
            run(*here, "checkout", "--quiet", "--detach", "FETCH_HEAD")
        return run(*here, "rev-parse", "HEAD") or wanted


def _inside(request: Request, folder: Path) -> Path:
    """The folder of a package within what was fetched."""
    place = (folder / request.subdirectory).resolve()
    if not place.is_dir() or not place.is_relative_to(folder.resolve()):
        raise _failed(request, f"there is no folder '{request.subdirectory}' in it", "look at `subdirectory`")
    return place


def _unpacked(request: Request, content: bytes, into: Path) -> Path:
    """Unpack a tarball, which holds one folder, and return that."""
    into.mkdir()
    archive = into.with_suffix(".tar.gz")
    archive.write_bytes(content)
    try:
        with tarfile.open(archive) as opened:
            opened.extractall(into, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise _failed(request, f"it cannot be unpacked: {error}", None) from error
    folders = list(into.iterdir())
    if len(folders) != 1 or not folders[0].is_dir():
        raise _failed(request, "a tarball of a package holds one folder, and all else in it", None)
    return folders[0]


def _read(url: str, request: Request) -> bytes:
    """What an address gives; a connection that fails is tried again. Raises ProjectError."""
    if urlsplit(url).scheme not in _ADDRESSES:
        raise _failed(request, f"'{url}' is not an address that can be read", "begin it with https://")
    problem: object = None
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(attempt)
        try:
            with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - its scheme is known
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            hint = f"look at the name; {HUB_VARIABLE} says where the registry is" if request.kind == "package" else None
            raise _failed(request, f"{url} answers {error.code} {error.reason}", hint) from error
        except (urllib.error.URLError, OSError) as error:
            problem = error.reason if isinstance(error, urllib.error.URLError) else error
    hint = "once packages are in their folder, a build needs no network"
    if request.kind == "package":
        hint += f"; {HUB_VARIABLE} says where the registry is"
    raise _failed(request, f"{_server(url)} cannot be reached: {problem}", hint)


def _server(url: str) -> str:
    return urlsplit(url).netloc or url


def _failed(request: Request, why: str, hint: str | None) -> ProjectError:
    return ProjectError(
        f"the package {request.written} cannot be had: {why}", path=request.path, line=request.line or None, hint=hint
    )


def replace_folder(source: Path, destination: Path, *, link: bool) -> None:
    """Put a package where it belongs; link: by a symbolic link where the system has them."""
    if destination.is_symlink():
        destination.unlink()
    elif destination.is_dir():
        shutil.rmtree(destination)
    if link:
        try:
            destination.symlink_to(source, target_is_directory=True)
        except OSError:
            shutil.copytree(source, destination)
    else:
        shutil.copytree(source, destination, symlinks=True, ignore=shutil.ignore_patterns(".git"))
