"""What a right project is read as: models, checks, sources, snapshots, targets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batchsql.errors import ProjectError
from batchsql.project import read_project, resolve_config
from batchsql.values import Check, Column, Project, TableName

Read = Callable[..., Project]
Write = Callable[[dict[str, str]], Path]


def test_the_smallest_project(read: Read) -> None:
    project = read({"batchsql.yml": "name: shop\n"})
    assert project.target.name == "dev"
    assert project.target.database == f"{project.root}/shop.duckdb"
    assert (project.target.schema, project.target.threads, project.dialect) == ("main", 1, "batchsql")
    assert project.models == ()
    assert project.warnings == ()


def test_targets(write: Write) -> None:
    root = write(
        {
            "batchsql.yml": """
name: shop
target: prod
targets:
  dev: {database: ':memory:', threads: '4'}
  prod:
    database: "{{ env_var('WAREHOUSE', 'data/shop.duckdb') }}"
    schema: live
    allowed_directories: [../lake, /srv/files]
    settings: {memory_limit: 4GB, preserve_insertion_order: false, threads: 2}
"""
        }
    )
    prod = read_project(root, environment={}).target
    assert prod.database == str(root / "data/shop.duckdb")
    assert prod.allowed_directories == (str(root.parent / "lake"), "/srv/files")
    assert prod.settings == {"memory_limit": "4GB", "preserve_insertion_order": "false", "threads": "2"}
    project = read_project(root, environment={"WAREHOUSE": "~/w.duckdb", "HOME": "/home/ada"})
    assert project.target.database == "/home/ada/w.duckdb"
    assert project.environment == {"WAREHOUSE": "~/w.duckdb"}
    dev = read_project(root, target="dev", environment={}).target
    assert (dev.database, dev.threads, dev.schema) == (":memory:", 4, "main")
    with pytest.raises(ProjectError, match="no target 'develop'") as caught:
        read_project(root, target="develop", environment={})
    assert caught.value.hint == "did you mean 'dev'?"


def test_vars(read: Read) -> None:
    project = read(
        {"batchsql.yml": "name: shop\nvars: {a: 1, b: 2, c: \"{{ env_var('C', 'x') }}\", shop: {a: 3}}\n"},
        vars={"b": 9, "d": [1]},
    )
    assert project.vars == {"a": 3, "b": 9, "c": "x", "d": [1], "shop": {"a": 3}}


def test_a_described_model(read: Read) -> None:
    project = read(
        {
            "models/a.sql": "select 1 as id",
            "models/a.yml": """
models:
  - name: a
    description: All of it.
    columns:
      - name: id
        description: The key.
        data_type: integer
        checks: [not_null]
      - name: other
