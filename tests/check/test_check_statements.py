"""The shape of the SQL, as text: one file a case, with the checks and the statements they become.

Run this file as a program to write the expected part of every case anew; then read the diff.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from batchsql.check import CheckPlan, compile_checks
from batchsql.errors import ProjectError
from batchsql.values import Check, Scope

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
PARENTS = {"planes": '"marts"."planes"', "raw.airports": "(select * from read_csv('airports.csv'))"}
MARK = "\n=== statements\n"


def plan_of(given: str) -> CheckPlan:
    case = json.loads(given)
    checks = [
        msgspec.convert({"name": f"check {number}", **check}, Check) for number, check in enumerate(case["checks"])
    ]
    return compile_checks(checks, msgspec.convert(case["scope"], Scope), PARENTS)


def statements(plan: CheckPlan) -> str:
    samples = [f"=== sample of {asked.check.name}\n{asked.sample}" for asked in plan.questions if asked.sample]
    return "\n".join([*plan.prepare, *(statement.sql for statement in plan.statements), *samples]) + "\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_checks_become_these_statements(path: Path) -> None:
    given, expected = path.read_text(encoding="utf-8").split(MARK)
    assert statements(plan_of(given)) == expected


def test_no_checks_ask_nothing() -> None:
    assert compile_checks((), Scope(relation='"t"'), {}).statements == ()


def test_each_column_of_the_row_says_which_question_it_answers() -> None:
    checks = [Check(name=name, kind="not_null", columns=(name,)) for name in ("a", "b")]
    plan = compile_checks(checks, Scope(relation='"t"'), {})
    assert [statement.answers for statement in plan.statements] == [(None, 0, 1)]


def test_one_check_alone_is_the_same_question() -> None:
    checks = [Check(name=name, kind="not_null", columns=(name,)) for name in ("a", "b")]
    plan = compile_checks(checks, Scope(relation='"t"', predicate="a > 0"), {})
    alone = plan.alone(checks[1])
    assert [statement.sql for statement in alone.statements] == [
        'select count(*),\n  count_if("b" is null)\nfrom "t" where (a > 0)'
    ]
    assert alone.questions == plan.questions[1:]


@pytest.mark.parametrize(
    ("check", "message", "hint"),
    [
        ({"kind": "uniqe", "columns": ["a"]}, "unknown kind 'uniqe'", "unique"),
        ({"kind": "relationships", "columns": ["a"], "arguments": {"to": "plane", "field": "a"}}, "'plane'", "planes"),
        ({"kind": "relationships", "columns": ["a"], "arguments": {"field": "a"}}, "needs the argument 'to'", None),
        ({"kind": "accepted_range", "columns": ["a"]}, "needs min_value", None),
        ({"kind": "accepted_range", "columns": ["a", "b"], "arguments": {"min_value": 1}}, "one column", None),
        ({"kind": "row_count"}, "needs min, max or equals", None),
        ({"kind": "not_null"}, "names no column", None),
        ({"kind": "not_null", "columns": ["a"], "error_if": "more than 3"}, "error_if: 'more than 3'", "> 10"),
        ({"kind": "not_null", "columns": ["a"], "warn_if": "> 3; drop table x"}, "warn_if", "> 10"),
    ],
)
def test_a_check_that_cannot_be_asked_names_its_file_and_line(
    check: dict[str, object], message: str, hint: str | None
) -> None:
    asked = msgspec.convert({"name": "it", "path": "models/m.yml", "line": 7, **check}, Check)
    with pytest.raises(ProjectError) as raised:
        compile_checks([asked], Scope(relation='"t"'), PARENTS)
    assert message in raised.value.message
    assert (raised.value.path, raised.value.line) == ("models/m.yml", 7)
    assert hint in (raised.value.hint or "") if hint else raised.value.hint is None


if __name__ == "__main__":
    for case in CASES:
        given = case.read_text(encoding="utf-8").split(MARK)[0]
        case.write_text(given.rstrip("\n") + MARK + statements(plan_of(given)), encoding="utf-8")
