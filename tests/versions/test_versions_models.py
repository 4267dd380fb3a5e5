"""Versions of models, groups and access, as dbt 1.11 has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from batchsql import pipeline
from batchsql.compiler import Compiled, compile_project
from batchsql.errors import BatchsqlError, ProjectError
from batchsql.pipeline import Options

Make = Callable[[dict[str, str]], Compiled]
PROFILES = "shop: {outputs: {default: {type: duckdb, path: w.duckdb}}}\n"


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Compile a dbt project of these files."""
    monkeypatch.chdir(tmp_path)

    def compiled(files: dict[str, str]) -> Compiled:
        written = {"dbt_project.yml": "name: shop\nprofile: shop\n", "profiles.yml": PROFILES, **files}
        for path, text in written.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        return compile_project(tmp_path, environment={}, use_cache=False)

    return compiled


PROJECT = """
name: shop
profile: shop
models:
  shop:
    dim:
      +meta: {by: project}
      v1:
        +meta: {one: 1}
"""
SCHEMA = """
models:
  - name: dim
    description: all
    latest_version: 2
    config: {materialized: table, tags: [a], meta: {x: 1}}
    data_tests:
      - unique: {column_name: id}
    columns:
      - name: id
        data_tests: [not_null]
      - name: name
        data_tests: [not_null, {relationships: {arguments: {to: "ref('dim', v=1)", field: name}}}]
    versions:
      - v: 1
        config: {tags: [b], meta: {y: 2}}
        columns:
          - include: all
            exclude: [name]
          - name: t
            data_tests: [not_null]
        deprecation_date: 2020-01-01
      - v: 2
        description: two
        data_tests: []
      - v: 3
        defined_in: dim_three
        config: {alias: dreidim, materialized: view}
        columns:
          - include: [name]
  - name: other
    versions: [{v: 1, defined_in: other.v1}]
"""
FILES = {
    "dbt_project.yml": PROJECT,
    "models/s.yml": SCHEMA,
    "models/dim_v1.sql": "select 1 as id, 'b' as name, '{{ model.name }} {{ model.version }} {{ this.name }}' as t",
    "models/dim.sql": "{{ config(tags=['infile']) }} select 2 as id, 'b' as name",
    "models/dim_three.sql": "select 3 as id, 'b' as name",
    "models/other.v1.sql": "select 4 as id",
    "models/use.sql": """{{ config(materialized='table') }}
select (select id from {{ ref('dim') }}) as latest, (select id from {{ ref('dim', v=1) }}) as one,
  (select id from {{ ref('shop', 'dim', version='3') }}) as three, (select id from {{ ref('other') }}) as other""",
}


def test_versions_as_dbt_lands_and_names_them(make: Make, tmp_path: Path) -> None:
    compiled = make(FILES)
    assert {key: str(node.relation) for key, node in compiled.graph.nodes.items()} == {
        "dim.v1": "main.dim_v1",
        "dim.v2": "main.dim_v2",
        "dim.v3": "main.dreidim",
        "other.v1": "main.other_v1",
        "use": "main.use",
    }
    assert pipeline.build(compiled, Options(command="test")).exit_code == 0
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        assert connection.execute("from use").fetchall() == [(2, 1, 3, 4)]
        assert connection.execute("select t from dim_v1").fetchall() == [("dim 1 dim_v1",)]


def test_what_versions_share_and_what_is_their_own(make: Make) -> None:
    nodes = make(FILES).graph.nodes
    found: dict[str, Any] = {}
    for key in ("dim.v1", "dim.v2", "dim.v3"):
        node, model = nodes[key], nodes[key].model
        assert model is not None
        checks = sorted(check.name for check in model.checks if check.kind != "relationships")
        found[key] = (set(node.config.tags), node.config.meta, model.description, checks, node.config.materialized)
    assert found == {
        "dim.v1": (
            {"a", "b"},
            {"by": "project", "one": 1, "x": 1, "y": 2},
            "all",
            ["not_null_dim_v1_id", "not_null_dim_v1_t", "unique_dim_v1_id"],
            "table",
        ),
        "dim.v2": (
            {"a", "infile"},
            {"by": "project", "x": 1},
            "two",
            ["not_null_dim_v2_id", "not_null_dim_v2_name"],
            "table",
        ),
        "dim.v3": (
            {"a"},
            {"by": "project", "x": 1},
            "all",
            ["not_null_dim_v3_name", "unique_dim_v3_id"],
            "view",
        ),
    }


