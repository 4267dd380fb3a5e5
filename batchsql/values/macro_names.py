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
