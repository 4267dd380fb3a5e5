"""Whether a column's type is the one that is expected, under any of its names."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAMES = {
    "TINYINT": ("INT1",),
    "SMALLINT": ("INT2", "SHORT", "INT16"),
    "INTEGER": ("INT4", "INT", "SIGNED", "INT32"),
    "BIGINT": ("INT8", "LONG", "INT64", "BIGINTEGER"),
    "HUGEINT": ("INT128",),
    "UTINYINT": ("UINT8",),
    "USMALLINT": ("UINT16",),
    "UINTEGER": ("UINT32",),
    "UBIGINT": ("UINT64",),
    "FLOAT": ("FLOAT4", "REAL"),
    "DOUBLE": ("FLOAT8", "DOUBLE_PRECISION", "DOUBLE PRECISION"),
    "DECIMAL": ("NUMERIC", "DEC"),
    "BOOLEAN": ("BOOL", "LOGICAL"),
    "VARCHAR": ("TEXT", "STRING", "CHAR", "BPCHAR", "NVARCHAR"),
    "BLOB": ("BYTEA", "BINARY", "VARBINARY"),
    "TIMESTAMP": ("DATETIME", "TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP_US"),
    "TIMESTAMP WITH TIME ZONE": ("TIMESTAMPTZ",),
}
_CANONICAL = {alias: name for name, aliases in _NAMES.items() for alias in aliases}
_PARAMETERS = re.compile(r"\(.*\)$")


def is_one_of(found: str, expected: Iterable[str]) -> bool:
    """Whether a type as the engine writes it is among these: `INT` is INTEGER, and `DECIMAL` any DECIMAL(18,3)."""
    exact, bare = _canonical(found), _PARAMETERS.sub("", _canonical(found))
    return any(_canonical(name) in (exact, bare) for name in expected)


def _canonical(name: str) -> str:
    upper = " ".join(name.upper().replace(", ", ",").split())
    bare = _PARAMETERS.sub("", upper).strip()
    parameters = upper[len(bare) :].strip()
    canonical = _CANONICAL.get(bare, bare)
    return canonical if canonical == "VARCHAR" else canonical + parameters
