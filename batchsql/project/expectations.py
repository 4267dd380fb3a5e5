"""The arguments of expectations, as property files write them, under any of their names.

An expectation is known by the name and the arguments that Great Expectations gives it (`values/vocabulary.py`), by the
name of its class, and, behind `dbt_expectations.`, by the name and arguments it has there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from batchsql.project.fields import fail
from batchsql.project.relations import relation_key
from batchsql.project.wording import describe, hint_for
from batchsql.project.yaml import Block, plain
from batchsql.values.vocabulary import DBT_EXPECTATIONS, SIGNATURES, Signature

if TYPE_CHECKING:
    from collections.abc import Callable

ROW_KEYS = ("row_condition", "condition_parser")
PARSERS = ("great_expectations", "great_expectations__experimental__", "pandas", "spark", "duckdb", "sql")
COLUMN_KEYS = {
    "column": ("column", "column_name"),
    "pair": ("column_A", "column_B"),
    "columns": ("column_list", "columns"),
    "table": (),
}
_DBT_NAMES = {
    "expect_column_distinct_count_to_equal": "expect_column_unique_value_count_to_be_between",
    "expect_column_distinct_count_to_be_greater_than": "expect_column_unique_value_count_to_be_between",
    "expect_column_distinct_count_to_be_less_than": "expect_column_unique_value_count_to_be_between",
    "expect_table_columns_to_contain_set": "expect_table_columns_to_match_set",
}
_DBT_ARGUMENTS = {
    "sort_column": "order_by_column",
    "column_type": "type_",
    "column_type_list": "type_list",
    "compare_model": "other_table_name",
}
_DBT_SILENT = ("quote_values", "quote_columns", "is_raw", "transform")
_CAPITALS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=A)(?=To)|(?<=s)(?=A)")


def expectation_named(spelled: str) -> str | None:
    """The name under which an expectation is known, None where it is none: case and package do not count."""
    name = spelled.removeprefix(DBT_EXPECTATIONS).lower()
    name = _DBT_NAMES.get(name, name) if spelled.startswith(DBT_EXPECTATIONS) else name
    if name in SIGNATURES:
        return name
    snake = snake_case(spelled)
    return snake if spelled[:1].isupper() and snake in SIGNATURES else None


def snake_case(spelled: str) -> str:
    """The name of an expectation by that of its class: `expect_column_values_to_be_null`; a name stays as it is."""
    return _CAPITALS.sub("_", spelled).lower()


def in_our_words(arguments: Block, spelled: str, kind: str) -> Block:
    """The arguments that dbt_expectations knows, as Great Expectations calls them; others as they are."""
    if not spelled.startswith(DBT_EXPECTATIONS):
        return arguments
    known = SIGNATURES[kind].arguments
    changed = Block(arguments.path, arguments.line)
    quoted = arguments.get("quote_values", True)
    for key, value in arguments.items():
        if key in _DBT_SILENT and key not in known:
            continue
        name = _DBT_ARGUMENTS.get(key, key)
        if key == "group_by" and "group_by_columns" in known:
            name = "group_by_columns"
        changed[name], changed.lines[name] = value, arguments.line_of(key)
    _translate(changed, spelled.removeprefix(DBT_EXPECTATIONS).lower(), known)
    if changed.get("row_condition") is not None:
        changed["condition_parser"] = "sql"
    if "value_set" in changed and isinstance(changed["value_set"], list) and quoted:
        changed["value_set"] = [
            str(value) if isinstance(value, int | float) else value for value in changed["value_set"]
        ]
    return changed


def _translate(arguments: Block, name: str, known: dict[str, str]) -> None:
    """The arguments that are written quite otherwise there."""
    if "strict_min" in known and "strictly" in arguments:
        strictly = arguments.pop("strictly")
        arguments["strict_min"] = arguments["strict_max"] = strictly
    if "flags" in arguments and isinstance(arguments.get("regex"), str):
        flags = arguments.pop("flags")
        arguments["regex"] = f"(?{flags}){arguments['regex']}" if flags else arguments["regex"]
    if "quantile" in arguments:
        bounds = [arguments.pop("min_value", None), arguments.pop("max_value", None)]
        arguments["quantile_ranges"] = {"quantiles": [arguments.pop("quantile")], "value_ranges": [bounds]}
    if "column_set" in known and "column_list" in arguments:
        arguments["column_set"] = arguments.pop("column_list")
        arguments["exact_match"] = name != "expect_table_columns_to_contain_set"
    if name.startswith("expect_column_distinct_count"):
        value = arguments.pop("value", None)
        if not name.endswith("less_than"):
            arguments["min_value"], arguments["strict_min"] = value, name.endswith("greater_than")
        if not name.endswith("greater_than"):
            arguments["max_value"], arguments["strict_max"] = value, name.endswith("less_than")


def read_arguments(arguments: Block, kind: str) -> dict[str, Any]:
    """The expectation's own arguments, each of the kind it must be; its columns and what all checks take left out."""
    signature = SIGNATURES[kind]
    values = arguments_of(arguments, kind, signature)
    if signature.mostly and arguments.get("mostly") is not None:
        values["mostly"] = _share(arguments)
    if signature.rows and arguments.get("row_condition") is not None:
        values |= _row_condition(arguments)
    _refuse_empty_range(arguments, signature, values)
    return values


