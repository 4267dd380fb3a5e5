"""A plan that is kept, to be carried out later exactly as it was read."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from batchsql.values.run import Plan


class Estimate(Struct, frozen=True):
    """What one batch of a model took and wrote on average, of its last ones."""

    rows: float
    seconds: float


class PlannedRun(Struct, frozen=True, kw_only=True):
    """A plan, with what it rests on.

    world: what it was made of, by what a person calls it: code, batches that were loaded, versions of what is read.
    variables, target, full_refresh, checks, force: what the plan was asked for with. estimates: by model.
    """

    plan: Plan
    world: dict[str, str] = {}
    variables: dict[str, Any] = {}
    target: str = ""
    full_refresh: bool = False
    checks: bool = True
    force: bool = False
    estimates: dict[str, Estimate] = {}