""",
        }
    )
    (model,) = project.models
    assert model.text == "select 1 as id"
    assert model.description == "All of it."
    described = Column(name="id", description="The key.", data_type="integer", line=6)
    assert model.columns == (described, Column(name="other", line=10))
    assert model.checks == (Check(name="not_null_a_id", kind="not_null", columns=("id",), path="models/a.yml", line=9),)


def checks_of(read: Read, under_column: str = "", under_model: str = "") -> list[Check]:
    """Checks written under the column `c` and under the model `a`."""
    yaml = "models:\n  - name: a\n"
    if under_model:
        yaml += f"    checks:\n      {under_model}\n"
    if under_column:
        yaml += f"    columns:\n      - name: c\n        checks:\n          {under_column}\n"
    files = {"models/a.sql": "select 1", "models/a.yml": yaml, "seeds/b.csv": "id"}
    files["models/s.yml"] = "sources: [{name: g, tables: [{name: t}]}]"
    return [check for model in read(files).models for check in model.checks]


@pytest.mark.parametrize(
    ("written", "kind", "arguments", "name"),
    [
        ("- unique", "unique", {}, "unique_a_c"),
        ("- dbt.not_null:", "not_null", {}, "not_null_a_c"),
        ("- accepted_values: [x, 1]", "accepted_values", {"values": ["x", 1], "quote": True}, "accepted_values_a_c"),
        (
            "- accepted_values: {arguments: {values: [1], quote: false}}",
            "accepted_values",
            {"values": [1], "quote": False},
            "accepted_values_a_c",
        ),
        (
            "- relationships: {to: ref('b'), field: id}",
            "relationships",
            {"to": "b", "field": "id"},
            "relationships_a_c_b_id",
        ),
        (
            "- relationships: {to: \"{{ source('g', 't') }}\", field: id}",
            "relationships",
            {"to": "g.t", "field": "id"},
            "relationships_a_c_g_t_id",
        ),
        (
            "- relationships: {to: g.t, field: id}",
            "relationships",
            {"to": "g.t", "field": "id"},
            "relationships_a_c_g_t_id",
        ),
        (
            "- accepted_range: {min_value: 0, max_value: 1.5}",
            "accepted_range",
            {"min_value": 0, "max_value": 1.5, "inclusive": True},
            "accepted_range_a_c",
        ),
        (
            "- dbt_utils.accepted_range: {min_value: 2024-01-31, max_value: now(), inclusive: false}",
            "accepted_range",
            {"min_value": "date '2024-01-31'", "max_value": "now()", "inclusive": False},
            "accepted_range_a_c",
        ),
        ("- expression: c > 0", "expression", {"expression": "c > 0"}, "expression_a_c_c_0"),
        (
            "- dbt_utils.expression_is_true: {expression: '>= 0'}",
            "expression",
            {"expression": '"c" >= 0'},
            "expression_a_c__c_0",
        ),
        ("- {test_name: unique, name: mine}", "unique", {}, "mine"),
    ],
)
def test_checks_under_a_column(read: Read, written: str, kind: str, arguments: dict[str, Any], name: str) -> None:
    (check,) = checks_of(read, under_column=written)
    assert (check.kind, check.arguments, check.name, check.columns) == (kind, arguments, name, ("c",))


@pytest.mark.parametrize(
    ("written", "kind", "columns", "arguments"),
    [
        ("- unique: {columns: [x, y]}", "unique", ("x", "y"), {}),
        ("- unique: [x, y]", "unique", ("x", "y"), {}),
        ("- dbt_utils.unique_combination_of_columns: {combination_of_columns: [x, y]}", "unique", ("x", "y"), {}),
        ("- not_null: {column_name: x}", "not_null", ("x",), {}),
        ("- row_count: {min: 1, max: 10}", "row_count", (), {"min": 1, "max": 10}),
        ("- row_count: {min_value: 1}", "row_count", (), {"min": 1}),
        ("- row_count: 5", "row_count", (), {"equals": 5}),
        ("- expression: {expression: a >= b}", "expression", (), {"expression": "a >= b"}),
    ],
)
def test_checks_under_a_model(
    read: Read, written: str, kind: str, columns: tuple[str, ...], arguments: dict[str, Any]
) -> None:
    (check,) = checks_of(read, under_model=written)
    assert (check.kind, check.columns, check.arguments) == (kind, columns, arguments)


def test_what_every_check_takes(read: Read) -> None:
    beside, inside = checks_of(
        read,
        under_column="- not_null: {severity: WARN, where: x > 1, warn_if: '>5', error_if: '== 7', name: n, "
        "description: d}\n          - unique: {config: {severity: warn, where: x > 1, enabled: true, tags: [t]}}",
    )
    assert (beside.severity, beside.where, beside.warn_if, beside.error_if) == ("warn", "x > 1", "> 5", "= 7")
    assert (beside.name, beside.description) == ("n", "d")
    assert (inside.severity, inside.where, inside.warn_if) == ("warn", "x > 1", "!= 0")


def test_a_check_switched_off_is_left_out(read: Read) -> None:
    assert checks_of(read, under_column="- unique: {enabled: false}") == []


def test_check_names_are_distinct_and_short(read: Read) -> None:
    long = "x" * 200
    checks = checks_of(read, under_model=f"- expression: {long}\n      - expression: {long}y")
    checks += checks_of(read, under_column="- unique\n          - unique: {where: x > 1}")
    names = [check.name for check in checks]
    assert len(set(names)) == 4
    assert all(len(name) <= 90 for name in names)
    assert names[2].startswith("unique_a_c_")


def test_checks_of_the_project_file_are_the_default(read: Read) -> None:
    project = read(
        {
            "batchsql.yml": "name: shop\nchecks:\n  +severity: warn\n  marts:\n    +error_if: '> 3'\n",
            "models/a.sql": "select 1",
            "models/a.yml": "models: [{name: a, columns: [{name: c, checks: [unique, not_null: {severity: error}]}]}]",
            "models/marts/b.sql": "select 1",
            "models/marts/b.yml": "models: [{name: b, columns: [{name: c, checks: [unique]}]}]",
            "tests/t.sql": "select 1",
        }
    )
    found = {check.name: (check.severity, check.error_if) for model in project.models for check in model.checks}
    assert found == {
        "unique_a_c": ("warn", "!= 0"),
        "not_null_a_c": ("error", "!= 0"),
        "unique_b_c": ("warn", "> 3"),
    }
    singular = project.models[-1]
    assert resolve_config(singular.layers, singular.kind).severity == "warn"


def test_sources(read: Read) -> None:
    project = read(
        {
            "batchsql.yml": "name: shop\ntargets: {dev: {allowed_directories: [/srv/lake]}}\nvars: {year: 2024}\n",
            "models/sources.yml": """
