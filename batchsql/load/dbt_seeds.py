"""Seeds as dbt lands them: a table with the types that it infers, filled by the engine's COPY.

What batchsql refuses in its own projects is taken here as dbt takes it; the engine has the last word on the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from batchsql.errors import BatchError
from batchsql.load.inferred import column_names, infer_types
from batchsql.load.request import LoadRequest, Statement
from batchsql.load.seeds import Seed, decode_seed
from batchsql.values import literal, quote


def read_dbt_seed(
    file: Path, *, path: str, delimiter: str = ",", column_types: Mapping[str, str] | None = None
) -> Seed:
    """Read a CSV file and find its types. Raises BatchError where it is not in UTF-8, or has no header.

    column_types: by the names as the header has them; names that are not there count for nothing.
    """
    text = decode_seed(file.read_bytes(), path)
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = column_names(next(records, []))
    if not columns:
        raise BatchError("the seed has no header", path=path, line=1, hint="its first line must name the columns")
    width = len(columns)
    rows = []
    for record in records:
        if len(record) > width:
            message = f"too many fields: {len(record)}, where the header has {width}"
            hint = 'a field that holds the delimiter goes in quotes: "like, this"'
            raise BatchError(message, path=path, line=records.line_num, hint=hint)
        rows.append([*record, *[""] * (width - len(record))])
    types = infer_types(columns, rows)
    types |= {name: kind for name, kind in (column_types or {}).items() if name in types}
    return Seed(
        file=str(file), path=path, columns=columns, rows=len(rows), delimiter=delimiter, types=types, as_dbt=True
    )


def dbt_seed_query(seed: Seed) -> str:
    """A query that gives the rows of the seed."""
    types = ", ".join(f"{literal(name)}: {literal(seed.types[name])}" for name in seed.columns)
    names = ", ".join(map(literal, seed.columns))
    return (
        f"select * from read_csv({literal(seed.file)}, header = true, delim = {literal(seed.delimiter)}, "
        f"names = [{names}], types = {{{types}}})"
    )


def fits_query(seed: Seed, types: Sequence[str]) -> str:
    """A query of one truth value: whether columns of these types can take all values of the file, by position."""
    names = [f"c{place}" for place in range(len(types))]

    def taken(kinds: Sequence[str]) -> str:
        listed = ", ".join(f"{name}: {literal(kind)}" for name, kind in zip(names, kinds, strict=True))
        return (
            f"(select count(hash({', '.join(names)})) from read_csv({literal(seed.file)}, header = true, "
            f"delim = {literal(seed.delimiter)}, names = [{', '.join(map(literal, names))}], "
            f"types = {{{listed}}}, ignore_errors = true))"
        )

    return f"select {taken(types)} = {taken(['VARCHAR'] * len(types))}"


def load_seed(request: LoadRequest) -> tuple[Statement, ...]:
    """Copy the file into the table that is there, whose columns are `target_columns`; without them make it anew."""
    seed = request.seed
    if seed is None:
        raise ValueError("a seed's request holds the seed")
    columns = ", ".join(f"{quote(name)} {seed.types[name]}" for name in seed.columns)
    made: tuple[Statement, ...] = (Statement(f"create or replace table {request.target.sql} ({columns})"),)
    if request.existing == "view":
        made = (Statement(f"drop view {request.target.sql}"), *made)
    elif request.target_columns and not request.fresh:
        made = (Statement(f"delete from {request.target.sql}", "deleted"),)
    copied = (
        f"copy {request.target.sql} from {literal(seed.file)} "
        f"(format csv, header true, delimiter {literal(seed.delimiter)})"
    )
    return (*made, Statement(copied, "written"))
