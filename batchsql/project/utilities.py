"""Checks that people know from dbt_utils and dbt_expectations, as property files name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchsql.project.expectations import arguments_of
from batchsql.project.fields import fail
from batchsql.values.utilities import AGGREGATES, UTILITIES
from batchsql.values.vocabulary import DBT_EXPECTATIONS

if TYPE_CHECKING:
    from batchsql.project.yaml import Block

DBT_UTILS = "dbt_utils."
_KEYS = {"column": ("column", "column_name"), "table": ()}
_BY_GROUP = {f"{DBT_EXPECTATIONS}expect_column_{word}_to_be_between": word for word in AGGREGATES.split()}


def utility_named(spelled: str, arguments: Block) -> str | None:
    """The kind of check that a name means; None where it is none of these. An aggregate is one where it has groups."""
    inner = arguments.get("arguments")
    grouped = "group_by" in arguments or (isinstance(inner, dict) and "group_by" in inner)
    if spelled in _BY_GROUP and grouped:
        return "aggregate_by_group"
    name = spelled.removeprefix(DBT_UTILS).removeprefix(DBT_EXPECTATIONS)
    return name if name in UTILITIES else None


def utility_keys(kind: str) -> tuple[str, ...]:
    """All the keys that it takes beside those of every check."""
    signature = UTILITIES[kind]
    return (*_KEYS[signature.domain], *signature.arguments)


def read_utility(arguments: Block, spelled: str, kind: str, columns: tuple[str, ...]) -> dict[str, Any]:
    """Its own arguments, each of the kind it must be."""
    signature = UTILITIES[kind]
    if signature.domain == "column" and len(columns) != 1:
        fail(arguments, "columns", f"{kind} looks at one column", "put it under a column, or write `column: ...`")
    if kind == "aggregate_by_group" and spelled in _BY_GROUP:
        arguments["aggregate"] = _BY_GROUP[spelled]
    return arguments_of(arguments, kind, signature)
