"""DuckDB's SQL as sqlglot reads it, and what sqlglot's tokenizer does not know of it."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError
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
    KEYWORDS: ClassVar = {
        **{word: kind for word, kind in DuckDB.Tokenizer.KEYWORDS.items() if word not in _ORDINARY_WORDS},
        "PIVOT_WIDER": TokenType.PIVOT,
        "PIVOT_LONGER": TokenType.UNPIVOT,
    }


_DIALECT = DuckDB()


class ParserStoppedError(Exception):
    """sqlglot's parser failed in a way of its own; `token` is the last one that it took, where it took any."""

    def __init__(self, token: Token | None) -> None:
        super().__init__()
        self.token = token


def tokenize(sql: str) -> list[Token]:
    """Tokens of the text, as the parser wants them. Raises sqlglot's TokenError, ValueError on odd input."""
    tokens = _Tokenizer(dialect=_DIALECT).tokenize(sql)
    for before, token in pairwise(tokens):
        if token.token_type is TokenType.SELECT and before.token_type is TokenType.COMMA:
            return _mended(tokens)
        if token.token_type is TokenType.VAR and token.text.lower() == "by":
            return _mended(tokens)
    return tokens


def parse_tokens(tokens: list[Token], sql: str) -> list[Expr | None]:
    """The trees of the statements. Raises sqlglot's ParseError, RecursionError, and ParserStoppedError."""
    parser = _DIALECT.parser()
    try:
        return list(parser.parse(tokens, sql))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, ParseError):
            raise
        raise ParserStoppedError(parser._prev) from error


def _mended(tokens: list[Token]) -> list[Token]:
    """Tokens without what DuckDB allows and sqlglot does not: `order /* why */ by`, a comma after the last CTE."""
    mended: list[Token] = []
    for token in tokens:
        before = mended[-1] if mended else None
        kind = _BEFORE_BY.get(before.text.lower()) if before and token.text.lower() == "by" else None
        if before and kind:
            mended[-1] = Token(kind, f"{before.text} {token.text}", token.line, token.col, before.start, token.end)
            continue
        if before and before.token_type is TokenType.COMMA and token.token_type is TokenType.SELECT:
            mended.pop()
        mended.append(token)
    return mended
