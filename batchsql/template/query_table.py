"""What run_query() and load_result() give: a small table with columns and rows, read-only, as agate's tables are."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from batchsql.template.limits import check_printable
from batchsql.template.query_types import INTEGER, NUMBER, DataType, typed, unique_names
from batchsql.template.state import Returned

Key = int | slice | str
Say = Callable[[str], None]


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


class Sequenced:
    """A sequence whose members may have names."""

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

    def __eq__(self, other: object) -> bool:
        return self._values == tuple(other) if isinstance(other, Sequenced | list | tuple) else False

    def __hash__(self) -> int:
        return hash(self._values)

    def __str__(self) -> str:
        shown = ", ".join(repr(value) for value in self._values)
        return f"<agate.{self._kind}: ({shown})>"

    __repr__ = __str__
    _kind = "MappedSequence"

    def get(self, key: Key, default: Any = None) -> Any:
        """The member under a name, or the default where there is no such name."""
        try:
            return self[key]
        except LookupError:
            return default

    def keys(self) -> tuple[str, ...] | None:
        """The names."""
        return self._names or None

    def values(self) -> tuple[Any, ...]:
        """The members."""
        return self._values

    def items(self) -> tuple[tuple[str, Any], ...]:
        """Names and members."""
        return tuple(zip(self._names, self._values, strict=True))

    def dict(self) -> dict[str, Any]:
        """Members by name."""
        return dict(self.items())


class Row(Sequenced):
    """One row, by position or by name."""

    __slots__ = ()
    _kind = "Row"


class Column(Sequenced):
    """One column: its values from the first row to the last."""

    __slots__ = ("_index", "_name", "_type")
    _kind = "Column"

    def __init__(self, index: int, name: str, data_type: DataType, values: tuple[Any, ...]) -> None:
        super().__init__((), values)
        self._index = index
        self._name = name
        self._type = data_type

    @property
    def index(self) -> int:
        """Its position, from 0."""
        return self._index

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def data_type(self) -> DataType:
        """The type of its values."""
        return self._type

    def values_distinct(self) -> tuple[Any, ...]:
        """The values without repetitions, in order of first appearance."""
        return tuple(dict.fromkeys(self._values))

    def values_without_nulls(self) -> tuple[Any, ...]:
        """The values that are not null."""
        return tuple(value for value in self._values if value is not None)

    def values_sorted(self) -> list[Any]:
        """The values from the least to the greatest, nulls last."""
        return sorted(self._values, key=_nulls_last)

    def values_without_nulls_sorted(self) -> list[Any]:
        """The values that are not null, from the least to the greatest."""
        return sorted(self.values_without_nulls())


def _nulls_last(value: Any) -> tuple[bool, Any]:
    return (value is None, 0 if value is None else value)


class QueryTable:
    """The result of a query. Iterating gives the rows. `say` gets what the print_ methods print."""

    __slots__ = ("_names", "_rows", "_say", "_types")

    def __init__(
        self, names: Sequence[str], rows: Sequence[tuple[Any, ...]], say: Say | None = None, *, is_typed: bool = False
    ) -> None:
        self._names = unique_names(names)
        self._say = say
        columns = [typed([row[position] for row in rows]) for position in range(len(self._names))]
        self._types = tuple(data_type for data_type, _ in columns)
        if not is_typed and rows and columns:
            rows = list(zip(*(values for _, values in columns), strict=True))
        self._rows = tuple(Row(self._names, tuple(row)) for row in rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: int | slice) -> Any:
        return self._rows[key]

    def __str__(self) -> str:
        return self._structure()

    def __repr__(self) -> str:
        return "<agate.table.Table object>"

    # --- its parts ----------------------------------------------------------------------------------------------

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self._names

    @property
    def column_types(self) -> tuple[DataType, ...]:
        """The types of the columns."""
        return self._types

    @property
    def columns(self) -> Sequenced:
        """The columns, by position or name."""
        found = (
            Column(position, name, self._types[position], tuple(row.values()[position] for row in self._rows))
            for position, name in enumerate(self._names)
        )
        return Sequenced(self._names, tuple(found))

    @property
    def rows(self) -> Sequenced:
        """The rows, by position."""
        return Sequenced((), self._rows)

    @property
    def row_names(self) -> None:
        """None: rows have positions only."""
        return

    # --- tables made of it --------------------------------------------------------------------------------------

    def _table(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> QueryTable:
        return QueryTable(names, rows, self._say, is_typed=True)

    def select(self, key: str | Sequence[str]) -> QueryTable:
        """A table of these columns."""
        names = [key] if isinstance(key, str) else list(key)
        return self._table(names, [tuple(row[name] for name in names) for row in self._rows])

    def exclude(self, key: str | Sequence[str]) -> QueryTable:
        """A table without these columns."""
        without = {key} if isinstance(key, str) else set(key)
        return self.select([name for name in self._names if name not in without])

    def where(self, test: Callable[[Row], Any]) -> QueryTable:
        """A table of the rows for which the macro gives something true."""
        return self._table(self._names, [row.values() for row in self._rows if _holds(test, row)])

    def find(self, test: Callable[[Row], Any]) -> Row | None:
        """The first row for which the macro gives something true."""
        return next((row for row in self._rows if _holds(test, row)), None)

    def order_by(self, key: str | Sequence[str], reverse: bool = False) -> QueryTable:
        """A table of the rows in the order of these columns, nulls last."""
        names = [key] if isinstance(key, str) else list(key)
        ordered = sorted(self._rows, key=lambda row: [_nulls_last(row[name]) for name in names], reverse=reverse)
        return self._table(self._names, [row.values() for row in ordered])

    def limit(self, start_or_stop: int | None = None, stop: int | None = None, step: int | None = None) -> QueryTable:
        """A table of the first rows, or of those from a position up to another."""
        part = slice(None, start_or_stop, step) if stop is None else slice(start_or_stop, stop, step)
        return self._table(self._names, [row.values() for row in self._rows[part]])

    def distinct(self, key: str | Sequence[str] | None = None) -> QueryTable:
        """A table of the rows that differ, or that differ in these columns."""
        names = self._names if key is None else [key] if isinstance(key, str) else list(key)
        found: dict[tuple[Any, ...], Row] = {}
        for row in self._rows:
            found.setdefault(tuple(row[name] for name in names), row)
        return self._table(self._names, [row.values() for row in found.values()])

    def rename(self, column_names: Mapping[str, str] | Sequence[str] | None = None) -> QueryTable:
        """A table whose columns have other names."""
        if isinstance(column_names, Mapping):
            names: Sequence[str] = [column_names.get(name, name) for name in self._names]
        else:
            names = column_names or self._names
        return self._table(names, [row.values() for row in self._rows])

    # --- printed ------------------------------------------------------------------------------------------------

    def print_table(
        self, max_rows: int | None = 20, max_columns: int | None = 6, max_column_width: int | None = 20, **_options: Any
    ) -> None:
        """Show it on the screen, wide values and many of them cut short."""
        shown = self._rows if max_rows is None else self._rows[:max_rows]
        count = len(self._names) if max_columns is None else min(max_columns, len(self._names))
        header = [_cut(name, max_column_width) for name in self._names[:count]]
        body = [[_cut(_shown(value), max_column_width) for value in row.values()[:count]] for row in shown]
        if count < len(self._names):
            header, body = [*header, "..."], [[*row, "..."] for row in body]
        if len(shown) < len(self._rows):
            body.append(["..."] * len(header))
        right = [data_type in (NUMBER, INTEGER) for data_type in self._types[:count]]
        self._print(_grid(header, body, [*right, False]))

    def print_csv(self, **_options: Any) -> None:
        """Show it on the screen as CSV."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self._names, *(row.values() for row in self._rows)])
        self._print(out.getvalue().rstrip("\n"))

    def print_json(self, **options: Any) -> None:
        """Show it on the screen as JSON."""
        self._print(json.dumps([row.dict() for row in self._rows], default=_json, indent=options.get("indent")))

    def print_structure(self, **_options: Any) -> None:
        """Show the names and types of its columns."""
        self._print(self._structure())

    def _structure(self) -> str:
        pairs = [[name, str(data_type)] for name, data_type in zip(self._names, self._types, strict=True)]
        return _grid(["column", "data_type"], pairs, [False, False]) + "\n"

    def _print(self, text: str) -> None:
        check_printable(text)
        if self._say:
            self._say(text)


def _holds(test: Callable[[Row], Any], row: Row) -> Any:
    """What a macro gives for a row."""
    try:
        return test(row)
    except Returned as returned:
        return returned.value


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal) and value.is_finite():
        decimals = len(f"{value.normalize():f}".partition(".")[2])
        return f"{value:,.{min(decimals, 3)}f}" + ("…" if decimals > 3 else "")
    return f"{value:,}" if type(value) is int else str(value)


def _cut(text: str, width: int | None) -> str:
    return text if width is None or len(text) <= width else text[: width - 3] + "..."


def _json(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


def _grid(header: Sequence[str], body: Sequence[Sequence[str]], right: Sequence[bool]) -> str:
    widths = [max(len(row[position]) for row in (header, *body)) for position in range(len(header))]
    rules = ["-" * width for width in widths]
    lines = []
    for row in (header, rules, *body):
        cells = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=False)
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
