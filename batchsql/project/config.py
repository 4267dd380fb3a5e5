"""Config: what keys there are, what values they take, how layers become one Config, and where a model lands."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, get_args

from msgspec import Struct

from batchsql.errors import ProjectError, did_you_mean
from batchsql.project.wording import describe, hint_for
from batchsql.values import Config, ConfigLayer, Kind, Materialized, Step, TableName, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence


_MOST = re.compile(r"(\d+(?:\.\d+)?)(%?)")


class _WrongError(Exception):
    """A value is not one that its key takes. The message follows the key: `must be ..., not ...`."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


# --- what a value may be: each reader returns the value as Config holds it, or raises _WrongError --------------------


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _WrongError(f"must be a text, not {describe(value)}", "put it in quotes" if value else None)
    return value


def _boolean(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise _WrongError(f"must be true or false, not {describe(value)}")
    return value


def _count(value: Any) -> int:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _WrongError(f"must be a whole number, 0 or more, not {describe(value)}")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple):
        raise _WrongError(f"must be a text or a list of texts, not {describe(value)}")
    for each in value:
        if not isinstance(each, str):
            raise _WrongError(f"must be a list of texts, and {describe(each)} is none", "put it in quotes")
    return tuple(value)


def _key_columns(value: Any) -> tuple[str, ...]:
    columns = tuple(column.strip() for column in _texts(value))
    if len({column.lower() for column in columns}) < len(columns):
        raise _WrongError("names a column twice")
    if any(not column for column in columns):
        raise _WrongError("names an empty column")
    return columns


def _hooks(value: Any) -> tuple[str, ...]:
    hooks = value if isinstance(value, list | tuple) else [value]
    return tuple(_hook(each) for each in hooks)


def _hook(value: Any) -> str:
    sql = value.get("sql") if isinstance(value, dict) else value
    if not isinstance(sql, str) or not sql.strip():
        raise _WrongError(f"must be SQL text, a list of texts, or {{sql: ...}}, not {describe(value)}")
    return sql


