"""Type names of pandas, numpy and Python, beside those of DuckDB: for suites that were written for pandas."""

from __future__ import annotations

from collections.abc import Iterable

from batchsql.check.expectations.types import is_one_of

_SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_UNSIGNED = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
_TIMESTAMPS = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_ZONED = "TIMESTAMP WITH TIME ZONE"

_IN_DUCKDB: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("str", "string", "object", "object_", "O"), ("VARCHAR",)),
    **dict.fromkeys(("bool", "bool_", "boolean"), ("BOOLEAN",)),
    **dict.fromkeys(("datetime", "Timestamp", "DatetimeTZDtype"), (*_TIMESTAMPS, _ZONED)),
    **dict.fromkeys(("datetime64", "datetime64[ns]", "datetime64[us]"), _TIMESTAMPS),
    **dict.fromkeys(("timedelta", "timedelta64", "timedelta64[ns]"), ("INTERVAL",)),
    **dict.fromkeys(("decimal", "Decimal"), ("DECIMAL",)),
    "int": (*_SIGNED, *_UNSIGNED),
    "int_": ("BIGINT",),
    "int8": ("TINYINT",),
    "float": ("FLOAT", "DOUBLE"),
    "float32": ("FLOAT",),
    "float64": ("DOUBLE",),
    "bytes": ("BLOB",),
    "date": ("DATE",),
    "time": ("TIME",),
}
"""Spelled as there: `int8` is one byte wide, as in numpy, and `INT8` eight, as in DuckDB."""


def fits(found: str, expected: Iterable[str]) -> bool:
    """Whether DuckDB's type is one of those that are named, by DuckDB or by the others."""
    return any(is_one_of(found, _IN_DUCKDB.get(name, (name,))) for name in expected)
