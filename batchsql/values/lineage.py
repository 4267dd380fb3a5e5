"""Which columns are made of which: of each query by itself, and across the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from batchsql.values.project import Check

Place = tuple[str, str]
"""A column of the project: the key of its node, and its name in lower case, as DuckDB compares names."""


class QueryLineage(Struct, frozen=True):
    """What one query does with the columns that it reads.

    outputs: for each of its columns, by lower-case name, those that its values are made of.
    uses: all columns that it names anywhere, those included by which it filters, joins, groups and sorts.
    known: False where the query could not be understood, so that nothing can be said of it.
    """

    outputs: dict[str, tuple[Place, ...]] = {}
    uses: tuple[Place, ...] = ()
    known: bool = True


class ColumnLineage(Struct, frozen=True):
    """The whole of it: queries by the key of their model."""

    queries: dict[str, QueryLineage]

    def parents(self, place: Place) -> tuple[Place, ...]:
        """The columns that a column is made of, directly."""
        query = self.queries.get(place[0])
        return query.outputs.get(place[1], ()) if query else ()

    def children(self) -> dict[Place, tuple[Place, ...]]:
        """For each column, those that are made of it directly."""
        found: dict[Place, dict[Place, None]] = {}
        for key, query in self.queries.items():
            for name, parents in query.outputs.items():
                for parent in parents:
                    found.setdefault(parent, {})[key, name] = None
        return {place: tuple(children) for place, children in found.items()}

    def downstream(self, places: Iterable[Place]) -> tuple[Place, ...]:
        """All columns that are made of these, directly or not; not these themselves."""
        return _reached(places, self.children())

    def users(self, places: frozenset[Place]) -> tuple[str, ...]:
        """Keys of the models whose queries name one of these columns anywhere."""
        return tuple(key for key, query in self.queries.items() if not places.isdisjoint(query.uses))


class Reached(Struct, frozen=True):
    """A model that uses what was asked about.

    columns: those of its columns that are made of it; none where it only filters, joins, groups or sorts by it.
    guessed: its query is not understood, so that all of its columns count.
    """

    model: str
    path: str
    columns: tuple[str, ...] = ()
    guessed: bool = False


class Impact(Struct, frozen=True, kw_only=True):
    """All that uses a model (the whole of it), or a column. of: `model` or `model.column`; exposures: by name."""

    of: str
    whole: bool = False
    models: tuple[Reached, ...] = ()
    checks: tuple[Check, ...] = ()
    exposures: tuple[str, ...] = ()


def _reached(places: Iterable[Place], next_of: Mapping[Place, tuple[Place, ...]]) -> tuple[Place, ...]:
    first = tuple(places)
    found: dict[Place, None] = {}
    waiting = list(first)
    while waiting:
        for child in next_of.get(waiting.pop(), ()):
            if child not in found and child not in first:
                found[child] = None
                waiting.append(child)
    return tuple(found)


class Difference(Struct, frozen=True, kw_only=True):
    """What an edit did to a query: columns by name, and whether its rows may be others than before."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    rows: bool = False

    @property
    def additive(self) -> bool:
        """Whether all that was there stays as it was."""
        return bool(self.added) and not (self.removed or self.changed or self.rows)
