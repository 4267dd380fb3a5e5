from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parents[2] / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_what_the_program_says_of_itself() -> None:
    written = (DOCS / "reference.md").read_text(encoding="utf-8")
    assert written == generator().reference(), "run `python docs/reference.py`"


def test_every_exit_code_of_an_error_is_explained() -> None:
    module = generator()
    codes = {error.exit_code for error in module._subclasses(module.errors.BatchsqlError)}
    assert codes <= module.EXIT_CODES.keys()
