"""From what the data is to what it should be, carefully: nothing is proposed that a few odd rows could overturn.

Every rule asks for a reason beside the absence of counterexamples: many rows; a bound that many rows touch; values that
were all there long ago; a key that chance would have broken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from batchsql.check.shapes import regex_of
from batchsql.values.suggestions import ColumnFacts, RelationFacts, Suggestion

FEWEST_ROWS = 100
MOST_VALUES = 20
_SEVERAL = 10
_ROWS_A_VALUE = 50
_UNLIKELY = 10.0  # chance would have kept a key unique once in e**10 times
_KEY_WORDS = {"id", "key", "code", "uuid", "number"}
_COUNTED = {"distance", "miles", "count", "quantity", "qty", "duration", "age", "seats", "weight", "bytes"}
_HAPPENED = {"created", "updated", "modified", "inserted", "loaded", "observed", "received", "deleted"}
_RANGES = {
    "percent": (0, 100),
    "percentage": (0, 100),
    "pct": (0, 100),
    "share": (0, 1),
    "ratio": (0, 1),
    "fraction": (0, 1),
    "probability": (0, 1),
    "latitude": (-90, 90),
    "lat": (-90, 90),
    "longitude": (-180, 180),
    "lon": (-180, 180),
    "lng": (-180, 180),
}
_CLOCK = {"month": (1, 12), "hour": (0, 23), "minute": (0, 59)}
_ALIKE = {
    "expect_column_values_to_not_be_null": "not_null",
    "expect_column_values_to_be_unique": "unique",
    "expect_compound_columns_to_be_unique": "unique",
    "expect_column_values_to_be_in_set": "accepted_values",
    "expect_column_distinct_values_to_be_in_set": "accepted_values",
    "expect_column_values_to_be_between": "accepted_range",
    "expect_column_min_to_be_between": "accepted_range",
    "expect_table_row_count_to_be_between": "row_count",
    "expect_table_row_count_to_equal": "row_count",
}
_FEWEST_BATCHES = 10
Evidence = tuple[dict[str, Any], str]
"""Arguments of a check, and why."""


def family_of(kind: str) -> str:
    """`relationships`, `accepted_values`, ...: under which name a check counts as stated, whatever it is called."""
    return _ALIKE.get(kind, kind)


def suggest(facts: RelationFacts) -> list[Suggestion]:
    """The checks that a relation's data speaks for and that nobody stated yet: of the whole first, then by column."""
    found = [*_of_relation(facts)]
    for column in facts.columns:
        found += _of_column(column, facts)
    return [each for each in found if not _stated(each, facts)]


def _stated(each: Suggestion, facts: RelationFacts) -> bool:
    columns = tuple(each.arguments.get("columns", ())) or ((each.column,) if each.column else ())
    return (each.kind, tuple(sorted(name.lower() for name in columns))) in facts.stated


def _of_relation(facts: RelationFacts) -> Iterator[Suggestion]:
    bounds = _row_count(facts.batches)
    if bounds:
        yield Suggestion(column=None, kind="row_count", arguments=bounds[0], evidence=bounds[1])
    if facts.key and (facts.rows >= FEWEST_ROWS or len(facts.key) == 1):
        evidence = f"the model's unique_key; holds in {facts.rows:,} rows"
        alone = facts.key[0] if len(facts.key) == 1 else None
        arguments = {} if alone else {"columns": list(facts.key)}
        yield Suggestion(column=alone, kind="unique", arguments=arguments, evidence=evidence)


