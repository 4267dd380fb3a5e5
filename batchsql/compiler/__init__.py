"""The stages from a project folder to a graph, composed and cached; and from a graph to the text that runs."""

from batchsql.compiler.assemble import (
    Assembled,
    QueryRunner,
    Situation,
    assemble,
    assemble_text,
    compiled_inline,
    compiled_sql,
    line_as_written,
    physical_names,
    readable,
    render_context,
    render_hook,
)
from batchsql.compiler.cache import FOLDER
from batchsql.compiler.compile import Compiled, CurrentRun, ReadsPart, compile_project

__all__ = [
    "FOLDER",
    "Assembled",
    "Compiled",
    "CurrentRun",
    "QueryRunner",
    "ReadsPart",
    "Situation",
    "assemble",
    "assemble_text",
    "compile_project",
    "compiled_inline",
    "compiled_sql",
    "line_as_written",
    "physical_names",
    "readable",
    "render_context",
    "render_hook",
]
