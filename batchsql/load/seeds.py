"""Seeds: a CSV file of the project, read strictly, so that it lands whole or not at all.

Python's csv module judges the file, names lines and counts the records; the engine loads it and finds the types.
"""

from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from msgspec import Struct

from batchsql.errors import BatchError, EngineError, did_you_mean
from batchsql.values import literal, quote

ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_WHOLE = re.compile(r"u?(tiny|small|big|huge)?int(eger)?|int[1248]|short|long|signed", re.IGNORECASE)
_DECIMAL = re.compile(r"(?:decimal|numeric|dec)\s*(\(\s*\d+\s*(,\s*(\d+)\s*)?\))?", re.IGNORECASE)
_TOLD_WRONG = re.compile(  # what the engine would take for a number or a time that is not what stands there
    r"[+-]?(?:\d{39,}"  # an integer that no type holds
    r"|\d{16,}\.\d+"  # a decimal of which a DOUBLE would not even keep the whole part
    r"|\d+(?:\.\d*)?e[+-]?\d{3,}"  # beyond what a DOUBLE reaches
    r"|0x[0-9a-f]+|0b[01]+|0o[0-7]+"
    r"|inf(?:inity)?|nan)",
    re.IGNORECASE,
)
_WORDS = frozenset({"t", "f", "y", "n", "yes", "no"})
_QUOTE_AFTER_SPACE = re.compile(r'\s+"')  # the engine drops such a space, and reads on as if the field were quoted
_CONVERSION = re.compile(
    r'Error when converting column "(.*?)"\. Could not convert string "(.*?)" to \'(.*?)\'', re.DOTALL
)


class Seed(Struct, frozen=True, kw_only=True):
    """A seed file, found good.

    file: the path the engine reads it by; path: the project's name of it, for errors.
    columns: the header's names; skip: blank lines before it. rows: records after the header.
    as_text: columns that stay text, whatever the engine would make of them. uniform: whether all lines end alike.
    blank_end: whether blank lines follow the last record of a single column. types: the declared ones, by column.
    as_dbt: whether it lands as dbt would land it; types are those of all columns then.
    """

    file: str
    path: str
    columns: tuple[str, ...]
    rows: int
    delimiter: str = ","
    skip: int = 0
    as_text: tuple[str, ...] = ()
    blank_end: bool = False
    uniform: bool = True
    types: dict[str, str] = {}
    as_dbt: bool = False


def read_seed(
    file: Path, *, path: str | None = None, delimiter: str = ",", column_types: Mapping[str, str] | None = None
) -> Seed:
    """Read and judge a CSV file in UTF-8, with or without a byte order mark. Raises BatchError with path and line.

    A number with more decimals than its declared type has is refused here, since the engine would round it.
    """
    name = path or file.as_posix()
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise BatchError(f"the delimiter {delimiter!r} is not one plain character", path=name)
    data = file.read_bytes()
    text = decode_seed(data, name)
    records = _records(text, name, delimiter)
    header = next((record for record in records if record[1]), None)
    if header is None:
        raise BatchError("the seed is empty", path=name, line=1, hint="its first line must be a header")
    columns = _header(header[1], name, header[0])
    rows, blank = _rows(records, columns, name, text)
    types = _declared(columns, column_types or {}, name)
    found = _first_rounded(rows, columns, types)
    if found:
        raise _misfit(*found, _line_of(text, name, delimiter, columns.index(found[0]), found[2]), name)
    return Seed(
        file=str(file),
        path=name,
        columns=columns,
        rows=len(rows),
        delimiter=delimiter,
        skip=header[0] - 1,
        as_text=_kept_as_text(rows, columns, text),
        blank_end=blank is not None and len(columns) == 1,
        uniform=_lines_end_alike(data),
        types=types,
    )


