"""Unit tests as text: a line for each, and for one that fails the rows that differ, aligned under their columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from batchsql.report.failure import block
from batchsql.report.words import Paint, count, duration, indent, plain, visible
from batchsql.values.unit_tests import Difference, UnitResult, UnitRun

_MOST_ROWS = 20
_WIDEST_CELL = 40
_MARK = "≠ "
_NULL = "∅"
_WORDS = {"pass": ("ok", "good"), "fail": ("fail", "bad"), "error": ("error", "bad")}


def unit_test_lines(run: UnitRun, paint: Paint = plain) -> list[str]:
    """One line for each test: what became of it, its model, its name, how long it took."""
    widths = [max((len(text) for text in texts), default=0) for texts in _names(run.results)]
    lines = []
    for result in run.results:
        word, style = _WORDS[result.state]
        names = f"{result.test.model.ljust(widths[0])}  {result.test.name.ljust(widths[1])}"
        label = paint(word, style) + " " * (5 - len(word))
        lines.append(f"{label}  {names}  {duration(result.seconds):>8}")
    return lines


def _names(results: Sequence[UnitResult]) -> tuple[list[str], list[str]]:
    return [result.test.model for result in results], [result.test.name for result in results]


def unit_test_summary(run: UnitRun, paint: Paint = plain, *, width: int | None = None) -> str:
    """The failures, each with its rows, and the totals. width: characters a line may have."""
    parts = [unit_test_failure(result, paint, width=width) for result in run.results if result.state != "pass"]
    return "\n\n".join([*parts, unit_test_totals(run, paint)])


def unit_test_totals(run: UnitRun, paint: Paint = plain) -> str:
    """One line: how many passed, failed, could not be run."""
    states = Counter(result.state for result in run.results)
    word, style = ("done:", "good") if run.exit_code == 0 else ("not all well:", "bad")
    told = [f"{states['pass']:,} passed", f"{states['fail']:,} failed"]
    if states["error"]:
        told.append(f"{states['error']:,} could not be run")
    tests = count(len(run.results), "unit test")
    return f"{paint(word, style)} {tests}: {', '.join(told)}, in {duration(run.seconds)}"


def unit_test_failure(result: UnitResult, paint: Paint = plain, *, width: int | None = None) -> str:
    """Why a test did not pass."""
    test = result.test
    if result.state == "error":
        where = dict(result.error_report)
        label = str(where.get("label") or "Error")
        return block(label, f"the unit test '{test.name}' of {test.model} cannot be run: {result.error}", where, paint)
    head = f"{paint('Unit test failed:', 'bad')} {test.name} of {paint(test.model, 'strong')}"
    lines = [head, f"  {paint('-->', 'dim')} {test.path}:{test.line}"]
    if test.description:
        lines.append(f"  {test.description}")
    return "\n".join([*lines, "", indent(difference_table(result, paint, width=width), "  ")])


def difference_table(result: UnitResult, paint: Paint = plain, *, width: int | None = None) -> str:
    """The rows that differ: expected above actual, values that differ marked; and how many are as expected.

    Columns that are the same in all pairs, and do not fit the width, are left out, the last ones first.
    """
    shown = result.differences[:_MOST_ROWS]
    numbers = _shown_columns(result, shown, width)
    rows = [row for difference in shown for row in _rows(difference, numbers)]
    header = ("", *(result.columns[number] for number in numbers))
    widths = [max(visible(row[at]) for row in [header, *rows]) for at in range(len(header))]
    right = [False, *(result.numeric[number] for number in numbers)]

    def line(cells: Sequence[str], *, painted: bool) -> str:
        padded = []
        for at, cell in enumerate(cells):
            fill = " " * (widths[at] - visible(cell))
            text = _painted(cell, cells[0], paint) if painted else cell
            padded.append(fill + text if right[at] else text + fill)
        return "  ".join(padded).rstrip()

    lines = [paint(line(header, painted=False), "strong")]
    lines.append(paint("  ".join("─" * size for size in widths), "dim"))
    lines += [line(row, painted=True) for row in rows]
    return "\n".join([*lines, *_remarks(result, len(shown), len(numbers))])


def _remarks(result: UnitResult, shown: int, columns: int) -> list[str]:
    """What is not in the table."""
    kinds = Counter(_kind(difference) for difference in result.differences)
    told = [
        count(kinds[kind], f"row {text}", f"rows {text}")
        for kind, text in (("differs", "other than expected"), ("missing", "missing"), ("surplus", "too many"))
        if kinds[kind]
    ]
    told.append(f"{count(result.same, 'row')} as expected")
    lines = [", ".join(told)]
    if shown < len(result.differences):
        lines.append(f"({len(result.differences) - shown:,} more are not shown)")
    if columns < len(result.columns):
        lines.append(f"({len(result.columns) - columns} more columns, in which these rows do not differ, do not fit)")
    return ["", *lines]


def _kind(difference: Difference) -> str:
    if difference.expected is None:
        return "surplus"
    return "missing" if difference.actual is None else "differs"


def _rows(difference: Difference, numbers: Sequence[int]) -> list[tuple[str, ...]]:
    expected, actual = difference.expected, difference.actual
    if expected is not None and actual is not None:
        return [
            ("expected", *(_cell(expected[at]) for at in numbers)),
            ("actual", *((_MARK if difference.differs[at] else "") + _cell(actual[at]) for at in numbers)),
        ]
    word, row = ("missing", expected) if expected is not None else ("too many", actual or ())
    return [(word, *(_cell(row[at]) for at in numbers))]


def _shown_columns(result: UnitResult, shown: Sequence[Difference], width: int | None) -> list[int]:
    """The columns that fit; those in which rows differ always do."""
    everything = list(range(len(result.columns)))
    if width is None:
        return everything
    differing = {at for difference in shown for at, differs in enumerate(difference.differs) if differs}
    sizes = {
        at: max([len(result.columns[at]), *(visible(row[1]) for d in shown for row in _rows(d, [at]))])
        for at in everything
    }
    kept = list(everything)
    for at in reversed(everything):
        if 12 + sum(sizes[number] + 2 for number in kept) <= width:
            break
        if at not in differing and len(kept) > 1:
            kept.remove(at)
    return kept


def _cell(value: str | None) -> str:
    if value is None:
        return _NULL
    text = "".join(character if character.isprintable() else "�" for character in value.replace("\n", "⏎"))
    if text != text.strip() or text in ("", _NULL):
        text = f"'{text}'"
    return text if len(text) <= _WIDEST_CELL else text[: _WIDEST_CELL - 1] + "…"


def _painted(cell: str, label: str, paint: Paint) -> str:
    if cell.startswith(_MARK) or cell == label in ("missing", "too many"):
        return paint(cell, "bad")
    return paint(cell, "dim") if cell == _NULL else cell


def unit_test_record(result: UnitResult) -> dict[str, Any]:
    """One test as a JSON object."""
    test = result.test
    return {
        "event": "unit_test",
        "model": test.model,
        "name": test.name,
        "path": test.path,
        "line": test.line,
        "state": result.state,
        "seconds": round(result.seconds, 4),
        "same": result.same,
        "columns": result.columns,
        "differences": [{"expected": each.expected, "actual": each.actual} for each in result.differences],
        "error": result.error,
    }


def unit_run_record(run: UnitRun) -> dict[str, Any]:
    """The totals as a JSON object."""
    states = Counter(result.state for result in run.results)
    return {
        "event": "unit_tests_finished",
        "passed": states["pass"],
        "failed": states["fail"],
        "errors": states["error"],
        "seconds": round(run.seconds, 4),
        "exit_code": run.exit_code,
    }
