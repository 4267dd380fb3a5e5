"""Suites that batchsql exports are suites of Great Expectations: it loads them, and keeps all that they say."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

pytest.importorskip("great_expectations")

from batchsql.check.suite import suite_of
from batchsql.project.suites import read_suite
from batchsql.values import Check, Config
from batchsql.values.vocabulary import SIGNATURES

CHECKS = (
    Check(name="a", kind="not_null", columns=("id", "day")),
    Check(name="b", kind="unique", columns=("id", "day"), severity="warn"),
    Check(name="c", kind="accepted_values", columns=("code",), arguments={"values": ["a", "b"]}, where="id > 1"),
    Check(name="d", kind="accepted_range", columns=("day",), arguments={"min_value": "date '2013-01-01'"}),
    Check(name="e", kind="accepted_range", columns=("day",), arguments={"min_value": "current_date"}),
    Check(name="f", kind="row_count", arguments={"min": 1}, severity="info"),
    Check(name="g", kind="expression", arguments={"expression": "id > 0"}, notes="why"),
    Check(name="h", kind="relationships", columns=("id",), arguments={"to": "other", "field": "id"}),
    Check(
        name="i",
        kind="expect_column_values_to_be_between",
        columns=("id",),
        arguments={"min_value": 0, "mostly": 0.9, "row_condition": 'col("id") > 5'},
        meta={"owner": "ann"},
    ),
    Check(
        name="j",
        kind="expect_column_quantile_values_to_be_between",
        columns=("id",),
        arguments={"quantile_ranges": {"quantiles": [0.5], "value_ranges": [[1, None]]}},
    ),
)


def load(suite: dict[str, Any]) -> Any:
    from great_expectations.core.expectation_suite import ExpectationSuite, expectationSuiteSchema

    return ExpectationSuite(**expectationSuiteSchema.load(json.loads(json.dumps(suite))))


def test_exported_suites_load() -> None:
    suite = suite_of("orders", CHECKS, {"other": '"main"."other"'})
    loaded = load(suite).to_json_dict()
    assert loaded["name"] == "orders"
    for sent, kept in zip(suite["expectations"], loaded["expectations"], strict=True):
        assert kept["type"] == sent["type"]
        assert kept["severity"] == sent["severity"]
        assert kept["meta"] == sent["meta"]
        assert set(sent["kwargs"]) <= set(kept["kwargs"]) | {"row_condition", "condition_parser"}


def test_every_core_expectation_is_known_with_all_its_arguments() -> None:
    from great_expectations.expectations import core

    shared = {"column", "column_A", "column_B", "column_list", "mostly", "row_condition", "condition_parser"}
    without_effect = {"expect_column_kl_divergence_to_be_less_than": {"min_value", "max_value"}}
    kinds = [kind for _, kind in inspect.getmembers(core, inspect.isclass) if hasattr(kind, "expectation_type")]
    theirs = {kind.expectation_type or "expect_multicolumn_values_to_be_unique": kind for kind in kinds}
    assert set(theirs) == set(SIGNATURES)
    for name, kind in theirs.items():
        fields = set(kind.__annotations__) & set(kind.__fields__)
        assert fields - shared - {"library_metadata"} - without_effect.get(name, set()) <= set(
            SIGNATURES[name].arguments
        ), name


def test_braces_in_queries_mean_themselves_in_great_expectations(validating: Any) -> None:
    """Exported, loaded by Great Expectations and run: a struct literal is no name to fill in."""
    validating.connection.execute("create table t as select range as id from range(3)")
    struct = "{'n': {'m': id}}.n.m"
    checks = (
        Check(name="a", kind="expression", arguments={"expression": f"{struct} < 2"}),
        Check(name="b", kind="sql", arguments={"sql": f"select * from t where {struct} = 7"}),
        Check(
            name="c",
            kind="unexpected_rows_expectation",
            arguments={"unexpected_rows_query": f"select * from {{batch}} where {struct} > 0"},
        ),
    )
    batch = validating.source().add_table_asset("t").add_batch_definition_whole_table("all").get_batch()
    results = batch.validate(load(suite_of("t", checks, {}))).results
    found = {each.expectation_config.meta["batchsql"]["name"]: each.result["observed_value"] for each in results}
    assert found == {"a": 1, "b": 0, "c": 2}


def test_an_exported_query_is_read_again_as_it_was() -> None:
    query = "select {'n': {'m': 1}} from {batch}"
    check = Check(name="c", kind="unexpected_rows_expectation", arguments={"unexpected_rows_query": query})
    read = read_suite(json.dumps(suite_of("t", (check,), {})), "checks/t.json", Config())
    assert read.checks[0].arguments["unexpected_rows_query"] == query
