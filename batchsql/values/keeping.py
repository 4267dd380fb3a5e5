"""What a batch keeps of the rows that it replaces, so that it can be undone."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

HISTORY = "batchsql_history"
"""The schema that replaced rows are kept in."""

UNDONE = "undone"
"""The state of a ledger entry that says that a slice is not loaded any more: what loaded it was undone."""


class Kept(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How to make a relation what it was before a batch.

    kind: `nothing` was there; the `whole` table is in `removed`; of a `slice`, the rows that `sql` picks are; `diff`:
        rows in `added` came, those in `removed` went; a `view` was there, made by `sql`; undone `with` the batch before
        it, which was of the same transaction; or `lost`.
    removed, added: tables in the schema of history; empty where there were no such rows.
    columns: of the relation as it was.
    """

    kind: Literal["nothing", "whole", "slice", "diff", "view", "with", "lost"]
    removed: str = ""
    added: str = ""
    sql: str = ""
    columns: tuple[str, ...] = ()
