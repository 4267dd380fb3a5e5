"""Whether Great Expectations is there, without importing it."""

from __future__ import annotations

from importlib.util import find_spec

from batchsql.errors import UsageError


def require() -> None:
    """Raise UsageError where Great Expectations is not installed."""
    if find_spec("great_expectations") is None:
        raise UsageError("Great Expectations is not installed", hint="pip install 'batchsql[gx]'")
