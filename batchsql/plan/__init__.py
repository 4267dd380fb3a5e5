"""What is due: pure functions over the graph and what the ledger says."""

from batchsql.plan.due import PlanRequest, make_plan, tangible_parents
from batchsql.plan.intervals import steps

__all__ = ["PlanRequest", "make_plan", "steps", "tangible_parents"]
