from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "pipeline"))

from pipeline_folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A project folder with nothing in it but its name."""
    return Folder(tmp_path)
