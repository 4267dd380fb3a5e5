"""Seeds: a clear error, or the right rows; never a silent loss."""

from __future__ import annotations

import csv
import io
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from load_helper import TARGET, land, open_session, request_for, rows

from batchsql.engines.duckdb import DuckdbSession
from batchsql.errors import BatchError, EngineError
from batchsql.load import explain, read_seed, seed_query
from batchsql.values import Config


def load(folder: Path, data: bytes, session: DuckdbSession | None = None, **config: Any) -> DuckdbSession:
    file = folder / "seed.csv"
    file.write_bytes(data)
    session = session or open_session(str(folder))
    settled = Config(materialized="seed", **config)
    seed = read_seed(file, path="seeds/seed.csv", delimiter=settled.delimiter, column_types=settled.column_types)
    try:
        land(session, request_for(session, seed_query(seed), settled, seed=seed))
    except EngineError as error:
        raise explain(error, seed) from error
    return session


def types(session: DuckdbSession) -> dict[str, str]:
    return dict(session.columns(f"from {TARGET.sql}"))


GOOD: dict[str, tuple[bytes, list[tuple[Any, ...]]]] = {
    "plain": (b"a,b\n1,x\n2,y\n", [(1, "x"), (2, "y")]),
    "no line end at the end": (b"a,b\n1,x\n2,y", [(1, "x"), (2, "y")]),
    "byte order mark": (b"\xef\xbb\xbfa,b\n1,x\n", [(1, "x")]),
    "windows line ends": (b"a,b\r\n1,x\r\n2,y\r\n\r\n", [(1, "x"), (2, "y")]),
    "old mac line ends": (b"a,b\r1,x\r2,y\r", [(1, "x"), (2, "y")]),
    "line ends of several kinds": (b"a,b\n1,x\r\n2,y\n3,z\r\n", [(1, "x"), (2, "y"), (3, "z")]),
    "line breaks in quotes": (b'a,b\n1,"x\n\ny"\n2,"p\nq"\n', [(1, "x\n\ny"), (2, "p\nq")]),
    "other line breaks in quotes": (b'a,b\r\n1,"x\ny"\r\n2,z\r\n', [(1, "x\ny"), (2, "z")]),
    "quotes in quotes": (b'a,b\n1,"say ""hi"", ""you"""\n', [(1, 'say "hi", "you"')]),
    "quotes inside a field": (b'a,b\n1,5" pipe\n', [(1, '5" pipe')]),
    "blank lines": (b"\na,b\n1,x\n\n2,y\n\n\n", [(1, "x"), (2, "y")]),
    "blank lines after one column": (b"a\n1\n2\n\n\n", [(1,), (2,)]),
    "empty is NULL": (b'a,b\n1,\n2,""\n,z\n', [(1, None), (2, None), (None, "z")]),
    "all empty": (b"a,b\n,\n,\n", [(None, None), (None, None)]),
    "one column with an empty value": (b'a\nx\n""\n', [("x",), (None,)]),
    "leading zeros": (b"a,b\n007,1\n8,2\n", [("007", 1), ("8", 2)]),
    "long numbers": (b"a\n12345678901234567890123\n1\n", [(12345678901234567890123,), (1,)]),
    "numbers longer than any number": (f"a,b\n{'9' * 40},1\n1,2\n".encode(), [("9" * 40, 1), ("1", 2)]),
    "numbers of many digits after the first thousands": (
        b"a\n" + b"1\n" * 30000 + b"x\n",
        [("1",)] * 30000 + [("x",)],
    ),
    "words that look like truth": (b"a,b\nY,true\nN,false\n", [("Y", True), ("N", False)]),
    "dates": (b"a,b\n2024-01-02,2024-01-02 10:00:00\n", [(date(2024, 1, 2), datetime(2024, 1, 2, 10))]),
    "dates of unclear order": (b"a\n01/02/2024\n03/04/2024\n", [("01/02/2024",), ("03/04/2024",)]),
    "unicode": ("schlüssel,名\n1,é\n".encode(), [(1, "é")]),
    "comment signs": (b"a,b\n#1,x\n// 2,y\n", [("#1", "x"), ("// 2", "y")]),
    "spaces are kept": (b"a,b\n x ,1\n", [(" x ", 1)]),
    "null spelled out": (b"a,b\nNULL,1\nNA,2\n", [("NULL", 1), ("NA", 2)]),
    "names with spaces and keywords": (b'order,"a, b",Select\n1,2,3\n', [(1, 2, 3)]),
    "it's in a name": (b'it\'s,"q""q"\n1,2\n', [(1, 2)]),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_lands_whole(name: str, tmp_path: Path) -> None:
    data, expected = GOOD[name]
    session = load(tmp_path, data)
    assert session.query(f"from {TARGET.sql}") == expected


BAD: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 1, "the seed is empty"),
    "only blank lines": (b"\n\n", 1, "the seed is empty"),
    "latin 1": (b"a,b\n1,x\n2,caf\xe9\n", 3, "the file is not in UTF-8: byte 0xe9 at position 6 of the line"),
    "latin 1 after a byte order mark": (
        b"\xef\xbb\xbfa,b\n1,x\n2,caf\xe9,n\n",
        3,
        "the file is not in UTF-8: byte 0xe9 at position 6 of the line",
    ),
    "utf 16": ("a,b\n1,x\n".encode("utf-16"), 1, "the file is in UTF-16, not UTF-8"),
    "zero byte": (b"a,b\n1,\0\n", 2, "the file holds a NUL byte; it is not text"),
    "duplicate name": (b"id,name,ID\n1,2,3\n", 1, "the header names 'ID' twice: columns 1 and 3"),
    "nameless column": (b"id,,x\n1,2,3\n", 1, "column 2 of the header has no name"),
    "too many fields": (b'a,b\n"1\n1",x\n2,y,z\n', 4, "too many fields: 3, where the header has 2"),
    "too few fields": (b"a,b\n1,x\n2\n", 3, "too few fields: 1, where the header has 2"),
    "a line of spaces": (b"a,b\n1,x\n  \n", 3, "too few fields: 1, where the header has 2"),
    "unclosed quote": (b'a,b\n1,x\n2,"y\n3,z\n', 3, "a quoted field that begins in this record is never closed"),
    "text after a quote": (b'a,b\n1,"x"y\n', 2, "a quoted field goes on after its closing quote"),
    "gap in one column": (b"a\n1\n\n2\n", 3, "a blank line between rows of a single column"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_an_error_with_its_line(name: str, tmp_path: Path) -> None:
    data, line, message = BAD[name]
    with pytest.raises(BatchError) as caught:
        load(tmp_path, data)
    assert (caught.value.path, caught.value.line, caught.value.message) == ("seeds/seed.csv", line, message)


def test_a_header_alone_makes_an_empty_table(tmp_path: Path) -> None:
    session = load(tmp_path, b"id,name\n", column_types={"ID": "integer"})
    assert rows(session) == []
    assert types(session) == {"id": "INTEGER", "name": "VARCHAR"}


def test_declared_types_win(tmp_path: Path) -> None:
    session = load(tmp_path, b"zip;n\n123;1\n", delimiter=";", column_types={"ZIP": "varchar", "n": "decimal(9, 2)"})
    assert types(session) == {"zip": "VARCHAR", "n": "DECIMAL(9,2)"}


def test_a_value_that_does_not_fit_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BatchError) as caught:
        load(tmp_path, b'id,name\n1,"x\ny"\nseven,z\n', column_types={"id": "integer"})
    assert caught.value.line == 4
    assert caught.value.message == "column 'id' is of type integer, but holds 'seven'"


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        ("integer", "1.7", False),
        ("BIGINT", "1.0", True),
        ("integer", "15e-1", False),
        ("integer", "-12", True),
        ("decimal(4, 2)", "1.239", False),
        ("decimal(4, 2)", "1.23", True),
        ("numeric(5)", "1.5", False),
        ("decimal", "1.125", True),
        ("tinyint", "300", False),
        ("enum('a', 'b')", "c", False),
        ("date", "01/02/2024", False),
        ("double", "1.239", True),
    ],
)
def test_no_value_is_bent_to_fit(kind: str, value: str, fits: bool, tmp_path: Path) -> None:
    data = f"a,b\nx,\ny,{value}\n".encode()
    if fits:
        session = load(tmp_path, data, column_types={"b": kind})
        assert rows(session, "b::double") == [(float(value),), (None,)]
        return
    with pytest.raises(BatchError) as caught:
        load(tmp_path, data, column_types={"b": kind})
    assert (caught.value.line, caught.value.message) == (3, f"column 'b' is of type {kind}, but holds '{value}'")


