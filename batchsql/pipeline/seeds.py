"""The files of seeds, and what must not become of their columns."""

from __future__ import annotations

from batchsql.compiler import Compiled
from batchsql.engines.base import Session
from batchsql.load import LoadRequest, Seed, fits_query, read_dbt_seed, read_seed, turned_to_text
from batchsql.load.request import Columns
from batchsql.values import Node, quote


def seed_of(compiled: Compiled, node: Node) -> Seed:
    """The file of a seed, read as its dialect reads it."""
    config = node.config
    file = compiled.root / node.path
    if compiled.project.dialect == "dbt":
        return read_dbt_seed(file, path=node.path, delimiter=config.delimiter, column_types=config.column_types)
    return read_seed(file, path=node.path, delimiter=config.delimiter, column_types=config.column_types)


def columns_kept(session: Session, seed: Seed, there: Columns) -> Columns | None:
    """The columns of the table that is there, where the seed goes into them; None where the table is made anew.

    dbt keeps them whatever the header says, so long as the new values fit; where they do not, it would fail.
    """
    if not seed.as_dbt:
        return there
    if len(there) != len(seed.columns) or not session.query(fits_query(seed, [kind for _, kind in there]))[0][0]:
        return None
    return there


def refuse_text(session: Session, request: LoadRequest, seed: Seed, was: tuple[tuple[str, str], ...]) -> None:
    """Raise BatchError when one value of a seed has turned a column to text whose type nobody declared."""
    now = dict(session.columns(f"FROM {request.target.sql}"))
    for column, kind in was:
        if kind == "VARCHAR" or now.get(column) != "VARCHAR" or column in request.config.column_types:
            continue
        name = quote(column)
        other = (
            f"SELECT {name} FROM {request.target.sql} WHERE {name} IS NOT NULL AND TRY_CAST({name} AS {kind}) IS NULL"
        )
        found = session.query(f"{other} LIMIT 1")
        if found:
            raise turned_to_text(seed, column, str(found[0][0]), kind)
