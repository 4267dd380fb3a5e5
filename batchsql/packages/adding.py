"""`deps --add-package`: one more entry in packages.yml, and what else stands there left as it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from batchsql.errors import ProjectError
from batchsql.packages.requests import DEPENDENCIES_FILE, PACKAGES_FILE, Kind
from batchsql.project.dumping import dump_yaml
from batchsql.project.files import read_text
from batchsql.project.yaml import Block, Items, load_yaml, plain

_PLACES = ("package", "git", "local", "tarball", "private")


def add_package(root: Path, kind: Kind, place: str, version: str) -> str:
    """Ask for a package; one that is asked for already gets this version. Returns the file. Raises ProjectError.

    version: for git the revision; several bounds with commas between them.
    """
    path = PACKAGES_FILE
    if not (root / path).is_file() and (root / DEPENDENCIES_FILE).is_file():
        path = DEPENDENCIES_FILE
    before = read_text(str(root), path) if (root / path).is_file() else ""
    top = load_yaml(before, path)
    if top is not None and not isinstance(top, Block):
        raise ProjectError(f"{path} is a mapping with a list `packages:`", path=path, line=1)
    values: dict[str, Any] = plain(top) if top is not None else {}
    listed = values.get("packages") or []
    entry: dict[str, Any] = {kind: place}
    if version:
        key = "revision" if kind == "git" else "version"
        entry[key] = version.split(",") if "," in version else version
    kept = [each for each in listed if not _same(each, place)]
    wanted = {**values, "packages": [*kept, entry]}
    after = _appended(before, top, entry) if len(kept) == len(listed) else None
    if after is None or plain(load_yaml(after, path)) != wanted:
        after = dump_yaml(wanted)
    (root / path).write_text(after, encoding="utf-8")
    return path


def _same(entry: Any, place: str) -> bool:
    """Whether an entry asks for the package of that name, from wherever: hyphens and underscores are the same."""
    if not isinstance(entry, dict):
        return False
    there = next((str(entry[key]) for key in _PLACES if entry.get(key)), "")
    return _short(there) == _short(place)


def _short(place: str) -> str:
    return re.split(r"[/\\]", place.removesuffix(".git").rstrip("/"))[-1].replace("-", "_").lower()


def _appended(before: str, top: Block | None, entry: dict[str, Any]) -> str | None:
    """The text with the entry behind the others, where they are a list with a line for each."""
    listed = top.get("packages") if top is not None else None
    lines = before.splitlines(keepends=True)
    if not isinstance(listed, Items) or not listed:
        return None
    first = next(line for line, _ in listed.with_lines())
    indent = re.match(r"\s*(?=- )", lines[first - 1])
    if indent is None:
        return None
    text = "".join(f"{indent[0]}{line}\n" for line in dump_yaml([entry]).splitlines())
    return f"{before.rstrip()}\n{text}"
