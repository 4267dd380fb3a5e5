"""What an edit did to a query: which columns came, went or are made otherwise, and whether its rows may be others."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.expressions import Expr

from batchsql.sql.dialect import ParserStoppedError, parse_tokens, tokenize
from batchsql.values.lineage import Difference


def difference(before: str, after: str) -> Difference | None:
    """Compare two texts of one query; None where one of them cannot be understood."""
    try:
        old, new = _parts(before), _parts(after)
    except (SqlglotError, ParserStoppedError, RecursionError, ValueError):
        return None
    if old is None or new is None:
        return None
    (old_columns, old_rest), (new_columns, new_rest) = old, new
    return Difference(
        added=tuple(name for name in new_columns if name not in old_columns),
        removed=tuple(name for name in old_columns if name not in new_columns),
        changed=tuple(name for name, made in new_columns.items() if old_columns.get(name, made) != made),
        rows=old_rest != new_rest or (old_columns != new_columns and _depends_on_columns(new_rest)),
    )


def _parts(sql: str) -> tuple[dict[str, str], str] | None:
    """The output columns with what they are made of, and the rest of the query."""
    tree = parse_tokens(tokenize(sql), sql)[0]
    select = _giving(tree) if tree is not None else None
    if tree is None or select is None:
        return None
    columns: dict[str, str] = {}
    for expression in select.expressions:
        made = expression.unalias() if isinstance(expression, exp.Alias) else expression
        name = expression.alias_or_name or made.sql(dialect="duckdb", comments=False)
        if name in columns:
            return None
        columns[name] = made.sql(dialect="duckdb", comments=False)
    rows = _makes_rows(select)
    select.set("expressions", [])
    return columns, f"{tree.sql(dialect='duckdb', comments=False)} {rows}"


def _giving(tree: Expr) -> exp.Select | None:
    """The SELECT whose list is the query's columns: the outermost, or the CTE of which it shows all."""
    if not isinstance(tree, exp.Select):
        return None
    from_ = tree.args.get("from_")
    shows_all = [type(each) for each in tree.expressions] == [exp.Star] and not tree.expressions[0].args.get("except_")
    table = from_.this if from_ is not None else None
    if not shows_all or not isinstance(table, exp.Table) or tree.args.get("joins") or table.args.get("db"):
        return tree
    cte = next((each for each in tree.ctes if each.alias.lower() == table.name.lower()), None)
    inner = cte.this if cte is not None else None
    return inner if isinstance(inner, exp.Select) else tree


def _makes_rows(select: exp.Select) -> str:
    """What in the list of columns decides how many rows there are: aggregates without GROUP BY, unnest."""
    spread = sum(1 for _ in select.find_all(exp.Unnest, exp.Explode)) if select.expressions else 0
    sums = any(
        not isinstance(found.parent, exp.Window) for each in select.expressions for found in each.find_all(exp.AggFunc)
    )
    return f"{spread} {sums and not select.args.get('group')}"


def _depends_on_columns(rest: str) -> bool:
    """Whether the rows are decided by which columns there are: DISTINCT, GROUP BY ALL, UNION."""
    words = rest.upper()
    return any(word in words for word in ("DISTINCT", "GROUP BY ALL", " UNION ", " INTERSECT ", " EXCEPT "))
