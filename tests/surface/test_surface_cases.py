"""The surface of dbt, part by part: small projects that use a name, a key or an option, and what comes of it.

The cases are in tests/surface/cases. A case begins with `### section: names`, the names being those of the rows of
docs/dbt-surface.md that it proves. Then files (`--- path`) and commands (`$ build`, with `# fails` behind one that must
fail), and below a command what must hold after it: `? query` and its rows, `> words` that it printed, `= file: words`
that a file has.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import duckdb
import pytest

from batchsql.cli.boundary import run

FOLDER = Path(__file__).parent / "cases"
FILES = {
    "dbt_project.yml": "name: shop\nprofile: shop\n",
    "profiles.yml": "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, threads: 1}\n",
}
FAILS = " # fails"
CASES = [
    pytest.param(text, id=f"{path.stem}-{title}")
    for path in sorted(FOLDER.glob("*.txt"))
    for title, text in re.findall(r"^### (.*)\n((?:(?!### ).*\n?)*)", path.read_text(encoding="utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("text", CASES)
def test_a_part_of_the_surface(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    steps = re.split(r"^(---|\$) (.*)\n", text, flags=re.MULTILINE)[1:]
    own = {step[1] for step in zip(steps[::3], steps[1::3], strict=True) if step[0] == "---"}
    for path, content in FILES.items():
        if path not in own:
            (tmp_path / path).write_text(content)
    for kind, told, content in zip(steps[::3], steps[1::3], steps[2::3], strict=True):
        if kind == "---":
            file = tmp_path / told
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content.rstrip("\n") + "\n")
            continue
        command, fails, _ = told.partition(FAILS)
        code = run(shlex.split(command), {"SHOP_PLACE": "here"})
        said = "".join(capsys.readouterr())
        assert (code != 0) == bool(fails), f"{command}: {said}"
        for expected in re.split(r"^(?=[?>=] )", content, flags=re.MULTILINE)[1:]:
            holds(expected.rstrip("\n"), said, tmp_path)


def holds(expected: str, said: str, folder: Path) -> None:
    """Assert one thing that is written below a command."""
    first, *rows = expected.splitlines()
    kind, told = first[0], first[2:]
    if kind == ">":
        assert told in said, said
    elif kind == "=":
        path, _, words = told.partition(": ")
        files = sorted(folder.glob(path))
        assert files, f"there is no {path}"
        assert words in files[0].read_text(), files[0].read_text()[:3000]
    else:
        with duckdb.connect(str(folder / "shop.duckdb"), read_only=True) as connection:
            found = connection.execute(told).fetchall()
        assert [" | ".join("null" if value is None else str(value) for value in row) for row in found] == rows, told
