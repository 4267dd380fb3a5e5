"""What a packages.yml or dependencies.yml asks for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha1
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from batchsql.errors import ProjectError
from batchsql.packages.versions import parse_bounds
from batchsql.project.expressions import Scope, evaluate_tree
from batchsql.project.fields import blocks, boolean, fail, optional_text, text
from batchsql.project.files import read_text
from batchsql.project.yaml import Block, Items, load_yaml, plain

PACKAGES_FILE = "packages.yml"
DEPENDENCIES_FILE = "dependencies.yml"
Kind = Literal["package", "git", "local", "tarball"]
_KINDS: tuple[Kind, ...] = ("package", "git", "local", "tarball")


class Request(Struct, frozen=True, kw_only=True):
    """One package that is asked for.

    place: its name on the hub, or where it is. written: the place as it stands in the file, unrendered.
    versions: bounds on the version; for git, the revision.
    name: what the package is called, where the request says so.
    path, line: where it is asked for.
    """

    kind: Kind
    place: str
    written: str
    versions: tuple[str, ...] = ()
    subdirectory: str = ""
    prereleases: bool = False
    warn_unpinned: bool = True
    name: str = ""
    path: str = ""
    line: int = 0

    @property
    def key(self) -> str:
        """What two requests for the same package have in common."""
        place = self.place.removesuffix(".git") if self.kind == "git" else self.place
        return f"{place}/{self.subdirectory}" if self.subdirectory else place


class Requests(Struct, frozen=True, kw_only=True):
    """All that a file asks for. fingerprint: dbt's hash of it, by which a lock file knows whether it is out of date."""

    path: str
    requests: tuple[Request, ...] = ()
    fingerprint: str = ""


def read_requests(folder: Path, environment: Mapping[str, str], variables: Mapping[str, Any]) -> Requests:
    """What the project, or the package, in a folder asks for. Raises ProjectError."""
    found = {name: _top(folder, name) for name in (PACKAGES_FILE, DEPENDENCIES_FILE)}
    asking = [name for name, top in found.items() if top is not None and "packages" in top]
    if len(asking) > 1:
        message = f"packages are asked for in {PACKAGES_FILE} and in {DEPENDENCIES_FILE}"
        raise ProjectError(message, path=DEPENDENCIES_FILE, line=1, hint="keep one of the two")
    path = asking[0] if asking else PACKAGES_FILE
    top = found[path]
    if top is None or not asking:
        return Requests(path=path)
    scope = Scope(environment=environment, vars=variables, supplied=tuple(variables))
    requests: list[Request] = []
    records: list[dict[str, Any]] = []
    unrendered = list(blocks(top, "packages", "package"))
    for raw in unrendered:
        entry = evaluate_tree(raw, scope, path, raw.line)
        requests.append(read_request(entry, raw))
        records.append(_record(entry, raw))
    return Requests(path=path, requests=tuple(requests), fingerprint=_fingerprint(records))


def _top(folder: Path, name: str) -> Block | None:
    if not (folder / name).is_file():
        return None
    top = load_yaml(read_text(str(folder), name), name)
    if top is not None and not isinstance(top, Block):
        raise ProjectError(f"{name} is a mapping with a list `packages:`", path=name, line=1)
    return top


def read_request(entry: Block, raw: Block) -> Request:
    """One entry; raw: the same before it was rendered. Raises ProjectError."""
    if "private" in entry:
        hint = "ask for it with `git:` and its address"
        fail(entry, "private", "'private' packages need a service of dbt's that is not there", hint)
    kind = next((each for each in _KINDS if entry.get(each)), None)
    if kind is None:
        fail(entry, "package", "this entry names no package", "write `package:`, `git:`, `local:` or `tarball:`")
    place = text(entry, kind)
    if kind == "package":
        _check_hub(entry, place)
    if kind == "tarball" and not entry.get("name"):
        fail(entry, "tarball", "a tarball needs the name of its package", "add `name: ...`")
    return Request(
        kind=kind,
        place=place,
        written=text(raw, kind),
        versions=_versions(entry, kind),
        subdirectory=text(entry, "subdirectory").strip("/"),
        prereleases=boolean(entry, "install_prerelease"),
        warn_unpinned=boolean(entry, "warn-unpinned" if "warn-unpinned" in entry else "warn_unpinned", True),
        name=text(entry, "name"),
        path=entry.path,
        line=entry.line,
    )


def _check_hub(entry: Block, place: str) -> None:
    if place.count("/") != 1:
        fail(entry, "package", f"'{place}' is not a name on the hub", "write `package: owner/name`")
    if not entry.get("version"):
        fail(entry, "version", f"there is no version of '{place}'", 'write `version: [">=1.0.0", "<2.0.0"]`')


def _versions(entry: Block, kind: Kind) -> tuple[str, ...]:
    if kind == "git":
        revision = optional_text(entry, "revision")
        return (revision,) if revision else ()
    if kind != "package":
        return ()
    given = entry.get("version")
    texts = tuple(str(each) for each in given) if isinstance(given, Items) else (text(entry, "version"),)
    try:
        parse_bounds(texts)
    except ValueError as error:
        fail(entry, "version", str(error), 'write `version: 1.2.0`, or `version: [">=1.0.0", "<2.0.0"]`')
    return texts


def _record(entry: Block, raw: Block) -> dict[str, Any]:
    """The entry as dbt's own hash has it."""
    values, unrendered = plain(entry), plain(raw)
    kept: dict[str, Any] = {"unrendered": unrendered}
    if values.get("name") is not None:
        kept["name"] = values["name"]
    if "git" in values:
        unpinned = values.get("warn-unpinned", values.get("warn_unpinned"))
        found = {key: values.get(key) for key in ("git", "revision", "subdirectory")}
        return {**kept, **found, "warn-unpinned": unpinned}
    if "package" in values:
        version, early = values.get("version"), values.get("install_prerelease", False)
        return {**kept, "package": values["package"], "version": version, "install_prerelease": early}
    return {**kept, **{key: values[key] for key in ("local", "tarball") if key in values}}


def _fingerprint(records: Iterable[dict[str, Any]]) -> str:
    texts = sorted(json.dumps(record, sort_keys=True) for record in records)
    return sha1("\n".join(texts).encode(), usedforsecurity=False).hexdigest()
