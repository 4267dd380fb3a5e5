"""SQL that belongs to a run and to no model: hooks of the project, and macros that are called by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from batchsql.compiler.assemble import Situation, render_context
from batchsql.compiler.compile import Compiled
from batchsql.values import Model, Node
from batchsql.values.project import RunHook


def render_operation(
    compiled: Compiled, hook: RunHook, situation: Situation, names: Mapping[str, Any] | None = None
) -> str:
    """The SQL of a hook, physical names in place; what its macros ask of the warehouse is asked on the way.

    names: what this text alone knows. Raises TemplateError, and EngineError where a query of a macro fails.
    """
    node = Node(key="", kind="model", path=hook.path)
    context = render_context(compiled, node, situation, physical=True)
    model = Model(kind="model", name="", path=hook.path, text=hook.sql, first_line=hook.line or 1, package=hook.package)
    return compiled.renderer.render(model, msgspec.structs.replace(context, names=names or {})).sql