def seed_query(seed: Seed, column_types: Mapping[str, str] | None = None) -> str:
    """Return the query that reads the seed, all of the reader's choices said.

    Declared types win, those given to read_seed and those given here.
    The types of the other columns are found by looking at every row.
    An empty field is NULL. Dates are ISO dates: others, which could be read two ways, stay text, as `007` does.
    """
    types = dict.fromkeys(seed.as_text, "varchar") | seed.types
    types |= _declared(seed.columns, column_types or {}, seed.path)
    if seed.rows == 0:
        empty = ", ".join(f"cast(null as {types.get(name, 'varchar')}) as {quote(name)}" for name in seed.columns)
        return f"select {empty} where false"
    names = ", ".join(map(literal, seed.columns))
    declared = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    options = [
        literal(seed.file),
        f"delim = {literal(seed.delimiter)}, quote = '\"', escape = '\"', comment = ''",
        f"header = true, skip = {seed.skip}",
        f"names = [{names}]",
        *([f"types = {{{declared}}}"] if declared else []),
        "auto_detect = true, sample_size = -1, nullstr = '', dateformat = '%Y-%m-%d'",
        f"encoding = 'utf-8', compression = 'none', parallel = false, strict_mode = {str(seed.uniform).lower()}",
        "null_padding = false, ignore_errors = false",
        "hive_partitioning = false, union_by_name = false, filename = false",
    ]
    arguments = ",\n  ".join(options)
    end = f"\nlimit {seed.rows}" if seed.blank_end else ""
    return f"select * from read_csv(\n  {arguments}\n){end}"


def explain(error: EngineError, seed: Seed) -> BatchError:
    """Say where in the file the engine met a value it could not convert; other errors keep their message."""
    found = _CONVERSION.search(error.message)
    if not found:
        hint = "its column_types may be wrong" if seed.types else None
        return BatchError(error.message.split("\n\n")[0], path=seed.path, hint=hint)
    column, value, kind = found.groups()
    line = None
    if column in seed.columns:
        text = decode_seed(Path(seed.file).read_bytes(), seed.path)
        line = _line_of(text, seed.path, seed.delimiter, seed.columns.index(column), value)
    return _misfit(column, seed.types.get(column, kind), value, line, seed.path)


def turned_to_text(seed: Seed, column: str, value: str, kind: str) -> BatchError:
    """Say that one value would turn a column to text that was of another kind in the table that is there."""
    text = decode_seed(Path(seed.file).read_bytes(), seed.path)
    line = _line_of(text, seed.path, seed.delimiter, seed.columns.index(column), value)
    return BatchError(
        f"column '{column}' was {kind}, and '{value}' would turn it to text",
        path=seed.path,
        line=line,
        hint=f"correct the value; or, where text is meant, declare column_types: {{{column}: varchar}}",
    )


# --- judging the file -------------------------------------------------------------------------------------------


