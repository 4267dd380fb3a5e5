"""Relations that are made by macros of the project: its own materializations, strategies, and replaced built-in macros.

What is built in lands by batchsql/load/. A macro of the project comes before it in three cases, as in dbt:
a `{% materialization %}` block of the model's name, an incremental or snapshot strategy that is not built in, and a
macro under the name of one that the built-in materialization calls. In the last two the materialization is that of
template/builtin/, which calls macros for all it does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from batchsql.compiler.assemble import Assembled, Situation, render_context
from batchsql.compiler.compile import Compiled
from batchsql.errors import BatchError, did_you_mean
from batchsql.values import ConfigLayer, Node

_OF_DUCKDB = frozenset({"table", "incremental", "external", "table_function"})
"""Built-in materializations that are made for DuckDB: one of the project for any warehouse does not fit better."""

_BLOCK = "materialization_"
_BUILT_IN = _OF_DUCKDB | {"view", "ephemeral", "seed", "snapshot", "test", "unit"}
_STRATEGIES = frozenset({"append", "delete+insert", "merge", "microbatch"})
_SNAPSHOT_STRATEGIES = frozenset({"timestamp", "check"})

_ALWAYS = ("run_hooks", "drop_relation", "drop_relation_if_exists", "get_drop_sql", "persist_docs", "apply_grants")
_TABLE = (
    *("create_table_as", "get_create_table_as_sql", "get_select_subquery", "create_indexes", "get_create_index_sql"),
    *("make_intermediate_relation", "rename_relation", "drop_table"),
    *("get_table_columns_and_constraints", "get_assert_columns_equivalent"),
)
_INCREMENTAL = (
    *(*_TABLE, "make_temp_relation", "get_insert_into_sql", "process_schema_changes", "check_for_schema_changes"),
    *("sync_column_schemas", "alter_relation_add_remove_columns", "alter_column_type"),
)
_SNAPSHOT = (
    *("snapshot_hash_arguments", "snapshot_timestamp_strategy", "snapshot_check_strategy", "build_snapshot_table"),
    *("snapshot_staging_table", "snapshot_merge_sql", "get_snapshot_table_column_names", "get_dbt_valid_to_current"),
    *("snapshot_get_time", "snapshot_string_as_time", "current_timestamp", "post_snapshot", "create_columns"),
)
_CALLED = {
    "view": (*_ALWAYS, "create_view_as", "get_create_view_as_sql", "drop_view"),
    "table": (*_ALWAYS, *_TABLE),
    "incremental": (*_ALWAYS, *_INCREMENTAL),
    "snapshot": (*_ALWAYS, *_SNAPSHOT),
}
_OF_STRATEGY = {
    "append": ("get_incremental_append_sql",),
    "delete+insert": ("get_incremental_delete_insert_sql", "get_delete_insert_merge_sql"),
    "merge": ("get_incremental_merge_sql", "get_merge_sql"),
    "microbatch": ("get_incremental_microbatch_sql",),
}
"""Macros that the built-in materializations call; a project replaces one by its name, or with a prefix of dispatch."""


def made_by(compiled: Compiled, node: Node) -> str | None:
    """The macro that makes a node's relation, as templates call it; None where it is made without any.

    Raises BatchError for a materialization or strategy that is neither built in nor a macro.
    """
    if compiled.project.dialect != "dbt" or node.kind not in ("model", "snapshot"):
        return None
    defined = compiled.macro_names
    name = node.config.materialized
    macro = _own(name, defined)
    if macro:
        return macro
    if name not in _BUILT_IN:
        known = {macro.split("_")[1] for macros in defined.values() for macro in macros if macro.startswith(_BLOCK)}
        raise BatchError(
            f"there is no materialization '{name}'", path=node.path, hint=did_you_mean(name, _BUILT_IN | known)
        )
    if _has_own_strategy(node, defined) or _replaces(node, _dispatched(compiled, defined)):
        return f"dbt.materialization_{name}_{'duckdb' if name in _OF_DUCKDB else 'default'}"
    return None


def replaces_macro(compiled: Compiled, name: str) -> bool:
    """Whether a dbt project has a macro of its own under the name of one that is built in."""
    return compiled.project.dialect == "dbt" and _is_replaced(name, _dispatched(compiled, compiled.macro_names))


def run_materialization(
    compiled: Compiled, node: Node, macro: str, assembled: Assembled, situation: Situation, *, rebuild: bool
) -> None:
    """Let a macro make a node's relation; its statements run by the situation's run_query.

    Raises TemplateError, BatchError where the macro does not say what it made, and EngineError.
    """
    assert node.model is not None  # noqa: S101  a node with a query has one
    config = node.rendered.config if node.rendered else {}
    model = msgspec.structs.replace(
        node.model,
        text="{% set made = " + macro + "() %}"
        "{{ tojson(made.relations | map('string') | list) if made is mapping and made.relations else '[]' }}",
        first_line=1,
        layers=(*node.model.layers, ConfigLayer(values=config, path=node.path), *node.model.overriding),
    )
    names: dict[str, Any] = {
        "sql": assembled.sql,
        "compiled_sql": assembled.sql,
        "compiled_code": assembled.sql,
        "pre_hooks": [{"sql": hook, "transaction": True} for hook in node.config.pre_hook],
        "post_hooks": [{"sql": hook, "transaction": True} for hook in node.config.post_hook],
    }
    if rebuild:
        names["should_full_refresh"] = lambda: True
    context = msgspec.structs.replace(render_context(compiled, node, situation, physical=True), names=names)
    if not json.loads(compiled.renderer.render(model, context).sql):
        raise BatchError(
            f"the materialization '{node.config.materialized}' does not say what it made",
            path=node.path,
            hint="end it with {{ return({'relations': [this]}) }}",
        )


def _own(name: str, defined: Mapping[str, set[str]]) -> str | None:
    """The project's own materialization of that name. Those of packages count only where none is built in."""
    packages: Sequence[str] = [""] if name in _BUILT_IN else list(defined)
    adapters = ("duckdb",) if name in _OF_DUCKDB else ("duckdb", "default")
    for adapter in adapters:
        macro = f"{_BLOCK}{name}_{adapter}"
        for package in packages:
            if macro in defined[package]:
                return f"{package}.{macro}" if package else macro
    return None


