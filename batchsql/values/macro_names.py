"""The names that a file of macros defines, found by its tags alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BLOCK = re.compile(
    r"\{%[-+]?\s*(?:macro\s+(?P<macro>\w+)\s*\(|(?:data_)?test\s+(?P<test>\w+)\s*\("
    r"|materialization\s+(?P<materialization>\w+)\s*,\s*(?:default|adapter\s*=\s*['\"](?P<adapter>\w+)['\"]))"
)


def defined_names(text: str) -> Iterator[str]:
    """The names of the macros that a file seems to define (one that is commented out is among them too).

    `{% test positive(...) %}` is the macro `test_positive`, `{% materialization merged, adapter='duckdb' %}`
    `materialization_merged_duckdb`.
    """
    for found in _BLOCK.finditer(text):
        if found["macro"]:
            yield found["macro"]
        elif found["test"]:
            yield f"test_{found['test']}"
        else:
            yield f"materialization_{found['materialization']}_{found['adapter'] or 'default'}"


_DEFINING = re.compile(r"\{%[-+]?\s*(macro|test|data_test|materialization)\s")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_NO_LINE_END = re.compile(r"[^\n]")


def definitions_only(text: str) -> str:
    """The file with blanks for all that defines no macro, which dbt does not read; no line moves."""
    kept: list[str] = []
    end = 0
    text = _COMMENT.sub(lambda comment: _blank(comment[0]), text)
    for opening in _DEFINING.finditer(text):
        if opening.start() < end:
            continue
        closing = re.compile(r"\{%[-+]?\s*end" + opening[1] + r"\s*[-+]?%\}").search(text, opening.end())
        kept.append(_blank(text[end : opening.start()]))
        start, end = opening.start(), closing.end() if closing else len(text)
        kept.append(text[start:end])
    return "".join((*kept, _blank(text[end:])))


def _blank(text: str) -> str:
    return _NO_LINE_END.sub(" ", text)
