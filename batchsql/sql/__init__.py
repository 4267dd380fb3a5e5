"""From rendered SQL to what it reads, its columns and its fingerprint; and from names back into the text.

`parse` alone needs sqlglot, so it alone imports it, when first called: a run whose queries all come from the
compile cache never does.
"""

from __future__ import annotations

from collections.abc import Mapping

from batchsql.sql.marked import read_marks
from batchsql.sql.names import Names, resolve
from batchsql.sql.parsed import Mention, Parsed
from batchsql.sql.scan import flatten
from batchsql.sql.splice import splice
from batchsql.values import TableName
from batchsql.values.lineage import Difference, QueryLineage

__all__ = [
    "Mention",
    "Names",
    "Parsed",
    "difference",
    "flatten",
    "null_in_place",
    "parse",
    "query_lineage",
    "read_marks",
    "resolve",
    "splice",
]


def parse(sql: str, *, path: str) -> Parsed:
    """Parse one model's rendered query. Raises SqlError, its line that of the rendered text.

    The parsed text ends with its last word: a trailing semicolon or comment is not part of it, so that it may be put
    between parentheses.
    """
    from batchsql.sql.parsing import parse_query  # here, since sqlglot takes 60 ms to import

    return parse_query(sql, path=path)


def null_in_place(sql: str, start: int, end: int, kind: str | None = None) -> str | None:
    """The query with NULL in place of the column named between these offsets; None where that cannot be done."""
    from batchsql.sql.repairing import null_in_place as replaced  # here, for the same reason

    return replaced(sql, start, end, kind)


def query_lineage(sql: str, tables: Mapping[TableName, tuple[str, Mapping[str, str]]]) -> QueryLineage:
    """Of which columns each column of a query is made. tables: what it reads: the key of each, its columns' types."""
    from batchsql.sql.lineage import query_lineage as found  # here, for the same reason

    return found(sql, tables)


def difference(before: str, after: str) -> Difference | None:
    """What of a query was changed; None where one of the texts cannot be understood."""
    from batchsql.sql.difference import difference as found  # here, for the same reason

    return found(before, after)
