"""Expected rows against actual ones: order does not count, duplicates do."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from batchsql.engines.base import Session
from batchsql.errors import EngineError, ProjectError
from batchsql.pipeline.unit_rows import as_sql
from batchsql.values import quote
from batchsql.values.unit_tests import Difference, Rows

Row = tuple[str | None, ...]

TOLERANCE = {"FLOAT": 1e-6, "DOUBLE": 1e-9}
"""How far two floating-point numbers may be apart, relative to the larger one; others are compared exactly."""
NEAR_ZERO = 1e-12
"""How far a floating-point number may be from zero and still be as good as zero."""
_MOST_PAIRED = 200  # differing rows of each side that are looked at for the likest

_WHOLE = {f"{sign}{size}" for sign in ("", "U") for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")}
_COARSE = {"DATE", "TIMESTAMP_S", "TIMESTAMP_MS"}  # compared as TIMESTAMP: no part of what is expected is lost


def is_numeric(kind: str) -> bool:
    """Whether a column of this type holds numbers."""
    return kind in TOLERANCE or _is_exact(kind)


def _is_exact(kind: str) -> bool:
    return kind in _WHOLE or kind.startswith("DECIMAL")


def actual_rows(session: Session, relation: str, columns: Sequence[str], kinds: Sequence[str]) -> list[Row]:
    """The rows of a relation, each value as the engine writes it."""
    shown = ", ".join(_as_text(quote(name), kind) for name, kind in zip(columns, kinds, strict=True))
    return [_dates(row, kinds) for row in session.query(f"SELECT {shown} FROM {relation}")]


def expected_rows(session: Session, rows: Rows, columns: Sequence[str], kinds: Sequence[str]) -> list[Row]:
    """The expected rows, each value as the engine would write it in the type of the actual column.

    Raises ProjectError for a value that is none of that type.
    """
    if rows.format == "sql":
        cast = ", ".join(_cast_text(quote(name), kind) for name, kind in zip(columns, kinds, strict=True))
        return [_dates(row, kinds) for row in _asked(session, f"SELECT {cast} FROM (\n{rows.sql}\n)", rows)]
    found = [[_text(row.get(name)) for name in rows.columns] for row in rows.rows]
    by_engine = [at for at, kind in enumerate(kinds) if not is_numeric(kind) and not _is_text(kind)]
    if by_engine and found:
        values = ", ".join(
            "(" + ", ".join(as_sql(row.get(rows.columns[at]), kinds[at]) for at in by_engine) + ")" for row in rows.rows
        )
        names = [f"c{at}" for at in by_engine]
        cast = ", ".join(_cast_text(name, kinds[at]) for name, at in zip(names, by_engine, strict=True))
        texts = _asked(session, f"SELECT {cast} FROM (VALUES {values}) AS expected({', '.join(names)})", rows)
        for row, cells in zip(found, texts, strict=True):
            for at, cell in zip(by_engine, cells, strict=True):
                row[at] = cell
    for number, row in enumerate(found):
        for at, kind in enumerate(kinds):
            _expect_number(row[at], kind, rows, number, columns[at])
    return [_dates(row, kinds) for row in found]


def _dates(row: Sequence[str | None], kinds: Sequence[str]) -> Row:
    """The row with its dates as dates again: they are asked for as moments."""
    return tuple(
        text.removesuffix(" 00:00:00") if text is not None and kind == "DATE" else text
        for text, kind in zip(row, kinds, strict=True)
    )


def _asked(session: Session, sql: str, rows: Rows) -> list[Row]:
    try:
        return [tuple(row) for row in session.query(sql)]
    except EngineError as error:
        message = f"the expected rows: {error.message.splitlines()[0]}"
        raise ProjectError(message, path=rows.path, line=rows.line) from error


def _is_text(kind: str) -> bool:
    return kind == "VARCHAR" or kind.startswith("ENUM")


def _as_text(value: str, kind: str) -> str:
    return f"CAST(CAST({value} AS TIMESTAMP) AS VARCHAR)" if kind in _COARSE else f"CAST({value} AS VARCHAR)"


def _cast_text(value: str, kind: str) -> str:
    """An expected value as text; numbers and texts keep the precision that they are written with."""
    if is_numeric(kind) or _is_text(kind):
        return f"CAST({value} AS VARCHAR)"
    return _as_text(value if kind in _COARSE else f"CAST({value} AS {kind})", kind)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, list | dict) else str(value)


def _expect_number(text: str | None, kind: str, rows: Rows, number: int, column: str) -> None:
    """Raise ProjectError where a number is compared with what is none."""
    if text is None or not is_numeric(kind):
        return
    try:
        _number(text, kind)
    except (ValueError, InvalidOperation):
        line = rows.lines[number] if rows.lines else rows.line
        message = f"the model gives numbers ({kind}) in '{column}', and '{text}' is expected"
        raise ProjectError(message, path=rows.path, line=line, hint="write a number, or null") from None


def _number(text: str, kind: str) -> float | Decimal:
    return float(text) if kind in TOLERANCE else Decimal(text.strip())


def compare(expected: Sequence[Row], actual: Sequence[Row], kinds: Sequence[str]) -> tuple[int, tuple[Difference, ...]]:
    """How many rows are the same on both sides, and the others: each beside the one that is most like it."""
    same = [_equality(kind) for kind in kinds]
    exact = [at for at, kind in enumerate(kinds) if kind not in TOLERANCE]
    waiting: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for number, row in enumerate(actual):
        waiting[_key(row, exact, kinds)].append(number)
    missing: list[Row] = []
    taken: set[int] = set()
    for row in expected:
        candidates = waiting.get(_key(row, exact, kinds), [])
        found = next((n for n in candidates if _alike(row, actual[n], same) == len(row)), None)
        if found is None:
            missing.append(row)
        else:
            candidates.remove(found)
            taken.add(found)
    surplus = [row for number, row in enumerate(actual) if number not in taken]
    return len(taken), tuple(_paired(missing, surplus, same))


def _key(row: Row, exact: Sequence[int], kinds: Sequence[str]) -> tuple[Any, ...]:
    return tuple(_comparable(row[at], kinds[at]) for at in exact)


def _comparable(text: str | None, kind: str) -> Any:
    """What two values that are compared exactly have in common when they are equal."""
    if text is None:
        return None
    if kind == "JSON":
        return json.dumps(json.loads(text), sort_keys=True)
    return Decimal(text) if _is_exact(kind) else text


def _equality(kind: str) -> Callable[[str | None, str | None], bool]:
    tolerance = TOLERANCE.get(kind)
    if tolerance is None:
        return lambda one, other: bool(_comparable(one, kind) == _comparable(other, kind))

    def near(one: str | None, other: str | None) -> bool:
        if one is None or other is None:
            return one is other
        left, right = float(one), float(other)
        both_nan = math.isnan(left) and math.isnan(right)
        return both_nan or math.isclose(left, right, rel_tol=tolerance, abs_tol=NEAR_ZERO)

    return near


def _alike(one: Row, other: Row, same: Sequence[Callable[[str | None, str | None], bool]]) -> int:
    """In how many columns two rows are equal."""
    return sum(equal(left, right) for equal, left, right in zip(same, one, other, strict=True))


def _paired(
    missing: Sequence[Row], surplus: Sequence[Row], same: Sequence[Callable[[str | None, str | None], bool]]
) -> list[Difference]:
    """Missing rows beside surplus ones, the likest first; a pair has a value in common, or is the only one."""
    alone = len(missing) == len(surplus) == 1
    scores = sorted(
        (
            (-_alike(row, other, same), left, right)
            for left, row in enumerate(missing[:_MOST_PAIRED])
            for right, other in enumerate(surplus[:_MOST_PAIRED])
        ),
    )
    partner: dict[int, int] = {}
    used: set[int] = set()
    for score, left, right in scores:
        if left not in partner and right not in used and (score or alone):
            partner[left] = right
            used.add(right)
    found = []
    for number, row in enumerate(missing):
        other = surplus[partner[number]] if number in partner else None
        differs = tuple(not equal(a, b) for equal, a, b in zip(same, row, other, strict=True)) if other else ()
        found.append(Difference(row, other, differs))
    found += [Difference(None, row) for number, row in enumerate(surplus) if number not in used]
    return found
