"""Options and places of external models: how COPY writes them, and where their files are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from batchsql.values import literal

_BARE = frozenset({"format", "partition_by", "header", "force_quote", "codec", "compression"})


def write_options(location: str, options: Mapping[str, Any]) -> str:
    """The options of COPY; the format is told from the location's ending where no option says it."""
    found = {str(key).lower(): value for key, value in options.items()}
    found.setdefault("format", PurePosixPath(location).suffix.removeprefix(".") or "parquet")
    if str(found["format"]).lower() == "csv":
        found.setdefault("header", 1)
    return ", ".join(f"{key} {_value(key, value)}" for key, value in found.items())


def read_location(location: str, options: Mapping[str, Any]) -> str:
    """The location itself, or a pattern for the files below it where COPY writes more than one."""
    ending = options.get("format") or "parquet"
    if options.get("partition_by"):
        depth = len(str(options["partition_by"]).split(","))
        return "/".join([location, *["*"] * depth, f"*.{ending}"])
    return f"{location}/*.{ending}" if options.get("per_thread_output") else location


def _value(key: str, value: Any) -> str:
    if key == "partition_by" and "," in str(value) and not str(value).startswith("("):
        return f"({value})"
    if key in _BARE or not isinstance(value, str) or value.startswith("'"):
        return str(value)
    return literal(value)