def _has_own_strategy(node: Node, defined: Mapping[str, set[str]]) -> bool:
    """Whether a node names a strategy that is not built in. Raises BatchError where no macro is called so."""
    config = node.config
    if node.kind == "snapshot":
        strategy, built_in, macro = config.strategy, _SNAPSHOT_STRATEGIES, "snapshot_{}_strategy"
    elif config.materialized == "incremental":
        strategy, built_in, macro = config.incremental_strategy, _STRATEGIES, "get_incremental_{}_sql"
    else:
        return False
    if strategy is None or strategy in built_in:
        return False
    wanted = macro.format(strategy.rpartition(".")[2].replace("+", "_"))
    if not any(wanted in names for names in defined.values()):
        raise BatchError(
            f"there is no strategy '{strategy}': no macro is called {wanted}",
            path=node.path,
            hint=did_you_mean(strategy, built_in),
        )
    return True


def _dispatched(compiled: Compiled, defined: Mapping[str, set[str]]) -> set[str]:
    """The macros that come before the built-in ones: the project's own, and those of `dispatch:`."""
    own = set(defined[""])
    for package in compiled.project.dispatch.get("dbt", ()):
        if package not in ("dbt", compiled.project.name):
            own |= {name for name in defined.get(package, ()) if "__" in name}
    return own


def _replaces(node: Node, own: set[str]) -> bool:
    """Whether the project replaces a macro that the built-in materialization of a node calls."""
    called = _strategy_macros(node) if node.config.by_interval else _CALLED.get(node.config.materialized, ())
    return any(_is_replaced(name, own) for name in (*called, *_strategy_macros(node)))


def _is_replaced(name: str, own: set[str]) -> bool:
    return any(prefix + name in own for prefix in ("", "duckdb__", "default__"))


def _strategy_macros(node: Node) -> tuple[str, ...]:
    if node.config.materialized != "incremental":
        return ()
    return ("get_incremental_default_sql", *_OF_STRATEGY.get(node.config.incremental_strategy or "delete+insert", ()))
