"""The table of expectations in the documents is what the program and its tests say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_table_of_expectations_is_true() -> None:
    spec = importlib.util.spec_from_file_location("checks_document", DOCS / "checks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (DOCS / "checks.md").read_text(encoding="utf-8") == module.page(), "run `python docs/checks.py`"
