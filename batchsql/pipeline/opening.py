"""Opening the warehouse, locked down to what the project declares."""

from __future__ import annotations

from msgspec.structs import replace

from batchsql.compiler import Compiled
from batchsql.engines.duckdb import DuckdbEngine, open_engine
from batchsql.pipeline.events import Listener, Note, Options
from batchsql.pipeline.holder import waiting_for
from batchsql.pipeline.inputs import source_directories
from batchsql.values import Target


def declared_directories(compiled: Compiled) -> set[str]:
    """Folders that SQL may read and write, absolute: those of seeds and sources, and what the target allows."""
    project = compiled.project
    seeds = {str((compiled.root / model.path).parent) for model in project.models if model.kind == "seed"}
    return source_directories(project.sources, compiled.root) | seeds | set(project.target.allowed_directories)


def open_when_free(
    compiled: Compiled, options: Options, on_event: Listener, *, read_only: bool = False
) -> DuckdbEngine:
    """Open the warehouse, waiting for another process to let go of it as long as the options say.

    Raises WarehouseBusyError, which names the run that holds it, ProjectError for a setting that DuckDB refuses.
    """
    target = compiled.project.target
    directories = sorted(declared_directories(compiled))
    return waiting_for(
        lambda: open_engine(target, directories, read_only=read_only),
        target.database,
        options.wait,
        lambda message: on_event(Note(message)),
    )


def apart(target: Target) -> Target:
    """The target with an empty database in memory in place of its own, and none attached."""
    return replace(target, database=":memory:", catalog="", attach=(), secrets=())
