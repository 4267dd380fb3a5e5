"""Small projects, written for a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batchsql.project import read_project
from batchsql.values import Project

Write = Callable[[dict[str, str]], Path]
Read = Callable[..., Project]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files into a new folder; without a project file among them, `name: shop` is one."""

    def write_files(files: dict[str, str]) -> Path:
        root = tmp_path / "shop"
        for path, content in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content)
        if not {"batchsql.yml", "dbt_project.yml"} & files.keys():
            root.mkdir(exist_ok=True)
            (root / "batchsql.yml").write_text("name: shop\n")
        return root

    return write_files


@pytest.fixture
def read(write: Write) -> Read:
    """Write files and read them as a project."""

    def read_files(files: dict[str, str], **options: Any) -> Project:
        return read_project(write(files), **{"environment": {}, **options})

    return read_files