def _row_count(batches: Sequence[int]) -> Evidence | None:
    """Half of the least and twice the most rows that a batch wrote, where batches are alike."""
    if len(batches) < _FEWEST_BATCHES or min(batches) == 0 or max(batches) > 10 * min(batches):
        return None
    evidence = f"{min(batches):,} to {max(batches):,} rows in {len(batches):,} batches; half and twice that"
    return {"min": max(1, min(batches) // 2), "max": 2 * max(batches)}, evidence


def _of_column(column: ColumnFacts, facts: RelationFacts) -> Iterator[Suggestion]:
    if facts.rows < FEWEST_ROWS:
        return
    if column.present == facts.rows:
        evidence = f"no null in {facts.rows:,} rows"
        yield Suggestion(column=column.name, kind="not_null", evidence=evidence)
    if column.present < FEWEST_ROWS:
        return
    for kind, rule in _RULES.items():
        found = rule(column, facts)
        if found:
            yield Suggestion(column=column.name, kind=kind, arguments=found[0], evidence=found[1])
    held = any((kind, (column.name.lower(),)) in facts.stated for kind in ("relationships", "accepted_values"))
    closed = None if held else _closed(column)
    if closed:
        yield closed


def _unique(column: ColumnFacts, facts: RelationFacts) -> Evidence | None:
    if not column.unique or column.present < facts.rows or facts.key == (column.name,):
        return None
    if not (_is_key(column) if column.family == "text" else _not_by_chance(column)):
        return None
    return {}, f"{column.present:,} rows, as many values"


def _is_key(column: ColumnFacts) -> bool:
    return column.spaced == 0


def _not_by_chance(column: ColumnFacts) -> bool:
    """Whether so many values from so short a range would have met, were they not a key; or its name says it is one."""
    if column.family not in ("whole", "time"):
        return False
    if _words(column.name)[-1] in _KEY_WORDS:
        return True
    span = column.high - column.low
    reach = span.total_seconds() if isinstance(span, timedelta) else float(span)
    if isinstance(column.low, date) and not isinstance(column.low, datetime):
        reach /= 86400
    return column.present**2 / (2 * (reach + 1)) > _UNLIKELY


def _range(column: ColumnFacts, facts: RelationFacts) -> Evidence | None:
    if column.family == "time":
        return _past(column, facts)
    if column.family not in ("whole", "number"):
        return None
    low, high = float(column.low), float(column.high)
    said = f"{column.low:,} to {column.high:,} in {column.present:,} rows"
    last = _words(column.name)[-1]
    named = _RANGES.get(last) or (_CLOCK.get(last) if column.family == "whole" else None)
    if named and named[0] <= low and high <= named[1]:
        return {"min_value": named[0], "max_value": named[1]}, said
    if low == 0 and column.zeros >= _SEVERAL:
        return {"min_value": 0}, f"{said}; {column.zeros:,} are 0, none is below"
    if low == 1 and column.family == "whole" and column.ones >= _SEVERAL:
        return {"min_value": 1}, f"{said}; {column.ones:,} are 1, none is below"
    if low >= 0 and not _COUNTED.isdisjoint(_words(column.name)):
        return {"min_value": 0}, said
    return None


def _past(column: ColumnFacts, facts: RelationFacts) -> Evidence | None:
    """Not in the future, for a time at which something happened; a day is left for clocks of other time zones."""
    if _HAPPENED.isdisjoint(_words(column.name)):
        return None
    high = column.high if isinstance(column.high, datetime) else datetime.combine(column.high, datetime.min.time())
    high = high.astimezone(UTC).replace(tzinfo=None) if high.tzinfo else high
    if high > facts.now - timedelta(days=1):
        return None
    return {"max_value": "now() + interval 1 day"}, f"{column.present:,} rows, up to {high:%Y-%m-%d}"


def _closed(column: ColumnFacts) -> Suggestion | None:
    """Which values there may be: those of a key elsewhere, else those of a list, else those of a shape."""
    if column.referred:
        evidence = f"each of the {column.referred.values:,} values is there"
        arguments: dict[str, Any] = {"to": column.referred.to, "field": column.name}
        return Suggestion(column=column.name, kind="relationships", arguments=arguments, evidence=evidence)
    if column.family != "text":
        return None
    if _is_list(column):
        rows, fewest = sum(column.values.values()), min(column.values.values())
        arguments = {"values": sorted(column.values)}
        evidence = f"{len(column.values)} values in {rows:,} rows, each at least {fewest:,} times, none of them new"
        return Suggestion(column=column.name, kind="accepted_values", arguments=arguments, evidence=evidence)
    regex = regex_of(column.masks, _SEVERAL) if len(column.values) != 1 else None
    if regex is None or sum(column.masks.values()) < column.present:
        return None
    return Suggestion(
        column=column.name,
        kind="expect_column_values_to_match_regex",
        arguments={"regex": regex},
        evidence=f"all {column.present:,} do",
    )


def _is_list(column: ColumnFacts) -> bool:
    """Few values, none of them rare, all of them old."""
    if not 2 <= len(column.values) <= MOST_VALUES or column.late:
        return False
    return min(column.values.values()) >= _SEVERAL and column.present >= _ROWS_A_VALUE * len(column.values)


def _words(name: str) -> list[str]:
    """`distanceMiles` and `distance_miles` alike."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")


_RULES: dict[str, Callable[[ColumnFacts, RelationFacts], Evidence | None]] = {
    "unique": _unique,
    "accepted_range": _range,
}
