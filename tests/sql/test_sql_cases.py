"""Each case in cases/*.sql: a query, and what it reads, its columns, its volatile functions, or its error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from batchsql.errors import SqlError
from batchsql.sql import Names, parse, resolve
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
