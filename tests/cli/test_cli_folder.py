from __future__ import annotations

from pathlib import Path

import pytest

from batchsql.cli.boundary import run

STARTER = {
    ".gitignore",
    "batchsql.yml",
    "models/models.yml",
    "models/orders_by_day.sql",
    "models/stg_orders.sql",
    "seeds/orders.csv",
    "tests/every_order_is_counted.sql",
}


def files(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_init_makes_a_project_and_says_what_is_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "shop")], {}) == 0
    assert files(tmp_path / "shop") == STARTER
    assert f"cd {tmp_path / 'shop'}\n  batchsql build\n" in capsys.readouterr().out


def test_init_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "orders.csv").write_text("mine")
    assert run(["init", str(tmp_path)], {}) == 2
    assert files(tmp_path) == {"seeds/orders.csv"}
    assert (tmp_path / "seeds" / "orders.csv").read_text() == "mine"
    assert "seeds/orders.csv already" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell], {}) == 0
    assert "_BATCHSQL_COMPLETE" in capsys.readouterr().out
