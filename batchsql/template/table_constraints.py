"""Constraints of contracts, as CREATE TABLE takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batchsql.errors import TemplateError
from batchsql.values import quote

_KINDS = {"not_null": "not null", "unique": "unique", "primary_key": "primary key"}


def column_definitions(columns: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """For each column its name, its type and its constraints."""
    found = []
    for column in columns.values():
        name = quote(column["name"]) if column.get("quote") else column["name"]
        constraints = [_of_column(constraint) for constraint in column.get("constraints") or ()]
        found.append(" ".join([name, column["data_type"], *constraints]))
    return found


def model_constraints(constraints: Sequence[Mapping[str, Any]]) -> list[str]:
    """The constraints over several columns."""
    return [rendered for constraint in constraints if (rendered := _of_model(constraint))]


def _of_column(constraint: Mapping[str, Any]) -> str:
    kind, expression = _kind(constraint), constraint.get("expression") or ""
    if kind == "check":
        return f"check ({expression})"
    if kind == "foreign_key":
        return f"references {_referenced(constraint)}"
    return expression if kind == "custom" else f"{_KINDS[kind]} {expression}".rstrip()


def _of_model(constraint: Mapping[str, Any]) -> str:
    kind, expression = _kind(constraint), constraint.get("expression") or ""
    name = f"constraint {constraint['name']} " if constraint.get("name") else ""
    columns = f"({', '.join(constraint.get('columns') or ())})"
    if kind == "check":
        return f"{name}check ({expression})"
    if kind == "foreign_key":
        return f"{name}foreign key {columns} references {_referenced(constraint)}"
    if kind == "custom":
        return f"{name}{expression}"
    return "" if kind == "not_null" else f"{name}{_KINDS[kind]} {columns} {expression}".rstrip()


def _referenced(constraint: Mapping[str, Any]) -> str:
    if constraint.get("to"):
        return f"{constraint['to']} ({', '.join(constraint.get('to_columns') or ())})"
    return str(constraint.get("expression") or "")


def _kind(constraint: Mapping[str, Any]) -> str:
    kind = str(constraint.get("type"))
    if kind not in (*_KINDS, "check", "foreign_key", "custom"):
        raise TemplateError(f"'{kind}' is no type of constraint")
    return kind
