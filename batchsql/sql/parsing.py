"""Parse one query: one pass of the tokenizer, one of the parser, one walk over the tree."""

from __future__ import annotations

import logging

from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.expressions import Expr
from sqlglot.tokenizer_core import Token, TokenType

from batchsql.errors import SqlError, did_you_mean
from batchsql.sql.columns import output_columns
from batchsql.sql.dialect import ParserStoppedError, parse_tokens, tokenize
from batchsql.sql.fingerprint import files_read, fingerprint, lower_words, volatile_functions
from batchsql.sql.parsed import Parsed
from batchsql.sql.reading import Reading
from batchsql.sql.scan import line_at, pieces

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what it warns of is an error here, reported by SqlError

_FIRST_WORDS = (
    *("select", "with", "from", "values", "table", "summarize", "describe"),
    *("pivot", "pivot_wider", "unpivot", "pivot_longer"),
)
_QUERIES = (exp.Query, exp.Values, exp.Pivot, exp.Summarize, exp.Describe)
_WRITE_THE_SELECT = "write the SELECT alone: batchsql makes the statements that write its rows"
_LIMITS = "if DuckDB accepts it, write that part another way: it is syntax that batchsql does not know yet"


def parse_query(sql: str, *, path: str) -> Parsed:
    """See batchsql.sql.parse."""
    tokens = _tokens(sql, path)
    text = sql[: tokens[-1].end + 1]
    words = lower_words(tokens)
    tree = _tree(tokens, text, path)
    reading = Reading(text, path)
    reading.walk(tree)
    _refuse_table_statement(tokens, reading.identifiers, text, path)
    files, unseen = files_read(tokens, words, text)
    mentions = sorted(reading.mentions() + files, key=lambda mention: mention.start)
    return Parsed(
        sql=text,
        mentions=tuple(mentions),
        columns=output_columns(tree),
        fingerprint=fingerprint(tokens, words, reading.identifiers, reading.labels()),
        volatile=tuple(sorted(volatile_functions(tokens, words) | reading.volatile | unseen)),
    )


def _tokens(sql: str, path: str) -> list[Token]:
    """The tokens of the one query in the text, without the semicolon at its end."""
    try:
        tokens = tokenize(sql)
    except (TokenError, ValueError) as error:
        raise _untokenizable(error, sql, path) from error
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        raise SqlError("there is no query in this file", path=path, line=1, hint="write one SELECT")
    for index, token in enumerate(tokens):
        if token.token_type is TokenType.SEMICOLON:
            raise _error(
                "several statements; a model is one query",
                sql,
                path,
                line_at(sql, tokens[index + 1].start),
                "keep the last SELECT; what has to happen before or after it goes into pre_hook or post_hook",
            )
    first = tokens[0]
    if first.token_type is not TokenType.L_PAREN and first.text.lower() not in _FIRST_WORDS:
        misspelt = first.token_type is TokenType.VAR and did_you_mean(first.text, _FIRST_WORDS)
        message = f"a model is one query; this begins with {first.text!r}"
        raise _error(message, sql, path, line_at(sql, first.start), misspelt or _WRITE_THE_SELECT)
    return tokens


def _tree(tokens: list[Token], sql: str, path: str) -> Expr:
    """The tree of the query."""
    try:
        tree = parse_tokens(tokens, sql)[0]
    except ParseError as error:
        raise _unparsable(error, sql, path) from error
    except RecursionError as error:
        raise SqlError("the query is nested too deeply to be parsed", path=path, hint=_LIMITS) from error
    except ParserStoppedError as error:
        line = line_at(sql, error.token.start) if error.token else None
        word = f" near {error.token.text!r}" if error.token else ""
        raise _error(f"something is missing or out of place{word}", sql, path, line, _LIMITS) from error
    if not isinstance(tree, _QUERIES) or (isinstance(tree, exp.Describe) and tree.this is None):
        line = line_at(sql, tokens[0].start)
        raise _error("this is not a query", sql, path, line, _WRITE_THE_SELECT)
    return tree


def _refuse_table_statement(tokens: list[Token], identifiers: set[int], sql: str, path: str) -> None:
    """`table orders` takes a bare name only, so no physical name with an alias could go in its place."""
    for token in tokens:
        if token.token_type is TokenType.TABLE and token.start not in identifiers:
            line = line_at(sql, token.start)
            raise _error("'table ...' is not supported as a query", sql, path, line, "write 'from ...' instead")


def _unparsable(error: ParseError, sql: str, path: str) -> SqlError:
    """Say where the parser stopped, in words for who wrote the query."""
    found = error.errors[0] if error.errors else {}
    highlight = str(found.get("highlight") or "").strip()
    reason = str(found.get("description") or "").partition(" but got")[0].removesuffix(".")
    if reason.startswith("Required keyword"):
        message = f"something is missing near {highlight!r}" if highlight else "something is missing"
    elif not reason or reason.startswith("Invalid expression"):
        message = f"syntax error at {highlight!r}" if highlight else "syntax error"
    else:
        message = f"syntax error at {highlight!r}: {reason[0].lower()}{reason[1:]}"
    return _error(message, sql, path, found.get("line"), _LIMITS)


def _untokenizable(error: Exception, sql: str, path: str) -> SqlError:
    """Say which string, name or comment never ends, or else where the tokenizer stopped."""
    unclosed = [start for start, end in pieces(sql) if end is None]
    if not unclosed:
        read = str(error).removeprefix("Error tokenizing ").strip("'\"")
        line = line_at(sql, sql.find(read) + len(read)) if read in sql else None
        return _error("the query cannot be read here", sql, path, line, _LIMITS)
    what = {"'": "string", '"': "quoted name", "`": "quoted name", "/": "comment"}.get(sql[unclosed[0]], "string")
    return _error(f"this {what} is never closed", sql, path, line_at(sql, unclosed[0]), None)


def _error(message: str, sql: str, path: str, line: int | None, hint: str | None) -> SqlError:
    """An error on a line of the rendered text."""
    source_line = sql.split("\n")[line - 1].rstrip() if line else None
    return SqlError(message, path=path, line=line, source_line=source_line, hint=hint)
