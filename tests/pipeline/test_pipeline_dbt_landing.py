"""Small dbt projects over several runs: each relation has the columns, types and rows that dbt gave it.

The cases hold what dbt-core 1.11 with dbt-duckdb made of the same files. A moment of the run is `<now>`, and an id that
holds one `<hash>`. CSV files stand there as Python literals, since their line ends count.
"""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batchsql import pipeline
from batchsql.compiler import compile_project
from batchsql.engines.duckdb import open_engine
from batchsql.pipeline import Options
from batchsql.values import Target

CASES = Path(__file__).parent / "cases" / "dbt_landing.txt"
PROJECT = "name: p\nversion: '1.0'\nprofile: p\n"
PROFILE = "p: {target: dev, outputs: {dev: {type: duckdb, path: w.duckdb}}}\n"


def cases() -> list[tuple[str, str]]:
    parts = re.split(r"^### (.*)\n", CASES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def shown(database: Path) -> str:
    """All relations: a line with the columns, and one for each row, sorted."""
    engine = open_engine(Target(name="t", database=str(database), external_access=True), [], read_only=True)
    session, today, lines = engine.session(), str(datetime.now(UTC).date()), []
    found = session.query(
        "SELECT table_schema, table_name, table_type FROM information_schema.tables "
        "WHERE table_schema <> 'batchsql' ORDER BY 1, 2"
    )
    for schema, table, kind in found:
        name = f'"{schema}"."{table}"'
        columns = ", ".join(f"{column} {of}" for column, of in session.columns(f"FROM {name}"))
        lines.append(f"{schema}.{table} {'table' if kind == 'BASE TABLE' else 'view'}: {columns}")
        rows = session.query(f"SELECT COLUMNS(*)::VARCHAR FROM {name}")
        lines += sorted(f"  {' | '.join(_masked(row, today))}" for row in rows)
    engine.close()
    return "\n".join(lines)


def _masked(row: tuple[str | None, ...], today: str) -> list[str]:
    now = [value is not None and value.startswith(today) for value in row]
    masked = []
    for value, is_now in zip(row, now, strict=True):
        if value is None:
            masked.append("NULL")
        elif is_now or (any(now) and len(value) == 32):
            masked.append("<now>" if is_now else "<hash>")
        else:
            masked.append(value.replace("\n", "\\n").replace("\r", "\\r"))
    return masked


@pytest.mark.parametrize(("name", "text"), cases(), ids=[name for name, _ in cases()])
def test_a_dbt_project_lands_as_dbt_lands_it(
    name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a target is relative to the current folder
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    (tmp_path / "profiles.yml").write_text(PROFILE)
    parts = re.split(r"^--- (.*)\n", text, flags=re.MULTILINE)[1:]
    for path, content in zip(parts[::2], parts[1::2], strict=True):
        if not path.startswith("built"):
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(ast.literal_eval(content).encode() if path.endswith(".csv") else content.encode())
            continue
        options = Options(command="test", full_refresh=path.endswith("--full-refresh"))
        result = pipeline.build(compile_project(tmp_path), options, lambda _: None)
        assert result.exit_code == 0, [outcome.error for outcome in result.outcomes]
        assert shown(tmp_path / "w.duckdb") == content.strip("\n"), name
