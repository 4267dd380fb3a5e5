"""Verdicts as JUnit XML, the form in which CI servers take the results of tests.

<testsuites> holds a <testsuite> for each model, that a <testcase> for each unit test, or for each check and batch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from batchsql.report.table import as_text
from batchsql.report.unit_tests import difference_table
from batchsql.values import Outcome, RunResult, Verdict
from batchsql.values.unit_tests import UnitResult, UnitRun

Mask = Callable[[str], str]
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no character of XML 1.0


class Case(Struct, frozen=True, kw_only=True):
    """A <testcase>. Seconds of wall clock.

    failure: other rows than there should be; error: it could not be judged; skipped: it was not. message is for these
    three, text for the first two. output: what is worth knowing of a case that passed.
    """

    name: str
    suite: str
    seconds: float = 0.0
    state: str = "pass"
    kind: str = ""
    message: str = ""
    text: str = ""
    output: str = ""
    path: str = ""
    line: int = 0


def unit_test_cases(run: UnitRun) -> list[Case]:
    """A case for each unit test."""
    return [_unit_case(result) for result in run.results]


def _unit_case(result: UnitResult) -> Case:
    test = result.test
    texts = {
        "fail": ("failure", "other rows than expected", difference_table(result) if result.state == "fail" else ""),
        "error": ("error", result.error, str(result.error_report.get("hint") or "")),
        "pass": ("pass", "", ""),
    }
    state, message, text = texts[result.state]
    return Case(
        name=test.name,
        suite=test.model,
        seconds=result.seconds,
        state=state,
        kind="unit_test",
        message=message,
        text=text,
        path=test.path,
        line=test.line,
    )


def check_cases(result: RunResult) -> list[Case]:
    """A case for each check and batch; a batch that failed or was skipped is a case of its own."""
    cases: list[Case] = []
    for outcome in result.outcomes:
        where = f" [{outcome.batch.interval}]" if outcome.batch.interval else ""
        cases += [_check_case(verdict, outcome, where) for verdict in outcome.verdicts]
        judged = any(verdict.state in ("fail", "error") for verdict in outcome.verdicts)
        if outcome.state != "committed" and not (outcome.state == "check_failed" and judged):
            cases.append(_batch_case(outcome, where))
    return cases


def _check_case(verdict: Verdict, outcome: Outcome, where: str) -> Case:
    state = {"fail": "failure", "error": "error"}.get(verdict.state, "pass")
    sample = ""
    if verdict.sample:
        columns = list(dict.fromkeys(name for row in verdict.sample for name in row))
        sample = as_text(columns, [[row.get(name) for name in columns] for row in verdict.sample])
    message = verdict.message or (f"{verdict.failures:,} failures" if verdict.state != "pass" else "")
    return Case(
        name=f"{verdict.check}{where}",
        suite=outcome.batch.model,
        state=state,
        kind=verdict.kind,
        message=message if state != "pass" else "",
        text=sample if state != "pass" else "",
        output=f"warning: {message}\n{sample}".rstrip() if verdict.state == "warn" else "",
    )


def _batch_case(outcome: Outcome, where: str) -> Case:
    state = {"skipped": "skipped", "check_failed": "failure"}.get(outcome.state, "error")
    report = outcome.error_report
    return Case(
        name=f"batch{where}",
        suite=outcome.batch.model,
        seconds=outcome.seconds,
        state=state,
        kind=outcome.state,
        message=outcome.error or outcome.state,
        text=str(report.get("hint") or ""),
        path=str(report.get("path") or ""),
        line=int(report.get("line") or 0),
    )


def junit_xml(name: str, cases: Sequence[Case], time: datetime, mask: Mask = str) -> str:
    """The document. name: of the whole, e.g. the project's; time: when it ran, UTC; mask hides secrets."""
    suites: dict[str, list[Case]] = {}
    for case in cases:
        suites.setdefault(case.suite, []).append(case)
    attributes = {"name": name, **_totals(cases)}
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', _open("testsuites", attributes, mask)]
    for suite, members in suites.items():
        head = {"name": suite, **_totals(members), "timestamp": f"{time:%Y-%m-%dT%H:%M:%S}", "hostname": "localhost"}
        lines.append("  " + _open("testsuite", head, mask))
        for case in members:
            lines += _case_lines(case, mask)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _totals(cases: Sequence[Case]) -> dict[str, str]:
    states = [case.state for case in cases]
    return {
        "tests": str(len(cases)),
        "failures": str(states.count("failure")),
        "errors": str(states.count("error")),
        "skipped": str(states.count("skipped")),
        "time": f"{sum(case.seconds for case in cases):.3f}",
    }


def _case_lines(case: Case, mask: Mask) -> list[str]:
    attributes = {"name": case.name, "classname": case.suite, "time": f"{case.seconds:.3f}"}
    attributes |= {"file": case.path} if case.path else {}
    attributes |= {"line": str(case.line)} if case.line else {}
    inside: list[str] = []
    if case.state in ("failure", "error"):
        opened = _open(case.state, {"message": case.message, "type": case.kind}, mask)
        inside.append(f"      {opened}{_text(case.text or case.message, mask)}</{case.state}>")
    elif case.state == "skipped":
        inside.append("      " + _open("skipped", {"message": case.message}, mask)[:-1] + "/>")
    if case.output:
        inside.append(f"      <system-out>{_text(case.output, mask)}</system-out>")
    opened = "    " + _open("testcase", attributes, mask)
    return [opened, *inside, "    </testcase>"] if inside else [opened[:-1] + "/>"]


def _open(tag: str, attributes: dict[str, str], mask: Mask) -> str:
    written = "".join(f" {name}={quoteattr(_allowed(mask(value)))}" for name, value in attributes.items())
    return f"<{tag}{written}>"


def _text(text: str, mask: Mask) -> str:
    return escape(_allowed(mask(text)))


def _allowed(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
