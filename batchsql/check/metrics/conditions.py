"""Row conditions, as Great Expectations writes them, to SQL.

    col("a") > 5                         condition_parser: great_expectations
    a > 5 and b in ["x", "y"]            condition_parser: pandas
    {"type": "comparison", "column": {"name": "a"}, "operator": ">", "parameter": 5}        as suites hold them
    a > 5 and b ilike 'x%'               no condition_parser, or duckdb, sql, spark: SQL already

The first two are expressions of Python. They are read as such, and nothing is ever run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from batchsql.check.metrics.base import ArgumentError, sql_list, sql_literal
from batchsql.values import literal, quote

SQL_PARSERS = ("duckdb", "sql", "spark")
PYTHON_PARSERS = ("great_expectations", "great_expectations__experimental__", "pandas")
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "=",
    ast.NotEq: "<>",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_OPERATORS = {"==": "=", "!=": "<>", "IN": "in", "NOT_IN": "not in"}
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%"}
_NULL_TESTS = {
    "isnull": "is null",
    "is_null": "is null",
    "isna": "is null",
    "notnull": "is not null",
    "notNull": "is not null",
    "notna": "is not null",
    "is_not_null": "is not null",
}
_TOKENS = re.compile(r"""(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|`(?P<name>[^`]+)`|(?P<both>&)|(?P<either>\|)""")
_BEGINS_WITH_COL = re.compile(r"""[\s(~]*col\s*\(\s*['"]""")


def condition_sql(condition: Any, parser: str | None = None) -> str:
    """A row condition as an SQL condition, empty where there is none. Raises ArgumentError."""
    if condition is None or condition == "":
        return ""
    if isinstance(condition, Mapping):
        return _structured(condition)
    if not isinstance(condition, str):
        raise ArgumentError(f"'row_condition' must be text, not {condition!r}")
    if parser is None:
        parser = "great_expectations" if _BEGINS_WITH_COL.match(condition) else "duckdb"
    if parser in SQL_PARSERS:
        return condition
    if parser not in PYTHON_PARSERS:
        known = ", ".join((*PYTHON_PARSERS, *SQL_PARSERS))
        raise ArgumentError(f"'condition_parser' must be one of {known}, not '{parser}'")
    try:
        parsed = ast.parse(_TOKENS.sub(_as_python, condition.strip()), mode="eval")
        return _Reader(as_pandas=parser == "pandas").sql(parsed.body)
    except (SyntaxError, RecursionError) as error:
        raise ArgumentError(f"'row_condition' is not understood: {condition}") from error


def _as_python(token: re.Match[str]) -> str:
    """Names in backticks as col(...); `&` and `|` as words, since comparisons bind closer than they do."""
    if token["name"]:
        return f"col({token['name']!r})"
    return " and " if token["both"] else " or " if token["either"] else token[0]


def _structured(condition: Mapping[str, Any]) -> str:
    """The form that suites hold: a mapping with a `type`."""
    kind = condition.get("type")
    if kind in ("and", "or"):
        parts = [_structured(each) for each in condition.get("conditions") or ()]
        return f" {kind} ".join(f"({part})" for part in parts) or "true"
    if kind == "pass_through":
        return condition_sql(condition.get("pass_through_filter"), "pandas")
    column = condition.get("column")
    name = column.get("name") if isinstance(column, Mapping) else column
    if not isinstance(name, str):
        raise ArgumentError(f"'row_condition' names no column: {dict(condition)}")
    if kind == "nullity":
        return f"{quote(name)} is {'' if condition.get('is_null') else 'not '}null"
    if kind != "comparison":
        raise ArgumentError(f"'row_condition' has the unknown type {kind!r}")
    operator = str(condition.get("operator"))
    operator = _OPERATORS.get(operator, operator)
    if operator not in _COMPARISONS.values():
        raise ArgumentError(f"'row_condition' has the unknown operator '{operator}'")
    return _compared(quote(name), operator, condition.get("parameter"))


def _compared(column: str, operator: str, value: Any) -> str:
    if operator not in ("in", "not in"):
        return f"{column} {operator} {sql_literal(value)}"
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise ArgumentError(f"'row_condition' needs a list behind '{operator}', not {value!r}")
    listed = sql_list(value)
    return f"{column} {operator} ({listed})" if listed else str(operator == "not in").lower()


class _Reader:
    """Reads an expression of Python as SQL.

    as_pandas: a comparison with a missing value is false, and its contrary true; in SQL both are unknown.
    """

    def __init__(self, *, as_pandas: bool) -> None:
        self._as_pandas = as_pandas

    def sql(self, node: ast.expr) -> str:
        match node:
            case ast.BoolOp(op=operator, values=values):
                word = " and " if isinstance(operator, ast.And) else " or "
                return word.join(f"({self.sql(value)})" for value in values)
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
                return f"({self.sql(left)} {_ARITHMETIC[type(operator)]} {self.sql(right)})"
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                return f"({self.sql(operand)}) is not true" if self._as_pandas else f"not ({self.sql(operand)})"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"-{self.sql(operand)}"
            case ast.Compare():
                return self._comparison(node)
            case ast.Call():
                return self._call(node)
            case ast.Name(id=name):
                return quote(name)
            case ast.Constant(value=value):
                return sql_literal(value)
            case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
                return f"({', '.join(self.sql(value) for value in values)})"
        raise ArgumentError(f"'row_condition' has a part that is not understood: {ast.unparse(node)}")

    def _comparison(self, node: ast.Compare) -> str:
        """`a < b`, and chains: `1 < a <= 5`."""
        parts, left = [], node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            word = _COMPARISONS.get(type(operator))
            if word is None:
                raise ArgumentError(f"'row_condition' has a comparison that is not understood: {ast.unparse(node)}")
            if self._as_pandas and word == "not in":
                parts.append(f"({self.sql(left)} in {self.sql(right)}) is not true")
            else:
                word = "is distinct from" if self._as_pandas and word == "<>" else word
                parts.append(f"{self.sql(left)} {word} {self.sql(right)}")
            left = right
        return " and ".join(parts)

    def _call(self, node: ast.Call) -> str:
        arguments = [*node.args]
        match node.func:
            case ast.Name(id="col" | "Column") if len(arguments) == 1:
                return quote(_text(arguments[0]))
            case ast.Name(id="date") if len(arguments) == 1:
                return f"timestamp {literal(_text(arguments[0]))}"
            case ast.Attribute(value=column, attr=name) if name in _NULL_TESTS and not arguments:
                return f"{self.sql(column)} {_NULL_TESTS[name]}"
            case ast.Attribute(value=column, attr="is_in" | "isin") if len(arguments) == 1:
                return f"{self.sql(column)} in {self.sql(arguments[0])}"
            case ast.Attribute(value=column, attr="is_not_in") if len(arguments) == 1:
                return f"{self.sql(column)} not in {self.sql(arguments[0])}"
        raise ArgumentError(f"'row_condition' calls what is not understood: {ast.unparse(node)}")


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise ArgumentError(f"'row_condition' needs a text in quotes, not {ast.unparse(node)}")
