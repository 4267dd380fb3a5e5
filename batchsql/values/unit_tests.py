"""A unit test of a model: rows given for what it reads, rows expected of it; and what came of running it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct


class Rows(Struct, frozen=True, kw_only=True):
    """Rows as a unit test writes them.

    rows: for `dict` and `csv`, each row by column; a column that a row does not name is absent from it.
    columns: for `csv`, its header; for `dict`, every column that a row names, in order of first mention.
    sql: for `sql`, the query that gives the rows.
    lines: the line of each row, in the file `path`; `line` is where the rows as a whole are written.
    fixture: the name of the file that holds them, as written; empty where they stand in the test itself.
    """

    format: Literal["dict", "csv", "sql"] = "dict"
    columns: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    sql: str = ""
    fixture: str = ""
    path: str = ""
    line: int = 0
    lines: tuple[int, ...] = ()


class Given(Struct, frozen=True, kw_only=True):
    """What stands in for one input.

    key: the model, seed, snapshot or `group.table` of a source; `this` for the model's own rows so far; a file's path.
    rows: None for a seed whose own file is to be read.
    """

    key: str
    rows: Rows | None = None
    line: int = 0


class UnitTest(Struct, frozen=True, kw_only=True):
    """An example of what a model makes of its inputs.

    incremental: the answer of is_incremental(). macros, variables, environment: what they give instead, in this test.
    start, end: the slice of an interval model, half-open, UTC; end is None where it is one step.
    now: what now() and its like give, UTC; None for the clock.
    including, excluding: the versions of the model it is of, by what follows `.v`; neither: all of them.
    version: the one that this test is of; then `model` is the name that ends in it.
    """

    name: str
    model: str
    given: tuple[Given, ...]
    expect: Rows
    incremental: bool = False
    macros: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    environment: dict[str, str] = {}
    start: datetime | None = None
    end: datetime | None = None
    now: datetime | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    including: tuple[str, ...] = ()
    excluding: tuple[str, ...] = ()
    version: int | float | str | None = None
    path: str = ""
    line: int = 0

    @property
    def bare_model(self) -> str:
        """The model's name without its version."""
        return self.model if self.version is None else self.model.removesuffix(f".v{self.version}")

    def unique_id(self, package: str) -> str:
        """How artifacts call it."""
        suffix = "" if self.version is None else f"_v{self.version}"
        return f"unit_test.{package}.{self.bare_model}.{self.name}{suffix}"

    def __str__(self) -> str:
        return f"{self.model}: {self.name}"


class Difference(Struct, frozen=True):
    """An expected row beside the actual one that is most like it; None where there is no such row.

    Values are texts as the engine writes them, None for null, in the order of the compared columns.
    differs: for each column, whether the two values differ.
    """

    expected: tuple[str | None, ...] | None
    actual: tuple[str | None, ...] | None
    differs: tuple[bool, ...] = ()


class UnitResult(Struct, frozen=True, kw_only=True):
    """What came of a unit test. Seconds of wall clock.

    state: pass; fail (other rows came than were expected); error (the test or the query cannot be run).
    columns, numeric: the columns that were compared, and which of them hold numbers. same: rows that were as expected.
    error, error_report: for an error, the message, and path, line, source_line and hint of it.
    """

    test: UnitTest
    state: Literal["pass", "fail", "error"]
    columns: tuple[str, ...] = ()
    numeric: tuple[bool, ...] = ()
    same: int = 0
    differences: tuple[Difference, ...] = ()
    seconds: float = 0.0
    error: str = ""
    error_report: dict[str, Any] = {}


class UnitRun(Struct, frozen=True, kw_only=True):
    """The unit tests that were run. without: selected models that have none."""

    results: tuple[UnitResult, ...] = ()
    without: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """0 all well, 2 a test or a query cannot be run, 3 other rows came than were expected; 2 counts first."""
        states = {result.state for result in self.results}
        return 2 if "error" in states else 3 if "fail" in states else 0
