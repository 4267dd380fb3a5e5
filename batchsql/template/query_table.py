"""What run_query() gives: a small table with columns and rows, read-only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Key = int | slice | str


def _at(names: Sequence[str], values: Sequence[Any], key: Key) -> Any:
    """The value at a position, or under a name; case does not count unless names differ by it alone."""
    if not isinstance(key, str):
        return values[key]
    if key in names:
        return values[names.index(key)]
    lower = [name.lower() for name in names]
    if key.lower() in lower:
        return values[lower.index(key.lower())]
    raise KeyError(key)


class Row:
    """One row, by position or by name."""

    __slots__ = ("_names", "_values")

    def __init__(self, names: tuple[str, ...], values: tuple[Any, ...]) -> None:
        self._names = names
        self._values = values

    def __getitem__(self, key: Key) -> Any:
        return _at(self._names, self._values, key)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __str__(self) -> str:
        return str(self._values)

    def get(self, name: str, default: Any = None) -> Any:
        """The value under a name, or the default where there is no such column."""
        try:
            return self[name]
        except KeyError:
            return default

    def keys(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self._names

    def values(self) -> tuple[Any, ...]:
        """The values, in the order of the columns."""
        return self._values

    def items(self) -> tuple[tuple[str, Any], ...]:
        """Names and values."""
        return tuple(zip(self._names, self._values, strict=True))


class Column:
    """One column: its values from the first row to the last."""

    __slots__ = ("_name", "_values")

    def __init__(self, name: str, values: tuple[Any, ...]) -> None:
        self._name = name
        self._values = values

    def __getitem__(self, key: int | slice) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    def values(self) -> tuple[Any, ...]:
        """The values, one a row."""
        return self._values

    def values_distinct(self) -> tuple[Any, ...]:
        """The values without repetitions, in order of first appearance."""
        return tuple(dict.fromkeys(self._values))

    def values_without_nulls(self) -> tuple[Any, ...]:
        """The values that are not null."""
        return tuple(value for value in self._values if value is not None)


class Members:
    """The columns or the rows of a table: by position, columns also by name."""

    __slots__ = ("_members", "_names")

    def __init__(self, names: tuple[str, ...], members: tuple[Any, ...]) -> None:
        self._names = names
        self._members = members

    def __getitem__(self, key: Key) -> Any:
        return _at(self._names, self._members, key)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def keys(self) -> tuple[str, ...]:
        """The names of the columns; none for rows."""
        return self._names

    def values(self) -> tuple[Any, ...]:
        """All of them."""
        return self._members


class QueryTable:
    """The result of a query. Iterating gives the rows."""

    __slots__ = ("_names", "_rows")

    def __init__(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        self._names = tuple(names)
        self._rows = tuple(Row(self._names, tuple(row)) for row in rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: int | slice) -> Any:
        return self._rows[key]

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self._names

    @property
    def columns(self) -> Members:
        """The columns, by position or name."""
        columns = (
            Column(name, tuple(row.values()[position] for row in self._rows))
            for position, name in enumerate(self._names)
        )
        return Members(self._names, tuple(columns))

    @property
    def rows(self) -> Members:
        """The rows, by position."""
        return Members((), self._rows)
