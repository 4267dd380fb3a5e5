"""What the tokens of a query tell: its fingerprint, the functions whose value changes by itself, the files it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise

from msgspec import msgpack
from sqlglot.tokenizer_core import Token, TokenType

from batchsql.sql.parsed import Mention
from batchsql.sql.scan import line_at

_LITERALS = frozenset(
    {
        TokenType.STRING,
        TokenType.NUMBER,
        TokenType.BIT_STRING,
        TokenType.HEX_STRING,
        TokenType.BYTE_STRING,
        TokenType.HEREDOC_STRING,
        TokenType.RAW_STRING,
        TokenType.NATIONAL_STRING,
        TokenType.UNICODE_STRING,
    }
)
_SAME = {TokenType.NEQ: "<>", TokenType.EQ: "="}

_VOLATILE_FUNCTIONS = frozenset(
    """
    ago current_connection_id current_date current_localtime current_localtimestamp current_query current_query_id
    current_time current_timestamp current_transaction_id currval gen_random_uuid get_current_time
    get_current_timestamp getenv getvariable localtime localtimestamp nextval now random setseed today
    transaction_timestamp txid_current uuid uuidv4 uuidv7
    """.split()  # noqa: SIM905
)
_VOLATILE_WORDS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
_FILE_READERS = frozenset(
    """
    glob parquet_bloom_probe parquet_file_metadata parquet_full_metadata parquet_kv_metadata parquet_metadata
    parquet_scan parquet_schema read_blob read_csv read_csv_auto read_json read_json_auto read_json_objects
    read_json_objects_auto read_ndjson read_ndjson_auto read_ndjson_objects read_parquet read_text sniff_csv
    """.split()  # noqa: SIM905
)


def fingerprint(tokens: Sequence[Token], identifiers: set[int]) -> str:
    """Hash of the query's meaning as its words tell it; comments, layout and the case of keywords do not count.

    identifiers: offsets at which an identifier begins, as the parser sees it: there case counts and quotes do not.
    Elsewhere are keywords, functions and types, whose case is nothing to DuckDB, and literals, kept as they are.
    """
    words: list[str] = []
    for token in tokens:
        kind = token.token_type
        if kind in _LITERALS:
            words.append(f"{kind.name} {token.text}")
        elif token.start in identifiers:
            words.append(f'"{token.text}')
        else:
            words.append(_SAME.get(kind) or token.text.lower())
    return blake2b(msgpack.encode(words), digest_size=16).hexdigest()


def volatile_functions(tokens: Sequence[Token]) -> set[str]:
    """Functions among the tokens whose value changes by itself, lower case."""
    called = _calls(tokens, _VOLATILE_FUNCTIONS)
    found = {tokens[index].text.lower() for index in called}
    for before, token in pairwise(tokens):
        word = token.text.lower()
        is_bare_word = word in _VOLATILE_WORDS and token.token_type is not TokenType.IDENTIFIER
        if is_bare_word and before.token_type not in (TokenType.DOT, TokenType.ALIAS, *_LITERALS):
            found.add(word)
    return found


def files_read(tokens: Sequence[Token], sql: str) -> tuple[list[Mention], set[str]]:
    """Files that table functions read by a literal path, and the functions whose path is not to be seen."""
    mentions: list[Mention] = []
    unseen: set[str] = set()
    for index in _calls(tokens, _FILE_READERS):
        paths = list(_literal_paths(tokens, index + 2))
        if not paths:
            unseen.add(tokens[index].text.lower())
        mentions += [
            Mention(
                parts=(path.text,),
                start=path.start,
                end=path.end + 1,
                line=line_at(sql, path.start),
                aliased=True,
                kind="file",
            )
            for path in paths
        ]
    return mentions, unseen


def _calls(tokens: Sequence[Token], functions: frozenset[str]) -> list[int]:
    """Indices of the tokens that name one of these functions and call it."""
    return [
        index
        for index in range(len(tokens) - 1)
        if tokens[index + 1].token_type is TokenType.L_PAREN and tokens[index].text.lower() in functions
    ]


def _literal_paths(tokens: Sequence[Token], index: int) -> Iterator[Token]:
    """The string, or list of strings, that is a call's first argument; nothing when it is something else."""
    first = tokens[index]
    if first.token_type is TokenType.STRING:
        if tokens[index + 1].token_type in (TokenType.COMMA, TokenType.R_PAREN):
            yield first
        return
    if first.token_type is not TokenType.L_BRACKET:
        return
    found: list[Token] = []
    for token in tokens[index + 1 :]:
        if token.token_type is TokenType.R_BRACKET:
            yield from found
            return
        if token.token_type is TokenType.STRING:
            found.append(token)
        elif token.token_type is not TokenType.COMMA:
            return
