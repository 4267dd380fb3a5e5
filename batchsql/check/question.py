"""A check as SQL: what counts its failures, and what shows some of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from batchsql.errors import ProjectError
from batchsql.values import Check

ROWS_TO_SHOW = 5

Relations = Mapping[str, str]
"""For each model or source that checks refer to, the SQL to read it, by key."""


class Question(Struct, frozen=True, kw_only=True):
    """A check as SQL.

    count: the number of failures (for `row_count`, of rows), an SQL expression as it stands in the statement.
    more: further expressions, whose values the verdict needs too.
    sample: a query with one column and up to 5 rows, each an offending row (or key) as JSON; None where no row is
            to blame.
    reads: how `count` and `more` read the scope's rows: in the scan that they share with others, again in subqueries of
           their own, or not at all.
    prepare: a statement to run before, which keeps in a session variable what `count` compares with.
    failing: a query of all that fails, under the columns that dbt's test of that kind gives; None where nothing can be
           listed.
    offending: the SQL condition of the rows to blame, to stand in a WHERE over the scope's relation; None where no
           row is, or where no condition tells.
    """

    check: Check
    count: str
    more: tuple[str, ...] = ()
    sample: str | None
    reads: Literal["shared", "again", "nothing"] = "shared"
    prepare: str | None = None
    failing: str | None = None
    offending: str | None = None

    @property
    def expressions(self) -> tuple[str, ...]:
        """All that stands in the statement for this check."""
        return (self.count, *self.more)


def as_json(query: str) -> str:
    """Each row of a query as one JSON object; the engine knows how to write every type of its own."""
    return f'select to_json("offending row") from ({query}) as "offending row"'


def wrong(check: Check, what: str, hint: str | None = None) -> ProjectError:
    """The error of a check that cannot be put as SQL; `what` continues after its name."""
    return ProjectError(f"check {check.name} {what}", path=check.path or None, line=check.line or None, hint=hint)
