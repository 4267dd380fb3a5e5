"""`batchsql doctor --dbt`: what in a dbt project would not work, all of it, by file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batchsql.cli.boundary import run

SOUND = {
    "dbt_project.yml": "name: shop\nprofile: shop\n",
    "profiles.yml": "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n",
    "models/orders.sql": "select 1 as id\n",
}
FAULTS = {
    "models/a_call.sql": "select 1\n  , {{ cents('x') }}\n",
    "models/b_late.sql": "{% if execute %}{{ nobody_knows() }}{% endif %}select 1 as a\n",
    "models/c_adapter.sql": "select 1 as a -- {% if execute %}{{ adapter.get_columns_in_relatio(this) }}{% endif %}\n",
    "models/d_ref.sql": "select *\nfrom {{ ref('order') }}\n",
    "models/e_reader.sql": "select * from {{ ref('a_call') }}\n",
    "models/f_made.sql": "{{ config(materialized='tabel') }}\nselect 1 as a\n",
    "models/g_refused.sql": "{% if execute %}{{ load_agate_table() }}{% endif %}select 1 as a\n",
    "models/h_template.sql": "select 1\n{% if %}\n",
    "models/i_package.sql": "select {% if execute %}{{ toolbox.hammer() }}{% endif %} 1 as a\n",
    "models/wrong.yml": "models:\n  - name: [orders\n",
    "macros/idle.sql": "{% macro idle() %}\n{{ not_there() }}\n{{ adapter.dispatch('other')() }}\n{% endmacro %}\n",
}
EXPECTED = """
macros/idle.sql:2: warning: nobody defines the macro 'not_there'
macros/idle.sql:3: warning: neither duckdb__other nor default__other is defined, which this dispatches to
models/a_call.sql:2: error: nobody defines the macro 'cents'
models/b_late.sql:1: error: nobody defines the macro 'nobody_knows'
models/c_adapter.sql:1: error: adapter.get_columns_in_relatio() is not supported
models/d_ref.sql:2: error: there is no model, seed or snapshot 'order'
models/f_made.sql:1: error: there is no materialization 'tabel'
models/g_refused.sql:1: error: load_agate_table() is not supported
models/h_template.sql:2: error: Expected an expression, got 'end of statement block'
models/i_package.sql:1: error: there is no package 'toolbox'
models/wrong.yml:2: error: this is not valid YAML: did not find expected ',' or ']'
"""


def project(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def doctor(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Exit code, and a line for each finding."""
    code = run(["doctor", "--dbt", "--json", "--project-dir", str(folder), "--profiles-dir", str(folder)], {})
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return code, [f"{each['path']}:{each['line']}: {each['severity']}: {each['message']}" for each in found]


def test_all_faults_are_listed_also_behind_one_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, {**SOUND, **FAULTS})
    code, lines = doctor(tmp_path, capsys)
    assert code == 1
    assert lines == EXPECTED.strip().splitlines()


def test_a_sound_project_has_nothing_to_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, SOUND)
    assert doctor(tmp_path, capsys) == (0, [])
    assert run(["doctor", "--dbt", "--project-dir", str(tmp_path)], {}) == 0
    assert capsys.readouterr().out == "nothing was found that would not work\n"
    assert not (tmp_path / "shop.duckdb").exists()


PROFILES = {
    "another adapter": (
        "{type: postgres, host: localhost}",
        "profiles.yml:4: error: the target 'dev' is of type 'postgres'",
    ),
    "another service": ("{type: duckdb, path: 'md:shop'}", "profiles.yml:4: error: "),
    "plugins": ("{type: duckdb, plugins: [{module: excel}]}", "profiles.yml:4: warning: "),
}


@pytest.mark.parametrize("case", PROFILES)
def test_a_profile_is_told_and_the_rest_looked_at_too(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, expected = PROFILES[case]
    profiles = f"shop:\n  target: dev\n  outputs:\n    dev: {output}\n"
    project(tmp_path, {**SOUND, "profiles.yml": profiles, "models/a_call.sql": "select {{ cents('x') }}\n"})
    code, lines = doctor(tmp_path, capsys)
    assert code == 1
    assert lines[0] == "models/a_call.sql:1: error: nobody defines the macro 'cents'"
    assert expected in lines[1]


def test_packages_that_are_not_installed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packages = "packages:\n  - package: owner/tools\n    version: 1.0.0\n  - package: owner/more\n    version: 1.0.0\n"
    project(tmp_path, {**SOUND, "packages.yml": packages})
    missing = ["packages.yml:2: error: the package 'owner/tools' is not installed"]
    assert doctor(tmp_path, capsys) == (1, missing)
    project(tmp_path / "dbt_packages" / "more", {"dbt_project.yml": "name: more\n"})
    found = "packages.yml:2: warning: the package 'owner/tools' is not installed; `batchsql deps` installs it"
    assert doctor(tmp_path, capsys) == (0, [found])


def test_config_without_effect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, {**SOUND, "models/orders.sql": "{{ config(sorted_by='id') }}\nselect 1 as id\n"})
    code, lines = doctor(tmp_path, capsys)
    assert (code, len(lines)) == (0, 1)
    assert lines[0].startswith("models/orders.sql:1: warning: the config 'sorted_by' has no effect")


def test_sources_of_plugins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = "sources:\n  - name: raw\n    meta: {plugin: excel}\n    tables:\n      - name: sheet\n"
    project(tmp_path, {**SOUND, "models/sources.yml": sources})
    told = "the source 'raw.sheet' is read by the plugin 'excel', and plugins are not run"
    assert doctor(tmp_path, capsys) == (1, [f"models/sources.yml:5: error: {told}"])


def test_what_is_told_to_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, {**SOUND, "models/orders.sql": "select 1 as id\nfrom {{ ref('orders_') }}\n"})
    assert run(["doctor", "--dbt", "--project-dir", str(tmp_path)], {}) == 1
    shown = capsys.readouterr().out
    assert "Would not work: there is no model, seed or snapshot 'orders_'" in shown
    assert "2 | from {{ ref('orders_') }}" in shown
    assert shown.endswith("1 thing would not work, 0 warnings\n")


@pytest.mark.parametrize("arguments", [["doctor", "--dbt", "--repair"], ["doctor", "--dbt"]])
def test_what_it_cannot_look_at(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "batchsql.yml").write_text("name: shop\n")
    assert run([*arguments, "--project-dir", str(tmp_path)], {}) == 2
