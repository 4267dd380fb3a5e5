"""docs/dbt-surface.md is what its list and the tests make of it: no name on it is without a test that exists."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dbt_surface", DOCS / "dbt_surface.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(generator: ModuleType) -> None:
    written = (DOCS / "dbt-surface.md").read_text(encoding="utf-8")
    assert written == generator.page(), "run `python docs/dbt_surface.py`"


@pytest.mark.parametrize(
    "test", ["tests/nowhere.py::test_x", "tests/test_house_surface.py::test_x", "docs/x.txt: title"]
)
def test_a_test_that_is_not_there_is_an_error(generator: ModuleType, test: str) -> None:
    with pytest.raises(SystemExit, match="there is no test"):
        generator._named(test)


def test_a_name_without_a_test_is_an_error(generator: ModuleType) -> None:
    with pytest.raises(SystemExit, match="no test has 'levitate'"):
        generator._found("Names", "levitate", "")
