"""`model`: what is known of the text that is being rendered, by dbt's names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import cached_property
from typing import Any

from batchsql.template.objects import Record
from batchsql.template.state import RenderState
from batchsql.values import TableName


class ModelRecord(Mapping[str, Any]):
    """What is known of a model: from its file at once, the rest from the graph when a run asks for it."""

    def __init__(self, state: RenderState) -> None:
        model = state.model
        self._state = state
        self._package = model.package or state.facts.project_name
        self._own: dict[str, Any] = {
            "name": model.bare_name,
            "resource_type": model.kind,
            "package_name": self._package,
            "unique_id": f"{model.kind}.{self._package}.{model.name}",
            "path": model.path,
            "original_file_path": model.path,
            "description": model.description,
            "database": state.lookup("target")["database"],
            "raw_code": model.text.strip(),
            "raw_sql": model.text.strip(),
            "language": "sql",
            "version": model.version,
            "latest_version": model.latest_version,
        }
        self._computed: dict[str, Callable[[], Any]] = {
            "alias": lambda: self._place.name,
            "schema": lambda: self._place.schema,
            "config": lambda: ConfigRecord(state, self._node.get("config") or {}),
            "batch": lambda: _batch(state),
            "compiled_code": lambda: state.lookup("compiled_code"),
            "compiled_sql": lambda: state.lookup("compiled_code"),
        }

    @property
    def _place(self) -> TableName:
        state = self._state
        if state.context.this is None:
            state.dynamic.add("execute")
        return state.context.this or TableName(state.facts.target.schema, state.model.name)

    @cached_property
    def _node(self) -> Mapping[str, Any]:
        """The entry of the graph; empty where no graph is at hand."""
        self._state.dynamic.add("execute")
        if self._state.context.graph is None:
            return {}
        nodes: Mapping[str, Any] = self._state.context.graph()["nodes"]
        if self._own["unique_id"] in nodes:
            found: Mapping[str, Any] = nodes[self._own["unique_id"]]
            return found
        wanted = (self._own["name"], self._own["resource_type"], self._package)
        return next((each for each in nodes.values() if _identity(each) == wanted), {})

    def __getitem__(self, key: str) -> Any:
        if key in self._computed:
            return self._computed[key]()
        if key in _FROM_GRAPH and key in self._node:
            return self._node[key]
        if key in self._own:
            return self._own[key]
        return self._node[key] if self._node else deepcopy(_WHILE_COMPILING)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._own, *self._computed, *(self._node or _WHILE_COMPILING)]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __str__(self) -> str:
        return str(dict(self))


_FROM_GRAPH = ("unique_id", "path", "original_file_path")
"""What the graph knows better: ids of tests and versions, paths within folders of models and of packages."""


_WHILE_COMPILING: dict[str, Any] = {
    **{key: [] for key in ("fqn", "tags", "refs", "sources", "metrics", "constraints", "doc_blocks")},
    **{key: {} for key in ("meta", "columns", "docs", "unrendered_config")},
    **dict.fromkeys(("group", "patch_path", "relation_name", "version", "latest_version", "checksum")),
    "depends_on": {"macros": [], "nodes": []},
}
"""What templates find under these keys before the graph is known."""


def _identity(node: Mapping[str, Any]) -> tuple[Any, ...]:
    return node.get("name"), node.get("resource_type"), node.get("package_name")


class ConfigRecord(Mapping[str, Any]):
    """`model.config`: what config() and the project's files say, and for the rest dbt's defaults from the graph."""

    def __init__(self, state: RenderState, resolved: Mapping[str, Any]) -> None:
        self._state = state
        self._resolved = resolved

    def __getitem__(self, key: str) -> Any:
        if key in self._resolved:
            return self._resolved[key]
        found = self._state.lookup("config").get(key, _MISSING)
        if found is _MISSING:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        said = [key.removeprefix("+") for layer in self._state.model.layers for key in layer.values]
        return iter(dict.fromkeys([*self._resolved, *said, *self._state.config]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __str__(self) -> str:
        return str(dict(self))


_MISSING: Any = object()


def _batch(state: RenderState) -> Record | None:
    state.dynamic.add("batch")
    interval = state.context.interval
    if interval is None:
        return None
    return Record(
        {"id": state.context.batch_id, "event_time_start": interval.start, "event_time_end": interval.end},
    )


MODEL: dict[str, Callable[[RenderState], Any]] = {"model": ModelRecord}
