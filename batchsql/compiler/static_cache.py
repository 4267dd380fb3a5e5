"""What binding gave, by what was bound: kept beside the compile cache, and as little trusted."""

from __future__ import annotations

from msgspec import Struct

from batchsql.compiler.cache import load_kept, save_kept
from batchsql.compiler.compile import Compiled
from batchsql.values.static import Finding, Shape

_FILE = "static.msgpack"


class Known(Struct, frozen=True, kw_only=True):
    """What is known of a node. shape: None where its columns are not known. reason: why it could not be checked."""

    shape: Shape | None = None
    findings: tuple[Finding, ...] = ()
    reason: str = ""


class _Kept(Struct):
    by_key: dict[str, Known] = {}


def load_known(compiled: Compiled) -> dict[str, Known]:
    """What was bound before, by a hash of text and surroundings; nothing where the project may not be cached."""
    kept = load_kept(compiled.root, _FILE, _Kept) if compiled.state else None
    return kept.by_key if kept else {}


def save_known(compiled: Compiled, known: dict[str, Known]) -> None:
    """Keep it for the next time."""
    if compiled.state:
        save_kept(compiled.root, _FILE, _Kept(known))