sources:
  - name: landing
    tags: [raw]
    loaded_at_field: at
    tables:
      - name: orders
        files: "landing/orders/{{ var('year') }}/*.csv.gz"
        options: {header: true}
        event_time: ordered_at
        tags: [hourly]
        columns: [{name: id, checks: [unique]}]
      - name: events
        files: [/srv/lake/a/*.ndjson, /srv/lake/b/*.json]
      - name: dumps
        files: landing/dumps/*
        format: Parquet
      - name: gone
        config: {enabled: false}
  - name: erp
    schema: raw
    tables:
      - name: customers
        identifier: cust
        config: {event_time: changed_at}
""",
        }
    )
    orders, events, dumps, customers = project.sources
    assert (orders.key, orders.files, orders.format) == ("landing.orders", ("landing/orders/2024/*.csv.gz",), "csv")
    assert (orders.options, orders.event_time, orders.loaded_at_field) == ({"header": True}, "ordered_at", "at")
    assert orders.tags == ("raw", "hourly")
    assert [check.name for check in orders.checks] == ["unique_landing_orders_id"]
    assert (events.format, dumps.format) == ("json", "parquet")
    assert (customers.relation, customers.event_time) == (TableName("raw", "cust"), "changed_at")


def test_snapshots(read: Read) -> None:
    project = read(
        {
            "snapshots/two.sql": "{# {% snapshot no %} #}\n\n{% snapshot one %}\nselect 1\n{% endsnapshot %}\n"
            "{%- snapshot two -%}select 2{%- endsnapshot -%}",
            "snapshots/plain.sql": "select 3",
            "snapshots/all.yml": """
snapshots:
  - name: four
    relation: ref('plain')
    config: {strategy: check, check_cols: all, unique_key: id}
  - name: five
    relation: source('g', 't')
  - name: one
    description: first
""",
        }
    )
    found = {model.name: (model.text, model.first_line) for model in project.models}
    assert found == {
        "plain": ("select 3", 1),
        "one": ("\nselect 1\n", 3),
        "two": ("select 2", 6),
        "four": ("select * from {{ ref('plain') }}", 3),
        "five": ("select * from {{ source('g', 't') }}", 6),
    }
    four = next(model for model in project.models if model.name == "four")
    assert resolve_config(four.layers, "snapshot").check_cols == ("all",)


def test_of_two_models_of_one_name_one_may_be_switched_off(read: Read) -> None:
    project = read(
        {
            "batchsql.yml": "name: shop\nmodels: {old: {+enabled: false}}\n",
            "models/old/a.sql": "select 1",
            "models/new/a.sql": "select 2",
        }
    )
    assert [model.path for model in project.models] == ["models/new/a.sql"]


def test_sections_without_effect_are_warnings(read: Read) -> None:
    project = read({"models/a.yml": "version: 2\nexposures: []\nfunctions:\n  - name: x\n"})
    assert project.warnings == ("models/a.yml:3: 'functions' has no effect yet",)


def test_the_cache_gives_the_same_project(write: Write) -> None:
    root = write(
        {
            "models/a.sql": "select 1",
            "models/a.yml": """
models:
  - name: a
    config: {tags: [x], meta: {since: 2024-01-31, n: 1.5, deep: [null, {a: true}]}}
    columns: [{name: c, checks: [unique, accepted_values: {values: [1, x]}]}]
sources: [{name: g, tables: [{name: t, files: a.csv, options: {header: true}}]}]
exposures: []
""",
            "models/b.yml": "sources: [{name: h, tables: [{name: t, files: \"{{ env_var('F', 'a.csv') }}\"}]}]",
        }
    )
    cache: dict[str, bytes] = {}
    first = read_project(root, environment={}, yaml_cache=cache)
    assert len(cache) == 1  # what depends on the environment is not kept
    assert read_project(root, environment={}, yaml_cache=cache) == first
    cache = dict.fromkeys(cache, b"\xc1 not what was written")
    assert read_project(root, environment={}, yaml_cache=cache) == first
    assert read_project(root, environment={"F": "b.csv"}, yaml_cache=cache).sources[1].files == ("b.csv",)