def arguments_of(arguments: Block, kind: str, signature: Signature) -> dict[str, Any]:
    """The arguments that a signature names, each of the kind it must be."""
    values: dict[str, Any] = {}
    for name, wanted in signature.arguments.items():
        value = arguments.get(name)
        if value is None:
            if wanted.endswith("!"):
                fail(arguments, name, f"{kind} needs '{name}'", f"write `{kind}: {{{name}: ...}}`")
            continue
        values[name] = _value(arguments, name, wanted.removesuffix("!"))
    return values


def own_keys(kind: str) -> tuple[str, ...]:
    """All the keys that an expectation takes beside those of every check."""
    signature = SIGNATURES[kind]
    shared = (*(("mostly",) if signature.mostly else ()), *(ROW_KEYS if signature.rows else ()))
    return (*COLUMN_KEYS[signature.domain], *signature.arguments, *shared)


def _share(arguments: Block) -> float:
    mostly = arguments["mostly"]
    if isinstance(mostly, bool) or not isinstance(mostly, int | float) or not 0 <= mostly <= 1:
        fail(arguments, "mostly", f"'mostly' must be a share from 0 to 1, not {describe(mostly)}", "`mostly: 0.99`")
    return mostly


def _row_condition(arguments: Block) -> dict[str, Any]:
    condition, parser = plain(arguments["row_condition"]), arguments.get("condition_parser")
    if not isinstance(condition, str | dict):
        fail(arguments, "row_condition", f"'row_condition' must be text, not {describe(condition)}", None)
    if parser is not None and parser not in PARSERS:
        fail(
            arguments,
            "condition_parser",
            f"there is no condition parser {describe(parser)}",
            hint_for(str(parser), PARSERS),
        )
    return {"row_condition": condition, **({"condition_parser": parser} if parser else {})}


def _refuse_empty_range(arguments: Block, signature: Signature, values: dict[str, Any]) -> None:
    if signature.arguments.get("min_value") is None:
        return
    low, high = values.get("min_value"), values.get("max_value")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        fail(arguments, "min_value", f"'min_value' {low} is above 'max_value' {high}: nothing can pass")


# --- kinds of arguments -----------------------------------------------------------------------------------------------


def _value(arguments: Block, name: str, wanted: str) -> Any:
    kind, _, choices = wanted.partition(" ")
    value = plain(arguments[name])
    if kind == "choice":
        word = str(value).lower() if isinstance(value, bool) else value
        if word not in choices.split():
            fail(arguments, name, f"'{name}' must be one of {', '.join(choices.split())}, not {describe(value)}")
        return False if word == "false" else word
    said, fits = _FITS[kind]
    if kind == "truth" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind == "texts" and isinstance(value, str):
        return [value]
    if not fits(value):
        fail(arguments, name, f"'{name}' must be {said}, not {describe(value)}")
    if kind == "table":
        return relation_key(arguments, name)
    return str(value) if kind == "text" else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _is_list(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(fits(each) for each in value)


_FITS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "bound": ("a number, a date or a time", lambda value: _is_number(value) or isinstance(value, str)),
    "number": ("a number", _is_number),
    "count": ("a whole number, 0 or more", lambda value: _is_number(value) and value >= 0 and value == int(value)),
    "truth": ("true or false", lambda value: isinstance(value, bool)),
    "text": ("a text", lambda value: isinstance(value, str) or _is_number(value)),
    "texts": ("a list of texts", _is_list(lambda value: isinstance(value, str))),
    "values": ("a list of values", _is_list(_is_scalar)),
    "pairs": (
        "a list of pairs",
        _is_list(lambda value: isinstance(value, list) and len(value) == 2 and all(map(_is_scalar, value))),
    ),
    "table": ("the name of a relation", lambda value: isinstance(value, str)),
    "mapping": ("a mapping", lambda value: isinstance(value, dict)),
}
