"""A folder with a dbt_project.yml and a profiles.yml is a project as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from batchsql.errors import ProjectError
from batchsql.project import fast_stamps, read_project, relation_of, resolve_config
from batchsql.values import Config, Project, TableName

Read = Callable[..., Project]
Write = Callable[[dict[str, str]], Path]

PROJECT = """
name: shop
version: '1.0.0'
config-version: 2
profile: "{{ env_var('PROFILE', 'shop') }}"
model-paths: ["models"]
clean-targets: [target, dbt_packages]
on-run-end: ["{{ whatever(results) }}"]
vars:
  since: 2020-01-01
  shop: {country: Peru}
  other_package: {x: 1}
models:
  +persist_docs: {relation: true}
  shop:
    +pre-hook: "set x = '{{ this }}'"
    +materialized: "{{ 'table' if target.name == 'prod' else 'view' }}"
    marts:
      +schema: marts
      +enabled: "{{ var('marts', true) | as_bool }}"
  other_package:
    +materialized: table
data_tests:
  +severity: warn
"""
PROFILES = """
config: {send_anonymous_usage_stats: false}
shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: "{{ env_var('DB') }}"
      threads: "{{ env_var('THREADS', 3) | int }}"
      extensions: [parquet, httpfs]
      attach: [{path: other.duckdb}]
      settings: {memory_limit: 1GB}
    prod: {type: duckdb, path: prod.duckdb, schema: live}
    cloud: {type: snowflake, account: "{{ env_var('NOT_SET') }}"}
"""
FILES = {
    "dbt_project.yml": PROJECT,
    "profiles.yml": PROFILES,
    "models/a.sql": "select 1",
    "models/marts/b.sql": "select 1",
    "models/empty.sql": "\n",
    "models/p.py": "def model(dbt, session): ...",
    "models/a.yml": """
version: 2
models:
  - name: a
    docs: {show: true}
    columns:
      - name: id
        quote: true
        description: "{{ doc('id') }}"
        data_tests: [unique, relationships: {arguments: {to: "{{ ref('b') }}", field: id}, config: {severity: error}}]
sources:
  - name: lake
    meta: {external_location: "lake/{name}.parquet"}
    tables:
      - name: x
      - name: y
        config: {meta: {external_location: "read_csv(['lake/y1.csv', 'lake/y2.csv'], header=true, delim=';')"}}
