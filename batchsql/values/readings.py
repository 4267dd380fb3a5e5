"""What interval models found in their inputs, so that later it can be told which intervals hold other rows by now."""

from __future__ import annotations

from msgspec import Struct

from batchsql.values.basics import Interval

UNKNOWN = "unknown"
"""The version of an input of which nothing tells whether it changed."""


class Reading(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rows of one interval in one input, as a batch found them: other rows give another reading, in any order.

    version: of everything that the input is made of: while it is the same, so are the rows.
    rows, content: their number, and the sum of their hashes; None where only the version was asked for.
    newest: the latest value of the source's `loaded_at_field`, where it has one.
    columns: those that `content` is of. added: how many values there are in the columns that came later.
    """

    version: str
    rows: int | None = None
    content: str | None = None
    newest: str | None = None
    columns: tuple[str, ...] = ()
    added: int = 0


class Wanted(Struct, frozen=True, kw_only=True):
    """A question that a plan has to the warehouse: what some intervals of an input are now.

    reader: the interval model. read: the key of its input. whole: the input is not read by interval.
    made_of: keys that will show other rows in this run, so that their queries stand in for them.
    columns: those that count; all there are where it is empty. others: whether values in other columns count too.
    """

    reader: str
    read: str
    version: str
    intervals: tuple[Interval, ...]
    whole: bool = False
    made_of: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    others: bool = False
