"""What can be selected: everything that a manifest tells of, and what depends on what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

Record = Mapping[str, Any]
SECTIONS = (
    "nodes",
    "sources",
    "exposures",
    "metrics",
    "unit_tests",
    "semantic_models",
    "saved_queries",
    "functions",
)


def places_of(record: Record) -> Iterator[str]:
    """The file of a thing, the folders around it, and the file that describes it."""
    path = PurePosixPath(str(record.get("original_file_path") or ""))
    yield from (str(place) for place in (path, *path.parents) if str(place) != ".")
    described = str(record.get("patch_path") or "").partition("://")[2]
    if described:
        yield described


class World:
    """The things of a manifest by unique id.

    facts: what is known beyond it, the `state` of things for instance: by method and value, the ids that it selects.
    """

    def __init__(self, manifest: Record, facts: Mapping[str, Mapping[str, Set[str]]]) -> None:
        self.things: dict[str, Record] = {}
        self.section: dict[str, str] = {}
        for section in SECTIONS:
            for key, record in (manifest.get(section) or {}).items():
                self.things[key] = record
                self.section[key] = section
        self.project = str((manifest.get("metadata") or {}).get("project_name") or "")
        self.facts = facts
        self.parents = {key: self._parents(record) for key, record in self.things.items()}
        self.children: dict[str, list[str]] = {key: [] for key in self.things}
        for key, parents in self.parents.items():
            for parent in parents:
                self.children[parent].append(key)

    @cached_property
    def places(self) -> frozenset[str]:
        """The files and folders of the project itself: paths mean these, also for what packages have there."""
        own = (record for record in self.things.values() if record.get("package_name") == self.project)
        return frozenset(place for record in own for place in places_of(record))

    def _parents(self, record: Record) -> tuple[str, ...]:
        found = (record.get("depends_on") or {}).get("nodes") or ()
        return tuple(dict.fromkeys(each for each in found if each in self.things))

    def of(self, *sections: str) -> Iterator[tuple[str, Record]]:
        """The things of these sections; without any, all."""
        return ((key, record) for key, record in self.things.items() if not sections or self.section[key] in sections)

    def above(self, keys: Iterable[str], depth: int | None = None) -> set[str]:
        """What they depend on, at most `depth` steps away; without themselves."""
        return self._reach(keys, self.parents, depth)

    def below(self, keys: Iterable[str], depth: int | None = None) -> set[str]:
        """What depends on them, at most `depth` steps away; without themselves."""
        return self._reach(keys, self.children, depth)

    def is_test(self, key: str) -> bool:
        """Whether it is selected with what it looks at."""
        return self.things[key].get("resource_type") in ("test", "unit_test")

    @staticmethod
    def _reach(keys: Iterable[str], edges: Mapping[str, Iterable[str]], depth: int | None) -> set[str]:
        start = set(keys)
        seen, level, steps = set(start), set(start), 0
        while level and (depth is None or steps < depth):
            level = {far for near in level for far in edges[near]} - seen
            seen |= level
            steps += 1
        return seen - start
