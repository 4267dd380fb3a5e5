"""SQL text as characters: where its strings, quoted names and comments are. No parser needed."""

from __future__ import annotations

import re

_OPENING = re.compile(r"""(?<!\w)[eE]'|'|"|`|--|/\*|(?<![\w$])\$(?:[^\W\d]\w*)?\$""")
_REST = {
    "'": re.compile(r"(?:[^']|'')*'"),
    '"': re.compile(r'(?:[^"]|"")*"'),
    "`": re.compile(r"(?:[^`]|``)*`"),
    "--": re.compile(r"[^\n]*"),
    "e'": re.compile(r"(?:[^'\\]|''|\\.)*'", re.DOTALL),
}
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_BREAK = re.compile(r"\s*\n\s*")


def pieces(sql: str) -> list[tuple[int, int | None]]:
    """Start and end of each string, quoted name and comment, half-open; end is None where it is never closed."""
    found: list[tuple[int, int | None]] = []
    position = 0
    while opening := _OPENING.search(sql, position):
        end = _end_of(sql, opening)
        found.append((opening.start(), end))
        if end is None:
            break
        position = end
    return found


def _end_of(sql: str, opening: re.Match[str]) -> int | None:
    """Where the piece that begins here ends; comments nest."""
    mark = opening[0].lower()
    if mark.startswith("$"):
        close = sql.find(opening[0], opening.end())
        return None if close < 0 else close + len(opening[0])
    if mark != "/*":
        rest = _REST[mark].match(sql, opening.end())
        return rest.end() if rest else None
    depth, position = 1, opening.end()
    while depth and (edge := _COMMENT_EDGE.search(sql, position)):
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return None if depth else position


def flatten(sql: str) -> str:
    """The same query on one line, without comments, so that it can stand inside another and move no line of it.

    Only a string that holds a line break keeps it.
    """
    parts: list[str] = []
    position = 0
    for start, end in pieces(sql):
        parts.append(_BREAK.sub(" ", sql[position:start]))
        position = len(sql) if end is None else end
        is_comment = sql.startswith(("--", "/*"), start)
        parts.append(" " if is_comment else sql[start:position])
    parts.append(_BREAK.sub(" ", sql[position:]))
    return "".join(parts).strip()


def line_at(sql: str, offset: int) -> int:
    """The line of an offset, counted from 1."""
    return sql.count("\n", 0, offset) + 1