def decode_seed(data: bytes, path: str) -> str:
    """The text of a file, without a byte order mark. Raises BatchError where it is not in UTF-8."""
    for mark, encoding in ENCODINGS.items():
        if data.startswith(mark):
            raise _wrong_encoding(path, 1, f"the file is in {encoding}, not UTF-8", encoding)
    data = data.removeprefix(BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place = error.start - data.rfind(b"\n", 0, error.start)
        message = f"the file is not in UTF-8: byte 0x{data[error.start]:02x} at position {place} of the line"
        raise _wrong_encoding(path, line, message, "WINDOWS-1252") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise BatchError("the file holds a NUL byte; it is not text", path=path, line=line)
    return text


def _wrong_encoding(path: str, line: int, message: str, encoding: str) -> BatchError:
    hint = f"convert it, for example with: iconv -f {encoding} -t UTF-8 {Path(path).name}"
    return BatchError(message, path=path, line=line, hint=hint)


def _records(text: str, path: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins, counted from 1; a blank line is an empty record."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for record in reader:
            yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise BatchError(
                "a quoted field that begins in this record is never closed", path=path, line=line
            ) from error
        message, hint = "a quoted field goes on after its closing quote", "write a quote inside a quoted field twice"
        raise BatchError(message, path=path, line=line, hint=hint) from error


def _header(names: list[str], path: str, line: int) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    for position, name in enumerate((name.strip() for name in names), start=1):
        if not name:
            raise BatchError(f"column {position} of the header has no name", path=path, line=line)
        if name.lower() in seen:
            raise BatchError(
                f"the header names '{name}' twice: columns {seen[name.lower()]} and {position}",
                path=path,
                line=line,
                hint="rename one; upper and lower case make no difference in SQL",
            )
        seen[name.lower()] = position
    return tuple(name.strip() for name in names)


def _is_quoted(value: str, text: str) -> bool:
    """Whether a field with this value stands in quotes somewhere in the file."""
    return '"' + value.replace('"', '""') + '"' in text


def _rows(
    records: Iterator[tuple[int, list[str]]], columns: tuple[str, ...], path: str, text: str
) -> tuple[list[list[str]], int | None]:
    """All records after the header, without blank ones, and the line where blank ones begin at the end, if any do.

    Raises for a record with too many or too few fields. In a file of one column a blank line may be meant as a value.
    """
    width, rows = len(columns), []
    blank: int | None = None
    for line, record in records:
        if not record:
            blank = blank or line
            continue
        if len(record) != width:
            message = (
                f"too {'few' if len(record) < width else 'many'} fields: {len(record)}, where the header has {width}"
            )
            hint = 'a field that holds the delimiter goes in quotes: "like, this"' if len(record) > width else None
            raise BatchError(message, path=path, line=line, hint=hint)
        if blank and width == 1:
            hint = 'write "" for an empty value, or take the line out'
            raise BatchError("a blank line between rows of a single column", path=path, line=blank, hint=hint)
        blank = None
        rows.append(record)
        if any(_QUOTE_AFTER_SPACE.match(value) and not _is_quoted(value, text) for value in record):
            hint = "take the space out, so that the quote is the field's first character"
            raise BatchError("a field begins with a space before its quote", path=path, line=line, hint=hint)
    return rows, blank


def _holds_words(rows: list[list[str]], place: int) -> bool:
    """Whether a column holds nothing but words like `yes` and `n`, which the engine would take for truth values."""
    first = next((row[place] for row in rows if row[place]), "").lower()
    return first in _WORDS and {row[place].lower() for row in rows} <= _WORDS | {""}


def _kept_as_text(rows: list[list[str]], columns: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Columns of words like `yes` and `n`, or with a value that the engine would take for another number."""
    kept = {column for place, column in enumerate(columns) if _holds_words(rows, place)}
    if _TOLD_WRONG.search(text):
        cells = ((column, value.strip()) for row in rows for column, value in zip(columns, row, strict=True))
        kept |= {column for column, value in cells if _TOLD_WRONG.fullmatch(value)}
    return tuple(sorted(kept))


def _lines_end_alike(data: bytes) -> bool:
    both = data.count(b"\r\n")
    return sum((both > 0, data.count(b"\n") > both, data.count(b"\r") > both)) <= 1


# --- declared types ---------------------------------------------------------------------------------------------


def _declared(columns: tuple[str, ...], column_types: Mapping[str, str], path: str) -> dict[str, str]:
    """Types by the columns' names as the header has them. Raises BatchError for a column that is not there."""
    known = {name.lower(): name for name in columns}
    for name in column_types:
        if name.lower() not in known:
            raise BatchError(
                f"column_types names the column '{name}', which {path} does not have",
                path=path,
                line=1,
                hint=did_you_mean(name, columns),
            )
    return {known[name.lower()]: kind for name, kind in column_types.items()}


def _decimals(kind: str) -> int | None:
    """How many decimals a type keeps; None for types that are not exact numbers."""
    if _WHOLE.fullmatch(kind):
        return 0
    found = _DECIMAL.fullmatch(kind)
    if not found:
        return None
    return int(found[3] or 0) if found[1] else 3  # DECIMAL alone is DECIMAL(18, 3)


def _first_rounded(
    rows: list[list[str]], columns: tuple[str, ...], types: Mapping[str, str]
) -> tuple[str, str, str] | None:
    """The first value, with its column and type, that would lose decimals."""
    for place, column in enumerate(columns):
        kept = _decimals(types.get(column, ""))
        if kept is None:
            continue
        for row in rows:
            if not row[place].isdigit() and _loses(row[place], kept):
                return column, types[column], row[place]
    return None


def _loses(text: str, kept: int) -> bool:
    try:
        exponent = Decimal(text.strip()).normalize().as_tuple().exponent
    except InvalidOperation:
        return False  # no number at all: the engine says so
    return isinstance(exponent, int) and exponent < -kept


def _line_of(text: str, path: str, delimiter: str, place: int, value: str) -> int | None:
    """The line of the first record that has the value in a column."""
    body = (found for found in _records(text, path, delimiter) if found[1])
    next(body)
    return next((line for line, record in body if record[place].strip() == value.strip()), None)


def _misfit(column: str, kind: str, value: str, line: int | None, path: str) -> BatchError:
    return BatchError(
        f"column '{column}' is of type {kind}, but holds '{value}'",
        path=path,
        line=line,
        hint=f"correct the value, or declare another type for '{column}' in column_types",
    )