def _meta(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _WrongError(f"must be a mapping of keys to values, not {describe(value)}")
    return dict(value)


def _column_types(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise _WrongError("must map each column to the name of a type", "write for example {zip: varchar}")
    return dict(value)


def _delimiter(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 1:
        raise _WrongError(f"must be one character, not {describe(value)}", r'a tab is "\t" in double quotes')
    return value


def _step(value: Any) -> Step:
    try:
        return Step.parse(_text(value))
    except ValueError as error:
        raise _WrongError(f"is wrong: {error}") from None


def _moment(value: Any) -> datetime:
    """A date or time; one with a zone is converted to UTC, one without is in UTC already."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise _WrongError(
                f"must be a date or a time, not '{value}'", "write 2024-01-31 or 2024-01-31 12:00:00"
            ) from None
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    raise _WrongError(f"must be a date or a time, not {describe(value)}", "write 2024-01-31 or 2024-01-31 12:00:00")


def _most(value: Any) -> str:
    """A number of rows, or a share as `5%` or 0.05, as text: `100` or `5%`."""
    if isinstance(value, float) and 0 <= value < 1:
        return f"{value * 100:g}%"
    found = _MOST.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    if not found or (found[2] and float(found[1]) > 100):
        raise _WrongError(f"must be a number of rows or a share, not {describe(value)}", "write for example 100 or 5%")
    return f"{found[1]}{found[2]}"


def _contract(value: Any) -> bool:
    """True or false, or `{enforced: true}` as dbt has it."""
    if not isinstance(value, dict):
        return _boolean(value)
    if unknown := [key for key in value if key not in ("enforced", "alias_types")]:
        raise _WrongError(f"has no key '{unknown[0]}'", "write {enforced: true}")
    return _boolean(value.get("enforced", False))


def _threshold(value: Any) -> str:
    found = _THRESHOLD.match(value) if isinstance(value, str) else None
    if not found:
        raise _WrongError(f"must compare the count of failures with a whole number, not {describe(value)}", _COMPARE)
    return f"{_OPERATORS.get(found[1], found[1])} {int(found[2])}"


_THRESHOLD = re.compile(r"\s*(<=|>=|<>|!=|==|=|<|>)\s*([0-9]+)\s*$")
_OPERATORS = {"==": "=", "<>": "!="}
_COMPARE = 'write for example "> 10" or "!= 0"'


def threshold(value: Any) -> str:
    """A comparison such as `> 10`, in one spelling (`<>` becomes `!=`, `==` becomes `=`). Raises ValueError."""
    try:
        return _threshold(value)
    except _WrongError as error:
        raise ValueError(str(error)) from None


def _word(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        word = value.lower() if isinstance(value, str) else value
        if word not in words:
            message = f"must be one of {', '.join(words)}, not {describe(value)}"
            raise _WrongError(message, did_you_mean(value, words) if isinstance(value, str) else None)
        return str(word)

    return read


# --- the keys -------------------------------------------------------------------------------------------------------

_MODEL, _SEED, _SNAPSHOT, _TEST = "model", "seed", "snapshot", "test"
_LANDS = (_MODEL, _SEED, _SNAPSHOT)
_MATERIALIZED = tuple(word for word in get_args(Materialized) if word not in (_SEED, _SNAPSHOT))
_MATERIALIZED_OF = {_MODEL: _MATERIALIZED, _SEED: (_SEED,), _SNAPSHOT: (_SNAPSHOT,), _TEST: (_TEST,)}
_DBT_MATERIALIZED = ("external", "table_function", "materialized_view")


class _Key(Struct, frozen=True):
    """A config key: how its value is read, and the kinds of files that may carry it."""

    read: Callable[[Any], Any]
    kinds: Collection[str] = _LANDS


_ALL = (*_LANDS, _TEST)
_KEYS: dict[str, _Key] = {
    "enabled": _Key(_boolean, _ALL),
    "materialized": _Key(_text, _ALL),
    "schema": _Key(_text, _ALL),
    "alias": _Key(_text, _ALL),
    "tags": _Key(_texts, _ALL),
    "meta": _Key(_meta, _ALL),
    "full_refresh": _Key(_boolean),
    "pre_hook": _Key(_hooks),
    "post_hook": _Key(_hooks),
    "incremental_strategy": _Key(_word("append", "delete+insert", "merge", "microbatch"), (_MODEL,)),
    "unique_key": _Key(_key_columns, (_MODEL, _SNAPSHOT)),
    "on_schema_change": _Key(_word("ignore", "fail", "append_new_columns", "sync_all_columns"), (_MODEL,)),
    "max_quarantined": _Key(_most, _LANDS),
    "contract": _Key(_contract, _LANDS),
    "on_change": _Key(_word("forward", "rebuild"), (_MODEL,)),
    "event_time": _Key(_text),
    "begin": _Key(_moment, (_MODEL,)),
    "end": _Key(_moment, (_MODEL,)),
    "batch_size": _Key(_step, (_MODEL,)),
    "lookback": _Key(_count, (_MODEL,)),
    "strategy": _Key(_word("timestamp", "check"), (_SNAPSHOT,)),
    "updated_at": _Key(_text, (_SNAPSHOT,)),
    "check_cols": _Key(_key_columns, (_SNAPSHOT,)),
    "hard_deletes": _Key(_word("ignore", "invalidate", "new_record"), (_SNAPSHOT,)),
    "invalidate_hard_deletes": _Key(_boolean, (_SNAPSHOT,)),
    "target_schema": _Key(_text, (_SNAPSHOT,)),
    "column_types": _Key(_column_types, (_SEED,)),
    "delimiter": _Key(_delimiter, (_SEED,)),
    "severity": _Key(_word("error", "warn"), (_TEST,)),
    "warn_if": _Key(_threshold, (_TEST,)),
    "error_if": _Key(_threshold, (_TEST,)),
}
_MAPPINGS = ("meta", "column_types")

UNUSED_KEYS = frozenset(
    [
        "database",
        "target_database",
        "predicates",
        "incremental_predicates",
        "grants",
        "persist_docs",
        "quoting",
        "sql_header",
        "freshness",
        "location",
        "format",
        "options",
        "partition_columns",
        "glue_register",
        "glue_database",
        "parquet_read_options",
        "csv_read_options",
        "json_read_options",
        "plugin",
        "indexes",
        "fast",
        "partitioned_by",
        "sorted_by",
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
        "limit",
        "fail_calc",
        "store_failures",
        "store_failures_as",
        "constraints",
    ]
)
"""Keys of the common dialect that would change what lands, or how, and are not acted on yet: each gets a warning."""

SILENT_KEYS = frozenset(
    [
        "docs",
        "group",
        "access",
        "packages",
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
    return name in _KEYS or name in UNUSED_KEYS or name in SILENT_KEYS


def config_keys(kind: Kind) -> tuple[str, ...]:
    """All keys that a kind takes and that have an effect, sorted."""
    return tuple(sorted(name for name, key in _KEYS.items() if kind in key.kinds))


def takes_mapping(key: str) -> bool:
    """Whether the value of a config key is a mapping, so that it cannot be mistaken for a folder."""
    name = canonical(key)
    return name in _MAPPINGS or name in UNUSED_KEYS or name in SILENT_KEYS


def unused_keys(layer: ConfigLayer) -> tuple[str, ...]:
    """One sentence for each key of a layer that is understood but has no effect yet."""
    return tuple(
        f"{layer.path}:{layer.lines.get(key, layer.line)}: the config '{canonical(key)}' has no effect yet"
        for key in layer.values
        if canonical(key) in UNUSED_KEYS
    )


# --- layers into one ------------------------------------------------------------------------------------------------


def read_layer(layer: ConfigLayer, kind: Kind) -> dict[str, Any]:
    """The values of one layer, validated, under their canonical keys; None where a key is set back to its default."""
    values: dict[str, Any] = {}
    for key, raw in layer.values.items():
        name = canonical(key)
        if name in UNUSED_KEYS or name in SILENT_KEYS:
            continue
        if name in values:
            raise _error(layer, key, f"'{name}' is given twice, in two spellings", "keep one of them")
        known = _KEYS.get(name)
        if known is None or kind not in known.kinds:
            raise _unknown_key(layer, key, name, kind)
        try:
            values[name] = None if raw is None else known.read(raw)
        except _WrongError as error:
            raise _error(layer, key, f"'{name}' {error}", error.hint) from None
        if name == "materialized" and raw is not None:
            values[name] = _materialized(layer, key, raw, kind)
    return values


def _unknown_key(layer: ConfigLayer, key: str, name: str, kind: Kind) -> ProjectError:
    if name in _KEYS:
        kinds = " and ".join(f"{each}s" for each in _KEYS[name].kinds)
        return _error(layer, key, f"'{name}' is a config of {kinds}, not of {kind}s", None)
    return _error(layer, key, f"there is no config '{name}'", hint_for(name, config_keys(kind)))


def _materialized(layer: ConfigLayer, key: str, value: str, kind: Kind) -> str:
    words = _MATERIALIZED_OF[kind]
    if value in words:
        return value
    if value in _DBT_MATERIALIZED:
        raise _error(layer, key, f"'materialized: {value}' is not supported yet", "write it as a table or a view")
    expected = f"one of {', '.join(words)}" if len(words) > 1 else words[0]
    message = f"'materialized' of a {kind} must be {expected}, not '{value}'"
    raise _error(layer, key, message, did_you_mean(value, words))


def _error(layer: ConfigLayer, key: str, message: str, hint: str | None) -> ProjectError:
    return ProjectError(message, path=layer.path or None, line=layer.lines.get(key, layer.line) or None, hint=hint)


def resolve_config(layers: Sequence[ConfigLayer], kind: Kind) -> Config:
    """Validate the layers and merge them, the last one winning; raises ProjectError with the line of the wrong key.

    Tags and hooks of all layers add up, meta and column_types merge key by key. A key set to null goes back to its
    default. An incremental model that names no strategy is `microbatch` if it has a batch_size, else `delete+insert` if
    it has a unique_key, else `append`.
    """
    merged: dict[str, Any] = {}
    origins: dict[str, tuple[ConfigLayer, str]] = {}
    for layer in layers:
        spelled = {canonical(key): key for key in layer.values}
        for name, value in read_layer(layer, kind).items():
            origins[name] = (layer, spelled[name])
            _merge(merged, name, value)
    if merged.pop("invalidate_hard_deletes", None):
        merged.setdefault("hard_deletes", "invalidate")
    if kind in (_SEED, _SNAPSHOT):
        merged["materialized"] = kind
    elif kind == _TEST:
        merged.pop("materialized", None)
    if merged.get("materialized") == "incremental" and "incremental_strategy" not in merged:
        merged["incremental_strategy"] = _default_strategy(merged)
    config = Config(**merged)
    _check_together(config, layers, origins)
    return config


def _merge(merged: dict[str, Any], name: str, value: Any) -> None:
    if name in ("tags", "pre_hook", "post_hook"):
        before = merged.get(name, ())
        added = tuple(each for each in value or () if name != "tags" or each not in before)
        merged[name] = before + (tuple(dict.fromkeys(added)) if name == "tags" else added)
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


def _check_together(config: Config, layers: Sequence[ConfigLayer], origins: dict[str, tuple[ConfigLayer, str]]) -> None:
    """What keys need of one another; the error stands at the key that needs the other."""

    def fail(key: str, message: str, hint: str) -> None:
        layer, spelled = origins.get(key) or (layers[-1] if layers else ConfigLayer(values={}, path=""), key)
        raise _error(layer, spelled, message, hint)

    def need(key: str, *needed: str) -> None:
        missing = [name for name in needed if not getattr(config, name)]
        if missing:
            fail(key, f"'{key}: {getattr(config, key)}' needs {' and '.join(missing)}", f"add {_EXAMPLES[missing[0]]}")

    if config.contract and config.materialized == "ephemeral":
        hint = "make it a view or a table, or declare the contract on the models that read it"
        fail("contract", "an ephemeral model leaves nothing that could keep a contract", hint)
    if config.by_interval:
        need("incremental_strategy", "event_time", "begin", "batch_size")
        if config.begin and config.end and config.end <= config.begin:
            fail("end", "'end' is not after 'begin'", "'end' is the first moment that is not loaded any more")
    elif config.materialized == "incremental" and config.incremental_strategy in ("merge", "delete+insert"):
        need("incremental_strategy", "unique_key")
    elif config.materialized == "snapshot":
        if config.strategy is None:
            fail("strategy", "a snapshot needs a strategy", "add `strategy: timestamp` or `strategy: check`")
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
