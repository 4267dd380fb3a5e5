"""Names, times, and how they are written in SQL."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

DBT_VERSION = "1.11.16"
"""The version of dbt whose language and artifacts these are: packages compare it with what they need."""


def quote(identifier: str) -> str:
    """Quote an identifier for DuckDB: `order` becomes `"order"`."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a string literal: `it's` becomes `'it''s'`."""
    return "'" + text.replace("'", "''") + "'"


class TableName(Struct, frozen=True, order=True):
    """A relation in the warehouse."""

    schema: str
    name: str

    @property
    def sql(self) -> str:
        """The quoted name, as it goes into SQL: `"marts"."orders"`."""
        return f"{quote(self.schema)}.{quote(self.name)}"

    def within(self, database: str) -> str:
        """The quoted name with that of the database: `"warehouse"."marts"."orders"`."""
        return f"{quote(database)}.{self.sql}"

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


class Interval(Struct, frozen=True, order=True):
    """A half-open stretch of time in UTC: start <= t < end."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        whole_days = self.start.time() == self.end.time() == datetime.min.time()
        if not whole_days:
            return f"{self.start:%Y-%m-%dT%H:%M:%S}..{self.end:%Y-%m-%dT%H:%M:%S}"
        if self.end - self.start == timedelta(days=1):
            return f"{self.start:%Y-%m-%d}"
        return f"{self.start:%Y-%m-%d}..{self.end:%Y-%m-%d}"

    def overlaps(self, other: Interval) -> bool:
        """Whether some moment lies in both."""
        return self.start < other.end and other.start < self.end


Unit = Literal["minute", "hour", "day", "week", "month", "quarter", "year"]
_STEP = re.compile(r"^\s*(?:(\d+)\s+)?(minute|hour|day|week|month|quarter|year)s?\s*$", re.IGNORECASE)


class Step(Struct, frozen=True):
    """The length of an interval model's batches: 15 minutes, 1 day, 5 days, 1 month, ..."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Step:
        """Read `day`, `5 days`, `15 minutes`, ... Raises ValueError."""
        found = _STEP.match(text)
        if not found or int(found[1] or 1) < 1:
            raise ValueError(
                f"'{text}' is not a step of time; write for example 'hour', 'day', '15 minutes', '5 days', 'month'"
            )
        return cls(int(found[1] or 1), found[2].lower())  # type: ignore[arg-type]

    def __str__(self) -> str:
        return self.unit if self.count == 1 else f"{self.count} {self.unit}s"
