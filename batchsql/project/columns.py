"""The `columns:` of a model or source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from batchsql.project.checks import SPELLINGS, CheckReader, Owner
from batchsql.project.fields import blocks, boolean, check_keys, fail, name, one_of, optional_text, text
from batchsql.values import Check, Column

if TYPE_CHECKING:
    from batchsql.project.yaml import Block

_SILENT = ("quote", "tags", "meta", "docs", "config", "granularity", "policy_tags", "dimension", "entity")
_KEYS = ("name", "description", "data_type", *SPELLINGS, "constraints", *_SILENT)


def read_columns(block: Block, owner: Owner, reader: CheckReader) -> tuple[tuple[Column, ...], list[Check]]:
    """The columns of a relation, and the checks that stand under them."""
    columns: list[Column] = []
    checks: list[Check] = []
    seen: dict[str, int] = {}
    for column in blocks(block, "columns", "column"):
        column_name = name(column, f"a column of '{owner.name}'")
        check_keys(column, _KEYS, f"the column '{column_name}'")
        if column_name.lower() in seen:
            if not column.lenient:
                line = seen[column_name.lower()]
                fail(column, "name", f"the column '{column_name}' is here twice, first in line {line}")
            # of one that is there twice, dbt knows the last
            columns = [known for known in columns if known.name.lower() != column_name.lower()]
        seen[column_name.lower()] = column.line
        columns.append(
            Column(
                name=column_name,
                description=text(column, "description"),
                data_type=optional_text(column, "data_type"),
                line=column.line,
            )
        )
        spelling = one_of(column, SPELLINGS)
        if spelling:
            quoted = boolean(column, "quote", boolean(block, "quote_columns", False))
            checks.extend(reader.read(column, spelling, replace(owner, column=column_name, quoted=quoted)))
    return tuple(columns), checks
