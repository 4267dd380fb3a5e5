"""Cases of the static check: the files of a project, and all that is found in it, in one text file."""

from __future__ import annotations

import re
from pathlib import Path

from batchsql.compiler import compile_project
from batchsql.pipeline.static import check_statically
from batchsql.report.static import static_text
from batchsql.values.static import StaticCheck

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
_SECTION = re.compile(r"^=== (.+)\n", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """Each `=== name` with what stands below it."""
    parts = _SECTION.split(text)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def write_files(root: Path, files: dict[str, str]) -> None:
    """Write each file of the project; a project needs its settings in any case."""
    for name, text in ({"batchsql.yml": "name: shop\n"} | files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def check(root: Path) -> StaticCheck:
    """What is found in the project now."""
    return check_statically(compile_project(root))


def told(found: StaticCheck) -> str:
    """What is found, as a person reads it."""
    return static_text(found)
