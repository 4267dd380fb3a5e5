"""JUnit XML of unit tests and of checks, held to the rules that CI servers read it by."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from unit_tests_project import Shop

from batchsql.pipeline.unit_tests import run_unit_tests
from batchsql.report.junit import Case, check_cases, junit_xml, unit_test_cases
from batchsql.values import Batch, Interval, Outcome, RunResult, Verdict

NOW = datetime(2024, 1, 1, 12)
COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}
DAY = Interval(datetime(2024, 1, 1), datetime(2024, 1, 2))


def read(cases: list[Case]) -> ET.Element:
    """The document as a tree, after all rules were looked at."""
    root = ET.fromstring(junit_xml("shop", cases, NOW).encode())
    assert root.tag == "testsuites"
    for suite in [root, *root]:
        held = list(suite.iter("testcase"))
        assert suite.get("name")
        assert int(suite.get("tests", "")) == len(held)
        assert float(suite.get("time", "")) >= 0
        for attribute, tag in COUNTED.items():
            assert int(suite.get(attribute, "")) == sum(case.find(tag) is not None for case in held)
    for suite in root:
        assert suite.tag == "testsuite"
        assert datetime.fromisoformat(suite.get("timestamp", "")) == NOW
        for case in suite:
            assert case.tag == "testcase"
            assert case.get("name") is not None
            assert case.get("classname") == suite.get("name")
            assert float(case.get("time", "")) >= 0
            assert [child.tag for child in case] in ([], ["failure"], ["error"], ["skipped"], ["system-out"])
            assert all(child.get("message") is not None for child in case if child.tag != "system-out")
            assert all(child.get("type") is not None for child in case if child.tag in ("failure", "error"))
    return root


def test_unit_tests(shop: Shop) -> None:
    shop.write("models/one.sql", "select 1 as n, '<&>' as c")
    run = run_unit_tests(
        shop.compiled("""
            - {name: good, model: one, given: [], expect: {rows: [{n: 1}]}}
            - {name: other, model: one, given: [], expect: {rows: [{n: 2, c: "<&>"}]}}
            - {name: wrong, model: one, given: [], expect: {rows: [{m: 2}]}}
        """)
    )
    assert run.exit_code == 2
    root = read(unit_test_cases(run))
    good, other, wrong = root.iter("testcase")
    assert (good.get("file"), good.get("line"), len(good)) == ("models/tests.yml", "2", 0)
    assert "≠ 1  <&>" in (other.findtext("failure") or "")
    assert wrong[0].get("message") == "a column 'm' is expected, which one does not have"


def test_checks_of_each_batch() -> None:
    failed = Verdict(check="positive", kind="accepted_range", state="fail", failures=2, message="2 rows", sample=(ROW,))
    warned = Verdict(check="known", kind="not_null", state="warn", failures=1, message="1 row", severity="warn")
    passed = Verdict(check="unique_id", kind="unique", state="pass")
    outcomes = (
        Outcome(batch=Batch(model="daily", interval=DAY), state="check_failed", verdicts=(failed, warned, passed)),
        Outcome(batch=Batch(model="after"), state="skipped", error="upstream daily was held back"),
        Outcome(batch=Batch(model="broken"), state="failed", error="no such column", error_report={"path": "a.sql"}),
    )
    root = read(check_cases(RunResult(run_id=1, outcomes=outcomes, not_due=(), seconds=1.0)))
    assert [root.get(name) for name in ("tests", *COUNTED)] == ["5", "1", "1", "1"]
    first, second = list(root.iter("testcase"))[:2]
    assert first.get("name") == "positive [2024-01-01]"
    assert first[0].get("message") == "2 rows"
    assert "-3" in (first[0].text or "")
    assert (second.findtext("system-out") or "").startswith("warning: 1 row")


ROW = {"id": 7, "price": -3, "note": None}


@given(st.lists(st.tuples(st.text(), st.sampled_from(["pass", "failure", "error", "skipped"]), st.text())))
def test_whatever_the_texts_hold_it_is_xml(texts: list[tuple[str, str, str]]) -> None:
    read([Case(name=name, suite="m", state=state, message=text, text=text) for name, state, text in texts])


def test_secrets_are_masked() -> None:
    text = junit_xml("shop", [Case(name="a", suite="m", state="error", message="hunter2")], NOW, lambda t: t[:0] + "*")
    assert "hunter2" not in text
