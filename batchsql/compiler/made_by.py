"""Relations that are made by macros of the project: its own materializations, strategies, and replaced built-in macros.

What is built in lands by batchsql/load/. A macro of the project comes before it in three cases, as in dbt:
a `{% materialization %}` block of the model's name, an incremental or snapshot strategy that is not built in, and a
macro under the name of one that the built-in materialization calls. In the last two the materialization is that of
template/builtin/, which calls macros for all it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from batchsql.errors import BatchError, did_you_mean
from batchsql.values import Node

if TYPE_CHECKING:
    from batchsql.compiler.compile import Compiled

_OF_DUCKDB = frozenset({"table", "incremental", "external", "table_function"})
"""Built-in materializations that are made for DuckDB: one of the project for any warehouse does not fit better."""

_BLOCK = "materialization_"
BUILT_IN = "dbt"  # the package of built-in macros
_BUILT_IN = _OF_DUCKDB | {"view", "ephemeral", "seed", "snapshot", "test", "unit"}
_STRATEGIES = frozenset({"append", "delete+insert", "merge", "microbatch"})
_DEFAULT = "get_incremental_default_sql"
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
    """The macro that makes a node's relation, as templates call it; None where it is made without any."""
    if compiled.project.dialect != "dbt" or node.kind not in ("model", "snapshot"):
        return None
    defined = compiled.macro_names
    name = node.config.materialized
    macro = _own(name, defined)
    if macro or name not in _BUILT_IN:
        return macro
    if node.model and node.model.language == "python":  # built-in macros would take its text for SQL
        return None
    wanted = _strategy_macro(node)
    own_strategy = wanted == _DEFAULT or any(wanted in names for names in defined.values())
    if own_strategy or _replaces(node, _dispatched(compiled, defined)):
        return f"{BUILT_IN}.{_BLOCK}{name}_{'duckdb' if name in _OF_DUCKDB else 'default'}"
    return None


def require_known(compiled: Compiled, node: Node) -> None:
    """Raise BatchError where a node that no macro makes asks for one: by a materialization or strategy of no macro."""
    if compiled.project.dialect != "dbt":
        return
    name, wanted = node.config.materialized, _strategy_macro(node)
    if name not in _BUILT_IN:
        macros = {macro for names in compiled.macro_names.values() for macro in names if macro.startswith(_BLOCK)}
        known = {macro.removeprefix(_BLOCK).rpartition("_")[0] for macro in macros}
        message, hint = f"there is no materialization '{name}'", did_you_mean(name, _BUILT_IN | known)
        raise BatchError(message, path=node.path, hint=hint)
    if wanted:
        strategy = node.config.strategy if node.kind == "snapshot" else node.config.incremental_strategy
        hint = did_you_mean(str(strategy), _SNAPSHOT_STRATEGIES if node.kind == "snapshot" else _STRATEGIES)
        raise BatchError(f"there is no strategy '{strategy}': no macro is called {wanted}", path=node.path, hint=hint)


def replaces_macro(compiled: Compiled, name: str) -> bool:
    """Whether a dbt project has a macro of its own under the name of one that is built in."""
    return compiled.project.dialect == "dbt" and _is_replaced(name, _dispatched(compiled, compiled.macro_names))


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


def _strategy_macro(node: Node) -> str | None:
    """The macro that a strategy must be which is not built in."""
    config = node.config
    if node.kind == "snapshot":
        strategy, built_in, macro = config.strategy, _SNAPSHOT_STRATEGIES, "snapshot_{}_strategy"
    elif config.materialized == "incremental":
        strategy, built_in, macro = config.incremental_strategy, _STRATEGIES, "get_incremental_{}_sql"
    else:
        return None
    if strategy is None or strategy in built_in:
        return None
    return macro.format(strategy.rpartition(".")[2].replace("+", "_"))


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
    return (_DEFAULT, *_OF_STRATEGY.get(node.config.incremental_strategy or "delete+insert", ()))
