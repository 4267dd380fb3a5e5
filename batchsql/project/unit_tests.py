"""Unit tests of models, as property files hold them under `unit_tests:`, and the fixture files they name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from posixpath import basename, splitext
from typing import Any, NoReturn

from msgspec.structs import replace

from batchsql.errors import ProjectError, did_you_mean
from batchsql.project.fields import blocks, boolean, check_keys, fail, mapping, name, optional_text, text, texts
from batchsql.project.wording import describe, hint_for
from batchsql.project.yaml import Block, Items, plain
from batchsql.values.project import Model, Source
from batchsql.values.unit_tests import Given, Rows, UnitTest

SECTION = "unit_tests"
FIXTURES = "fixtures"
"""The folder of fixture files, in each folder of tests."""

_KEYS = (
    "name",
    "description",
    "model",
    "given",
    "expect",
    "overrides",
    "batch",
    "now",
    "config",
    "tags",
    "meta",
    "versions",
)
_FORMATS = ("dict", "csv", "sql")
_ROW_KEYS = ("rows", "format", "fixture")
_CONFIG_KEYS = ("tags", "meta", "enabled")
_REF = re.compile(
    r"""ref\(\s*(?:(['"])[^'"]+\1\s*,\s*)?(['"])([^'"]+)\2\s*(?:,\s*(?:v|version)\s*=\s*(['"]?)([\w.]+)\4\s*)?\)$"""
)
_SOURCE = re.compile(r"""source\(\s*(['"])([^'"]+)\1\s*,\s*(['"])([^'"]+)\3\s*\)$""")
_MOMENT = "write 2024-01-31 or 2024-01-31 12:00:00; without an offset it is UTC"


def read_unit_tests(top: Block) -> tuple[UnitTest, ...]:
    """The unit tests of one property file that are enabled; fixture files are named in them, but not read yet."""
    return tuple(test for entry in blocks(top, SECTION, "unit test") if (test := _test(entry)) is not None)


def with_fixtures(tests: Sequence[UnitTest], files: Sequence[str], read: Callable[[str], str]) -> tuple[UnitTest, ...]:
    """The tests with the rows of the fixture files they name. files: the paths of all fixture files of the project."""
    texts_read: dict[str, str] = {}

    def filled(rows: Rows | None, test: UnitTest) -> Rows | None:
        if rows is None or not rows.fixture:
            return rows
        path = _fixture_path(rows, files, test)
        if path not in texts_read:
            texts_read[path] = read(path)
        return _from_text(texts_read[path], splitext(path)[1][1:], rows, path, 1)

    return tuple(
        replace(
            test,
            given=tuple(replace(given, rows=filled(given.rows, test)) for given in test.given),
            expect=filled(test.expect, test) or test.expect,
        )
        for test in tests
    )


def for_each_version(tests: Iterable[UnitTest], models: Sequence[Model]) -> tuple[UnitTest, ...]:
    """The same tests, where each test of a model with versions is one for each; inputs mean the latest version."""
    versions: dict[str, list[Model]] = {}
    for model in models:
        if model.version is not None:
            versions.setdefault(model.bare_name.lower(), []).append(model)
    latest = {bare: model.name for bare, each in versions.items() for model in each if model.is_latest}
    found: list[UnitTest] = []
    for test in tests:
        given = tuple(replace(each, key=latest.get(each.key.lower(), each.key)) for each in test.given)
        of_versions = versions.get(test.model.lower())
        if of_versions is None:
            found.append(replace(test, given=given))
            continue
        found += [
            replace(test, given=given, model=model.name, version=model.version)
            for model in of_versions
            if (not test.including or str(model.version) in test.including) and str(model.version) not in test.excluding
        ]
    return tuple(found)


def verify_unit_tests(tests: Sequence[UnitTest], models: Sequence[Model], sources: Iterable[Source]) -> None:
    """Refuse a test of a model that is not there, a given input that nobody knows, and two tests of one name."""
    named = {model.name.lower(): model for model in models if model.kind in ("model", "seed", "snapshot")}
    keys = {source.key.lower() for source in sources}
    first: dict[tuple[str, str], UnitTest] = {}
    for test in tests:
        model = named.get(test.model.lower())
        if model is None or model.kind != "model":
            message = f"the unit test '{test.name}' is of '{test.model}', which is " + (
                f"a {model.kind}, not a model" if model else "no model"
            )
            hint = None if model else did_you_mean(test.model, (m.name for m in named.values() if m.kind == "model"))
            raise ProjectError(message, path=test.path, line=test.line, hint=hint)
        other = first.setdefault((model.name, test.name), test)
        if other is not test:
            message = f"{test.model} has two unit tests called '{test.name}', first in {other.path}:{other.line}"
            raise ProjectError(message, path=test.path, line=test.line, hint="rename one of them")
        for given in test.given:
            _verify_given(given, test, named, keys)


def _verify_given(given: Given, test: UnitTest, named: Mapping[str, Model], keys: set[str]) -> None:
    lowered = given.key.lower()
    model = named.get(lowered)
    if model is None and lowered not in keys and lowered != "this" and not _is_file(given.key):
        message = (
            f"the unit test '{test.name}' gives rows for '{given.key}', which is no model, seed, snapshot or source"
        )
        hint = did_you_mean(given.key, [*(m.name for m in named.values()), *keys])
        raise ProjectError(message, path=test.path, line=given.line, hint=hint)
    if given.rows is None and (model is None or model.kind != "seed"):
        message = f"the unit test '{test.name}' gives no rows for '{given.key}'"
        hint = "write `rows: [...]`, `rows: []` for none; only a seed may stand for itself"
        raise ProjectError(message, path=test.path, line=given.line, hint=hint)


def _is_file(key: str) -> bool:
    return "/" in key or splitext(key)[1].lower() in (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")


# --- one test -------------------------------------------------------------------------------------------------------


def _test(entry: Block) -> UnitTest | None:
    test_name = name(entry, f"an entry under '{SECTION}'")
    what = f"the unit test '{test_name}'"
    check_keys(entry, _KEYS, what)
    if entry.get("model") in (None, ""):
        fail(entry, "model", f"{what} names no model", "write `model: ...`")
    config = mapping(entry, "config")
    check_keys(config, _CONFIG_KEYS, f"'config' of {what}")
    overrides = mapping(entry, "overrides")
    check_keys(overrides, ("macros", "vars", "env_vars"), f"'overrides' of {what}")
    macros = plain(mapping(overrides, "macros"))
    versions = mapping(entry, "versions")
    check_keys(versions, ("include", "exclude"), f"'versions' of {what}")
    start, end = _batch(entry, what)
    test = UnitTest(
        name=test_name,
        model=text(entry, "model"),
        given=tuple(_given(entry, what)),
        expect=_expected(entry, what),
        incremental=_incremental(overrides, macros),
        macros=macros,
        variables=plain(mapping(overrides, "vars")),
        environment=_environment(overrides),
        start=start,
        end=end,
        now=_moment(entry, "now"),
        description=text(entry, "description"),
        tags=(*texts(entry, "tags"), *texts(config, "tags")),
        including=_words(versions, "include"),
        excluding=_words(versions, "exclude"),
        path=entry.path,
        line=entry.line,
    )
    return test if boolean(config, "enabled", True) else None


def _words(block: Block, key: str) -> tuple[str, ...]:
    """Versions, which may be numbers, as texts."""
    written = block.get(key)
    return tuple(str(each) for each in (written if isinstance(written, list) else [] if written is None else [written]))


def _incremental(overrides: Block, macros: dict[str, Any]) -> bool:
    """Take is_incremental out of the overridden macros: it chooses the variant of the query."""
    given = macros.pop("is_incremental", False)
    if not isinstance(given, bool):
        fail(mapping(overrides, "macros"), "is_incremental", f"'is_incremental' must be true or false, not {given!r}")
    return given


def _environment(overrides: Block) -> dict[str, str]:
    given = mapping(overrides, "env_vars")
    return {
        key: "true" if given[key] is True else "false" if given[key] is False else text(given, key) for key in given
    }


def _batch(entry: Block, what: str) -> tuple[datetime | None, datetime | None]:
    """The slice: its start, and where it is told, its end."""
    if entry.get("batch") is None:
        return None, None
    batch = mapping(entry, "batch")
    check_keys(batch, ("start", "end"), f"'batch' of {what}")
    start, end = _moment(batch, "start"), _moment(batch, "end")
    if start is None:
        fail(batch, "start", f"'batch' of {what} has no start", "write `batch: {start: 2024-01-31}`")
    if end is not None and end <= start:
        fail(batch, "end", "'end' is not after 'start'", "'end' is the first moment that is not in the batch any more")
    return start, end


def _moment(block: Block, key: str) -> datetime | None:
    """A time in UTC, without a zone."""
    value = block.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        fail(block, key, f"'{key}' must be a date or a time, not {describe(value)}", _MOMENT)
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        fail(block, key, f"'{key}' must be a date or a time, not '{value}'", _MOMENT)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


# --- rows -----------------------------------------------------------------------------------------------------------


def _given(entry: Block, what: str) -> list[Given]:
    found: list[Given] = []
    seen: dict[str, int] = {}
    for given in blocks(entry, "given", "given input"):
        check_keys(given, ("input", *_ROW_KEYS), f"a given input of {what}")
        if given.get("input") in (None, ""):
            fail(given, "input", f"a given input of {what} has no 'input'", "write `- input: ref('...')`")
        key = _input_key(given)
        if key.lower() in seen:
            fail(given, "input", f"rows for '{key}' are given twice, first in line {seen[key.lower()]}", "keep one")
        seen[key.lower()] = given.line_of("input")
        has_rows = given.get("rows") is not None or given.get("fixture") is not None
        rows = _rows(given, f"the rows given for '{key}'") if has_rows else None
        found.append(Given(key=key, rows=rows, line=given.line_of("input")))
    return found


def _input_key(given: Block) -> str:
    """`ref('x')`, `source('g', 't')`, `this`, or a plain name, as the graph knows it."""
    written = text(given, "input").strip()
    if found := _REF.match(written):
        return f"{found[3]}.v{found[5]}" if found[5] else found[3]
    if found := _SOURCE.match(written):
        return f"{found[2]}.{found[4]}"
    if "(" in written or "{" in written:
        fail(
            given,
            "input",
            f"'{written}' is no input",
            "write ref('model'), source('group', 'table'), this, or a plain name",
        )
    return written


def _expected(entry: Block, what: str) -> Rows:
    value = entry.get("expect")
    if isinstance(value, Items):
        fail(entry, "expect", f"'expect' of {what} is a list", "write `expect:` and below it `rows:` with the list")
    expect = mapping(entry, "expect")
    check_keys(expect, _ROW_KEYS, f"'expect' of {what}")
    if expect.get("rows") is None and expect.get("fixture") is None:
        fail(entry, "expect", f"{what} expects nothing", "write `expect: {rows: [...]}`, `rows: []` for no row")
    rows = _rows(expect, "the expected rows")
    for row, line in zip(rows.rows, rows.lines, strict=True):
        missing = [column for column in rows.columns if column not in row]
        if missing:
            message = f"this expected row has no '{missing[0]}', which another has"
            raise ProjectError(message, path=rows.path, line=line, hint=f"write `{missing[0]}: null` where it is null")
    return rows


def _rows(block: Block, what: str) -> Rows:
    value, fixture = block.get("rows"), optional_text(block, "fixture")
    chosen = block.get("format")
    if chosen is not None and chosen not in _FORMATS:
        fail(block, "format", f"'format' must be one of {', '.join(_FORMATS)}", hint_for(str(chosen), _FORMATS))
    if fixture is not None:
        if value is not None:
            fail(block, "fixture", f"{what} stand here and in a fixture file", "keep one of 'rows' and 'fixture'")
        if chosen == "dict":
            fail(block, "format", "a fixture file holds CSV or SQL", "write `format: csv` or `format: sql`")
        line = block.line_of("fixture")
        return Rows(format=chosen or "dict", fixture=fixture, path=block.path, line=line)
    line = block.line_of("rows")
    if chosen in ("csv", "sql"):
        if not isinstance(value, str):
            hint = "write `rows: |` and the text below it, or leave out `format`"
            fail(block, "rows", f"{what} must be a text, since the format is {chosen}", hint)
        return _from_text(value, chosen, Rows(path=block.path, line=line), block.path, line + 1)
    if not isinstance(value, Items):
        hint = "is `format: csv` or `format: sql` missing?" if isinstance(value, str) else "begin each row with `- `"
        fail(
            block,
            "rows",
            f"{what} must be a list of rows, not {'a text' if isinstance(value, str) else describe(value)}",
            hint,
        )
    return _from_items(value, block, what, line)


def _from_items(items: Items, block: Block, what: str, line: int) -> Rows:
    rows: list[dict[str, Any]] = []
    columns: dict[str, str] = {}
    for at, item in items.with_lines():
        if not isinstance(item, Block):
            message = f"each of {what} must be a mapping of columns to values, not {describe(item)}"
            raise ProjectError(message, path=block.path, line=at, hint="write `- {column: value, ...}`")
        spelled: dict[str, Any] = {}
        for column, value in item.items():
            known = columns.setdefault(column.lower(), column)
            if known in spelled:
                fail(item, column, f"the row names '{column}' twice", "upper and lower case make no difference in SQL")
            spelled[known] = plain(value)
        rows.append(spelled)
    return Rows(columns=tuple(columns.values()), rows=tuple(rows), path=block.path, line=line, lines=tuple(items.lines))


def _fixture_path(rows: Rows, files: Sequence[str], test: UnitTest) -> str:
    """The path of the file that a fixture's name means: `orders`, `orders.csv`, or with folders before it."""
    wanted = [rows.fixture] if splitext(rows.fixture)[1] in (".csv", ".sql") else []
    endings = ("csv", "sql") if rows.format == "dict" else (rows.format,)
    wanted = wanted or [f"{rows.fixture}.{ending}" for ending in endings]
    found = [path for path in files if any(path == one or path.endswith("/" + one) for one in wanted)]
    place = {"path": test.path, "line": rows.line}
    if not found:
        hint = did_you_mean(rows.fixture, [splitext(basename(path))[0] for path in files])
        folder = f"put it into the folder {FIXTURES}/ of the tests"
        raise ProjectError(f"there is no fixture file {' or '.join(wanted)}", **place, hint=hint or folder)  # type: ignore[arg-type]
    if len(found) > 1:
        message = f"the fixture '{rows.fixture}' may be {' or '.join(found)}"
        raise ProjectError(message, **place, hint="name it with its folder and ending")  # type: ignore[arg-type]
    if rows.format != "dict" and not found[0].endswith("." + rows.format):
        raise ProjectError(f"{found[0]} does not hold {rows.format}", **place, hint="correct 'format'")  # type: ignore[arg-type]
    return found[0]


def _from_text(content: str, form: str, rows: Rows, path: str, first_line: int) -> Rows:
    """The rows that a CSV text or a query gives."""
    if form == "sql":
        if not content.strip():
            raise ProjectError("there is no query here", path=path, line=first_line, hint="write select ...")
        sql = content.strip().rstrip(";")
        return replace(rows, format="sql", sql=sql, path=path, line=rows.line if path == rows.path else first_line)
    columns, found, lines = _records(content, path, first_line)
    return replace(rows, format="csv", columns=columns, rows=found, lines=lines, path=path)


def _records(
    content: str, path: str, first_line: int
) -> tuple[tuple[str, ...], tuple[dict[str, Any], ...], tuple[int, ...]]:
    """Header, rows and lines of a CSV text; an empty field is null."""

    def wrong(line: int, message: str, hint: str | None = None) -> NoReturn:
        raise ProjectError(message, path=path, line=first_line + line - 1, hint=hint)

    reader = csv.reader(io.StringIO(content, newline=""), strict=True, skipinitialspace=True)
    header: list[str] = []
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    line = 1
    try:
        for record in reader:
            if not record:
                pass  # a blank line
            elif not header:
                header = [column.strip() for column in record]
                if len({column.lower() for column in header}) < len(header) or not all(header):
                    wrong(line, "the header names a column twice, or one without a name")
            elif len(record) != len(header):
                wrong(
                    line,
                    f"this row and the header differ in their number of fields: {len(record)} and {len(header)}",
                    "are there commas in a value?",
                )
            else:
                values = (field.strip() for field in record)
                rows.append({column: value or None for column, value in zip(header, values, strict=True)})
                lines.append(first_line + line - 1)
            line = reader.line_num + 1
    except csv.Error as error:
        wrong(line, f"this is not valid CSV: {error}", "a quote within a value is written twice, the value in quotes")
    if not header:
        wrong(1, "there is no header", "the first line names the columns")
    return tuple(header), tuple(rows), tuple(lines)
