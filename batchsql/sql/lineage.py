"""Of a query: the columns that each of its columns is made of, through CTEs, subqueries, joins, stars and unions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.expressions import Expr
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from batchsql.sql.dialect import ParserStoppedError, parse_tokens, tokenize
from batchsql.values import TableName
from batchsql.values.lineage import Place, QueryLineage

_Made = frozenset[Place]
_Outputs = dict[str, _Made]


def query_lineage(sql: str, tables: Mapping[TableName, tuple[str, Mapping[str, str]]]) -> QueryLineage:
    """What the query does with columns. tables: what it reads by their names in it: the key, and columns with types."""
    by_schema: dict[str, dict[str, dict[str, str]]] = {}
    for name, (_, columns) in tables.items():
        by_schema.setdefault(name.schema.lower(), {})[name.name.lower()] = {each.lower(): "" for each in columns}
    schema: dict[str, object] = {**by_schema}
    keys = {(name.schema.lower(), name.name.lower()): key for name, (key, _) in tables.items()}
    try:
        tree = parse_tokens(tokenize(sql), sql)[0]
        if tree is None:
            return QueryLineage(known=False)
        qualified = qualify(
            tree,
            dialect="duckdb",
            schema=schema or None,
            validate_qualify_columns=False,
            quote_identifiers=False,
            identify=False,
        )
        scope = build_scope(qualified)
    except (SqlglotError, ParserStoppedError, RecursionError, ValueError, KeyError, AttributeError, TypeError):
        return QueryLineage(known=False)
    if scope is None:
        return QueryLineage(known=False)
    reading = _Reading(keys)
    outputs = reading.outputs(scope)
    return QueryLineage(
        outputs={name: tuple(sorted(made)) for name, made in outputs.items()},
        uses=tuple(sorted(reading.uses(scope))),
    )


class _Reading:
    """The outputs of each scope, found once; a scope that reads itself, as a recursive CTE does, has none of itself."""

    def __init__(self, keys: Mapping[tuple[str, str], str]) -> None:
        self._keys = keys
        self._outputs: dict[int, _Outputs] = {}

    def outputs(self, scope: Scope) -> _Outputs:
        """For each output column of a scope, the columns of relations that it is made of."""
        known = self._outputs.get(id(scope))
        if known is None:
            self._outputs[id(scope)] = {}
            known = self._outputs[id(scope)] = self._found(scope)
        return known

    def uses(self, scope: Scope) -> set[Place]:
        """All columns of relations that are named anywhere in the query."""
        found: set[Place] = set()
        for each in scope.traverse():
            for column in each.columns:
                found |= self._of_column(column, each)
        return found

    def _found(self, scope: Scope) -> _Outputs:
        query = scope.expression
        if isinstance(query, exp.SetOperation) and len(scope.set_operation_scopes) == 2:
            return self._of_union(query, *scope.set_operation_scopes)
        if not isinstance(query, exp.Select):
            return {}
        return {
            each.alias_or_name.lower(): self._of_expression(each, scope)
            for each in query.expressions
            if each.alias_or_name and each.alias_or_name != "*"
        }

    def _of_union(self, query: exp.SetOperation, first: Scope, second: Scope) -> _Outputs:
        left, right = self.outputs(first), self.outputs(second)
        if query.args.get("by_name"):
            return {name: left.get(name, frozenset()) | right.get(name, frozenset()) for name in {**left, **right}}
        beside = [*right.values(), *[frozenset[Place]()] * len(left)]
        return {name: made | other for (name, made), other in zip(left.items(), beside, strict=False)}

    def _of_expression(self, expression: Expr, scope: Scope) -> _Made:
        """What an expression is made of; of a subquery in it, what that gives and what it takes from outside."""
        found: set[Place] = set()
        waiting: list[Expr] = [expression]
        inner = {id(each.expression): each for each in scope.subquery_scopes}
        while waiting:
            node = waiting.pop()
            if isinstance(node, exp.Column):
                found |= self._of_column(node, scope)
                continue
            below = inner.get(id(node))
            if below is not None:
                for made in self.outputs(below).values():
                    found |= made
                continue
            waiting.extend(_below(node))
        return frozenset(found)

    def _of_column(self, column: exp.Column, scope: Scope) -> _Made:
        source = _source(column.table, scope)
        name = column.name.lower()
        if isinstance(source, Scope) and source.is_udtf:  # each of its columns is made of all that it spreads
            return self._of_expression(source.expression, scope)
        if isinstance(source, Scope):
            return self.outputs(source).get(name, frozenset())
        if isinstance(source, exp.Table):
            key = self._keys.get((source.db.lower(), source.name.lower()))
            return frozenset({(key, name)}) if key else frozenset()
        return frozenset()


def _source(table: str, scope: Scope | None) -> Scope | Expr | None:
    """What a column's qualifier means: here, or in a query around this one."""
    while scope is not None:
        if table in scope.sources:
            source = scope.sources[table]
            return source if isinstance(source, Scope | Expr) else None
        scope = scope.parent
    return None


def _below(node: Expr) -> Iterator[Expr]:
    for value in node.args.values():
        if isinstance(value, Expr):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, Expr))
