"""The config of a node as artifacts tell it: every key that was given, in whatever layer, and dbt's defaults."""

from __future__ import annotations

from typing import Any

from batchsql.artifacts.declared import texts
from batchsql.values import Kind, Model, Rendered

_COMMON: dict[str, Any] = {
    "enabled": True,
    "alias": None,
    "schema": None,
    "database": None,
    "tags": [],
    "meta": {},
    "group": None,
    "static_analysis": None,
}
_LANDS: dict[str, Any] = _COMMON | {
    "materialized": "view",
    "incremental_strategy": None,
    "batch_size": None,
    "lookback": 1,
    "begin": None,
    "persist_docs": {},
    "post-hook": [],
    "pre-hook": [],
    "quoting": {},
    "column_types": {},
    "full_refresh": None,
    "unique_key": None,
    "on_schema_change": "ignore",
    "on_configuration_change": "apply",
    "grants": {},
    "packages": [],
    "docs": {"show": True, "node_color": None},
    "contract": {"enforced": False, "alias_types": True},
    "event_time": None,
    "concurrent_batches": None,
}
_DEFAULTS: dict[Kind, dict[str, Any]] = {
    "model": _LANDS | {"access": "protected", "freshness": None},
    "seed": _LANDS | {"materialized": "seed", "delimiter": ",", "quote_columns": None},
    "snapshot": _LANDS
    | {
        "materialized": "snapshot",
        "strategy": None,
        "target_schema": None,
        "target_database": None,
        "updated_at": None,
        "check_cols": None,
        "snapshot_meta_column_names": dict.fromkeys(
            ("dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted")
        ),
        "dbt_valid_to_current": None,
    },
    "test": _COMMON
    | {
        "schema": "dbt_test__audit",
        "materialized": "test",
        "severity": "ERROR",
        "store_failures": None,
        "store_failures_as": None,
        "where": None,
        "limit": None,
        "fail_calc": "count(*)",
        "warn_if": "!= 0",
        "error_if": "!= 0",
    },
}
_HOOKS = ("pre-hook", "post-hook")
_MERGED = (
    "meta",
    "docs",
    "grants",
    "column_types",
    "persist_docs",
    "quoting",
    "contract",
    "snapshot_meta_column_names",
)


def config_of(model: Model, rendered: Rendered | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The config of a model, seed, snapshot or test; and what of it was written down, not defaulted."""
    layers = [layer.values for layer in model.layers]
    layers += [rendered.config] if rendered else []
    layers += [layer.values for layer in model.overriding]
    return config_from(model.kind, layers)


def config_from(kind: Kind, layers: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The config that layers give together, least specific first; and what of it was written down."""
    config, written = _copied(_DEFAULTS[kind]), {}
    for layer in layers:
        for spelled, value in layer.items():
            key = _canonical(spelled)
            written[key] = value
            config[key] = _together(key, config.get(key), value)
    if kind in ("seed", "snapshot", "test"):
        config["materialized"] = kind
    return config, written


def _canonical(spelled: str) -> str:
    key = spelled.removeprefix("+")
    dashed = key.replace("_", "-")
    return dashed if dashed in _HOOKS else key.replace("-", "_")


def _together(key: str, before: Any, value: Any) -> Any:
    """A key's value when one more layer has a say."""
    if key == "tags":
        return texts(before or [], value)
    if key == "packages":
        return [*(before or []), *texts(value)]
    if key in _HOOKS:
        hooks = value if isinstance(value, list | tuple) else [value] if value else []
        return [*(before or []), *map(_hook, hooks)]
    if key == "contract" and isinstance(value, bool):
        value = {"enforced": value}
    if key in _MERGED and isinstance(value, dict):
        return {**(before or {}), **value}
    return _copied(value)


def _copied(value: Any) -> Any:
    """A copy of what YAML can hold, so that templates may change one node's without changing another's."""
    if isinstance(value, dict):
        return {key: _copied(each) if isinstance(each, dict | list) else each for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _hook(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"sql": value.get("sql", ""), "transaction": value.get("transaction", True), "index": None}
    return {"sql": str(value), "transaction": True, "index": None}
