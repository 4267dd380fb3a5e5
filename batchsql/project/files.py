"""The files of a project: finding the folder, listing and stamping what is in it, reading text."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from batchsql.errors import ProjectError
from batchsql.values import FileStamp, Project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PROJECT_FILES = ("batchsql.yml", "dbt_project.yml")
IGNORE_FILE = ".dbtignore"
PACKAGES_FOLDER = "dbt_packages"
SUITES_FOLDER = "checks"
_SUFFIXES = (".sql", ".yml", ".yaml", ".csv", ".json")
_DBT_SUFFIXES = (*_SUFFIXES, ".md", ".py")
_ABSENT = -1


def find_project(start: Path) -> Path:
    """The folder that holds `batchsql.yml` or `dbt_project.yml`: `start`, or the nearest one above it."""
    folder = start.absolute()
    for candidate in (folder, *folder.parents):
        if any((candidate / name).is_file() for name in PROJECT_FILES):
            return candidate
    raise ProjectError(
        f"no project here: neither {folder} nor a folder above it holds a batchsql.yml",
        hint="make a project with `batchsql init`, or name its folder with --project-dir",
    )


def outermost(folders: Iterable[str]) -> tuple[str, ...]:
    """The folders without those that lie in another one of them, sorted. `.` holds all."""
    kept: list[str] = []
    for folder in sorted(set(folders)):
        if not any(within(folder, other) for other in kept):
            kept.append(folder)
    return tuple(kept)


def within(path: str, folder: str) -> bool:
    """Whether a path, relative to the project, lies in a folder or is it."""
    return folder == "." or path == folder or path.startswith(folder + "/")


def fast_stamps(project: Project) -> tuple[FileStamp, ...]:
    """Stamps of all files that make up a project, without reading one but `.dbtignore`.

    The answer equals `project.files` exactly when no file was changed, added or removed since the project was read.
    An absent settings file is stamped with size -1, so that its coming is a change.
    """
    return stamp_files(
        project.root,
        project.folders,
        project.settings_files,
        project.skipped_folders,
        follow=project.dialect == "dbt",
    )


def stamp_files(
    root: str,
    folders: Sequence[str],
    settings_files: Sequence[str],
    skipped_folders: Sequence[str],
    *,
    follow: bool = False,
) -> tuple[FileStamp, ...]:
    """Stamps of the settings files, and of the files in the folders whose endings mean something; sorted by path.

    follow: whether the project is one of dbt, which also has models in Python and documents, and follows symbolic
    links that lead out of the project, which are refused elsewhere.
    """
    stamps = [_stamp_file(root, path) for path in settings_files]
    patterns = IgnorePatterns.read(root)
    singles = frozenset(settings_files)
    for folder in folders:
        if not follow:
            _refuse_way_out(root, folder)
        found = _scan(root, folder, skipped_folders, patterns, follow)
        stamps.extend(stamp for stamp in found if stamp.path not in singles)
    return tuple(sorted(set(stamps)))


def absent(stamp: FileStamp) -> bool:
    """Whether the stamp says that the file is not there."""
    return stamp.size == _ABSENT


def read_text(root: str, path: str) -> str:
    """The text of a file of the project: UTF-8, a byte order mark stripped, line ends made those of Unix.

    Raises ProjectError when it cannot be read or is not UTF-8, with the line of the first wrong byte.
    """
    try:
        content = Path(root, path).read_bytes()
    except OSError as error:
        raise ProjectError(f"this file cannot be read: {error.strerror}", path=path) from None
    return decode(content, path)


def decode(content: bytes, path: str) -> str:
    """Bytes of a file into text, as read_text does."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ProjectError("this file is UTF-16, not UTF-8", path=path, line=1, hint="save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProjectError(
            f"this file is not UTF-8: byte 0x{content[error.start]:02x} makes no character",
            path=path,
            line=line,
            hint="save it as UTF-8",
        ) from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise ProjectError("this file holds a NUL character; it is not text", path=path, line=line)
    return text.replace("\r\n", "\n") if "\r" in text else text


