"""The blocks of docs/project.md, file by file, are projects that the program reads, compiles and builds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from batchsql.compiler import Compiled, compile_project
from batchsql.pipeline import Options, build
from batchsql.project.kinds import KINDS
from batchsql.project.settings import _OWN_KEYS
from batchsql.project.targets import _OWN_KEYS as TARGET_KEYS
from batchsql.template.names import NAMES
from batchsql.values.history import HISTORY_KINDS

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "project.md").read_text(encoding="utf-8")
PAGES = "\n".join((DOCS / name).read_text(encoding="utf-8") for name in ("project.md", "checks.md"))
BLOCK = re.compile(r"^```(yaml|sql|csv)\n(?:#|--) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DBT = ("dbt_project.yml", "profiles.yml")


def blocks() -> dict[str, str]:
    """The files that the page shows, by their paths. A path is shown once."""
    found = [(path, text) for _, path, text in BLOCK.findall(PAGE)]
    assert len(dict(found)) == len(found)
    return dict(found)


def project(folder: Path, files: dict[str, str]) -> Compiled:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return compile_project(folder, environment={})


@pytest.fixture
def shop(tmp_path: Path) -> Compiled:
    return project(tmp_path, {path: text for path, text in blocks().items() if path not in DBT})


def test_every_block_of_yaml_names_its_file() -> None:
    assert PAGE.count("```yaml") == sum(path.endswith(".yml") for path in blocks())


def test_the_page_is_a_project_without_a_warning(shop: Compiled) -> None:
    assert shop.project.warnings == ()
    kinds = {check.kind for node in shop.graph.nodes.values() for check in node.checks}
    assert set(KINDS) - set(HISTORY_KINDS) <= kinds
    strategies = {key: node.config.incremental_strategy for key, node in shop.graph.nodes.items()}
    assert strategies["visits_by_day"] == "microbatch"
    assert {source.format for source in shop.project.sources} == {"csv", "json", "parquet", None}


def test_the_page_can_be_built(shop: Compiled) -> None:
    visits = shop.root / "landing" / "visits"
    visits.mkdir(parents=True)
    (visits / "2026-01.csv").write_text("visited_at,who,pages\n2026-01-05 10:00:00,Ada,3\n2026-01-06 10:00:00,-,1\n")
    (visits / "2026-02.csv").write_text("visited_at,who,pages,place\n2026-01-06 11:00:00,Grace,2,Oslo\n")
    selected = ("stg_visits+", "products+", "orders+", "customers_history")
    result = build(shop, Options(select=selected), lambda _: None)
    states = {outcome.batch.model: outcome.state for outcome in result.outcomes}
    assert states.pop("stg_visits") == "check_failed"  # a visitor without a name, as its check says
    assert {model for model, state in states.items() if state == "skipped"} == {"visits_by_day", "visitors"}
    assert {states[model] for model in ("products", "orders", "orders_history", "customers_history")} == {"committed"}


def test_the_dbt_project_of_the_page_is_read(tmp_path: Path) -> None:
    files = {path: text for path, text in blocks().items() if path in DBT}
    compiled = project(tmp_path, {**files, "models/one.sql": "select 1 as a"})
    assert compiled.project.warnings == ()
    assert (compiled.project.dialect, compiled.project.target.threads) == ("dbt", 2)


@pytest.mark.parametrize("name", sorted({*NAMES, *KINDS, *TARGET_KEYS, *_OWN_KEYS} - {"data_tests"}))
def test_every_name_and_key_is_on_a_page(name: str) -> None:
    assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", PAGES), name