""",
    "tests/generic/mine.sql": "{% test mine(model) %}{% endtest %}",
    "tests/singular.sql": "select 1",
    "dbt_packages/utils/models/x.sql": "select 1",
    "packages.yml": "packages: []",
}


def test_a_dbt_project(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path / "shop")
    project = read(FILES, environment={"DB": "dev.duckdb"})
    assert project.dialect == "dbt"
    assert project.target.database == f"{project.root}/dev.duckdb"
    assert (project.target.threads, project.target.profile) == (3, "shop")
    assert [(model.kind, model.name) for model in project.models] == [
        ("model", "a"),
        ("model", "b"),
        ("model", "p"),
        ("test", "singular"),
    ]
    assert project.vars["country"] == "Peru"
    assert project.vars["shop"] == {"country": "Peru"}
    assert project.environment == {"PROFILE": None, "DB": "dev.duckdb", "THREADS": None}
    assert fast_stamps(project) == project.files

    a, b = project.models[:2]
    config = resolve_config(b.layers, "model")
    assert (config.materialized, config.schema, config.pre_hook) == ("view", "marts", ("set x = '{{ this }}'",))
    assert relation_of("b", config, project.target, project.dialect) == TableName("main_marts", "b")
    assert [(check.name, check.severity) for check in a.checks] == [
        ("unique_a__id_", "warn"),
        ("relationships_a__id___id___ref_b_", "error"),
    ]
    x, y = project.sources
    assert (x.files, x.format) == (("lake/x.parquet",), "parquet")
    assert (y.files, y.format, y.options) == (("lake/y1.csv", "lake/y2.csv"), "csv", {"header": True, "delim": ";"})


def test_what_has_no_effect_is_said(read: Read) -> None:
    project = read(FILES, environment={"DB": "dev.duckdb"})
    assert sorted(project.warnings) == [
        "dbt_project.yml:21: 'other_package' is not this project's name, so its config has no effect",
        "models/empty.sql:1: this file is empty and left out",
    ]


def test_generic_tests_of_the_project_are_applied(read: Read) -> None:
    applied = FILES["models/a.yml"].replace(
        "data_tests: [unique,", "data_tests: [mine: {where: a > 1, least: 2}, unique,"
    )
    project = read({**FILES, "models/a.yml": applied}, environment={"DB": "dev.duckdb"})
    assert [macro.path for macro in project.macros] == ["tests/generic/mine.sql"]
    mine = next(model for model in project.models if model.name == "mine_a__id___2")
    assert mine.text == """{{ test_mine(model=get_where_subquery(ref('a')), column_name="\\"id\\"", least=2) }}"""
    assert resolve_config(mine.layers, "test", "dbt").severity == "warn"


def test_a_package_has_its_own_config_and_that_of_the_project(read: Read) -> None:
    package = {
        "dbt_packages/utils/dbt_project.yml": "name: utils\nmodels: {+materialized: view, utils: {x: {+tags: [own]}}}",
        "dbt_packages/utils/macros/m.sql": "{% macro one() %}1{% endmacro %}",
    }
    mentions = PROJECT.replace("other_package:\n    +materialized: table", "utils:\n    +materialized: table")
    project = read({**FILES, **package, "dbt_project.yml": mentions}, environment={"DB": "dev.duckdb"})
    assert [each.name for each in project.packages] == ["utils"]
    x = next(model for model in project.models if model.name == "x")
    assert (x.package, x.path) == ("utils", "dbt_packages/utils/models/x.sql")
    config = resolve_config((*x.layers, *x.overriding), "model", "dbt")
    assert (config.materialized, config.tags) == ("table", ("own",))
    assert {macro.package for macro in project.macros} == {"", "utils"}


def test_another_target_and_vars(read: Read) -> None:
    project = read(FILES, target="prod", vars={"marts": "false", "since": "2024"}, environment={})
    assert project.vars["since"] == "2024"
    config = resolve_config(project.models[1].layers, "model")
    assert (config.enabled, config.materialized) == (False, "table")
    assert relation_of("b", config, project.target, project.dialect) == TableName("live_marts", "b")


def test_another_adapter_is_refused_only_when_it_is_asked_for(read: Read) -> None:
    with pytest.raises(ProjectError, match="environment variable NOT_SET is not set"):
        read(FILES, target="cloud", environment={})


def test_where_profiles_are_looked_for(write: Write, tmp_path: Path) -> None:
    root = write({"dbt_project.yml": "name: shop\nprofile: shop\n"})

    def put(folder: Path, database: str) -> Path:
        folder.mkdir(exist_ok=True)
        (folder / "profiles.yml").write_text(f"shop: {{outputs: {{default: {{type: duckdb, path: {database}}}}}}}")
        return folder

    home = tmp_path / "home"
    home.mkdir()
    environment = {"HOME": str(home)}
    put(home / ".dbt", "/home.duckdb")
    assert read_project(root, environment=environment).target.database == "/home.duckdb"
    before = read_project(root, environment=environment)
    environment["DBT_PROFILES_DIR"] = str(put(tmp_path / "named", "/named.duckdb"))
    assert read_project(root, environment=environment).target.database == "/named.duckdb"
    put(root, "/own.duckdb")
    assert read_project(root, environment=environment).target.database == "/named.duckdb"
    del environment["DBT_PROFILES_DIR"]
    assert read_project(root, environment=environment).target.database == "/own.duckdb"
    asked = put(tmp_path / "asked", "/asked.duckdb")
    assert read_project(root, profiles_dir=asked, environment=environment).target.database == "/asked.duckdb"
    assert fast_stamps(before) != before.files


def test_batchsql_yml_counts_first(read: Read) -> None:
    assert read({"batchsql.yml": "name: shop\n", "dbt_project.yml": "\t"}).dialect == "batchsql"


def test_default_config_of_a_model(read: Read) -> None:
    project = read(FILES, target="prod", environment={})
    assert resolve_config(project.models[0].layers, "model") == Config(
        materialized="table", pre_hook=("set x = '{{ this }}'",), extra={"persist_docs": {"relation": True}}
    )


def test_unknown_keys_of_the_project_file_are_said_and_former_paths_count(read: Read) -> None:
    written = PROJECT.replace('model-paths: ["models"]', 'source-paths: ["models"]\nfancy: 1')
    project = read({**FILES, "dbt_project.yml": written}, environment={"DB": "dev.duckdb"})
    assert [model.name for model in project.models if model.kind == "model"] == ["a", "b", "p"]
    assert any(
        warning.startswith("dbt_project.yml:7: the project file has no key 'fancy'") for warning in project.warnings
    )


def test_a_test_that_compares_with_nothing_is_left_out_with_a_warning(read: Read) -> None:
    written = FILES["models/a.yml"].replace("ref('b')", "ref('gone')")
    project = read({**FILES, "models/a.yml": written}, environment={"DB": "dev.duckdb"})
    assert any("relationships to 'gone'" in warning and "left out" in warning for warning in project.warnings)


def test_sources_are_read_by_any_expression(read: Read) -> None:
    written = """
