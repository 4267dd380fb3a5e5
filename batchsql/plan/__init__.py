"""What is due: pure functions over the graph and what the ledger says."""

from batchsql.plan.due import PlanRequest, make_plan, tangible_parents
from batchsql.plan.intervals import floor, steps
from batchsql.plan.late import event_time_of, reads_of, version_of

__all__ = ["PlanRequest", "event_time_of", "floor", "make_plan", "reads_of", "steps", "tangible_parents", "version_of"]
