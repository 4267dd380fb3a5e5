"""DuckDB's SQL as sqlglot reads it, and what sqlglot's tokenizer does not know of it."""

from __future__ import annotations

from typing import ClassVar

from sqlglot.dialects.duckdb import DuckDB
from sqlglot.expressions import Expr
from sqlglot.tokenizer_core import Token, TokenType

_ORDINARY_WORDS = """
    ALTER APPLY ATTACH BEGIN CACHE COMMENT COMMIT COPY DETACH DROP EXECUTE FORCE GRANT INSTALL KILL LOAD LOCK
    PARTITIONED_BY REGEXP REVOKE RLIKE ROLLBACK STRAIGHT_JOIN UNCACHE XOR
""".split()  # noqa: SIM905
"""Words that sqlglot reserves, though DuckDB takes them for columns, tables and functions inside a query."""

_BEFORE_BY = {"order": TokenType.ORDER_BY, "group": TokenType.GROUP_BY, "partition": TokenType.PARTITION_BY}


class _Tokenizer(DuckDB.Tokenizer):
    """DuckDB 2 also quotes names by backticks, writes bytes as x'00ff' and bits as b'01', and reserves fewer words."""

    IDENTIFIERS: ClassVar = ['"', "`"]
    HEX_STRINGS: ClassVar = [("x'", "'"), ("X'", "'")]
    BIT_STRINGS: ClassVar = [("b'", "'"), ("B'", "'")]
    KEYWORDS: ClassVar = {word: kind for word, kind in DuckDB.Tokenizer.KEYWORDS.items() if word not in _ORDINARY_WORDS}


_DIALECT = DuckDB()


def tokenize(sql: str) -> list[Token]:
    """Tokens of the text. Raises sqlglot's TokenError."""
    tokens = _Tokenizer(dialect=_DIALECT).tokenize(sql)
    if any(token.token_type is TokenType.VAR and token.text.lower() == "by" for token in tokens):
        return _join_by(tokens)
    return tokens


def parse_tokens(tokens: list[Token], sql: str) -> list[Expr | None]:
    """The trees of the statements. Raises sqlglot's ParseError; RecursionError, AttributeError ... on odd input."""
    return list(_DIALECT.parser().parse(tokens, sql))


def _join_by(tokens: list[Token]) -> list[Token]:
    """`order /* why */ by` is one token to the parser, but not to the tokenizer."""
    joined: list[Token] = []
    for token in tokens:
        before = joined[-1] if joined else None
        kind = _BEFORE_BY.get(before.text.lower()) if before and token.text.lower() == "by" else None
        if kind is None or before is None:
            joined.append(token)
        else:
            text = f"{before.text} {token.text}"
            joined[-1] = Token(kind, text, token.line, token.col, before.start, token.end)
    return joined
