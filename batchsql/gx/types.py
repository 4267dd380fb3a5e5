"""Type names: DuckDB's own, their synonyms, and those of pandas, numpy and Python for what a column becomes there."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SYNONYMS = {
    "INT": "INTEGER", "INT4": "INTEGER", "SIGNED": "INTEGER", "INT32": "INTEGER",
    "INT8": "BIGINT", "LONG": "BIGINT", "INT64": "BIGINT",
    "INT2": "SMALLINT", "SHORT": "SMALLINT", "INT16": "SMALLINT", "INT1": "TINYINT",
    "INT128": "HUGEINT", "UINT128": "UHUGEINT",
    "UINT8": "UTINYINT", "UINT16": "USMALLINT", "UINT32": "UINTEGER", "UINT64": "UBIGINT",
    "FLOAT4": "FLOAT", "REAL": "FLOAT", "FLOAT8": "DOUBLE", "DOUBLE PRECISION": "DOUBLE", "DOUBLE_PRECISION": "DOUBLE",
    "NUMERIC": "DECIMAL", "DEC": "DECIMAL",
    "BOOL": "BOOLEAN", "LOGICAL": "BOOLEAN",
    "CHAR": "VARCHAR", "BPCHAR": "VARCHAR", "TEXT": "VARCHAR", "STRING": "VARCHAR", "NVARCHAR": "VARCHAR",
    "BYTEA": "BLOB", "BINARY": "BLOB", "VARBINARY": "BLOB",
    "DATETIME": "TIMESTAMP", "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE", "TIMETZ": "TIME WITH TIME ZONE",
    "GUID": "UUID",
}  # fmt: skip

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_TIMESTAMPS = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")

_IN_PYTHON: dict[str, tuple[str, ...]] = {
    "int": (*_INTEGERS, "UHUGEINT"), "int_": ("BIGINT",), "long": ("BIGINT",),
    "int8": ("TINYINT",), "int16": ("SMALLINT",), "int32": ("INTEGER",), "int64": ("BIGINT",),
    "uint8": ("UTINYINT",), "uint16": ("USMALLINT",), "uint32": ("UINTEGER",), "uint64": ("UBIGINT",),
    "float": ("FLOAT", "DOUBLE"), "float32": ("FLOAT",), "float64": ("DOUBLE",), "double": ("DOUBLE",),
    "bool": ("BOOLEAN",), "bool_": ("BOOLEAN",), "boolean": ("BOOLEAN",),
    "str": ("VARCHAR",), "string": ("VARCHAR",), "object": ("VARCHAR",), "object_": ("VARCHAR",), "O": ("VARCHAR",),
    "bytes": ("BLOB",), "date": ("DATE",), "time": ("TIME",), "decimal": ("DECIMAL",), "Decimal": ("DECIMAL",),
    "datetime": (*_TIMESTAMPS, "TIMESTAMP WITH TIME ZONE"), "Timestamp": (*_TIMESTAMPS, "TIMESTAMP WITH TIME ZONE"),
    "datetime64": _TIMESTAMPS, "datetime64[s]": ("TIMESTAMP_S",), "datetime64[ms]": ("TIMESTAMP_MS",),
    "datetime64[us]": ("TIMESTAMP",), "datetime64[ns]": (*_TIMESTAMPS,),
    "timedelta": ("INTERVAL",), "timedelta64": ("INTERVAL",), "timedelta64[ns]": ("INTERVAL",), "UUID": ("UUID",),
    "list": ("[]",), "dict": ("STRUCT", "MAP"),
}  # fmt: skip
_PARAMETERS = re.compile(r"^([A-Z_ ]+?)\s*\((.*)\)$", re.DOTALL)


def is_type(actual: str, expected: str) -> bool:
    """Whether a column of DuckDB's type `actual` is of the type that `expected` names.

    `DECIMAL` names decimals of any width; `int64`, `int`, `str` and the like are taken as pandas and Python mean them,
    unless they are written in capitals: `INT8` is DuckDB's, eight bytes wide.
    """
    if expected in _IN_PYTHON:
        return any(_is(actual, kind) for kind in _IN_PYTHON[expected])
    return _is(actual, _canonical(expected))


def is_one_of(actual: str, expected: Iterable[str]) -> bool:
    """Whether some of the names fits."""
    return any(is_type(actual, each) for each in expected)


def _is(actual: str, expected: str) -> bool:
    actual = _canonical(actual)
    if expected == "[]":
        return actual.endswith("]")
    return actual == expected or (_PARAMETERS.match(actual) is not None and actual.split("(")[0] == expected)


def _canonical(name: str) -> str:
    """In capitals, without synonyms and needless spaces; the width of a text means nothing in DuckDB."""
    name = re.sub(r"\s*([(),])\s*", r"\1", " ".join(name.split()))
    plain, parameters = name.upper(), ""
    if found := re.match(r"^([A-Za-z_ 0-9]+)(\(.*)$", name, re.DOTALL):
        plain, parameters = found[1].upper(), found[2]
    plain = _SYNONYMS.get(plain, plain)
    return plain if plain == "VARCHAR" else plain + (parameters if plain == "ENUM" else parameters.upper())
