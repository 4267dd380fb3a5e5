"""Names that speak of all things of the project: `graph`, `selected_resources`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from batchsql.template.state import RenderState

_SECTIONS = (
    *("nodes", "sources", "macros", "docs", "exposures", "metrics", "groups"),
    *("saved_queries", "semantic_models", "unit_tests", "functions"),
)


def _graph(state: RenderState) -> Mapping[str, Any]:
    """All things by kind and unique id. None is known while the project is compiled: the text is rendered again."""
    state.dynamic.add("execute")
    given = state.context.graph
    return given() if given else {section: {} for section in _SECTIONS}


def _selected_resources(state: RenderState) -> list[str]:
    state.dynamic.add("execute")
    given = state.context.selected
    return list(given()) if given else []


GRAPH: dict[str, Callable[[RenderState], Any]] = {"graph": _graph, "selected_resources": _selected_resources}
