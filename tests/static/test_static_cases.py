"""Each case in cases/*.txt: the files of a project, and all that the static check finds in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from static_project import CASES, check, sections, told, write_files


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case: Path, tmp_path: Path) -> None:
    files = sections(case.read_text())
    expected = files.pop("expected")
    write_files(tmp_path, files)
    assert told(check(tmp_path)) == expected.rstrip("\n")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_second_time_nothing_is_bound_and_the_same_is_found(case: Path, tmp_path: Path) -> None:
    files = sections(case.read_text())
    files.pop("expected")
    write_files(tmp_path, files)
    first, second = check(tmp_path), check(tmp_path)
    assert told(second) == told(first)
    assert second.shapes == first.shapes
    assert second.bound <= len(first.findings) + len(first.unchecked)