def test_what_is_deprecated_is_said(make: Make) -> None:
    assert [sentence for sentence in make(FILES).project.warnings if "deprecated" in sentence] == [
        "models/s.yml:15: dim.v1 is deprecated since 2020-01-01",
        "models/use.sql:1: use reads dim.v1, deprecated since 2020-01-01",
    ]


def test_a_version_without_a_file_is_said(make: Make) -> None:
    compiled = make(
        {"models/s.yml": "models: [{name: dim, versions: [{v: 1}, {v: 2}]}]", "models/dim_v2.sql": "select 1"}
    )
    assert (
        "models/s.yml:1: there is no model 'dim.v1' to describe: neither dim_v1.sql is there"
        in compiled.project.warnings
    )


WRONG = [
    ("models: [{name: dim, versions: [{v: 1}, {v: 1}]}]", "a version of 'dim' is here twice"),
    ("models: [{name: dim, versions: [{config: {}}]}]", "a version needs a number"),
    ("models: [{name: dim, latest_version: 3, versions: [{v: 1}, {v: 2}]}]", "'dim' has no version 3"),
]


@pytest.mark.parametrize(("schema", "message"), WRONG)
def test_wrong_versions(make: Make, schema: str, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        make({"models/s.yml": schema, "models/dim_v1.sql": "select 1 as id"})


def test_a_version_that_is_not_there_cannot_be_read(make: Make) -> None:
    with pytest.raises(BatchsqlError, match=r"dim\.v7"):
        make({**FILES, "models/use.sql": "select * from {{ ref('dim', v=7) }}"})


GROUPS = """
groups: [{name: fin, owner: {name: x}}]
models:
  - name: secret
    access: private
    group: fin
    columns: [{name: id, data_tests: [not_null, {relationships: {arguments: {to: ref('pub'), field: id}}}]}]
  - name: mine
    config: {group: fin}
  - name: pub
"""
SECRET = {
    "models/s.yml": GROUPS,
    "models/secret.sql": "select 1 as id",
    "models/mine.sql": "select * from {{ ref('secret') }}",
    "models/pub.sql": "select 1 as id",
}


def test_a_group_reads_its_own_private_models(make: Make) -> None:
    nodes = make(SECRET).graph.nodes
    assert {key: (node.group, node.access) for key, node in nodes.items()} == {
        "secret": ("fin", "private"),
        "mine": ("fin", "protected"),
        "pub": ("", "protected"),
    }


FORBIDDEN = [
    ({"models/pub.sql": "select * from {{ ref('secret') }}"}, "pub reads secret, which is private to the group 'fin'"),
    ({"tests/t.sql": "select * from {{ ref('secret') }}"}, "t reads secret, which is private"),
    (
        {
            "models/s.yml": GROUPS
            + "    columns: [{name: id, data_tests: [{relationships: {to: ref('secret'), field: id}}]}]"
        },
        "pub reads secret, which is private",
    ),
    ({"models/s.yml": GROUPS + "    group: fni"}, "pub is in the group 'fni', which is not declared"),
    ({"models/s.yml": GROUPS + "    access: open"}, "'open' is no access level of pub"),
]


@pytest.mark.parametrize(("files", "message"), FORBIDDEN)
def test_what_access_forbids(make: Make, files: dict[str, str], message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        make({**SECRET, **files})


def test_protected_models_of_a_package_that_restricts_access(make: Make) -> None:
    package = {
        "dbt_packages/util/dbt_project.yml": "name: util\nrestrict-access: true\n",
        "dbt_packages/util/models/theirs.sql": "select 1 as id",
        "packages.yml": "packages: [{local: dbt_packages/util}]",
        "models/use.sql": "select * from {{ ref('util', 'theirs') }}",
    }
    with pytest.raises(ProjectError, match="use reads theirs, which is protected in its package"):
        make(package)
    make({**package, "dbt_packages/util/models/s.yml": "models: [{name: theirs, access: public}]"})
