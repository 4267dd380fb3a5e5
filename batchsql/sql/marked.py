"""Queries read by the marks of ref(), source() and `this` alone, where nothing else of the text need be understood."""

from __future__ import annotations

import re
from hashlib import blake2b

from batchsql.sql.parsed import Mention, Parsed
from batchsql.sql.scan import line_at, pieces

_MARK = re.compile(r'("__(?:ref|source|this)__")\."((?:[^"]|"")*)"')
_COMMENTS = ("--", "/*")


def read_marks(sql: str) -> Parsed:
    """What a text reads, be it a query that parses or not. Comments and semicolons at its end are left out."""
    found = pieces(sql)
    text = _without_end(sql, found)
    quoted = {start for start, _ in found if sql[start] == '"'}
    mentions = tuple(
        Mention(
            parts=(mark[1].strip('"'), mark[2].replace('""', '"')),
            start=mark.start(),
            end=mark.end(),
            line=line_at(text, mark.start()),
            aliased=True,
        )
        for mark in _MARK.finditer(text)
        if mark.start() in quoted
    )
    digest = blake2b(" ".join(text.split()).encode(), digest_size=16).hexdigest()
    return Parsed(sql=text, mentions=mentions, columns=None, fingerprint=digest, volatile=())


def _without_end(sql: str, found: list[tuple[int, int | None]]) -> str:
    comments = [(start, len(sql) if end is None else end) for start, end in found if sql.startswith(_COMMENTS, start)]
    end = len(sql)
    while True:
        text = sql[:end].rstrip().rstrip(";").rstrip()
        last = next((start for start, stop in comments if start < len(text) <= stop), None)
        if last is None:
            return text
        end = last
