"""What the tokens of a query tell: its fingerprint, the functions whose value changes by itself, the files it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

from msgspec import msgpack
from sqlglot.tokenizer_core import Token, TokenType

from batchsql.sql.parsed import MARKERS, SOURCE, Mention
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
_NAMING = _LITERALS | {TokenType.DOT, TokenType.ALIAS}
"""What stands before a word that names something: `t.current_date`, `as current_date`, `1 current_date`."""
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


def lower_words(tokens: Sequence[Token]) -> list[str]:
    """The text of each token in lower case, once for all that look at it."""
    return [token.text.lower() for token in tokens]


def fingerprint(tokens: Sequence[Token], words: Sequence[str], identifiers: set[int], labels: Mapping[int, str]) -> str:
    """Hash of the query's meaning as its words tell it.

    Comments, layout, the case of keywords, the names of CTEs and the AS before an alias do not count, nor whether a
    relation is named plainly or by ref() or source().

    identifiers: offsets at which an identifier begins, as the parser sees it: there case counts and quotes do not.
    Elsewhere are keywords, functions and types, whose case is nothing to DuckDB, and literals, kept as they are.
    labels: what stands for the names of CTEs, by offset.
    """
    meaning: list[str] = []
    marker = ""
    for place, (token, word) in enumerate(zip(tokens, words, strict=True)):
        kind = token.token_type
        if kind in _LITERALS:
            meaning.append(f"{kind.name} {token.text}")
        elif token.start in identifiers:
            if token.text in MARKERS[:2]:
                marker = token.text
            elif marker:
                group, dot, name = token.text.partition(".") if marker == SOURCE else ("", "", token.text)
                meaning += [f'"{group}', dot, f'"{name}'] if dot else [f'"{name}']
                marker = ""
            else:
                meaning.append(labels.get(token.start) or f'"{token.text}')
        elif kind is TokenType.ALIAS and not (place + 1 < len(tokens) and tokens[place + 1].token_type in _LITERALS):
            continue
        elif not marker:  # else it is the dot after the marker
            meaning.append(_SAME.get(kind, word))
    return blake2b(msgpack.encode(meaning), digest_size=16).hexdigest()


def volatile_functions(tokens: Sequence[Token], words: Sequence[str]) -> set[str]:
    """Functions among the tokens whose value changes by itself, lower case."""
    found = {words[index] for index in _calls(tokens, words, _VOLATILE_FUNCTIONS)}
    for index in _where(words, _VOLATILE_WORDS):
        before = tokens[index - 1].token_type
        if tokens[index].token_type is not TokenType.IDENTIFIER and before not in _NAMING:
            found.add(words[index])
    return found


def files_read(tokens: Sequence[Token], words: Sequence[str], sql: str) -> tuple[list[Mention], set[str]]:
    """Files that table functions read by a literal path, and the functions whose path is not to be seen."""
    mentions: list[Mention] = []
    unseen: set[str] = set()
    for index in _calls(tokens, words, _FILE_READERS):
        paths = list(_literal_paths(tokens, index + 2))
        if not paths:
            unseen.add(words[index])
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


def _where(words: Sequence[str], wanted: frozenset[str]) -> list[int]:
    """Indices of these words; most queries have none, which a set tells at once."""
    if wanted.isdisjoint(words):
        return []
    return [index for index, word in enumerate(words) if word in wanted]


def _calls(tokens: Sequence[Token], words: Sequence[str], functions: frozenset[str]) -> list[int]:
    """Indices of the tokens that name one of these functions and call it."""
    return [
        index
        for index in _where(words, functions)
        if index + 1 < len(tokens) and tokens[index + 1].token_type is TokenType.L_PAREN
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
