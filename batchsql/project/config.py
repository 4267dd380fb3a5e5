"""Config: what keys there are, what values they take, how layers become one Config, and where a model lands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from msgspec import Struct

from batchsql.errors import ProjectError, did_you_mean
from batchsql.project import config_values as take
from batchsql.project.config_values import WrongError
from batchsql.project.wording import hint_for
from batchsql.values import Config, ConfigLayer, Kind, Materialized, TableName, Target
from batchsql.values.project import Dialect, StoredAs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

# --- the keys -------------------------------------------------------------------------------------------------------

_MODEL, _SEED, _SNAPSHOT, _TEST = "model", "seed", "snapshot", "test"
_LANDS = (_MODEL, _SEED, _SNAPSHOT)
_MATERIALIZED = tuple(word for word in get_args(Materialized) if word not in (_SEED, _SNAPSHOT))
_MATERIALIZED_OF = {_MODEL: _MATERIALIZED, _SEED: (_SEED,), _SNAPSHOT: (_SNAPSHOT,), _TEST: (_TEST,)}
_DBT = "dbt"


class _Key(Struct, frozen=True):
    """A config key: how its value is read, and the kinds of files that may carry it.

    in_dbt: how it is read in a dbt project, where dbt takes more than batchsql does.
    """

    read: Callable[[Any], Any]
    kinds: Collection[str] = _LANDS
    in_dbt: Callable[[Any], Any] | None = None


def _schema_change(value: Any) -> str:
    """As dbt has it: what is none of the four is `ignore`."""
    return value if value in _ON_SCHEMA_CHANGE else "ignore"


_ON_SCHEMA_CHANGE = ("ignore", "fail", "append_new_columns", "sync_all_columns")
_ALL = (*_LANDS, _TEST)
_KEYS: dict[str, _Key] = {
    "enabled": _Key(take.boolean, _ALL),
    "materialized": _Key(take.text, _ALL),
    "schema": _Key(take.text, _ALL),
    "alias": _Key(take.text, _ALL),
    "tags": _Key(take.texts, _ALL, take.any_texts),
    "meta": _Key(take.meta, _ALL),
    "full_refresh": _Key(take.boolean),
    "pre_hook": _Key(take.hooks),
    "post_hook": _Key(take.hooks),
    "incremental_strategy": _Key(
        take.word("append", "delete+insert", "merge", "microbatch"), (_MODEL,), take.small_word
    ),
    "unique_key": _Key(take.key_columns, (_MODEL, _SNAPSHOT), take.any_texts),
    "on_schema_change": _Key(take.word(*_ON_SCHEMA_CHANGE), (_MODEL,), _schema_change),
    "max_quarantined": _Key(take.most, _LANDS),
    "profile": _Key(take.boolean, _LANDS),
    "keep_history": _Key(take.count, _LANDS),
    "contract": _Key(take.contract, _LANDS),
    "on_change": _Key(take.word("forward", "rebuild"), (_MODEL,)),
    "on_volatile": _Key(take.word("rerun", "ignore"), (_MODEL,)),
    "on_input_change": _Key(take.word("forward", "rerun"), (_MODEL,)),
    "event_time": _Key(take.text),
    "begin": _Key(take.moment, (_MODEL,)),
    "end": _Key(take.moment, (_MODEL,)),
    "batch_size": _Key(take.step_of_time, (_MODEL,)),
    "lookback": _Key(take.count, (_MODEL,)),
    "coalesce": _Key(take.count, (_MODEL,)),
    "until_now": _Key(take.boolean, (_MODEL,)),
    "strategy": _Key(take.word("timestamp", "check"), (_SNAPSHOT,), take.text),
    "updated_at": _Key(take.text, (_SNAPSHOT,)),
    "check_cols": _Key(take.key_columns, (_SNAPSHOT,)),
    "hard_deletes": _Key(take.word("ignore", "invalidate", "new_record"), (_SNAPSHOT,)),
    "invalidate_hard_deletes": _Key(take.boolean, (_SNAPSHOT,)),
    "target_schema": _Key(take.text, (_SNAPSHOT,)),
    "column_types": _Key(take.column_types, (_SEED,)),
    "delimiter": _Key(take.delimiter, (_SEED,)),
    "severity": _Key(take.word("error", "warn"), (_TEST,)),
    "warn_if": _Key(take.comparison, (_TEST,)),
    "error_if": _Key(take.comparison, (_TEST,)),
    "fail_calc": _Key(take.text, (_TEST,)),
    "limit": _Key(take.count, (_TEST,)),
    "store_failures": _Key(take.boolean, (_TEST,)),
    "store_failures_as": _Key(take.word(*get_args(StoredAs)), (_TEST,)),
}
_MAPPINGS = ("meta", "column_types")
_EXTRA = "extra"
_ADDED_UP = ("tags", "pre_hook", "post_hook")

EXTRA_KEYS = frozenset(
    [
        "persist_docs",
        "sql_header",
        "indexes",
        "location",
        "format",
        "options",
        "parquet_read_options",
        "csv_read_options",
        "json_read_options",
        "parameters",
    ]
)
"""Keys that `Config.extra` holds as they are written: what takes them checks them. A dbt project may have any other."""

_DBT_EXTRA_KEYS = frozenset(
    [
        "predicates",
        "incremental_predicates",
        "merge_clauses",
        "merge_update_columns",
        "merge_exclude_columns",
        "merge_update_condition",
        "merge_insert_condition",
        "merge_update_set_expressions",
        "merge_on_using_columns",
        "merge_returning_columns",
        "dbt_valid_to_current",
        "snapshot_meta_column_names",
        "fast",
        "quote_columns",
        "packages",
    ]
)
"""Keys that have an effect in a dbt project alone."""

UNUSED_KEYS = frozenset(
    [
        "database",
        "target_database",
        "freshness",
        "partition_columns",
        "glue_register",
        "glue_database",
        "plugin",
        "partitioned_by",
        "partition_by",
        "sorted_by",
        "sort_by",
        "constraints",
    ]
)
"""Keys of the common dialect that would change what lands, or how, and are not acted on: each gets a warning."""

SILENT_KEYS = frozenset(
    [
        "docs",
        "group",
        "access",
        "grants",
        "packages",
        "quoting",
        "static_analysis",
        "concurrent_batches",
        "on_configuration_change",
        "quote_columns",
        "deprecation_date",
        "latest_version",
    ]
)
"""Keys of the common dialect that change nothing in the warehouse: accepted, and said nothing about."""


def canonical(key: str) -> str:
    """The one spelling of a config key: `+pre-hook` and `pre_hook` are the same."""
    return key.removeprefix("+").replace("-", "_")


def is_config_key(key: str) -> bool:
    """Whether this names something that can be configured, in any spelling."""
    name = canonical(key)
    return name in _KEYS or name in EXTRA_KEYS or name in _DBT_EXTRA_KEYS or name in UNUSED_KEYS or name in SILENT_KEYS


def config_keys(kind: Kind) -> tuple[str, ...]:
    """All keys that a kind takes and that have an effect, sorted."""
    extra = EXTRA_KEYS if kind in _LANDS else ()
    return tuple(sorted((*(name for name, key in _KEYS.items() if kind in key.kinds), *extra)))


def takes_mapping(key: str) -> bool:
    """Whether the value of a config key is a mapping, so that it cannot be mistaken for a folder."""
    return is_config_key(key) and (canonical(key) in _MAPPINGS or canonical(key) not in _KEYS)


def unused_keys(layer: ConfigLayer, dialect: Dialect = "batchsql") -> tuple[str, ...]:
    """One sentence for each key of a layer that is understood but has no effect."""
    without = UNUSED_KEYS if dialect == _DBT else UNUSED_KEYS | (_DBT_EXTRA_KEYS - SILENT_KEYS)
    return tuple(
        f"{layer.path}:{layer.lines.get(key, layer.line)}: the config '{canonical(key)}' has no effect yet"
        for key in layer.values
        if canonical(key) in without
    )


# --- layers into one ------------------------------------------------------------------------------------------------


def read_layer(layer: ConfigLayer, kind: Kind, dialect: Dialect = "batchsql") -> dict[str, Any]:
    """The values of one layer, validated, under their canonical keys; None where a key is set back to its default.

    What belongs into `Config.extra` is under that name. In a dbt project any key may be there.
    """
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, raw in layer.values.items():
        name = canonical(key)
        if (name in values or name in extra) and dialect != _DBT:
            raise _error(layer, key, f"'{name}' is given twice, in two spellings", "keep one of them")
        known = _KEYS.get(name)
        if known is None or kind not in known.kinds:
            if _kept(name, kind, dialect):
                extra[name] = raw
            elif dialect != _DBT and not _tolerated(name):
                raise _unknown_key(layer, key, name, kind)
            continue
        reader = known.in_dbt if dialect == _DBT and known.in_dbt else known.read
        try:
            values[name] = None if raw is None else reader(raw)
        except WrongError as error:
            raise _error(layer, key, f"'{name}' {error}", error.hint) from None
        if name == "materialized" and raw is not None:
            values[name] = _materialized(layer, key, raw, kind, dialect)
    return {**values, _EXTRA: extra} if extra else values


def _kept(name: str, kind: Kind, dialect: Dialect) -> bool:
    """Whether a key that Config has no field for goes into `Config.extra`."""
    if name in EXTRA_KEYS and kind in _LANDS:
        return True
    return dialect == _DBT and (name in _DBT_EXTRA_KEYS or not _tolerated(name))


def _tolerated(name: str) -> bool:
    return name in UNUSED_KEYS or name in SILENT_KEYS or name in _DBT_EXTRA_KEYS


def _unknown_key(layer: ConfigLayer, key: str, name: str, kind: Kind) -> ProjectError:
    if name in _KEYS:
        kinds = " and ".join(f"{each}s" for each in _KEYS[name].kinds)
        return _error(layer, key, f"'{name}' is a config of {kinds}, not of {kind}s", None)
    return _error(layer, key, f"there is no config '{name}'", hint_for(name, config_keys(kind)))


def _materialized(layer: ConfigLayer, key: str, value: str, kind: Kind, dialect: Dialect) -> str:
    if value == "materialized_view":
        raise _error(layer, key, "DuckDB has no materialized views", "write it as a table or a view")
    words = _MATERIALIZED_OF[kind]
    if value in words or dialect == _DBT:  # a dbt project may bring materializations of its own
        return value
    expected = f"one of {', '.join(words)}" if len(words) > 1 else words[0]
    message = f"'materialized' of a {kind} must be {expected}, not '{value}'"
    raise _error(layer, key, message, did_you_mean(value, words))


def _error(layer: ConfigLayer, key: str, message: str, hint: str | None) -> ProjectError:
    return ProjectError(message, path=layer.path or None, line=layer.lines.get(key, layer.line) or None, hint=hint)


def resolve_config(layers: Sequence[ConfigLayer], kind: Kind, dialect: Dialect = "batchsql") -> Config:
    """Validate the layers and merge them, the last one winning; raises ProjectError with the line of the wrong key.

    Tags and hooks of all layers add up, mappings merge key by key. A key set to null goes back to its default. An
    incremental model that names no strategy is `microbatch` if it has a batch_size, else `delete+insert` if it has a
    unique_key, else `append`; in a dbt project `delete+insert`, which appends where there is no unique_key.
    """
    merged: dict[str, Any] = {}
    origins: dict[str, tuple[ConfigLayer, str]] = {}
    for layer in layers:
        spelled = {canonical(key): key for key in layer.values}
        for name, value in read_layer(layer, kind, dialect).items():
            if name in spelled:
                origins[name] = (layer, spelled[name])
            _merge(merged, name, value)
    if merged.pop("invalidate_hard_deletes", None):
        merged.setdefault("hard_deletes", "invalidate")
    if kind in (_SEED, _SNAPSHOT):
        merged["materialized"] = kind
    elif kind == _TEST:
        merged.pop("materialized", None)
    if merged.get("materialized") == "incremental" and "incremental_strategy" not in merged:
        merged["incremental_strategy"] = "delete+insert" if dialect == _DBT else _default_strategy(merged)
    if dialect == _DBT and merged.get("incremental_strategy") == "microbatch":
        merged.setdefault("lookback", 1)
        merged.setdefault("until_now", True)
    for name in ("pre_hook", "post_hook"):
        hooks = merged.pop(name, ())
        merged[name] = tuple(hook.sql for hook in hooks if hook.inside)
        merged[f"{name}_outside"] = tuple(hook.sql for hook in hooks if not hook.inside)
    config = Config(**merged)
    _check_together(config, layers, origins, dialect)
    return config


def _merge(merged: dict[str, Any], name: str, value: Any) -> None:
    if name in _ADDED_UP:
        before = merged.get(name, ())
        added = tuple(each for each in value or () if name != "tags" or each not in before)
        merged[name] = before + (tuple(dict.fromkeys(added)) if name == "tags" else added)
    elif name == _EXTRA:
        kept = {**merged.get(name, {}), **value}
        merged[name] = {key: each for key, each in kept.items() if each is not None}
    elif name in _MAPPINGS:
        merged[name] = {**merged.get(name, {}), **(value or {})}
    elif value is None:
        merged.pop(name, None)
    else:
        merged[name] = value


def _default_strategy(merged: dict[str, Any]) -> str:
    if "batch_size" in merged:
        return "microbatch"
    return "delete+insert" if merged.get("unique_key") else "append"


def _check_together(
    config: Config, layers: Sequence[ConfigLayer], origins: dict[str, tuple[ConfigLayer, str]], dialect: Dialect
) -> None:
    """What keys need of one another; the error stands at the key that needs the other."""

    def fail(key: str, message: str, hint: str) -> None:
        layer, spelled = origins.get(key) or (layers[-1] if layers else ConfigLayer(values={}, path=""), key)
        raise _error(layer, spelled, message, hint)

    def need(key: str, *needed: str) -> None:
        missing = [name for name in needed if not getattr(config, name)]
        if missing:
            fail(key, f"'{key}: {getattr(config, key)}' needs {' and '.join(missing)}", f"add {_EXAMPLES[missing[0]]}")

    if config.contract and config.materialized == "ephemeral" and dialect != _DBT:
        hint = "make it a view or a table, or declare the contract on the models that read it"
        fail("contract", "an ephemeral model leaves nothing that could keep a contract", hint)
    if not config.enabled and dialect == _DBT:
        return
    if config.by_interval:
        need("incremental_strategy", "event_time", "begin", "batch_size")
        if config.begin and config.end and config.end <= config.begin:
            fail("end", "'end' is not after 'begin'", "'end' is the first moment that is not loaded any more")
    elif config.materialized == "incremental" and config.incremental_strategy in ("merge", "delete+insert"):
        if dialect != _DBT:
            need("incremental_strategy", "unique_key")
    elif config.materialized == "snapshot":
        if config.strategy is None:
            fail("strategy", "a snapshot needs a strategy", "add `strategy: timestamp` or `strategy: check`")
        if dialect != _DBT or config.strategy in ("timestamp", "check"):
            need("strategy", "unique_key", "updated_at" if config.strategy == "timestamp" else "check_cols")


_EXAMPLES = {
    "event_time": "`event_time: <the column that says when>`",
    "begin": "`begin: 2024-01-01`",
    "batch_size": "`batch_size: day`",
    "unique_key": "`unique_key: <column>` or `unique_key: [<column>, <column>]`",
    "updated_at": "`updated_at: <the column that says when a row changed>`",
    "check_cols": "`check_cols: [<column>, ...]` or `check_cols: all`",
}


def relation_of(name: str, config: Config, target: Target, dialect: str) -> TableName:
    """Where a model lands. Its schema is used as it is; in the dbt dialect it is appended to the target's schema."""
    if config.target_schema is not None:
        schema = config.target_schema
    elif config.schema is None:
        schema = target.schema
    else:
        schema = f"{target.schema}_{config.schema}" if dialect == "dbt" else config.schema
    return TableName(schema, config.alias or name)
