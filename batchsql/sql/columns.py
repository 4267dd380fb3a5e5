"""The output columns of a query, as far as its text alone tells them.

Stars are followed into CTEs and subqueries of the same query. Where anything leaves a doubt (a star over a relation,
an expression that DuckDB will name, two columns of one name) the answer is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from sqlglot import exp
from sqlglot.expressions import Expr

Columns = tuple[str | None, ...] | None
"""Names in order, None for one that DuckDB makes up; None as a whole where not even their number is known."""


class _Cte(Struct, frozen=True):
    """A CTE and the scope it sees."""

    node: exp.CTE
    scope: Mapping[str, _Cte]


_Scope = Mapping[str, _Cte]


def output_columns(tree: Expr) -> tuple[str, ...] | None:
    """Names of the columns that the outermost SELECT gives, in order; None where the text does not tell."""
    try:
        columns = _Columns().of(tree, {})
    except RecursionError:
        return None
    if columns is None:
        return None
    names = tuple(name for name in columns if name is not None)
    return names if len(names) == len(columns) else None


class _Columns:
    """Columns of queries, each CTE looked into once."""

    def __init__(self) -> None:
        self._known: dict[int, Columns] = {}

    def of(self, query: Expr, scope: _Scope) -> Columns:
        """Columns of a query that sees these CTEs."""
        with_ = query.args.get("with_")
        if with_ is not None:
            scope = _opened(with_, scope)
        if isinstance(query, exp.Select):
            return _distinct(self._of_select(query, scope))
        if isinstance(query, exp.Subquery):
            return None if query.args.get("pivots") else self.of(query.this, scope)
        if isinstance(query, exp.SetOperation):
            return self._of_set_operation(query, scope)
        if isinstance(query, exp.Values):
            return _value_columns(query)
        return None

    def _of_set_operation(self, query: exp.SetOperation, scope: _Scope) -> Columns:
        left = self.of(query.this, scope)
        if left is None or not query.args.get("by_name"):
            return left
        right = self.of(query.expression, scope)
        if right is None or None in left + right:
            return None
        there = {_folded(name) for name in left}
        return left + tuple(name for name in right if _folded(name) not in there)

    def _of_select(self, select: exp.Select, scope: _Scope) -> Columns:
        names: list[str | None] = []
        for expression in select.expressions:
            found = self._of_expression(expression, select, scope)
            if found is None:
                return None
            names += found
        return tuple(names)

    def _of_expression(self, expression: Expr, select: exp.Select, scope: _Scope) -> Columns:
        """Names that one expression of a SELECT list gives."""
        if isinstance(expression, exp.Star):
            return self._of_star(expression, None, select, scope)
        if isinstance(expression, exp.Alias):
            return (expression.alias,) if _is_one_value(expression.this) else None
        while isinstance(expression, exp.Paren):
            expression = expression.this
        if isinstance(expression, exp.Column):
            if isinstance(expression.this, exp.Star):
                one_part = expression.args.get("db") is None
                return self._of_star(expression.this, expression.table, select, scope) if one_part else None
            return (expression.name,)
        if isinstance(expression, exp.Dot) and _is_path(expression):
            return (expression.expression.name,)
        made_up = isinstance(expression, exp.Literal | exp.Func | exp.Binary) and _is_one_value(expression)
        return (None,) if made_up else None

    def _of_star(self, star: exp.Star, table: str | None, select: exp.Select, scope: _Scope) -> Columns:
        """Names that `*` or `table.*` gives, with its EXCLUDE and RENAME; REPLACE changes no name."""
        names: list[str | None] = []
        found = False
        for item, merged in _from_items(select):
            if table is not None and item.alias_or_name.lower() != table.lower():
                continue
            columns = self._of_item(item, scope)
            if columns is None or merged is None:
                return None
            found = True
            names += [name for name in columns if table is not None or _folded(name) not in merged]
        excluded = {item.name.lower() for item in star.args.get("except_") or ()}
        renamed = {item.this.name.lower(): item.alias for item in star.args.get("rename") or ()}
        kept = tuple(renamed.get(_folded(name), name) for name in names if _folded(name) not in excluded)
        return _distinct(kept) if found else None

    def _of_item(self, item: Expr, scope: _Scope) -> Columns:
        """Columns of one relation in FROM."""
        if item.args.get("pivots"):
            return None
        columns: Columns = None
        if isinstance(item, exp.Table):
            cte = scope.get(item.name.lower()) if item.args.get("db") is None else None
            columns = self._of_cte(cte) if cte and isinstance(item.this, exp.Identifier) else None
        elif isinstance(item, exp.Subquery | exp.Values):
            columns = self.of(item, scope)
        return _renamed(columns, item)

    def _of_cte(self, cte: _Cte) -> Columns:
        key = id(cte.node)
        if key not in self._known:
            self._known[key] = _renamed(self.of(cte.node.this, cte.scope), cte.node)
        return self._known[key]


def _opened(with_: Expr, scope: _Scope) -> _Scope:
    """The scope of a body after its WITH; each CTE sees those before it."""
    for cte in with_.expressions:
        scope = {**scope, cte.alias.lower(): _Cte(cte, scope)}
    return scope


def _from_items(select: exp.Select) -> Iterator[tuple[Expr, frozenset[str] | None]]:
    """The relations whose columns `*` shows, each with those that USING merges into earlier ones (None: unknown)."""
    from_ = select.args.get("from_")
    if from_ is None:
        return
    yield from_.this, frozenset()
    for join in [*(from_.this.args.get("joins") or ()), *(select.args.get("joins") or ())]:
        if (join.args.get("kind") or "").upper() in ("SEMI", "ANTI"):
            continue
        natural = (join.args.get("method") or "").upper() == "NATURAL"
        yield join.this, None if natural else frozenset(column.name.lower() for column in join.args.get("using") or ())


def _renamed(columns: Columns, named: Expr) -> Columns:
    """The columns after an alias that renames the first of them: `as y(a, b)`."""
    alias = named.args.get("alias")
    written = alias.args.get("columns") or () if isinstance(alias, Expr) else ()
    new = tuple(column.name for column in written)
    if columns is None or len(new) > len(columns):
        return None
    return new + columns[len(new) :]


def _value_columns(values: exp.Values) -> Columns:
    """VALUES names its columns col0, col1, ..."""
    first = values.expressions[0] if values.expressions else None
    return tuple(f"col{index}" for index in range(len(first.expressions))) if isinstance(first, exp.Tuple) else None


def _is_one_value(expression: Expr) -> bool:
    """Whether it gives one column: not COLUMNS(...), not `* like '...'`, not unnest(), which spreads a struct."""
    if isinstance(expression, exp.Unnest | exp.Explode) or expression.find(exp.Columns):
        return False
    return isinstance(expression, exp.Count) or not isinstance(expression.this, exp.Star)


def _is_path(expression: Expr) -> bool:
    """Whether it is a field of a field ... of a column, by names alone."""
    while isinstance(expression, exp.Dot) and isinstance(expression.expression, exp.Identifier):
        expression = expression.this
    return isinstance(expression, exp.Column)


def _folded(name: str | None) -> str:
    """The name as DuckDB compares names; empty for one that it makes up, which no query can spell."""
    return "" if name is None else name.lower()


def _distinct(columns: Columns) -> Columns:
    """None where two columns have one name: what DuckDB then calls them depends on the place."""
    named = [name.lower() for name in columns or () if name is not None]
    return columns if len(set(named)) == len(named) else None
