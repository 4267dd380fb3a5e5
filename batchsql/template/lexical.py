"""Whether supplied text leaves the structure of the SQL around it as the project's author wrote it."""

from __future__ import annotations

import re
from typing import NamedTuple

from batchsql.errors import TemplateError
from batchsql.template.supplied import Piece, Supplied, pieces

_TOKEN = re.compile(
    r"""
    (?P<line_comment> --[^\n\r]* )
  | (?P<comment>      /\* )
  | (?P<escaped>      [eE]'(?:[^'\\]|\\(?:.|\Z)|'')*(?:'|\Z) )
  | (?P<word>         [^\W\d][\w$]* )
  | (?P<literal>      '(?:[^']|'')*(?:'|\Z) )
  | (?P<identifier>   "(?:[^"]|"")*(?:"|\Z) )
  | (?P<dollars>      (?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?:(?P=tag)|\Z) )
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD_BEFORE = re.compile(r"\w*\Z")
_BARE = re.compile(
    r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"  # one number
    r"|[^\W\d]\w*(?:\.[^\W\d]\w*)*"  # a word, or words with dots between
)


class _Region(NamedTuple):
    """A stretch of supplied text, half-open; next to each other, stretches count as one."""

    start: int
    end: int
    name: str
    quoted: bool


class _Token(NamedTuple):
    """A comment, literal or identifier: its kind, and where its inside is."""

    kind: str
    start: int
    inside: int
    inside_end: int
    end: int


def check_supplied(sql: str, *, templated: bool = False) -> None:
    """Raise TemplateError when a value that came with --vars could change the structure of the SQL.

    Within '...' it may hold no quote, within "..." no double quote; bare, it must be one number, one word, or words
    joined by dots; a literal made by `| literal` must stand bare.
    templated: the text will be rendered as a template once more, so that it may hold no braces.
    """
    if not isinstance(sql, Supplied):
        return
    text = "".join(sql)
    tokens = _tokens(text)
    for region in _regions(pieces(sql)):
        token = next((token for token in tokens if _touches(region, token)), None)
        problem = _problem(text, region, token)
        if templated and any(brace in text[region.start : region.end] for brace in "{}"):
            problem = "it holds braces, which would be read as a template"
        if problem:
            raise SuppliedError(region.name, problem, text.count("\n", 0, region.start) + 1)


class SuppliedError(TemplateError):
    """A value that came with --vars could change the SQL around it. line_in_sql: counted from 1."""

    def __init__(self, name: str, problem: str, line_in_sql: int) -> None:
        super().__init__(
            f"the value given for variable '{name}' would change the SQL around it: {problem}",
            hint=f"write {{{{ var('{name}') | literal }}}}, without quotes around it, for a text value; "
            "values given with --vars are values, never SQL",
        )
        self.line_in_sql = line_in_sql


def _tokens(text: str) -> list[_Token]:
    """The comments, literals and quoted identifiers of a text; one without an end reaches to the end of the text."""
    found: list[_Token] = []
    match = _TOKEN.search(text)
    while match:
        kind = "dollars" if match["dollars"] else match.lastgroup or ""
        if kind == "word":
            match = _TOKEN.search(text, match.end())
            continue
        opener, closer = _DELIMITERS[kind]
        if match["tag"]:
            opener = closer = len(match["tag"])
        end = _comment_end(text, match.start()) if kind == "comment" else match.end()
        inside = match.start() + opener
        found.append(_Token(kind, match.start(), inside, max(inside, end - closer), end))
        match = _TOKEN.search(text, end)
    return found


_DELIMITERS = {
    "line_comment": (2, 0),
    "comment": (2, 2),
    "dollars": (2, 2),
    "escaped": (2, 1),
    "literal": (1, 1),
    "identifier": (1, 1),
}
"""How many characters begin and end each kind of token."""
_COMMENT_DELIMITER = re.compile(r"/\*|\*/")


def _comment_end(text: str, start: int) -> int:
    """Where a block comment ends: others may be nested in it."""
    depth = 0
    for match in _COMMENT_DELIMITER.finditer(text, start):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)


def _regions(all_pieces: tuple[Piece, ...]) -> list[_Region]:
    found: list[_Region] = []
    offset = 0
    for text, origin in all_pieces:
        end = offset + len(text)
        if origin:
            last = found[-1] if found else None
            if last and last.end == offset and not last.quoted and not origin.quoted:
                name = last.name if origin.name == last.name else f"{last.name} and {origin.name}"
                found[-1] = _Region(last.start, end, name, False)
            else:
                found.append(_Region(offset, end, origin.name, origin.quoted))
        offset = end
    return found


def _touches(region: _Region, token: _Token) -> bool:
    """Whether a region lies in a token, or shares a character with it."""
    return (token.start < region.end and region.start < token.end) or token.start < region.start < token.end


def _problem(text: str, region: _Region, token: _Token | None) -> str | None:
    """Why a region is not safe where it stands; None when it is."""
    content = text[region.start : region.end]
    if "\0" in content:
        return "it holds a zero character"
    if region.quoted:
        return _problem_of_literal(text, region, token)
    if token is None:
        return _problem_bare(text, region, content)
    if token.start >= region.start and content:
        return _problem_bare(text, region, content) or f"it touches what follows ({_shown(content)})"
    if token.inside <= region.start and region.end <= token.inside_end:
        return _problem_inside(text, region, token, content)
    mark = {"identifier": '"', "literal": "'", "escaped": "'"}.get(token.kind)
    if mark and mark in content:
        return f"within {mark}...{mark} it may hold no {mark} ({_shown(content)})"
    return f"it would move where a comment or a quoted text begins or ends ({_shown(content)})"


def _problem_of_literal(text: str, region: _Region, token: _Token | None) -> str | None:
    whole_tokens = token is None or region.start <= token.start
    if not whole_tokens:
        return "`| literal` adds its own quotes, but the place is already within quotes or in a comment"
    before, after = text[region.start - 1 : region.start], text[region.end : region.end + 1]
    if before in {"'", '"', "&", "$"} or _is_word(before) or after in {"'", '"'}:
        return "`| literal` makes a whole literal, which cannot touch a word or a quote"
    return None


def _problem_bare(text: str, region: _Region, content: str) -> str | None:
    before, after = text[region.start - 1 : region.start], text[region.end : region.end + 1]
    run = _WORD_BEFORE.search(text, max(region.start - 200, 0), region.start)
    word_before = run is not None and run[0] != "" and not run[0][0].isdigit()
    if not content:
        return None if word_before else "it is empty, where a number or a word must be"
    if not _BARE.fullmatch(content):
        return f"outside of quotes it must be one number, or one plain word ({_shown(content)})"
    forbidden = {before} & {"$"} | {after} & {"'", '"', "$"}
    if _is_word(before) and not word_before:
        forbidden |= {before}
    if content[0] in "+-.0123456789" and not (content.isdigit() and word_before):
        forbidden |= {side for side in (before, after) if _is_word(side) or side == "."} | {before} & {"+", "-"}
    return f"it touches {' and '.join(sorted(forbidden))}" if forbidden else None


def _problem_inside(text: str, region: _Region, token: _Token, content: str) -> str | None:
    """Why a region within a comment, literal or identifier is not safe there."""
    if token.kind in {"line_comment", "comment"}:
        forbidden = "\n\r" if token.kind == "line_comment" else "\n\r*/"
        joined = not content and text[region.start - 1 : region.end + 1] in {"*/", "/*"}
        found = joined or any(character in forbidden for character in content)
        return f"in a comment it may not hold a line break, '*' or '/' ({_shown(content)})" if found else None
    if token.kind == "dollars":
        return f"in a $$ literal it may hold no $ ({_shown(content)})" if "$" in content else None
    quote = '"' if token.kind == "identifier" else "'"
    run = re.search(f"{quote}*$", text[token.inside : region.start])
    straddled = run is not None and len(run[0]) % 2 == 1
    if straddled or quote in content.replace(quote * 2, ""):
        return f"within {quote}...{quote} it may hold no {quote} ({_shown(content)})"
    if token.kind == "escaped" and ("\\" in content or text[region.start - 1] == "\\"):
        return f"within E'...' it may hold no backslash ({_shown(content)})"
    return None


def _is_word(character: str) -> bool:
    """Whether a character belongs to words."""
    return character.isalnum() or character == "_"


def _shown(content: str) -> str:
    """The value as the message shows it."""
    return repr(content if len(content) <= 60 else content[:57] + "...")
