"""Models that land in files: `materialized: external`. The relation is a view that reads them.

DuckDB writes a file beside its place and renames it when it is whole, so that a reader never meets half of one. Files
are not part of the transaction: a batch that is rolled back after them leaves them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from batchsql.errors import BatchError, did_you_mean
from batchsql.load.request import STAGE, LoadRequest, Statement
from batchsql.values import literal, quote

_FORMATS = ("csv", "parquet", "json")
_COMPRESSED = {".gz": "gzip", ".zst": "zstd"}
_TEXTS = ("delimiter", "quote", "escape", "null")  # options whose values are quoted
_READERS = {
    "csv": ("csv_read_options", {"auto_detect": True}),
    "json": ("json_read_options", {"auto_detect": True}),
    "parquet": ("parquet_read_options", {"union_by_name": False}),
}


def write_files(request: LoadRequest) -> tuple[Statement, ...]:
    """Write the rows, and make the view over what was written.

    JSON and folders of partitions tell no columns without a row: there a row of NULLs carries them, which the view
    leaves out.
    """
    location, options = location_of(request), write_options(request)
    written = ", ".join(f"{name} {_option(name, value)}" for name, value in options.items())
    columns = [quote(name) for name, _ in request.known_staged()]
    carried = options["format"] == "json" or "partition_by" in options
    nulls = ", ".join("null" for _ in columns)
    row = f" union all select {nulls} where not exists (select 1 from {STAGE})" if carried else ""
    shown = f" where coalesce({', '.join(f'cast({name} as varchar)' for name in columns)}) is not null"
    dropped = (Statement(f"drop table {request.target.sql}"),) if request.existing == "table" else ()
    reading = _reading(request, location, options) + (shown if carried else "")
    return (
        Statement(f"copy (select * from {STAGE}{row}) to {literal(location)} ({written})", "written"),
        *dropped,
        Statement(f"create or replace view {request.target.sql} as {reading}"),
    )


def location_of(request: LoadRequest) -> str:
    """Where the file, or the folder of partitions, lies: `location`, or the relation's name below `external_root`."""
    extra = request.config.extra
    given = extra.get("location")
    if given:
        return os.path.join(request.folder, str(given))  # noqa: PTH118  a location may be a URL
    options = extra.get("options") or {}
    ending = "" if options.get("partition_by") else f".{extra.get('format') or 'parquet'}"
    return os.path.join(request.folder, f"{request.external_root}/{request.target.name}{ending}")  # noqa: PTH118


def write_options(request: LoadRequest) -> dict[str, Any]:
    """The options of COPY: `options`, with `format` and what the location's ending says. Raises BatchError."""
    extra = request.config.extra
    options = {str(name): value for name, value in (extra.get("options") or {}).items()}
    for key in ("format", "delimiter"):
        value = request.config.delimiter if key == "delimiter" and request.config.delimiter != "," else extra.get(key)
        if value is not None:
            options.setdefault(key, value)
    if "format" not in options:
        options |= _told_by_ending(str(extra.get("location") or ""), options)
    options["format"] = str(options["format"]).lower()
    if options["format"] not in _FORMATS:
        message = f"an external model is written as csv, parquet or json, not as '{options['format']}'"
        raise BatchError(message, path=request.path or None, hint=did_you_mean(options["format"], _FORMATS))
    if options["format"] == "csv":
        options.setdefault("header", 1)
    return options


def _told_by_ending(location: str, options: Mapping[str, Any]) -> dict[str, Any]:
    base, ending = os.path.splitext(location)  # noqa: PTH122
    compression = _COMPRESSED.get(ending.lower())
    if compression:
        ending = os.path.splitext(base)[1]  # noqa: PTH122
    if not ending:
        return {"format": "csv" if "delimiter" in options else "parquet"}
    told = {"format": ending[1:]}
    return told | {"compression": compression} if compression and "compression" not in options else told


def _option(name: str, value: Any) -> str:
    text = str(value)
    if name.lower() in _TEXTS and not text.startswith("'"):
        return literal(text)
    if name.lower() == "partition_by" and not text.startswith("("):
        return f"({text})"
    return text


def _reading(request: LoadRequest, location: str, options: Mapping[str, Any]) -> str:
    """The query that reads what was written."""
    kind = options["format"]
    key, default = _READERS[kind]
    given = dict(request.config.extra.get(key) or default)
    if options.get("compression") and kind != "parquet":
        given.setdefault("compression", options["compression"])
    arguments = "".join(f", {name} = {_argument(value)}" for name, value in given.items())
    return f"select * from read_{kind}({literal(_globbed(location, options))}{arguments})"


def _globbed(location: str, options: Mapping[str, Any]) -> str:
    """What the files of a folder are read by."""
    partitions = str(options.get("partition_by") or "")
    if not partitions and not options.get("per_thread_output"):
        return location
    depth = len(partitions.split(",")) if partitions else 0
    return "/".join([location, "*", *["*"] * depth]) + f".{options['format']}"


def _argument(value: Any) -> str:
    return literal(value) if isinstance(value, str) else str(value)
