"""Layers of config into one, and where a model lands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from batchsql.errors import ProjectError
from batchsql.project import relation_of, resolve_config
from batchsql.values import Config, ConfigLayer, Kind, Project, Step, TableName, Target

Read = Callable[..., Project]


def layers(*values: dict[str, Any]) -> list[ConfigLayer]:
    return [ConfigLayer(values=each, path="a.yml", line=1) for each in values]


@pytest.mark.parametrize(("kind", "materialized"), [("model", "view"), ("seed", "seed"), ("snapshot", "snapshot")])
def test_defaults(kind: Kind, materialized: str) -> None:
    given = {"strategy": "check", "check_cols": "all", "unique_key": "id"} if kind == "snapshot" else {}
    assert resolve_config(layers(given), kind).materialized == materialized


def test_no_layer_at_all() -> None:
    assert resolve_config([], "model") == Config()


def test_later_layers_win_and_some_add_up() -> None:
    config = resolve_config(
        layers(
            {
                "+materialized": "view",
                "+tags": ["a", "b"],
                "+pre-hook": "one",
                "+meta": {"x": 1, "y": 1},
                "schema": "s",
            },
            {"materialized": "table", "tags": "b", "pre_hook": [{"sql": "two"}, "one"], "meta": {"y": 2}},
            {"tags": ["c"], "schema": None, "post_hook": {"sql": "three", "transaction": True}},
        ),
        "model",
    )
    assert config == Config(
        materialized="table",
        tags=("a", "b", "c"),
        pre_hook=("one", "two", "one"),
        post_hook=("three",),
        meta={"x": 1, "y": 2},
    )


def test_column_types_merge() -> None:
    given = layers({"column_types": {"a": "int", "b": "int"}}, {"+column_types": {"b": "text"}, "delimiter": "\t"})
    config = resolve_config(given, "seed")
    assert config.column_types == {"a": "int", "b": "text"}
    assert config.delimiter == "\t"


@pytest.mark.parametrize(
    ("given", "strategy"),
    [
        ({}, "append"),
        ({"unique_key": "id"}, "delete+insert"),
        ({"unique_key": ["a", "b"]}, "delete+insert"),
        ({"unique_key": "id", "incremental_strategy": "merge"}, "merge"),
        ({"batch_size": "day", "begin": "2024-01-01", "event_time": "at"}, "microbatch"),
    ],
)
def test_the_strategy_that_is_meant(given: dict[str, Any], strategy: str) -> None:
    assert resolve_config(layers({"materialized": "incremental", **given}), "model").incremental_strategy == strategy


def test_a_strategy_does_not_matter_to_a_view() -> None:
    config = resolve_config(layers({"incremental_strategy": "merge"}, {"materialized": "view"}), "model")
    assert config.unique_key == ()


@pytest.mark.parametrize(
    ("begin", "expected"),
    [
        ("2024-01-31", datetime(2024, 1, 31)),
        ("2024-01-31 06:00", datetime(2024, 1, 31, 6)),
        ("2024-01-31T06:00:00+02:00", datetime(2024, 1, 31, 4)),
        ("2024-01-31T06:00:00Z", datetime(2024, 1, 31, 6)),
        (date(2024, 1, 31), datetime(2024, 1, 31)),
        (datetime(2024, 1, 31, 6), datetime(2024, 1, 31, 6)),
        (datetime(2024, 1, 31, 6, tzinfo=UTC), datetime(2024, 1, 31, 6)),
        (datetime(2024, 1, 31, 0, tzinfo=timezone(timedelta(hours=5))), datetime(2024, 1, 30, 19)),
    ],
)
def test_moments(begin: Any, expected: datetime) -> None:
    assert resolve_config(layers({"begin": begin, "batch_size": "15 minutes"}), "model") == Config(
        begin=expected, batch_size=Step(15, "minute")
    )


def test_snapshot_config() -> None:
    given = {"strategy": "check", "check_cols": "all", "unique_key": ["a"], "invalidate_hard_deletes": True}
    config = resolve_config(layers({**given, "target_schema": "history"}), "snapshot")
    assert config.check_cols == ("all",)
    assert config.hard_deletes == "invalidate"
    assert relation_of("s", config, Target(name="dev", database=""), "dbt") == TableName("history", "s")


def test_config_of_a_singular_test() -> None:
    config = resolve_config(layers({"severity": "WARN", "error_if": ">10", "warn_if": "<> 0", "tags": "x"}), "test")
    assert (config.severity, config.error_if, config.warn_if) == ("warn", "> 10", "!= 0")


def test_known_keys_without_effect_are_accepted() -> None:
    assert resolve_config(layers({"docs": {"show": False}, "grants": {}, "group": "x"}), "model") == Config()


@pytest.mark.parametrize(
    "given",
    [
        {"materialised": "table"},
        {"enabled": "perhaps"},
        {"tags": 1},
        {"unique_key": ["a", "A"]},
        {"meta": "x"},
        {"batch_size": 5},
        {"schema": ""},
        {"begin": 20240101},
        {"full_refresh": 1},
        {"materialized": ["table"]},
    ],
)
def test_wrong_values_name_the_place(given: dict[str, Any]) -> None:
    with pytest.raises(ProjectError) as caught:
        resolve_config([ConfigLayer(values=given, path="m.sql", line=7)], "model")
    assert (caught.value.path, caught.value.line) == ("m.sql", 7)


@pytest.mark.parametrize(
    ("config", "dialect", "expected"),
    [
        (Config(), "batchsql", "main.a"),
        (Config(schema="marts"), "batchsql", "marts.a"),
        (Config(schema="marts", alias="b"), "dbt", "main_marts.b"),
        (Config(alias="b"), "dbt", "main.b"),
    ],
)
def test_relation_of(config: Config, dialect: str, expected: str) -> None:
    assert str(relation_of("a", config, Target(name="dev", database=""), dialect)) == expected


def test_config_by_folder(read: Read) -> None:
    project = read(
        {
            "batchsql.yml": """
