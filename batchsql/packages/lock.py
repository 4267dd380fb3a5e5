"""The lock file: which version of each package is installed, in the form that dbt writes and reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from batchsql.errors import ProjectError
from batchsql.packages.requests import read_request
from batchsql.packages.resolving import Pinned
from batchsql.project.dumping import dump_yaml
from batchsql.project.expressions import Scope, evaluate_tree
from batchsql.project.fields import blocks, text
from batchsql.project.files import read_text
from batchsql.project.yaml import Block, load_yaml

LOCK_FILE = "package-lock.yml"


def write_lock(folder: Path, pinned: Sequence[Pinned], fingerprint: str) -> None:
    """Write the versions down, and what they were found for."""
    content = dump_yaml({"packages": [_entry(package) for package in pinned], "sha1_hash": fingerprint})
    (folder / LOCK_FILE).write_text(content, encoding="utf-8")


def _entry(package: Pinned) -> dict[str, Any]:
    request = package.request
    entry: dict[str, Any] = {request.kind: request.written, "name": package.name}
    if request.kind == "git":
        entry["revision"] = package.version
        if request.subdirectory:
            entry["subdirectory"] = request.subdirectory
    elif request.kind == "package":
        entry["version"] = package.version
    return entry


def read_lock(
    folder: Path, fingerprint: str, environment: Mapping[str, str], variables: Mapping[str, Any]
) -> tuple[Pinned, ...] | None:
    """What is locked; None where nothing is, or other packages are asked for now. Raises ProjectError."""
    if not (folder / LOCK_FILE).is_file():
        return None
    top = load_yaml(read_text(str(folder), LOCK_FILE), LOCK_FILE)
    if not isinstance(top, Block):
        raise ProjectError("this is no lock file", path=LOCK_FILE, line=1, hint="write it anew with --upgrade")
    if text(top, "sha1_hash") != fingerprint:
        return None
    scope = Scope(environment=environment, vars=variables)
    pinned = []
    for raw in blocks(top, "packages", "package"):
        entry = evaluate_tree(raw, scope, LOCK_FILE, raw.line)
        request = read_request(entry, raw)
        version = next(iter(request.versions), "")
        pinned.append(Pinned(request=request, version=version, name=text(entry, "name")))
    return tuple(pinned)
