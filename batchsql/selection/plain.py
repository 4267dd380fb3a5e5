"""Which nodes a selection means: `+stg_flights`, `tag:daily,path:models/marts`, `source:landing+`, ..."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct

from batchsql.errors import UsageError, did_you_mean
from batchsql.graph import ancestors, descendants
from batchsql.values import Config, Graph, Node

_TERM = re.compile(r"(?P<at>@)?(?:(?P<up>\d*)(?P<plus>\+))?(?P<body>[^+@]+)(?:(?P<more>\+)(?P<down>\d*))?")


class Term(Struct, frozen=True):
    """One part of a selection, e.g. `2+tag:daily+`.

    up, down: how many steps to its ancestors and descendants; 0 for none, None for all.
    around: `@`: its descendants too, and all ancestors of those.
    """

    text: str
    method: str
    value: str
    up: int | None = 0
    down: int | None = 0
    around: bool = False


def select(graph: Graph, include: Sequence[str], exclude: Sequence[str]) -> tuple[str, ...]:
    """Keys of the selected nodes, in the graph's order; without `include` all, sources and tests too.

    A space, or a repeated option, joins; a comma leaves what both sides select. Raises UsageError for what cannot be
    read, and for a part that no node answers to.
    """
    chosen = _union(graph, include) if any(text.split() for text in include) else set(graph.nodes)
    chosen -= _union(graph, exclude)
    return tuple(key for key in graph.nodes if key in chosen)


def parse_term(text: str) -> Term:
    """Read one part of a selection. Raises UsageError."""
    found = _TERM.fullmatch(text)
    if found is None or (found["at"] and (found["plus"] or found["more"])):
        raise UsageError(
            f"cannot read the selection '{text}'",
            hint="write for example 'orders', '+orders', 'orders+2', '@orders', 'tag:daily', 'path:models/marts'",
        )
    method, colon, value = found["body"].partition(":")
    if not colon:
        method, value = "name", method
    if method not in _METHODS and not method.startswith("config."):
        hint = did_you_mean(method, [*_METHODS, "config.materialized"])
        raise UsageError(f"unknown selection method '{method}:' in '{text}'", hint=hint or f"known are {_known()}")
    if method.startswith("config.") and method.split(".")[1] not in Config.__struct_fields__:
        key = method.split(".")[1]
        raise UsageError(f"unknown config '{key}' in '{text}'", hint=did_you_mean(key, Config.__struct_fields__))
    return Term(
        text=text,
        method=method,
        value=value,
        up=_steps(found["plus"], found["up"]),
        down=_steps(found["more"], found["down"]),
        around=bool(found["at"]),
    )


def _steps(plus: str | None, count: str | None) -> int | None:
    """How far a `+` goes: nowhere without it, all the way without a number."""
    if not plus:
        return 0
    return int(count) if count else None


def _union(graph: Graph, texts: Sequence[str]) -> set[str]:
    """All that any of the parts selects."""
    chosen: set[str] = set()
    for text in texts:
        for group in text.split():
            terms = [parse_term(part) for part in group.split(",") if part]
            if terms:
                chosen |= set.intersection(*(_selected(graph, term) for term in terms))
    return chosen


def _selected(graph: Graph, term: Term) -> set[str]:
    """What one part selects."""
    matched = _matched(graph, term)
    if term.around:
        below = matched | descendants(graph, matched)
        return below | ancestors(graph, below)
    return matched | ancestors(graph, matched, term.up) | descendants(graph, matched, term.down)


def _matched(graph: Graph, term: Term) -> set[str]:
    """The nodes that the part names itself."""
    nodes = graph.nodes.values()
    matches, known = _method(term.method)
    found = {node.key for node in nodes if matches(node, term.value)}
    if not found and term.method == "name":
        found = {node.key for node in nodes if _matches_folders(node, term.value)}
    if found:
        return found
    words = sorted({word for node in nodes for word in known(node)})
    hint = did_you_mean(term.value, words)
    if hint is None and len(words) <= 8:
        hint = f"there are {', '.join(words)}" if words else f"nothing in the project has a {term.method}"
    raise UsageError(f"the selection '{term.text}' matches nothing", hint=hint)


_Matches = Callable[[Node, str], bool]
_Known = Callable[[Node], Iterable[str]]


def _method(method: str) -> tuple[_Matches, _Known]:
    """How a method matches a node, and the words it could be given for one."""
    if method.startswith("config."):
        keys = method.split(".")[1:]
        return (
            lambda node, value: any(fnmatchcase(word, value) for word in _config_words(node, keys)),
            lambda node: _config_words(node, keys),
        )
    return _METHODS[method]


def _matches_name(node: Node, value: str) -> bool:
    """By key; what looks like a path is one."""
    if "/" in value or value.endswith((".sql", ".csv")):
        return _matches_path(node, value) or _matches_file(node, value)
    return fnmatchcase(node.key, value)


def _matches_path(node: Node, value: str) -> bool:
    """By file, folder or glob, relative to the project. A source has the path of the file that declares it."""
    wanted = value.removeprefix("./").rstrip("/")
    return node.path == wanted or node.path.startswith(f"{wanted}/") or fnmatchcase(node.path, wanted)


def _matches_file(node: Node, value: str) -> bool:
    """By the name of the file, with its ending or without."""
    path = PurePosixPath(node.path)
    return node.kind != "source" and (fnmatchcase(path.name, value) or fnmatchcase(path.stem, value))


def _matches_source(node: Node, value: str) -> bool:
    """By group, or by group.table."""
    if node.kind != "source":
        return False
    return fnmatchcase(node.key, value) or fnmatchcase(node.key.partition(".")[0], value)


def _matches_folders(node: Node, value: str) -> bool:
    """By the dotted folders and name: `staging`, `staging.stg_flights`, `marts.*`."""
    dotted = ".".join(_folders(node))
    return node.kind != "source" and (
        fnmatchcase(dotted, value) or dotted.startswith(f"{value}.") or fnmatchcase(node.key, value)
    )


def _folders(node: Node) -> tuple[str, ...]:
    """Folders below the first (`models/`), and the name."""
    return (*PurePosixPath(node.path).parts[1:-1], node.key)


def _tags(node: Node) -> tuple[str, ...]:
    """Tags of a node, or of the source it is."""
    return node.config.tags + (node.source.tags if node.source else ())


def _config_words(node: Node, keys: Sequence[str]) -> tuple[str, ...]:
    """The value of a config key as words: each entry of a list, `true`, `false`; nothing for what has no config."""
    if node.kind in ("source", "test"):
        return ()
    value: Any = getattr(node.config, keys[0])
    for key in keys[1:]:
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        return ()
    entries = value if isinstance(value, list | tuple) else [value]
    return tuple(str(entry).lower() if isinstance(entry, bool) else str(entry) for entry in entries)


_METHODS: dict[str, tuple[_Matches, _Known]] = {
    "name": (_matches_name, lambda node: (node.key,)),
    "tag": (lambda node, value: any(fnmatchcase(tag, value) for tag in _tags(node)), _tags),
    "path": (_matches_path, lambda node: (node.path, str(PurePosixPath(node.path).parent))),
    "file": (_matches_file, lambda node: (PurePosixPath(node.path).name,)),
    "source": (
        _matches_source,
        lambda node: (node.key, node.key.partition(".")[0]) if node.kind == "source" else (),
    ),
    "resource_type": (lambda node, value: fnmatchcase(node.kind, value), lambda node: (node.kind,)),
    "fqn": (_matches_folders, lambda node: (".".join(_folders(node)), *_folders(node))),
}


def _known() -> str:
    """The methods, for a hint."""
    return ", ".join(f"{method}:" for method in _METHODS) + ", config.<key>:"
