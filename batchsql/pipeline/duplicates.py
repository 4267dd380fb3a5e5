"""Files that came twice: the same bytes under two names, where a source refuses that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from batchsql.errors import BatchError
from batchsql.plan import tangible_parents
from batchsql.values import Graph, Input, Node


def refuse_duplicates(graph: Graph, node: Node, versions: Mapping[str, tuple[Input, ...]]) -> None:
    """Raise BatchError where a source that a node reads has a file twice, and refuses that. versions: of its files."""
    for key in (node.key, *tangible_parents(graph, node.key)):
        source = graph[key].source
        if source is None or source.on_duplicate == "ignore":
            continue
        twice = duplicates(versions.get(key, ()))
        if twice:
            first, again = twice[0]
            more = f", and {len(twice) - 1} more are there twice" if len(twice) > 1 else ""
            raise BatchError(
                f"{again} is {first} again, byte for byte{more}; the source '{key}' refuses that",
                path=source.path or None,
                line=source.line or None,
                hint=f"take {again} away, or let it in with `on_duplicate: ignore`",
            )


def duplicates(files: Iterable[Input]) -> list[tuple[str, str]]:
    """Pairs of names of files that hold the same, the first name first; files known by content only."""
    first: dict[str, str] = {}
    found = []
    for file in sorted(files):
        if file.version in first:
            found.append((first[file.version], file.name))
        first.setdefault(file.version, file.name)
    return found
