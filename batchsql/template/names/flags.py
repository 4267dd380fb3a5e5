"""Names that speak of the command: flags, invocation_args_dict, dbt_version, dbt_metadata_envs, thread_id, env.

They are known when a command runs; what a text makes of them is made again then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from batchsql.template.objects import keeps_supplied
from batchsql.template.state import RenderState
from batchsql.values import DBT_VERSION

_DEFAULTS: dict[str, Any] = {
    "which": "build",
    "full_refresh": False,
    "store_failures": False,
    "empty": None,
    "fail_fast": False,
    "quiet": False,
    "debug": False,
    "defer": False,
    "favor_state": False,
    "introspect": True,
    "indirect_selection": "eager",
    "cache_selected_only": False,
    "log_cache_events": False,
    "log_format": "default",
    "log_path": "logs",
    "no_print": None,
    "partial_parse": True,
    "printer_width": 80,
    "profiles_dir": None,
    "send_anonymous_usage_stats": False,
    "static_parser": True,
    "target_path": None,
    "use_colors": True,
    "use_experimental_parser": False,
    "version_check": True,
    "warn_error": None,
    "warn_error_options": {"error": [], "warn": [], "silence": []},
    "write_json": True,
    "invocation_command": "",
}
_ENVIRONMENT = "DBT_ENV_CUSTOM_ENV_"


def _given(state: RenderState) -> dict[str, Any]:
    state.dynamic.add("execute")
    return {**_DEFAULTS, **{key: value for key, value in state.context.arguments.items() if value is not None}}


class Flags(Mapping[str, Any]):
    """`flags`: what the command was given, in capitals: `flags.FULL_REFRESH`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {key.upper(): value for key, value in values.items()}

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __str__(self) -> str:
        return f"Namespace({', '.join(f'{key}={value!r}' for key, value in self._values.items())})"


def _arguments(state: RenderState) -> dict[str, Any]:
    return {"vars": {}, "select": [], "exclude": [], "selector": "", **_given(state)}


def _metadata(state: RenderState) -> dict[str, str]:
    own = {name: value for name, value in state.facts.environment.items() if name.startswith(_ENVIRONMENT)}
    state.environment.update(own)
    return {name.removeprefix(_ENVIRONMENT): value for name, value in own.items()}


def _thread(state: RenderState) -> str:
    state.dynamic.add("execute")
    return threading.current_thread().name


def _decided(flag: str) -> Callable[[RenderState], Callable[[], bool]]:
    """A function that asks the text's own config, then the command."""

    def factory(state: RenderState) -> Callable[[], bool]:
        @keeps_supplied
        def decided() -> bool:
            configured = state.lookup("config").get(flag)
            return bool(_given(state)[flag] if configured is None else configured)

        return decided

    return factory


FLAGS: dict[str, Callable[[RenderState], Any]] = {
    "flags": lambda state: Flags(_given(state)),
    "invocation_args_dict": _arguments,
    "dbt_version": lambda _state: DBT_VERSION,
    "dbt_metadata_envs": _metadata,
    "thread_id": _thread,
    "should_full_refresh": _decided("full_refresh"),
    "should_store_failures": _decided("store_failures"),
}
