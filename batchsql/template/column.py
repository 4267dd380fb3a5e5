"""A column as macros see it: name and type, as dbt's columns of DuckDB answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from batchsql.errors import TemplateError
from batchsql.values import quote

_STRINGS = frozenset({"text", "varchar", "character varying", "character"})
_NUMERICS = frozenset({"numeric", "decimal"})
_FLOATS = frozenset({"real", "float", "float4", "float8", "double"})
_INTEGERS = frozenset(
    [
        "tinyint",
        "smallint",
        "integer",
        "bigint",
        "hugeint",
        "utinyint",
        "usmallint",
        "uinteger",
        "ubigint",
        "int1",
        "int2",
        "int4",
        "int8",
        "int",
        "short",
        "long",
        "signed",
    ]
)
_LABELS = {"STRING": "TEXT"}
_LONGEST_STRING = 256
_DESCRIBED = re.compile(r"([^(]+)\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\s*$")
_STRUCT = re.compile(r"\s*struct\s*\((.*)\)\s*$", re.IGNORECASE | re.DOTALL)
_FIELD = re.compile(r'\s*(?:"((?:[^"]|"")*)"|(\S+))\s+(.*)', re.DOTALL)


class Column(Struct, frozen=True, repr_omit_defaults=False):
    """A column of a relation. char_size, numeric_precision and numeric_scale are None where the type says it all."""

    column: str
    dtype: str
    char_size: int | None = None
    numeric_precision: int | None = None
    numeric_scale: int | None = None

    def __repr__(self) -> str:
        names = ("column", "dtype", "char_size", "numeric_precision", "numeric_scale", "fields")
        return f"DuckDBColumn({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    __str__ = __repr__

    @property
    def name(self) -> str:
        """Its name."""
        return self.column

    @property
    def quoted(self) -> str:
        """Its name in quotes."""
        return quote(self.column)

    @property
    def data_type(self) -> str:
        """Its type, with the length of text and the digits of numbers where they were given apart from it."""
        if self.is_string():
            return self.string_type(self.string_size())
        if self.is_numeric():
            return self.numeric_type(self.dtype, self.numeric_precision, self.numeric_scale)
        return self.dtype

    def is_string(self) -> bool:
        """Whether it holds text."""
        return self.dtype.lower() in _STRINGS

    def is_numeric(self) -> bool:
        """Whether it holds decimals whose digits are not part of the type."""
        return self.dtype.lower() in _NUMERICS

    def is_float(self) -> bool:
        """Whether it holds floating point numbers."""
        return self.dtype.lower() in _FLOATS

    def is_integer(self) -> bool:
        """Whether it holds whole numbers."""
        return self.dtype.lower() in _INTEGERS

    def is_number(self) -> bool:
        """Whether it holds numbers of any of these kinds."""
        return self.is_float() or self.is_integer() or self.is_numeric()

    def is_struct(self) -> bool:
        """Whether it holds fields of their own."""
        return _STRUCT.match(self.dtype) is not None

    def string_size(self) -> int:
        """How many characters it holds. Raises TemplateError where it holds no text."""
        if not self.is_string():
            raise TemplateError(f"{self.column} holds {self.dtype}, no text", hint="ask is_string() first")
        return self.char_size or _LONGEST_STRING

    def can_expand_to(self, other_column: Column) -> bool:
        """Whether both hold text, and the other one longer text."""
        return self.is_string() and other_column.is_string() and other_column.string_size() > self.string_size()

    def literal(self, value: Any) -> str:
        """The value, turned to this column's type."""
        return f"{value}::{self.data_type}"

    @property
    def fields(self) -> list[Column]:
        """The columns within a struct."""
        found = _STRUCT.match(self.dtype)
        return [_field(text) for text in _split(found[1])] if found else []

    def flatten(self) -> list[Column]:
        """A struct's innermost fields, their names joined by dots; of another column itself."""
        if not self.is_struct():
            return [self]
        inner = [column for field in self.fields for column in field.flatten()]
        return [Column(f"{self.column}.{each.column}", each.dtype) for each in inner]

    @staticmethod
    def string_type(size: int) -> str:
        """The type for text of that length."""
        return f"character varying({size})"

    @staticmethod
    def numeric_type(dtype: str, precision: Any = None, scale: Any = None) -> str:
        """The type for numbers of so many digits."""
        return dtype if precision is None or scale is None else f"{dtype}({precision},{scale})"


def _split(text: str) -> Iterator[str]:
    """The parts between the commas that are in no bracket and no quotes."""
    depth, start, quoted = 0, 0, False
    for index, character in enumerate(text):
        quoted ^= character == '"'
        if not quoted:
            depth += (character == "(") - (character == ")")
        if character == "," and depth == 0 and not quoted:
            yield text[start:index]
            start = index + 1
    yield text[start:]


def _field(text: str) -> Column:
    found = _FIELD.match(text)
    if not found:
        raise TemplateError(f"'{text.strip()}' is no field of a struct")
    return Column(found[1].replace('""', '"') if found[1] is not None else found[2], found[3].strip())


class ColumnFactory:
    """`api.Column`: makes columns, and tells how types are called."""

    __slots__ = ()
    TYPE_LABELS = _LABELS
    string_type = staticmethod(Column.string_type)
    numeric_type = staticmethod(Column.numeric_type)

    def __call__(
        self,
        column: str,
        dtype: str,
        char_size: int | None = None,
        numeric_precision: Any = None,
        numeric_scale: Any = None,
    ) -> Column:
        """A column of exactly this type."""
        return Column(str(column), str(dtype), char_size, numeric_precision, numeric_scale)

    def create(self, name: str, label_or_dtype: str) -> Column:
        """A column of a type, or of what a label stands for."""
        return Column(str(name), self.translate_type(label_or_dtype))

    def translate_type(self, dtype: str) -> str:
        """The type that a label stands for; any other type as it is."""
        return _LABELS.get(str(dtype).upper(), str(dtype))

    def from_description(self, name: str, raw_data_type: str) -> Column:
        """A column of a type such as `decimal(10, 2)`, its digits or length told apart."""
        found = _DESCRIBED.match(raw_data_type)
        if not found:
            return Column(name, raw_data_type)
        dtype, first, second = found[1], int(found[2]), found[3]
        if dtype.lower() in _STRINGS:
            return Column(name, dtype, char_size=first)
        return Column(name, dtype, None, first, None if second is None else int(second))


def missing_columns(source: Sequence[Column], target: Sequence[Column]) -> list[Column]:
    """The columns of the one that the other has not; case does not count."""
    has = {column.name.lower() for column in target}
    return [column for column in source if column.name.lower() not in has]
