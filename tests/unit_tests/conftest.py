from __future__ import annotations

from pathlib import Path

import pytest
from unit_tests_project import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A small project without unit tests."""
    return Shop(tmp_path)
