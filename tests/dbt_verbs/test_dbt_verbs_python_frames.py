"""Models in Python that return data frames, with the libraries that make these."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_folder import DbtFolder

SOURCE = """
{{ config(materialized='table') }}
select 1 as id, 'x' as name, date '2024-01-01' as day union all select 2, null, null
"""
FRAMES = {
    "pandas": "dbt.ref('a').df()",
    "pyarrow": "dbt.ref('a').to_arrow_table()",
    "polars": "dbt.ref('a').pl()",
}


@pytest.mark.parametrize("library", FRAMES)
def test_a_model_may_return_a_frame(tmp_path: Path, library: str) -> None:
    pytest.importorskip(library)
    folder = DbtFolder(tmp_path)
    folder.write("models/a.sql", SOURCE)
    folder.write("models/p.py", f"def model(dbt, session):\n    return {FRAMES[library]}\n")
    assert folder.run("run", "-s", "+p") == 0
    assert folder.query("select id, name, day::date::varchar from p order by 1") == [
        (1, "x", "2024-01-01"),
        (2, None, None),
    ]


def test_an_incremental_model_in_pandas(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    folder = DbtFolder(tmp_path)
    folder.write("models/a.sql", SOURCE)
    folder.write(
        "models/p.py",
        "def model(dbt, session):\n"
        "    dbt.config(materialized='incremental', unique_key='id')\n"
        "    frame = dbt.ref('a').df()[['id', 'name']]\n"
        "    if dbt.is_incremental:\n"
        "        frame = frame[frame['id'] == 2]\n"
        "        frame['name'] = 'again'\n"
        "    return frame\n",
    )
    for _ in range(2):
        assert folder.run("run", "-s", "+p", "--force") == 0
    assert folder.query("from p order by id") == [(1, "x"), (2, "again")]
