"""Checks to statements: all checks of a batch in one statement, as few passes as they need.

    select count(*),                                   -- the batch's rows
      count_if("tailnum" is null),                     -- each row answers: one scan for all of these
      (select count(*) from (... group by ...))        -- keys and other relations: a subquery each
    from "marts"."flights" where ...

A view is read once: where a subquery needs its rows again, they are kept in a CTE.
`count_if` keeps the optimizer's knowledge of minimum, maximum and NULLs, which `count(*) filter (...)` loses. So range
and NULL tests cost next to nothing in the shared scan, and no statement of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from batchsql.check.kinds import question
from batchsql.check.profile import Columns, profile_expressions
from batchsql.check.question import Question
from batchsql.check.scope import of_batch
from batchsql.check.threshold import refuse_unreadable
from batchsql.values import Check, Scope, quote

KEPT = quote("rows to check")
"""Where the rows of a view are kept; a name with spaces, so that it hides no table of the project."""


class Statement(Struct, frozen=True):
    """A query that gives one row of counts, and of other values that verdicts rest on; behind them, the profile.

    answers: for each column of that row, the index of the question it answers in CheckPlan.questions, which may need
             several; None for the number of rows in the batch.
    """

    sql: str
    answers: tuple[int | None, ...]

    def apart(self, row: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        """A row that the statement gave: the answers, and behind them what belongs to the profile."""
        return row[: len(self.answers)], row[len(self.answers) :]


class Sample(Struct, frozen=True):
    """A query for up to 5 offending rows: one column, JSON. question: its index in CheckPlan.questions."""

    sql: str
    question: int


class CheckPlan(Struct, frozen=True, kw_only=True):
    """What to ask about a batch. No statement where there is no check.

    prepare: statements to run first, in the same session.
    profiled: columns, with their types, whose profile is behind the answers.
    """

    scope: Scope
    relations: Mapping[str, str]
    questions: tuple[Question, ...]
    statements: tuple[Statement, ...]
    prepare: tuple[str, ...] = ()
    profiled: Columns = ()

    def alone(self, check: Check) -> CheckPlan:
        """The plan for one of its checks: when the statement for all fails, these tell which check is to blame."""
        return compile_checks((check,), self.scope, self.relations)


def compile_checks(
    checks: Sequence[Check], scope: Scope, relations: Mapping[str, str], profiled: Columns = ()
) -> CheckPlan:
    """Put the checks as SQL over what a batch wrote.

    relations: for each model or source that checks refer to, the SQL to read it, by key.
    profiled: columns, with their types, of which a profile is to be taken in the same scan.
    A singular test comes as a check of kind `sql` with its compiled query in `arguments["sql"]`.
    Raises ProjectError for a check that cannot be put as SQL.
    """
    for check in checks:
        refuse_unreadable(check)
    questions = tuple(question(check, scope, relations) for check in checks)
    kept = scope.kind == "view" and any(asked.reads == "again" for asked in questions)
    if kept:
        questions = tuple(_of_kept_rows(asked, scope, relations) for asked in questions)
    return CheckPlan(
        scope=scope,
        relations=relations,
        questions=questions,
        statements=(_statement(questions, scope, kept, profiled),) if questions or profiled else (),
        prepare=tuple(dict.fromkeys(asked.prepare for asked in questions if asked.prepare)),
        profiled=profiled,
    )


def _of_kept_rows(asked: Question, scope: Scope, relations: Mapping[str, str]) -> Question:
    """The question with its count over the rows as they are kept; a sample, asked later, reads the view itself."""
    kept = question(asked.check, replace(scope, relation=KEPT, predicate=None), relations)
    return replace(asked, count=kept.count, more=kept.more)


def _statement(questions: tuple[Question, ...], scope: Scope, kept: bool, profiled: Columns) -> Statement:
    """One row of counts, each on a line of its own, so that the engine's errors tell by the line which one it is."""
    counts = [expression for asked in questions for expression in asked.expressions]
    answers = tuple(index for index, asked in enumerate(questions) for _ in asked.expressions)
    if not profiled and all(asked.reads == "nothing" for asked in questions):
        return Statement("select " + ",\n  ".join(counts), answers)
    sql = "select " + ",\n  ".join(("count(*)", *counts, *profile_expressions(profiled)))
    if kept:
        sql = f"with {KEPT} as materialized (select * from {of_batch(scope)})\n{sql}\nfrom {KEPT}"
    else:
        sql = f"{sql}\nfrom {of_batch(scope)}"
    return Statement(sql, (None, *answers))
