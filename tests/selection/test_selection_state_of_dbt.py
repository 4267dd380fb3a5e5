"""A project beside a manifest that dbt wrote of it: what only the two tools write otherwise is no change."""

from __future__ import annotations

from typing import Any

import pytest

from batchsql.selection.state import compared

TEST = {
    "resource_type": "test",
    "fqn": ["shop", "t"],
    "test_metadata": {"name": "unique"},
    "raw_code": "{{ test_unique(**_dbt_generic_test_kwargs) }}",
    "config": {"severity": "warn", "where": None, "meta": {}},
    "unrendered_config": {},
}
UNIT = {
    "model": "m",
    "checksum": "ours",
    "given": [{"input": "ref('a')", "format": "dict", "rows": [{"id": "1"}], "fixture": None}],
    "expect": {"format": "dict", "rows": [{"id": "1"}], "fixture": None},
    "overrides": None,
}
SOURCE = {"fqn": ["shop", "raw", "s"], "unrendered_config": {}}


def manifest(test: dict[str, Any], unit: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    return {
        "nodes": {"test.shop.t": TEST | test},
        "unit_tests": {"unit_test.shop.m.u": UNIT | unit},
        "sources": {"source.shop.raw.s": SOURCE | source},
    }


DBT = manifest(
    {"raw_code": TEST["raw_code"] + '{{ config(severity="warn") }}', "unrendered_config": {"severity": "warn"}},  # type: ignore[operator]
    {"checksum": "theirs", "given": [{**UNIT["given"][0], "format": "csv"}]},  # type: ignore[index]
    {"unrendered_config": {"loaded_at_field": None, "meta": {}, "tags": []}},
)


def test_nothing_is_modified() -> None:
    assert compared(DBT, manifest({}, {}, {}))["modified"] == frozenset()


@pytest.mark.parametrize(
    ("modified", "now"),
    [
        ("test.shop.t", manifest({"config": {"severity": "error"}}, {}, {})),
        ("unit_test.shop.m.u", manifest({}, {"expect": {"rows": [{"id": "2"}]}}, {})),
        ("source.shop.raw.s", manifest({}, {}, {"unrendered_config": {"meta": {"owner": "a"}}})),
    ],
)
def test_what_a_person_changed_is(modified: str, now: dict[str, Any]) -> None:
    assert compared(DBT, now)["modified"] == {modified}
