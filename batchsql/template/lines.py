"""Which line of which file each line of a rendered text was written at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from batchsql.values import Model

# Marks are made of rare kinds of white space, so that `| trim` and split() treat them as what they stand beside.
_DIGITS = "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
_OPEN, _BETWEEN, _CLOSE = "\u205f", "\u200a", "\u3000"
_MARK = re.compile(f"{_OPEN}([{_DIGITS}]+){_BETWEEN}([{_DIGITS}]+){_CLOSE}")
_TO_MARK = str.maketrans("0123456789:", _DIGITS + _BETWEEN)
_FROM_MARK = str.maketrans(_DIGITS, "0123456789")


class LineMarks(Extension):
    """Puts a mark with file and line before each stretch of plain text, and at the start of each of its lines.

    paths: the files by the numbers that stand in the marks.
    """

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.paths: list[str] = []

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Mark the plain text among the tokens."""
        path = stream.name or ""
        if path not in self.paths:
            self.paths.append(path)
        number = self.paths.index(path)
        for token in stream:
            if token.type != "data":
                yield token
                continue
            lines = token.value.split("\n")
            marked = (_mark(number, token.lineno + index) + line for index, line in enumerate(lines))
            yield Token(token.lineno, "data", "\n".join(marked))


def _mark(path: int, line: int) -> str:
    return f"{_OPEN}{f'{path}:{line}'.translate(_TO_MARK)}{_CLOSE}"


def strip_marks(text: str) -> str:
    """The text without the marks."""
    return _MARK.sub("", text)


def origins_of_lines(marked: str, paths: Sequence[str], model: Model) -> list[tuple[str, int]]:
    """For each line of a marked text, its file and the line there."""
    current = (model.path, model.first_line)
    found = []
    for text in marked.split("\n"):
        stretches = []
        offset = 0
        for match in _MARK.finditer(text):
            stretches.append((current, text[offset : match.start()]))
            path = paths[int(match[1].translate(_FROM_MARK))]
            current = (path, int(match[2].translate(_FROM_MARK)) + (model.first_line - 1 if path == model.path else 0))
            offset = match.end()
        stretches.append((current, text[offset:]))
        written = [place for place, stretch in stretches if stretch.strip()]
        own = [place for place in written if place[0] == model.path]
        found.append((own or written or [current])[0])
    return found


def align(sql: str, model: Model) -> list[tuple[str, int]]:
    """For each line of a rendered text, the most likely line of the model's text."""
    written = [line.strip() for line in model.text.splitlines()]
    rendered = [line.strip() for line in sql.split("\n")]
    lines: list[int] = []
    last = 0
    for block in SequenceMatcher(None, written, rendered, autojunk=False).get_matching_blocks():
        while len(lines) < block.b:  # what matches nothing comes from between what does
            last = min(last + 1, max(block.a - 1, last)) if lines else 0
            lines.append(last)
        lines.extend(range(block.a, block.a + block.size))
        last = lines[-1] if lines else 0
    return [(model.path, model.first_line + line) for line in lines]
