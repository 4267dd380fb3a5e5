"""The example of docs/unit-tests.md, run on the flights project: it passes, and fails as the page shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from batchsql.compiler import compile_project
from batchsql.pipeline.unit_tests import run_unit_tests
from batchsql.report.unit_tests import unit_test_failure
from batchsql.values.unit_tests import UnitResult

HOUSE = Path(__file__).parents[2]
PAGE = (HOUSE / "docs" / "unit-tests.md").read_text(encoding="utf-8")


def result_of(folder: Path, text: str) -> UnitResult:
    for name in ("models", "macros", "seeds", "snapshots"):
        shutil.copytree(HOUSE / name, folder / name, dirs_exist_ok=True)
    for file in ("batchsql.yml", "landing/flights/2013-01.parquet", "landing/weather/2013-01.parquet"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HOUSE / file, folder / file)
    (folder / "models" / "page.yml").write_text(text, encoding="utf-8")
    compiled = compile_project(folder, environment={}, use_cache=False)
    (result,) = run_unit_tests(compiled, ("late_flights_are_counted",)).results
    return result


def test_the_example_of_the_page(tmp_path: Path) -> None:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found
    assert result_of(tmp_path, found[1]).state == "pass"
    failed = unit_test_failure(result_of(tmp_path, found[1].replace("late: 1}", "late: 2}")))
    shown = re.sub(r"--> \S+", "--> models/marts/marts.yml:99", failed)
    assert shown in PAGE
