"""The names a template can use: one module a family, and one table of them all.

A factory gets the rendering's state and gives the object behind the name; it is called when a template first asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from batchsql.template.names.adapter import ADAPTER
from batchsql.template.names.failures import FAILURES
from batchsql.template.names.flags import FLAGS
from batchsql.template.names.graph import GRAPH
from batchsql.template.names.messages import MESSAGES
from batchsql.template.names.model import MODEL
from batchsql.template.names.modules import MODULES
from batchsql.template.names.project import PROJECT
from batchsql.template.names.run import RUN
from batchsql.template.names.statements import STATEMENTS
from batchsql.template.names.texts import TEXTS
from batchsql.template.names.values import VALUES
from batchsql.template.state import RenderState

NAMES: dict[str, Callable[[RenderState], Any]] = {
    **PROJECT,
    **MODEL,
    **ADAPTER,
    **RUN,
    **GRAPH,
    **FLAGS,
    **TEXTS,
    **STATEMENTS,
    **VALUES,
    **MESSAGES,
    **FAILURES,
    **MODULES,
}
"""Every name of the dialect."""

__all__ = ["NAMES"]
