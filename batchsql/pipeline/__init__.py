"""A run, top to bottom: the only place where effects are ordered."""

from batchsql.pipeline.asking import debug_facts, history, preview
from batchsql.pipeline.build import build, make_plan
from batchsql.pipeline.checking import run_checks
from batchsql.pipeline.events import BatchFinished, BatchStarted, Event, Listener, Note, Options, RunStarted

__all__ = [
    "BatchFinished",
    "BatchStarted",
    "Event",
    "Listener",
    "Note",
    "Options",
    "RunStarted",
    "build",
    "debug_facts",
    "history",
    "make_plan",
    "preview",
    "run_checks",
]
