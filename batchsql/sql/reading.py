"""One walk over a query's tree: the relations it names, each in its scope, and where its identifiers are."""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.expressions import Expr

from batchsql.errors import SqlError
from batchsql.sql.parsed import MARKERS, Mention
from batchsql.sql.scan import line_at

_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Command, exp.Copy)
_NOTED = frozenset({exp.Column, exp.Table, exp.TableAlias, exp.TableSample, exp.Anonymous, *_CHANGES})
_HIDING = frozenset({"query", "query_table"})
_Scope = frozenset[str]
"""Lower-case names of the CTEs that are visible."""


class Reading:
    """What the walk finds.

    identifiers: offsets at which an identifier begins. volatile: what makes rows change by itself, beside functions
    that the tokens show.
    """

    def __init__(self, sql: str, path: str) -> None:
        self.sql = sql
        self.path = path
        self.identifiers: set[int] = set()
        self.volatile: set[str] = set()
        self._mentions: list[Mention] = []
        self._columns: list[tuple[exp.Identifier, exp.Identifier]] = []
        self._ctes: list[exp.Identifier] = []
        self._of_ctes: list[exp.Identifier] = []  # where one is read, or may stand before a column
        self._aliases: set[str] = set()

    def mentions(self) -> list[Mention]:
        """Relations in FROM, and the columns' qualifiers that repeat one of them (`staging.orders.id`)."""
        in_from = {_lowered(mention.parts) for mention in self._mentions}
        qualifiers = [
            self._mention((first, second), aliased=True, qualifier=True)
            for first, second in self._columns
            if first.name in MARKERS or _lowered((first.name, second.name)) in in_from
        ]
        return self._mentions + qualifiers

    def labels(self) -> dict[int, str]:
        """What the names of CTEs come to, by offset: a number in place of a name, since it is theirs alone to choose.

        A name that means something else too (an alias, a relation, another CTE) is left as it is.
        """
        if not self._ctes:
            return {}
        ordered = sorted(self._ctes, key=lambda name: name.meta["start"])
        names = [name.name.lower() for name in ordered]
        taken = self._aliases | {mention.parts[-1].lower().rpartition(".")[2] for mention in self._mentions}
        label = {
            name: f"cte {number}" for number, name in enumerate(names) if names.count(name) == 1 and name not in taken
        }
        return {
            name.meta["start"]: label[name.name.lower()]
            for name in (*ordered, *self._of_ctes)
            if name.name.lower() in label
        }

    def walk(self, tree: Expr) -> None:
        """Visit every node, with the CTEs that are visible there. A loop, not recursion: trees can be deep."""
        waiting: list[tuple[Expr, _Scope]] = [(tree, frozenset())]
        while waiting:
            node, scope = waiting.pop()
            kind = type(node)
            if kind is exp.Identifier:
                start = node.meta.get("start")
                if start is not None:
                    self.identifiers.add(start)
                continue
            if kind in _NOTED:
                self._note(node, scope)
            with_ = node.args.get("with_")
            if with_ is not None:
                scope = _open_with(with_, scope, waiting)
            for value in node.args.values():
                if isinstance(value, Expr):
                    if value is not with_:
                        waiting.append((value, scope))
                elif type(value) is list:
                    waiting += [(item, scope) for item in value if isinstance(item, Expr)]

    def _note(self, node: Expr, scope: _Scope) -> None:
        """What this node says beyond its children."""
        if isinstance(node, exp.Column):
            self._note_column(node)
        elif isinstance(node, exp.Table):
            self._note_table(node, scope)
        elif isinstance(node, exp.TableAlias):
            self._note_alias(node)
        elif isinstance(node, exp.TableSample):
            if not node.args.get("seed"):
                self.volatile.add("sample")
        elif isinstance(node, exp.Anonymous):
            if node.name.lower() == "age" and len(node.expressions) == 1:
                self.volatile.add("age")
        else:
            raise self._refusal(
                node.key,
                f"a model is one query; {node.key.upper()} changes something",
                "write the SELECT alone: batchsql makes the statements that write its rows",
            )

    def _note_alias(self, node: exp.TableAlias) -> None:
        if isinstance(node.this, exp.Identifier) and isinstance(node.parent, exp.CTE):
            self._ctes.append(node.this)
        elif isinstance(node.this, exp.Identifier):
            self._aliases.add(node.name.lower())

    def _note_column(self, node: exp.Column) -> None:
        if node.args.get("table") is None:
            return
        parts = [node.args.get(part) for part in ("catalog", "db", "table", "this")]
        names = [part for part in parts if isinstance(part, exp.Identifier)]
        if len(names) > 2 or (len(names) == 2 and isinstance(node.this, exp.Star)):
            self._columns.append((names[0], names[1]))
        if names and len(names) == (1 if isinstance(node.this, exp.Star) else 2):
            self._of_ctes.append(names[0])

    def _note_table(self, node: exp.Table, scope: _Scope) -> None:
        if not isinstance(node.this, exp.Identifier):
            self._refuse_hiding(node)
            return
        parts = [node.args.get(part) for part in ("catalog", "db", "this")]
        names = tuple(part for part in parts if isinstance(part, exp.Identifier))
        if len(names) == 1 and names[0].name.lower() in scope:
            self._of_ctes.append(names[0])
            return
        alias = node.args.get("alias")
        aliased = (alias is not None and alias.this is not None) or isinstance(
            node.parent, exp.Summarize | exp.Describe
        )
        self._mentions.append(self._mention(names, aliased=aliased))

    def _mention(self, names: tuple[exp.Identifier, ...], *, aliased: bool, qualifier: bool = False) -> Mention:
        start: int = names[0].meta["start"]
        parts = tuple(name.name for name in names)
        is_file = len(parts) == 1 and (self.sql[start] == "'" or _looks_like_file(parts[0]))
        return Mention(
            parts=parts,
            start=start,
            end=names[-1].meta["end"] + 1,
            line=line_at(self.sql, start),
            aliased=aliased,
            kind="file" if is_file else "table",
            qualifier=qualifier,
        )

    def _refuse_hiding(self, node: exp.Table) -> None:
        """query('...') and query_table('...') read what no parser sees."""
        if isinstance(node.this, exp.Anonymous) and node.this.name.lower() in _HIDING:
            raise self._refusal(
                node.this.name,
                f"{node.this.name}() hides what the model reads, so that it could not run in order",
                "name the relation in FROM; a name that varies is a case for Jinja",
            )

    def _refusal(self, word: str, message: str, hint: str) -> SqlError:
        """An error about a construct that begins with this word."""
        found = re.search(rf"\b{re.escape(word)}\b", self.sql, re.IGNORECASE)
        line = line_at(self.sql, found.start()) if found else None
        source_line = self.sql.split("\n")[line - 1].rstrip() if line else None
        return SqlError(message, path=self.path, line=line, source_line=source_line, hint=hint)


def _open_with(with_: Expr, scope: _Scope, waiting: list[tuple[Expr, _Scope]]) -> _Scope:
    """Queue the CTEs, each seeing those before it; return what the body sees.

    As DuckDB has it: a CTE sees itself only under RECURSIVE, and only if it is a UNION; else the name means what it
    means outside.
    """
    recursive = bool(with_.args.get("recursive"))
    for cte in with_.expressions:
        name = cte.alias.lower()
        sees_itself = recursive and isinstance(cte.this, exp.SetOperation)
        waiting.append((cte, scope | {name} if sees_itself else scope))
        scope = scope | {name}
    return scope


def _lowered(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.lower() for part in parts)


def _looks_like_file(name: str) -> bool:
    """Whether a quoted name can only be a path: it has a folder, or ends as data files do."""
    lowered = name.lower()
    return "/" in name or lowered.removesuffix(".gz").removesuffix(".zst").endswith(
        (".csv", ".tsv", ".parquet", ".json", ".jsonl", ".ndjson")
    )
