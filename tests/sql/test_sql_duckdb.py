"""DuckDB as the judge: duckdb_syntax.sql holds queries that it runs, and what batchsql says of each must be so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from batchsql.sql import Names, parse, resolve, splice
from batchsql.values import Query, Read, Source, TableName, literal

QUERIES = (Path(__file__).parent / "duckdb_syntax.sql").read_text().splitlines()
TABLES = {
    "t": "select 1 as a, 2 as b, [1, 2] as l, {'x': 1, 'y': 2} as s, map {'k': 1} as m, timestamp '2013-01-01' as ts",
    "u": "select 1 as a, 3 as c, timestamp '2013-01-01' as ts",
    "staging.t2": "select 1 as a",
}
PHYSICAL = {"t": TableName("p", "x t"), "u": TableName("p", "u"), "staging.t2": TableName("p", 'x"t2')}
NAMES = Names.of(
    {"t": None, "u": None}, [Source(group="staging", name="t2", relation=TableName("staging", "something"))]
)


def run(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[list[str], list[tuple[object, ...]]]:
    result = connection.execute(sql)
    return [column[0].lower() for column in result.description or []], sorted(result.fetchall(), key=repr)


@contextmanager
def without(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> Iterator[None]:
    connection.execute("begin")
    try:
        for name in tables:
            connection.execute(f"drop table {name}")
        yield
    finally:
        connection.execute("rollback")


def as_query(sql: str) -> Query:
    return resolve(parse(sql, path="m.sql"), NAMES, path="m.sql")


def tables_read(query: Query) -> set[str]:
    return {read.key for read in query.reads if read.kind in ("model", "source")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def connection(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("create schema staging; create schema p; create sequence sq")
    for name, query in TABLES.items():
        connection.execute(f"create table {name} as {query}")
        connection.execute(f"create table {PHYSICAL[name].sql} as {query}")
    (folder / "files").mkdir()
    for ending in ("csv", "parquet"):
        connection.execute(f"copy (select 1 as a) to {literal(str(folder / 'files' / f'f.{ending}'))}")
    yield connection
    connection.close()


def test_reads_are_exactly_what_duckdb_needs(
    connection: duckdb.DuckDBPyConnection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for sql in QUERIES:
        read = tables_read(as_query(sql))
        with without(connection, TABLES.keys() - read):
            run(connection, sql)
        for name in read:
            with without(connection, [name]), pytest.raises(duckdb.Error):
                run(connection, sql)


def test_columns_are_those_that_duckdb_gives(
    connection: duckdb.DuckDBPyConnection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    known = 0
    for sql in QUERIES:
        columns = as_query(sql).columns
        if columns is not None:
            known += 1
            assert [name.lower() for name in columns] == run(connection, sql)[0], sql
    assert known > len(QUERIES) / 4


@pytest.mark.parametrize("replace", [str, "(select * from {})".format, "(\n  select * -- all\n  from {}\n)".format])
def test_spliced_queries_give_the_same_rows(
    connection: duckdb.DuckDBPyConnection, folder: Path, monkeypatch: pytest.MonkeyPatch, replace: Callable[[str], str]
) -> None:
    def replacement(read: Read) -> str | None:
        if read.kind == "file":
            return literal(str(folder / read.key))
        return replace(PHYSICAL[read.key].sql) if read.key in PHYSICAL else None

    for sql in QUERIES:
        query = as_query(sql)
        spliced = splice(query.sql, query.reads, replacement)
        assert spliced.count("\n") == sql.count("\n")
        monkeypatch.chdir(folder)
        before = run(connection, sql)
        monkeypatch.chdir("/")
        with without(connection, TABLES):
            after = run(connection, spliced)
        if tables_read(query) and not query.volatile:
            assert repr(after[1]) == repr(before[1]), spliced
        if query.columns is not None:
            assert after[0] == before[0], spliced


def test_parsed_text_can_stand_in_parentheses(
    connection: duckdb.DuckDBPyConnection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for sql in ("select a from t -- why", "select a from t; -- why", "from t ;;", "values (1) /* why */"):
        connection.execute(f"select * from ({parse(sql, path='m.sql').sql})").fetchall()


def test_quoting_of_added_aliases(connection: duckdb.DuckDBPyConnection) -> None:
    query = as_query('select "T".a, staging.t2.a from "T", staging.t2')
    spliced = splice(query.sql, query.reads, lambda read: PHYSICAL[read.key].sql)
    assert spliced == ('select "T".a, "t2".a from "p"."x t" as "T", "p"."x""t2" as "t2"')
    run(connection, spliced)
