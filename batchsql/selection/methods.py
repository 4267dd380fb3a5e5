"""The methods by which things are selected: which of them each means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from batchsql.errors import UsageError
from batchsql.selection.world import Record, World, places_of
from batchsql.values.selection import Criterion

_WILD = re.compile(r"[*?\[\]]")
_RESOURCE_TYPES = (
    *("model", "seed", "snapshot", "test", "analysis", "operation", "source", "exposure", "metric", "unit_test"),
    *("semantic_model", "saved_query", "function", "macro", "group", "docs", "fixture"),
)
_TEST_TYPES = {
    "generic": ("generic",),
    "schema": ("generic",),
    "data": ("generic", "singular"),
    "singular": ("singular",),
    "unit": ("unit",),
}


def matched(term: Criterion, world: World) -> set[str]:
    """The things that the term means itself. Raises UsageError for a value that its method does not know."""
    if term.method in ("state", "result", "source_status"):
        return _known(term, world)
    return set(_METHODS[term.method](term, world))


def _known(term: Criterion, world: World) -> set[str]:
    facts = world.facts.get(term.method)
    if facts is None:
        what = {"state": "manifest.json", "result": "run_results.json", "source_status": "sources.json"}[term.method]
        raise UsageError(f"'{term.text}' needs an earlier {what} to compare with", hint="name its folder with --state")
    if term.method == "state" and term.value not in facts:
        raise UsageError(f"'{term.value}' is no state", hint=f"known are {', '.join(facts)}")
    return {key for key in facts.get(str(term.value), ()) if key in world.things}


def _fqn(term: Criterion, world: World) -> Iterator[str]:
    wanted = str(term.value)
    for key, record in world.of():
        if world.section[key] == "sources":
            continue
        names = [str(part) for part in record.get("fqn") or ()]
        versioned = record.get("resource_type") == "model" and record.get("version") is not None
        if names and (_is_named(names, wanted, versioned) or _is_named(names[1:], wanted, versioned)):
            yield key


def _is_named(names: Sequence[str], wanted: str, versioned: bool) -> bool:
    """Whether dotted folders and a name mean a thing: its name alone, the folders from the first on, or wildcards."""
    if not names:
        return False
    leaf = names[-2] if versioned and len(names) > 1 else names[-1]
    if leaf == wanted or (versioned and "_".join(names[-2:]) == "_".join(wanted.split(".")[-2:])):
        return True
    flat = [part for name in names for part in name.split(".")]
    asked = wanted.split(".")
    if len(flat) < len(asked):
        return False
    for position, part in enumerate(asked):
        if _WILD.search(part):
            rest = fnmatchcase(".".join(flat[position:]), ".".join(asked[position:]))
            return rest or (len(asked) == 1 and fnmatchcase(leaf, wanted))
        if flat[position] != part:
            return False
    return True


def _tag(term: Criterion, world: World) -> Iterator[str]:
    return (key for key, record in world.of() if any(fnmatchcase(tag, term.value) for tag in record.get("tags") or ()))


def _group(term: Criterion, world: World) -> Iterator[str]:
    for key, record in world.of("nodes", "metrics"):
        group = (record.get("config") or {}).get("group")
        if group and fnmatchcase(str(group), term.value):
            yield key


def _access(term: Criterion, world: World) -> Iterator[str]:
    for key, record in world.of("nodes"):
        if record.get("resource_type") == "model" and record.get("access") == term.value:
            yield key


def _source(term: Criterion, world: World) -> Iterator[str]:
    parts = str(term.value).split(".")
    if len(parts) > 3:
        hint = "write source:group, source:group.table or source:package.group.table"
        raise UsageError(f"'{term.text}' names no source", hint=hint)
    package = parts[0] if len(parts) == 3 else "*"
    group, table = (parts[0], "*") if len(parts) == 1 else parts[-2:]
    for key, record in world.of("sources"):
        names = ((record["package_name"], package), (record["source_name"], group), (record["name"], table))
        if all(fnmatchcase(name, wanted) for name, wanted in names):
            yield key


def _named_in(section: str) -> Callable[[Criterion, World], Iterator[str]]:
    """Things of one section, by name or by package and name."""

    def found(term: Criterion, world: World) -> Iterator[str]:
        package, dot, name = str(term.value).partition(".")
        if "." in name:
            raise UsageError(f"'{term.text}' has too many dots", hint="write a name, or a package and a name")
        package, name = (package, name) if dot else ("*", package)
        for key, record in world.of(section):
            if fnmatchcase(record["package_name"], package) and fnmatchcase(record["name"], name):
                yield key

    return found


def _path(term: Criterion, world: World) -> Iterator[str]:
    pattern = _glob(str(term.value))
    there = {place for place in world.places if pattern.fullmatch(place)}
    return (key for key, record in world.of() if not there.isdisjoint(places_of(record)))


def _glob(text: str) -> re.Pattern[str]:
    """A pattern of files and folders: `**` is any number of folders, `*` anything within one name."""
    parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".")]
    while len(parts) > 1 and parts[-1] == "**":
        parts.pop()
    written = ""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            written += ".*" if last else "(?:.*/)?"
        else:
            written += _within(part) + ("" if last else "/")
    return re.compile(written)


def _within(part: str) -> str:
    """A name with wildcards: `*`, `?`, `[abc]`."""
    pieces = re.split(r"(\*|\?|\[[^\]]+\])", part)
    known = {"*": "[^/]*", "?": "[^/]"}
    written = (
        known.get(piece) or (piece.replace("[!", "[^") if _is_class(piece) else re.escape(piece)) for piece in pieces
    )
    return "".join(written)


def _is_class(piece: str) -> bool:
    return len(piece) > 2 and piece.startswith("[") and piece.endswith("]")


def _file(term: Criterion, world: World) -> Iterator[str]:
    for key, record in world.of():
        path = PurePosixPath(str(record.get("original_file_path") or ""))
        if fnmatchcase(path.name, term.value) or fnmatchcase(path.stem, term.value):
            yield key


def _package(term: Criterion, world: World) -> Iterator[str]:
    wanted = world.project if term.value == "this" else str(term.value)
    return (key for key, record in world.of() if fnmatchcase(str(record.get("package_name")), wanted))


def _config(term: Criterion, world: World) -> Iterator[str]:
    ignoring_case = term.arguments == ("severity",)
    for key, record in world.of("nodes", "sources"):
        value: Any = record.get("config")
        for name in term.arguments:
            value = value.get(name, _ABSENT) if isinstance(value, dict) else _ABSENT
        entries = value if isinstance(value, list) else [value]
        if any(_is_same(entry, term.value, ignoring_case) for entry in entries):
            yield key


_ABSENT: Any = object()


def _is_same(value: Any, wanted: Any, ignoring_case: bool) -> bool:
    if isinstance(value, bool):
        return str(value).lower() == str(wanted).lower()
    if ignoring_case and isinstance(value, str):
        return value.lower() == str(wanted).lower()
    return bool(value == wanted)


def _resource_type(term: Criterion, world: World) -> Iterator[str]:
    if term.value not in _RESOURCE_TYPES:
        hint = f"known are {', '.join(_RESOURCE_TYPES[:10])}"
        raise UsageError(f"there is no resource type '{term.value}'", hint=hint)
    return (key for key, record in world.of() if record.get("resource_type") == term.value)


def _test_name(term: Criterion, world: World) -> Iterator[str]:
    for key, record in world.of("nodes", "unit_tests"):
        name = record["name"] if world.section[key] == "unit_tests" else (record.get("test_metadata") or {}).get("name")
        if name is not None and fnmatchcase(str(name), term.value):
            yield key


def _test_type(term: Criterion, world: World) -> Iterator[str]:
    wanted = _TEST_TYPES.get(str(term.value))
    if wanted is None:
        raise UsageError(f"there is no test type '{term.value}'", hint=f"known are {', '.join(_TEST_TYPES)}")
    return (key for key, record in world.of("nodes", "unit_tests") if _type_of_test(record) in wanted)


def _type_of_test(record: Record) -> str:
    if record.get("resource_type") == "unit_test":
        return "unit"
    if record.get("resource_type") != "test":
        return ""
    return "generic" if record.get("test_metadata") else "singular"


def _version(term: Criterion, world: World) -> Iterator[str]:
    wanted = str(term.value)
    if wanted not in ("latest", "prerelease", "old", "none"):
        raise UsageError(f"'{wanted}' is no kind of version", hint="write latest, prerelease, old or none")
    for key, record in world.of("nodes"):
        if record.get("resource_type") == "model" and _kind_of_version(record) == wanted:
            yield key


def _kind_of_version(record: Record) -> str:
    version, latest = record.get("version"), record.get("latest_version")
    if version is None:
        return "none"
    if str(version) == str(latest):
        return "latest"
    return "prerelease" if _order(version) > _order(latest) else "old"


def _order(version: Any) -> tuple[int, float, str]:
    try:
        return 0, float(version), ""
    except (TypeError, ValueError):
        return 1, 0.0, str(version)


_METHODS: dict[str, Callable[[Criterion, World], Iterator[str]]] = {
    "fqn": _fqn,
    "tag": _tag,
    "group": _group,
    "access": _access,
    "source": _source,
    "path": _path,
    "file": _file,
    "package": _package,
    "config": _config,
    "test_name": _test_name,
    "test_type": _test_type,
    "resource_type": _resource_type,
    "version": _version,
    "exposure": _named_in("exposures"),
    "metric": _named_in("metrics"),
    "semantic_model": _named_in("semantic_models"),
    "saved_query": _named_in("saved_queries"),
    "unit_test": _named_in("unit_tests"),
}
