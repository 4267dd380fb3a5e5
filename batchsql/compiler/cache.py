"""The compile cache: what rendering and parsing gave, by content; and the whole result, for when nothing changed.

It lies in `.batchsql/` in the project folder, may be deleted at any time, and is never trusted across versions of
batchsql or when it cannot be decoded. MessagePack, never pickle.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from batchsql import __version__
from batchsql.report.mask import is_secret
from batchsql.sql import Parsed
from batchsql.values import FileStamp, Graph, Project, Rendered

FOLDER = ".batchsql"
FORMAT = 6


class Piece(msgspec.Struct, frozen=True):
    """A model rendered and parsed, in one variant. environment: hashes of the variables that it read."""

    rendered: Rendered
    parsed: Parsed
    environment: dict[str, str]


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled project, and what it was made from. environment: hashes of the variables that were read."""

    key: str
    stamps: tuple[FileStamp, ...]
    environment: dict[str, str]
    project: Project
    graph: Graph


class Pieces(msgspec.Struct, kw_only=True):
    """Parts by content hash: models rendered and parsed, and YAML files read."""

    models: dict[str, Piece] = {}
    yaml: dict[str, bytes] = {}


def content_key(*parts: Any) -> str:
    """A hash of the parts, equal only where all are equal."""
    return blake2b(msgspec.msgpack.encode((__version__, FORMAT, *parts)), digest_size=16).hexdigest()


def hashed(names: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """A hash of each variable's value, or of its absence, in place of the value itself."""
    return {name: content_key(name, environment.get(name)) for name in names}


def environment_unchanged(recorded: Mapping[str, str], environment: Mapping[str, str]) -> bool:
    """Whether the variables that were read still have the values they had."""
    return recorded == hashed(recorded, environment)


_T = TypeVar("_T")


def load_whole(folder: Path, key: str) -> Whole | None:
    """The whole result of the last time with this key, None where there is none."""
    return _load(folder / FOLDER / f"whole-{key[:8]}.msgpack", Whole)


def load_pieces(folder: Path) -> Pieces:
    """The parts of the last time, none where they cannot be read."""
    return _load(folder / FOLDER / "pieces.msgpack", Pieces) or Pieces()


def save(folder: Path, whole: Whole, pieces: Pieces) -> bool:
    """Write both, each beside its place and then renamed; a folder that cannot be written to is left alone.

    What a secret of the environment went into is not written: it may stand in the SQL. Returns whether it may be.
    """
    if any(map(is_secret, whole.environment)) or whole.project.target.secrets:
        return False
    with contextlib.suppress(OSError):
        (folder / FOLDER).mkdir(exist_ok=True)
        (folder / FOLDER / ".gitignore").write_text("*\n")
        _save(folder / FOLDER / f"whole-{whole.key[:8]}.msgpack", whole)
        _save(folder / FOLDER / "pieces.msgpack", pieces)
    return True


def load_text(folder: Path, name: str, state: str) -> bytes | None:
    """A text that was kept for this state of the project, None where there is none."""
    try:
        kept_for, _, text = (folder / FOLDER / name).read_bytes().partition(b"\n")
    except OSError:
        return None
    return text if kept_for == state.encode() else None


def save_text(folder: Path, name: str, state: str, text: bytes) -> None:
    """Keep a text for this state of the project, in place of the one before."""
    with contextlib.suppress(OSError):
        _write(folder / FOLDER / name, state.encode() + b"\n" + text)


def load_kept(folder: Path, name: str, kind: type[_T]) -> _T | None:
    """A value that was kept under this name, None where there is none that can be read."""
    return _load(folder / FOLDER / name, kind)


def save_kept(folder: Path, name: str, value: Any) -> None:
    """Keep a value beside the compile cache, in place of the one before."""
    with contextlib.suppress(OSError):
        _save(folder / FOLDER / name, value)


def _load(path: Path, kind: type[_T]) -> _T | None:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        return None


def _save(path: Path, value: Any) -> None:
    _write(path, msgspec.msgpack.encode(value))


def _write(path: Path, content: bytes) -> None:
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)
