"""Each case in cases/*.sql: a query, and what it reads, its columns, its volatile functions, or its error."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchsql.errors import SqlError
from batchsql.sql import Names, Parsed, parse, resolve
from batchsql.values import Query, Source, TableName

NAMES = Names.of(
    {
        "orders": TableName("main", "orders"),
        "customers": TableName("main", "customers"),
        "airlines": TableName("seeds", "airlines"),
        "stg_flights": TableName("staging", "stg_flights"),
        "order lines": TableName("marts", "sales"),
        "passing": None,
        "me": TableName("marts", "me"),
    },
    [
        Source(group="shop", name="orders", relation=TableName("raw", "orders_v2")),
        Source(group="landing", name="flights", files=("landing/*.parquet",), format="parquet"),
    ],
)
EXPECTATION = re.compile(r"^-- (reads|columns|volatile|error|hint): (.*)$", re.MULTILINE)


def cases() -> list[tuple[str, str, dict[str, str]]]:
    found = []
    for path in sorted((Path(__file__).parent / "cases").glob("*.sql")):
        for block in re.split(r"^-- case: ", path.read_text(), flags=re.MULTILINE)[1:]:
            title, _, body = block.partition("\n")
            sql = EXPECTATION.sub("", body).rstrip("\n")
            found.append((f"{path.stem}: {title}", sql, dict(EXPECTATION.findall(body))))
    return found


def shown(query: Query) -> str:
    reads = [f"{'qualifier' if read.qualifier else read.kind} {read.key}" for read in query.reads]
    return ", ".join(reads) or "nothing"


@pytest.mark.parametrize(("sql", "expected"), [pytest.param(*case[1:], id=case[0]) for case in cases()])
def test_case(sql: str, expected: dict[str, str]) -> None:
    if "error" not in expected:
        query = resolve(parse(sql, path="m.sql"), NAMES, path="m.sql", this="me")
        assert shown(query) == expected["reads"]
        assert ", ".join(query.columns or ["unknown"]) == expected["columns"]
        assert ", ".join(query.volatile) == expected.get("volatile", "")
        return
    with pytest.raises(SqlError) as caught:
        resolve(parse(sql, path="m.sql"), NAMES, path="m.sql", this="me")
    error = caught.value
    assert f"{error.line}: {error.message}".startswith(expected["error"])
    assert expected.get("hint", "") in (error.hint or "")
    assert error.path == "m.sql"
    if error.source_line is not None:
        assert error.source_line == sql.split("\n")[(error.line or 0) - 1].rstrip()


WORDS = re.compile(r"\w+|\s+|'[^']*'|.", re.DOTALL)
SYNTAX = [WORDS.findall(line) for line in (Path(__file__).parent / "duckdb_syntax.sql").read_text().splitlines()]


@given(
    st.lists(st.tuples(st.sampled_from(SYNTAX), st.integers(0, 40), st.integers(1, 9)), min_size=1, max_size=5),
    st.sampled_from(SYNTAX),
    st.data(),
)
def test_whatever_the_text_it_is_parsed_or_refused(
    pieces: list[tuple[list[str], int, int]], words: list[str], data: st.DataObject
) -> None:
    """Pieces of other queries put in, others cut out: the only error there is, is an SqlError."""
    words = list(words)
    for other, start, length in pieces:
        at = data.draw(st.integers(0, len(words)))
        words[at : at + data.draw(st.integers(0, 3))] = other[start : start + length]
    with suppress(SqlError):
        parsed = parse("".join(words), path="m.sql")
        assert all(parsed.sql[mention.start : mention.end].strip() for mention in parsed.mentions)
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(parsed), type=Parsed) == parsed
