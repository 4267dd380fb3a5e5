from __future__ import annotations

from pathlib import Path

import pytest
from pipeline_folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A project folder with nothing in it but its name."""
    return Folder(tmp_path)
