"""The rules of the house, as tests: who imports whom, how long things may grow, what every function says of itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
MODULES = sorted((HOUSE / "batchsql").rglob("*.py"))
LONGEST_MODULE = 500
LONGEST_FUNCTION = 60
BOUNDARY = "batchsql/pipeline/workers.py"
"""The one place that catches everything: what a thread raises is carried to the thread that asked, and raised there."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: Path) -> list[Function]:
    return [node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, Function)]


def public(tree: ast.Module) -> list[Function | ast.ClassDef]:
    """Functions, classes and methods whose names, and those of the classes around them, have no leading underscore."""
    found: list[Function | ast.ClassDef] = []
    bodies: list[list[ast.stmt]] = [tree.body]
    while bodies:
        for node in bodies.pop():
            if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
                found.append(node)
                if isinstance(node, ast.ClassDef):
                    bodies.append(node.body)
    return found


def where(module: Path, node: Function | ast.ClassDef | ast.ExceptHandler) -> str:
    name = getattr(node, "name", None) or "except"
    return f"{module.relative_to(HOUSE)}:{node.lineno} {name}"


def unannotated(function: Function) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    arguments += [extra for extra in (function.args.vararg, function.args.kwarg) if extra]
    missing = [
        argument for argument in arguments if argument.annotation is None and argument.arg not in ("self", "cls")
    ]
    return bool(missing) or (function.returns is None and function.name != "__init__")


def broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")) for kind in caught
    )


def test_rooms_import_only_what_the_contracts_allow() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    checked = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_no_module_is_longer_than_it_should_be() -> None:
    lengths = {str(module.relative_to(HOUSE)): len(module.read_text().splitlines()) for module in MODULES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(HOUSE)))
def test_functions_are_short_annotated_and_described(module: Path) -> None:
    tree = ast.parse(module.read_text())
    everything = functions(module)
    long = [node for node in everything if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION]
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and broad(node)]
    handlers = handlers[1:] if module == HOUSE / BOUNDARY else handlers
    found = {
        "longer than 60 lines": [where(module, node) for node in long],
        "without annotations": [where(module, node) for node in everything if unannotated(node)],
        "public, without a docstring": [where(module, node) for node in public(tree) if not ast.get_docstring(node)],
        "broad except": [where(module, node) for node in handlers],
    }
    assert {rule: places for rule, places in found.items() if places} == {}
    assert ast.get_docstring(tree), f"{module.relative_to(HOUSE)} has no docstring"
