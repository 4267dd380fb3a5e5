"""Writes the table of expectations in docs/checks.md: python docs/checks.py.

It is made from the program (what is computed natively, and in which pass), from the tests (which of them compares an
expectation with Great Expectations, or holds it otherwise) and from the figures that benchmarks/expectation_costs.py
wrote. tests/check/test_check_documents.py keeps it true.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from batchsql.check import compile_checks
from batchsql.check.expectations import BY_PYTHON, METRICS
from batchsql.values import Check, Scope
from batchsql.values.vocabulary import SIGNATURES, Signature

HOUSE = Path(__file__).parent.parent
PAGE = HOUSE / "docs" / "checks.md"
BEGIN, END = "<!-- made by docs/checks.py -->", "<!-- end of what docs/checks.py made -->"
PARITY = HOUSE / "tests" / "gx" / "test_gx_native_parity.py"
OTHERWISE = HOUSE / "tests" / "check" / "test_check_expectations.py"
COSTS = HOUSE / "docs" / "expectation_costs.json"
METRICS_TEST = HOUSE / "tests" / "check" / "test_check_metrics.py"
EXAMPLES = {
    "bound": 0,
    "number": 0,
    "count": 1,
    "truth": True,
    "text": "a",
    "texts": ["a"],
    "values": [1],
    "pairs": [[1, 2]],
    "table": "other",
    "mapping": {"quantiles": [0.5], "value_ranges": [[0, 1]], "values": [1], "weights": [1.0]},
}


def table() -> str:
    """The table in Markdown: a row for each core expectation of Great Expectations."""
    compared, held = _tests_by_expectation(PARITY), _tests_by_expectation(OTHERWISE)
    costs = json.loads(COSTS.read_text(encoding="utf-8"))["milliseconds"]
    rows = []
    for name, signature in SIGNATURES.items():
        parity = ", ".join(f"`{test}`" for test in compared.get(name, ()))
        own = held.get(name, [METRICS_TEST.stem] if METRICS.get(name, "-") in METRICS_TEST.read_text() else [])
        others = "" if parity else "not in pandas; " + ", ".join(f"`{test}`" for test in own)
        proof = parity or others
        rows.append((f"`{name}`", _arguments(signature), _computed(name, signature), proof, _cost(costs.get(name))))
    head = ("Expectation", "Its own arguments", "Computed", "Parity, by the test", "Cost, and by hand")
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def page() -> str:
    """The page with the table made anew."""
    text = PAGE.read_text(encoding="utf-8")
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{table()}\n\n{END}", text, flags=re.DOTALL)


def _arguments(signature: Signature) -> str:
    shared = [name for name, takes in (("mostly", signature.mostly), ("row_condition", signature.rows)) if takes]
    return ", ".join(f"`{name}`" for name in (*signature.arguments, *shared))


def _cost(figures: dict[str, float] | None) -> str:
    """CPU milliseconds, beside those of a SELECT by hand; nothing where no SELECT does the same."""
    if figures is None:
        return "no SQL does it"
    ours, hand = figures["ours"], figures["hand"]
    return f"{ours:.1f} ms, {ours / hand:.2f} × {hand:.1f} ms"


def _computed(name: str, signature: Signature) -> str:
    """Natively, and in which pass; or by Great Expectations alone."""
    if name in BY_PYTHON:
        return "natively, each distinct value in Python"
    columns = {"column": ("a",), "pair": ("a", "b"), "columns": ("a", "b"), "table": ()}[signature.domain]
    arguments = {
        argument: kind.split()[1] if kind.startswith("choice") else EXAMPLES[kind.removesuffix("!")]
        for argument, kind in signature.arguments.items()
        if kind not in ("text",)
    }
    for optional in ("order_by_column", "group_by_columns", "tail_weight_holdout", "internal_weight_holdout"):
        arguments.pop(optional, None)
    check = Check(name=name, kind=name, columns=columns, arguments=arguments)
    asked = compile_checks([check], Scope(relation="t"), {"other": "other"}).questions[0]
    return "natively, in the shared scan" if asked.reads == "shared" else "natively, in a subquery"


def _tests_by_expectation(path: Path) -> dict[str, list[str]]:
    """For each expectation named in a file of tests, the tests that ask it, by themselves or by a strategy they use."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    named = {function.name: _expectations(function) for function in functions}
    found: dict[str, list[str]] = {}
    for function in functions:
        if not function.name.startswith("test_"):
            continue
        used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)} & set(named)
        for name in sorted(set().union(*(named[each] for each in (function.name, *used)))):
            found.setdefault(name, []).append(function.name)
    return found


def _expectations(function: ast.FunctionDef) -> set[str]:
    """The expectations whose names stand in a function or its decorators, whole or from `match_` on."""
    texts = {
        node.value for node in ast.walk(function) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {name for name in SIGNATURES if name in texts or name.removeprefix("expect_column_values_to_") in texts}


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE} written")
