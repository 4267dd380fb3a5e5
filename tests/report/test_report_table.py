from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from batchsql.report.table import as_csv, as_json, as_text

COLUMNS = ("carrier", "flights", "first")
ROWS = [("UA", 58665, datetime(2013, 1, 1, 5)), ("OO", 32, None)]


def test_table_aligns_numbers_right_and_marks_nulls() -> None:
    assert as_text(COLUMNS, ROWS).splitlines() == [
        "carrier  flights  first",
        "───────  ───────  ───────────────────",
        "UA         58665  2013-01-01 05:00:00",
        "OO            32  ∅",
    ]


def test_table_fits_the_width_and_says_what_it_leaves_out() -> None:
    lines = as_text([f"column_{i}" for i in range(20)], [["x" * 50] * 20], width=60).splitlines()
    assert all(len(line) <= 60 for line in lines[:3])
    assert "…" in lines[2]
    assert lines[3].startswith("(17 more columns do not fit: column_3,")


def test_table_shows_no_control_characters() -> None:
    text = as_text(["a"], [["one\ntwo\x1b[31m"]])
    assert "one⏎two�[31m" in text


def test_wide_characters_take_two_places() -> None:
    lines = as_text(["a", "b"], [["東京", "x"], ["Oslo", "y"]]).splitlines()
    assert lines[2:] == ["東京  x", "Oslo  y"]


def test_csv_tells_null_from_empty() -> None:
    assert as_csv(["a", "b"], [(None, ""), ("x,y", 'say "hi"'), (True, Decimal("1.50"))]) == (
        'a,b\n,""\n"x,y","say ""hi"""\ntrue,1.50\n'
    )


@given(st.lists(st.tuples(st.text(), st.text(min_size=1)), min_size=1))
def test_csv_can_be_read_back(rows: list[tuple[str, str]]) -> None:
    read = list(csv.reader(io.StringIO(as_csv(["a", "b"], rows), newline="")))
    assert [tuple(row) for row in read[1:]] == rows


def test_json_is_an_array_with_a_row_a_line() -> None:
    text = as_json(COLUMNS, ROWS)
    assert json.loads(text)[0] == {"carrier": "UA", "flights": 58665, "first": "2013-01-01T05:00:00"}
    assert len(text.splitlines()) == 4
    assert as_json(COLUMNS, []) == "[]"