def _stamp_file(base: str, path: str) -> FileStamp:
    try:
        status = os.stat(os.path.join(base, path))  # noqa: PTH116, PTH118 - called a thousand times
    except OSError:
        return FileStamp(path, _ABSENT, 0)
    return FileStamp(path, status.st_size, status.st_mtime_ns)


def _scan(
    base: str, folder: str, skipped: Sequence[str], patterns: IgnorePatterns, follow: bool
) -> Iterator[FileStamp]:
    """Stamps of the files in a folder and those below it, hidden ones left out."""
    prefix = "" if folder == "." else folder + "/"
    try:
        entries = list(os.scandir(os.path.join(base, folder)))  # noqa: PTH118
    except FileNotFoundError:
        return
    except OSError as error:
        raise ProjectError(f"this folder cannot be read: {error.strerror}", path=folder) from None
    for entry in entries:
        name = entry.name
        path = prefix + name
        if name.startswith("."):
            continue
        if patterns.any and (patterns.prune or not entry.is_dir()) and patterns.match(path):
            continue
        if entry.is_symlink():
            if not follow:
                _refuse_way_out(base, path)
            _refuse_way_back(base, folder, path)
        if entry.is_dir():
            if path not in skipped and name != "__pycache__":
                yield from _scan(base, path, skipped, patterns, follow)
        elif name.endswith(_DBT_SUFFIXES if follow else _SUFFIXES) and entry.is_file():
            status = entry.stat()
            yield FileStamp(path, status.st_size, status.st_mtime_ns)


def _refuse_way_out(base: str, path: str) -> None:
    """Refuse a symbolic link that leads out of the project."""
    root = os.path.realpath(base)
    destination = os.path.realpath(os.path.join(base, path))  # noqa: PTH118
    if os.path.commonpath((root, destination)) != root:
        raise ProjectError(
            f"this symbolic link leads out of the project, to {destination}",
            path=path,
            hint="copy what is there into the project, or list the link in .dbtignore",
        )


def _refuse_way_back(base: str, folder: str, path: str) -> None:
    """Refuse a symbolic link to a folder that it lies in."""
    here = os.path.realpath(os.path.join(base, folder))  # noqa: PTH118
    destination = os.path.realpath(os.path.join(base, path))  # noqa: PTH118
    if os.path.commonpath((here, destination)) == destination:
        raise ProjectError("this symbolic link leads back to a folder it lies in", path=path, hint="remove the link")


class IgnorePatterns:
    """The patterns of a `.dbtignore`, which are written as those of a .gitignore; the last that matches decides."""

    def __init__(self, text: str) -> None:
        self._rules = [_rule(line) for raw in text.split("\n") if (line := raw.strip()) and not line.startswith("#")]
        self.any = bool(self._rules)
        self.prune = not any(negated for negated, _ in self._rules)  # what is in an ignored folder may not be

    @classmethod
    def read(cls, base: str) -> IgnorePatterns:
        """Those of a project; none where it has no such file."""
        present = Path(base, IGNORE_FILE).is_file()
        return cls(read_text(base, IGNORE_FILE) if present else "")

    def match(self, path: str) -> bool:
        """Whether a file or folder is to be left out."""
        ignored = False
        for negated, pattern in self._rules:
            if pattern.match(path):
                ignored = not negated
        return ignored


def _rule(line: str) -> tuple[bool, re.Pattern[str]]:
    """One pattern: whether it negates, and what it matches: a file, or all that is in a folder (`x/`: in one alone)."""
    negated = line.startswith("!")
    body = line[1:] if negated else line
    folder = body.endswith("/")
    anchored = "/" in body.rstrip("/")
    expression = "" if anchored else "(?:.*/)?"
    position, body = 0, body.strip("/")
    while position < len(body):
        piece = _PIECE.match(body, position)
        text = piece[0] if piece else body[position]
        position += len(text)
        if text.startswith("["):
            expression += f"[{text[1:-1].replace('!', '^', 1) if text[1] in '!^' else text[1:-1]}]"
        else:
            expression += _WILD.get(text) or re.escape(text.removeprefix("\\") if len(text) == 2 else text)
    return negated, re.compile(expression + (r"/.*$" if folder else r"(?:/.*)?$"))


_PIECE = re.compile(r"\*\*/|\*\*|\[[!^]?\]?[^\]]*\]|\\.")
_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
