"""What two engines' results have in common, in a form that can be compared."""

from __future__ import annotations

import math
from typing import Any

import pytest

WHERE_PANDAS_COUNTS_ITS_OWN_ROWS = ("unexpected_index_list", "partial_unexpected_index_list", "unexpected_index_query")


def comparable(value: Any) -> Any:
    """Numbers by value, missing ones as None, times as text."""
    if isinstance(value, dict):
        return {key: comparable(each) for key, each in value.items() if key not in WHERE_PANDAS_COUNTS_ITS_OWN_ROWS}
    if isinstance(value, list | tuple):
        return [comparable(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, str):
        return value.removesuffix("T00:00:00")
    number = float(value)
    return None if math.isnan(number) else pytest.approx(number, rel=1e-9, abs=1e-12)


def with_order_left_out(result: Any) -> dict[str, Any]:
    """Counts of values that are equally frequent come in any order; pandas counts each missing value apart."""
    found = dict(result.to_json_dict()["result"])
    counts = found.pop("partial_unexpected_counts", [])
    if not any(missing(value) for value in found.get("unexpected_list", [])):
        found["partial_unexpected_counts"] = sorted(counts, key=str)
    return found


def missing(value: Any) -> bool:
    if isinstance(value, dict | list | tuple):
        return any(map(missing, value.values() if isinstance(value, dict) else value))
    return value is None or value != value


def raised(result: Any) -> bool:
    info = result.exception_info
    return bool(info["raised_exception"]) if "raised_exception" in info else bool(info)
