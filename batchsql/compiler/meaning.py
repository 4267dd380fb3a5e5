"""What counts of a template's text: no comment, no layout, and of macros not their order."""

from __future__ import annotations

import re
from collections.abc import Iterable

from batchsql.sql import flatten
from batchsql.values import MacroFile

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_BLOCK = re.compile(r"(?=\{%[-+]?\s*(?:macro|materialization|test|snapshot|docs)\b)")


def meaning_of_template(text: str) -> str:
    """The text without its comments, those of Jinja and those of SQL, and on one line, but for strings."""
    return flatten(_COMMENT.sub(" ", text))


def meaning_of_macros(files: Iterable[MacroFile]) -> list[tuple[str, str]]:
    """The package and the text of each macro, in an order that does not depend on where they are written."""
    blocks = ((file.package, meaning_of_template(block)) for file in files for block in _BLOCK.split(file.text))
    return sorted(block for block in blocks if block[1])