sources:
  - name: lake.v2
    config: {enabled: "{{ dbt_version.split('.')[0] == '1' }}", meta: {external_location: "lake/{name}.csv.gz"}}
    tables:
      - name: x.csv
        columns: [{name: id, description: first}, {name: ID, description: last}]
      - name: y
        config: {external_location: "read_json('lake/y*.json', columns={id: 'integer', name: 'varchar'})"}
"""
    project = read({**FILES, "models/b.yml": written}, environment={"DB": "dev.duckdb"})
    x, y = [source for source in project.sources if source.group == "lake.v2"]
    assert (x.location, x.files) == ("'lake/x.csv.csv.gz'", ("lake/x.csv.csv.gz",))
    assert [column.description for column in x.columns] == ["last"]
    assert y.location == "read_json('lake/y*.json', columns={id: 'integer', name: 'varchar'})"
    assert y.files == ("lake/y*.json",)


def test_a_unit_test_of_a_model_with_versions_is_one_for_each(read: Read) -> None:
    written = """
models:
  - name: b
    latest_version: 2
    versions: [{v: 1}, {v: 2}, {v: 3}]
unit_tests:
  - name: few
    model: b
    versions: {exclude: [3]}
    given: [{input: "ref('b', v=1)", rows: []}, {input: ref('b'), rows: []}]
    expect: {rows: []}
"""
    models = {f"models/marts/b_v{version}.sql": "select 1" for version in (1, 2, 3)}
    files = {path: text for path, text in FILES.items() if path not in ("models/marts/b.sql", "models/a.yml")}
    project = read({**files, **models, "models/b.yml": written}, environment={"DB": "dev.duckdb"})
    assert [test.unique_id("shop") for test in project.unit_tests] == [
        "unit_test.shop.b.few_v1",
        "unit_test.shop.b.few_v2",
    ]
    assert [given.key for given in project.unit_tests[0].given] == ["b.v1", "b.v2"]


def test_where_compiled_text_goes_may_lie_elsewhere_and_filters_convert_what_they_can(read: Read) -> None:
    written = PROJECT.replace("vars:", "target-path: ../docs\nvars:").replace(
        "{{ var('marts', true) | as_bool }}", "{{ target.type != 'snowflake' | as_bool() }}"
    )
    project = read({**FILES, "dbt_project.yml": written}, environment={"DB": "dev.duckdb"})
    assert project.target_path == "../docs"
    assert "b" in [model.name for model in project.models]


def test_a_test_may_be_named_like_a_model(read: Read) -> None:
    project = read({**FILES, "tests/a.sql": "select 1"}, environment={"DB": "dev.duckdb"})
    test = next(model for model in project.models if model.path == "tests/a.sql")
    assert (test.title, test.name == "a") == ("a", False)