def test_an_unknown_type_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="nonsense does not exist") as caught:
        load(tmp_path, b"a\n1\n", column_types={"a": "nonsense"})
    assert caught.value.hint == "its column_types may be wrong"


def test_a_type_for_an_unknown_column_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="does not have") as caught:
        load(tmp_path, b"id,name\n1,x\n", column_types={"nam": "text"})
    assert caught.value.hint == "did you mean 'name'?"


def test_a_seed_replaces_what_was_there(tmp_path: Path) -> None:
    session = load(tmp_path, b"a\n1\n")
    assert rows(load(tmp_path, b"b\nx\ny\n", session)) == [("x",), ("y",)]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.lists(st.tuples(cells, cells), max_size=6), ends=st.sampled_from(["\n", "\r\n"]))
def test_whatever_python_writes_comes_back(body: list[tuple[str, str]], ends: str, tmp_path: Path) -> None:
    text = io.StringIO(newline="")
    # Python leaves a lone carriage return unquoted where lines end otherwise
    writer = csv.writer(text, lineterminator=ends, quoting=csv.QUOTE_ALL if ends == "\n" else csv.QUOTE_MINIMAL)
    writer.writerows([("a", "b"), *body])
    session = load(tmp_path, text.getvalue().encode(), column_types={"a": "varchar", "b": "varchar"})
    assert session.query(f"from {TARGET.sql}") == [tuple(cell or None for cell in record) for record in body]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text('a1,"\n\r ', max_size=16), header=st.sampled_from(["x", "x,y", "\nx,y"]))
def test_any_text_lands_whole_or_is_an_error(body: str, header: str, tmp_path: Path) -> None:
    text = f"{header}\n{body}"
    try:
        session = load(tmp_path, text.encode(), column_types=dict.fromkeys(header.strip().split(","), "varchar"))
    except BatchError:
        return
    records = [record for record in csv.reader(io.StringIO(text, newline="")) if record][1:]
    assert session.query(f"from {TARGET.sql}") == [tuple(cell or None for cell in record) for record in records]


def test_a_hundred_thousand_rows(tmp_path: Path) -> None:
    file = tmp_path / "seed.csv"
    file.write_text("a,b,c,d\n" + "".join(f"{i},name {i},2024-01-01,{i}.5\n" for i in range(100_000)), encoding="utf-8")
    started = time.process_time()
    seed = read_seed(file)
    print(f"{time.process_time() - started:.2f} CPU s")  # noqa: T201
    session = open_session(str(tmp_path))
    land(session, request_for(session, seed_query(seed), Config(materialized="seed"), seed=seed))
    assert session.query(f"select count(*), sum(a), count(distinct b) from {TARGET.sql}") == [
        (100_000, 4999950000, 100_000)
    ]
