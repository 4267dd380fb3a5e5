"""A run, top to bottom: the only place where effects are ordered."""

from batchsql.pipeline.asking import debug_facts, history, preview
from batchsql.pipeline.auditing import audit
from batchsql.pipeline.build import build, make_plan, plan_to_keep, release_quarantine
from batchsql.pipeline.checking import run_checks
from batchsql.pipeline.doctor import Examination, doctor
from batchsql.pipeline.events import BatchFinished, BatchStarted, Event, Listener, Note, Options, PlanGrew, RunStarted
from batchsql.pipeline.planned import read_planned, unfinished, write_planned
from batchsql.pipeline.quarantine import drop_quarantine, list_quarantine, show_quarantine
from batchsql.pipeline.reasons import Explanation, explain
from batchsql.pipeline.undoing import rollback

__all__ = [
    "BatchFinished",
    "BatchStarted",
    "Event",
    "Examination",
    "Explanation",
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
    "explain",
    "history",
    "list_quarantine",
    "make_plan",
    "plan_to_keep",
    "preview",
    "read_planned",
    "release_quarantine",
    "rollback",
    "run_checks",
    "show_quarantine",
    "unfinished",
    "write_planned",
]
