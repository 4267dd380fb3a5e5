"""What is known of a relation's data, and the checks that it speaks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

Family = Literal["text", "whole", "number", "time", "other"]


class Referred(Struct, frozen=True):
    """A key that holds all values of a column: the node's name, and how many values the column has."""

    to: str
    values: int


class ColumnFacts(Struct, frozen=True, kw_only=True):
    """A column as it is.

    present: rows with a value. zeros, ones: rows with 0, with 1; spaced: texts with white space.
    unique: whether no value comes twice; None where that was not asked, since it could not be.
    values: each value with its rows, where there are few; late: those not seen in the first half of the time covered.
    masks: how the texts are made, with their rows: capitals as A, small letters as a, digits as 9; empty for many.
    """

    name: str
    family: Family
    present: int
    low: Any = None
    high: Any = None
    zeros: int = 0
    ones: int = 0
    spaced: int = 0
    unique: bool | None = None
    values: dict[str, int] = {}
    late: tuple[str, ...] = ()
    masks: dict[str, int] = {}
    referred: Referred | None = None


class RelationFacts(Struct, frozen=True, kw_only=True):
    """A relation as it is, and what the ledger says of its past.

    key: its unique_key, where it holds; batches: rows that each committed batch wrote, newest last.
    stated: kinds and columns of checks that it has, or had and that failed; columns in lower case.
    now: the moment it was looked at, UTC.
    """

    rows: int
    columns: tuple[ColumnFacts, ...]
    now: datetime
    key: tuple[str, ...] = ()
    batches: tuple[int, ...] = ()
    stated: frozenset[tuple[str, tuple[str, ...]]] = frozenset()


class Suggestion(Struct, frozen=True, kw_only=True):
    """A check that the data speaks for: its kind and arguments as in a property file, and why.

    column: None for a check of the whole relation.
    """

    column: str | None
    kind: str
    arguments: dict[str, Any] = {}
    evidence: str
