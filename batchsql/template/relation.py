"""What ref(), source() and `this` give: prints as a name in SQL, and knows the parts of the physical one."""

from __future__ import annotations

from collections.abc import Callable

from batchsql.values import TableName, quote


class Relation:
    """A relation as templates see it.

    Printed, it is what `text` gives; the parts come from `physical`, which is called when one is asked for.
    """

    __slots__ = ("_database", "_physical", "_text")

    def __init__(self, text: Callable[[], str], physical: Callable[[], TableName], database: str) -> None:
        self._text = text
        self._physical = physical
        self._database = database

    def __str__(self) -> str:
        return self._text()

    def __repr__(self) -> str:
        return f"<Relation {self._text()}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Relation) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self._text())

    @property
    def database(self) -> str:
        """Name of the database, as DuckDB calls the file."""
        return self._database

    @property
    def schema(self) -> str:
        """Name of the physical schema."""
        return self._physical().schema

    @property
    def identifier(self) -> str:
        """Name of the physical table or view."""
        return self._physical().name

    name = table = identifier

    def render(self) -> str:
        """The text that stands for the relation in SQL."""
        return self._text()

    def quote(self, **_parts: bool) -> Relation:
        """The relation itself: all its parts are quoted already."""
        return self

    def include(self, *, database: bool = False, schema: bool = True, identifier: bool = True) -> Relation:
        """The relation printed with these parts of its physical name."""
        if schema and identifier and not database:
            return self

        def text() -> str:
            physical = self._physical()
            parts = ((database, self._database), (schema, physical.schema), (identifier, physical.name))
            return ".".join(quote(part) for wanted, part in parts if wanted)

        return Relation(text, self._physical, self._database)


def marker(kind: str, key: str) -> str:
    """A name that no CTE can capture, which stands for a relation until its physical name is put in its place."""
    return f"{quote(f'__{kind}__')}.{quote(key)}"
