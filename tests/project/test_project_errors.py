"""Each case is a small project that is wrong, and what is said about it: file, line, message, hint.

A case begins with `### title`; its files with `--- path`; what is expected stands under `--- error`. A case without a
project file gets `name: shop`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from batchsql.errors import ProjectError
from batchsql.project import read_project, resolve_config

CASES = Path(__file__).parent / "cases"
PROJECT_FILES = ("batchsql.yml", "dbt_project.yml")


def cases() -> list[tuple[str, dict[str, str], str]]:
    """Title, files, expected report."""
    found = []
    for file in sorted(CASES.glob("*.txt")):
        for case in re.split(r"^### ", file.read_text(), flags=re.MULTILINE)[1:]:
            title, _, body = case.partition("\n")
            pieces = re.split(r"^--- (\S+)\n", body, flags=re.MULTILINE)
            files = dict(zip(pieces[1::2], pieces[2::2], strict=True))
            expected = files.pop("error").strip()
            found.append((f"{file.stem}: {title}", files, expected))
    return found


def write(root: Path, files: dict[str, str]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    if not any(name in files for name in PROJECT_FILES):
        (root / "batchsql.yml").write_text("name: shop\n")


def understand(root: Path) -> None:
    project = read_project(root, environment={})
    for model in project.models:
        resolve_config(model.layers, model.kind)


def report(error: ProjectError, root: Path) -> str:
    place = f"{error.path}:{error.line}: " if error.line else f"{error.path}: " if error.path else ""
    hint = f"\nhint: {error.hint}" if error.hint else ""
    return f"{place}{error.message}{hint}".replace(str(root), "<root>")


@pytest.mark.parametrize(("files", "expected"), [case[1:] for case in cases()], ids=[case[0] for case in cases()])
def test_error(files: dict[str, str], expected: str, tmp_path: Path) -> None:
    write(tmp_path, files)
    with pytest.raises(ProjectError) as caught:
        understand(tmp_path)
    assert report(caught.value, tmp_path) == expected
    if caught.value.line is not None:
        lines = (tmp_path / str(caught.value.path)).read_text().split("\n")
        assert caught.value.source_line in (None, lines[caught.value.line - 1])
