"""Running a macro that makes a relation."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from batchsql.compiler.assemble import Assembled, Situation, render_context
from batchsql.compiler.compile import Compiled
from batchsql.errors import BatchError
from batchsql.values import ConfigLayer, Node


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
