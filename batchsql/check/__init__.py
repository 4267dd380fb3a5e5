"""Checks in, SQL statements out; counts in, verdicts out. Nothing here talks to an engine.

    plan = compile_checks(checks, scope, relations)
    for statement in plan.prepare: execute(statement)
    rows = [query(statement.sql) for statement in plan.statements]     # one row each
    verdicts = judge(plan, rows)
    samples = [query(sample.sql) for sample in sample_statements(plan, verdicts)]
    verdicts = with_samples(plan, verdicts, samples)

What the statements look like, and why, was measured: `benchmarks/check_passes.py`.
"""

from __future__ import annotations

from batchsql.check.compile import CheckPlan, Sample, Statement, compile_checks
from batchsql.check.contract import contract_verdict, declared_columns, differences, drift_verdict
from batchsql.check.history import measure_of
from batchsql.check.kinds import KINDS
from batchsql.check.profile import read_profile
from batchsql.check.question import Question
from batchsql.check.verdict import batch_rows, judge, sample_statements, with_samples
from batchsql.check.words import describe

__all__ = [
    "KINDS",
    "CheckPlan",
    "Question",
    "Sample",
    "Statement",
    "batch_rows",
    "compile_checks",
    "contract_verdict",
    "declared_columns",
    "describe",
    "differences",
    "drift_verdict",
    "judge",
    "measure_of",
    "read_profile",
    "sample_statements",
    "with_samples",
]