name: shop
models:
  +materialized: view
  +tags: [all]
  marts:
    +materialized: table
    daily:
      tags: [daily]
      orders:
        +alias: orders_today
  shop:
    +schema: everywhere
seeds: {+delimiter: ';'}
""",
            "models/a.sql": "select 1",
            "models/marts/daily/orders.sql": "select 1",
            "models/marts/daily/orders.yml": "models: [{name: orders, tags: [mine], config: {tags: x, schema: own}}]",
            "seeds/s.csv": "a",
        }
    )
    configs = {model.name: resolve_config(model.layers, model.kind) for model in project.models}
    assert configs["a"] == Config(tags=("all",), schema="everywhere")
    assert configs["orders"] == Config(
        materialized="table", tags=("all", "daily", "mine", "x"), alias="orders_today", schema="own"
    )
    assert configs["s"].delimiter == ";"
    assert project.warnings == ()


def test_a_folder_that_holds_nothing_is_a_warning(read: Read) -> None:
    project = read({"batchsql.yml": "name: shop\nmodels:\n  marts:\n    +materialized: table\n    daily: {+tags: x}\n"})
    assert project.warnings == ("batchsql.yml:3: no model lies in 'marts', so this config has no effect",)


def test_a_dbt_project_may_have_any_key() -> None:
    given = {"materialized": "incremental", "owner": "sales", "unique_key": "a", "tags": ["x", 1], "docs": {}}
    config = resolve_config(layers(given, {"owner": None, "indexes": [{"columns": ["a"]}]}), "model", "dbt")
    assert config.tags == ("x", "1")
    assert config.extra == {"indexes": [{"columns": ["a"]}]}
    assert config.incremental_strategy == "delete+insert"


@pytest.mark.parametrize("given", [{}, {"incremental_strategy": "merge"}, {"incremental_strategy": "mine"}])
def test_a_dbt_project_needs_no_unique_key(given: dict[str, Any]) -> None:
    config = resolve_config(layers({"materialized": "incremental", **given}), "model", "dbt")
    assert config.incremental_strategy == given.get("incremental_strategy", "delete+insert")


def test_dbt_looks_back_one_batch() -> None:
    given = {"materialized": "incremental", "incremental_strategy": "microbatch", "event_time": "t"}
    given |= {"begin": "2024-01-01", "batch_size": "day"}
    assert resolve_config(layers(given), "model", "dbt").lookback == 1
    assert resolve_config(layers({**given, "lookback": 0}), "model", "dbt").lookback == 0


def test_hooks_outside_of_the_transaction() -> None:
    hooks = ["a", {"sql": "b", "transaction": False}, '{"sql": "c", "transaction": false}', "", '{"sql": "d"}']
    config = resolve_config(layers({"pre_hook": hooks}), "model", "dbt")
    assert config.pre_hook == ("a", "d")
    assert config.pre_hook_outside == ("b", "c")
