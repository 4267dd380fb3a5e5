"""A run, top to bottom: the only place where effects are ordered."""

from batchsql.pipeline.asking import debug_facts, history, preview
from batchsql.pipeline.auditing import audit
from batchsql.pipeline.build import build, make_plan, release_quarantine
from batchsql.pipeline.checking import run_checks
from batchsql.pipeline.doctor import Examination, doctor
from batchsql.pipeline.events import BatchFinished, BatchStarted, Event, Listener, Note, Options, PlanGrew, RunStarted
from batchsql.pipeline.quarantine import drop_quarantine, list_quarantine, show_quarantine
from batchsql.pipeline.undoing import rollback

__all__ = [
    "BatchFinished",
    "BatchStarted",
    "Event",
    "Examination",
    "Listener",
    "Note",
    "Options",
    "PlanGrew",
    "RunStarted",
    "audit",
    "build",
    "debug_facts",
    "doctor",
    "drop_quarantine",
    "history",
    "list_quarantine",
    "make_plan",
    "preview",
    "release_quarantine",
    "rollback",
    "run_checks",
    "show_quarantine",
]
