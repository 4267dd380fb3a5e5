"""Expectations by the names of Great Expectations: which metrics each rests on, and what follows from them.

`METRICS` holds those that each row meets or not, `WHOLES` those about a whole column or table. Nothing here is SQL, and
nothing runs: counts and values go in, findings come out.
"""

from __future__ import annotations

from batchsql.check.expectations.by_python import BY_PYTHON, judge_values
from batchsql.check.expectations.finding import Finding, plain
from batchsql.check.expectations.maps import METRICS, counts_missing, judge_rows
from batchsql.check.expectations.request import Request
from batchsql.check.expectations.wholes import WHOLES, Whole

__all__ = [
    "BY_PYTHON",
    "METRICS",
    "WHOLES",
    "Finding",
    "Request",
    "Whole",
    "counts_missing",
    "judge_rows",
    "judge_values",
    "plain",
]
