"""Tests that cannot be run: each says what is wrong, where, and what to try."""

from __future__ import annotations

import pytest
from unit_tests_project import Shop

WRONG = {
    "an input is not given": (
        "- {name: t, model: taxed, given: [{input: rates}], expect: {rows: []}}",
        "taxed reads ref('stg_orders'), which the unit test 't' does not give",
        "give each input its rows",
    ),
    "an input that is not read": (
        "- {name: t, model: stg_orders, expect: {rows: []}, "
        "given: [{input: landing.orders, rows: []}, {input: rates}]}",
        "the unit test 't' gives rows for 'rates', which stg_orders does not read",
        "it reads source('landing', 'orders')",
    ),
    "own rows outside of an incremental batch": (
        "- {name: t, model: newest, expect: {rows: []}, "
        "given: [{input: this, rows: []}, {input: stg_orders, rows: []}]}",
        "newest reads its own rows only when is_incremental() is true",
        "is_incremental: true",
    ),
    "a given column that is not there": (
        "- {name: t, model: newest, given: [{input: stg_orders, rows: [{prise: 1}]}], expect: {rows: []}}",
        "rows are given for 'stg_orders' with a column 'prise', which it does not have",
        "did you mean 'price'?",
    ),
    "a given value of another type": (
        "- {name: t, model: newest, given: [{input: stg_orders, rows: [{price: dear}]}], expect: {rows: []}}",
        "the rows given for 'stg_orders': Conversion Error: Could not convert string \"dear\"",
        "",
    ),
    "an expected column that is not there": (
        "- {name: t, model: newest, given: [{input: stg_orders, rows: []}], expect: {rows: [{ids: 1}]}}",
        "a column 'ids' is expected, which newest does not have",
        "did you mean 'id'?",
    ),
    "an expected number that is none": (
        "- {name: t, model: newest, given: [{input: stg_orders, rows: []}], expect: {rows: [{id: one}]}}",
        "the model gives numbers (INTEGER) in 'id', and 'one' is expected",
        "write a number",
    ),
    "a batch of a model that has none": (
        "- {name: t, model: newest, batch: {start: 2024-01-01}, given: [], expect: {rows: []}}",
        "the unit test 't' has a batch, and newest is not loaded an interval at a time",
        "remove `batch`",
    ),
    "a macro that is not there": (
        "- {name: t, model: newest, overrides: {macros: {totl: 1}}, given: [], expect: {rows: []}}",
        "there is no macro 'totl' to override",
        "did you mean 'total'",
    ),
    "a name that is overridden elsewhere": (
        "- {name: t, model: newest, overrides: {macros: {var: 1}}, given: [], expect: {rows: []}}",
        "'var' cannot be overridden as a macro",
        "override it under `vars:`",
    ),
}


@pytest.mark.parametrize(("test", "message", "hint"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(shop: Shop, test: str, message: str, hint: str) -> None:
    result = shop.one(test)
    assert result.state == "error"
    assert message in result.error
    assert hint in str(result.error_report["hint"] or "")
    assert (result.error_report["path"], result.error_report["line"]) == ("models/tests.yml", 2)


def test_a_query_that_fails_is_shown_at_its_own_line(shop: Shop) -> None:
    shop.write("models/casts.sql", "select id,\n    cast(country as integer) as c\nfrom stg_orders")
    result = shop.one(
        "- {name: t, model: casts, given: [{input: stg_orders, rows: [{country: x}]}], expect: {rows: []}}"
    )
    assert (result.state, result.error_report["path"]) == ("error", "models/casts.sql")


def test_nothing_can_be_read_but_what_is_given(shop: Shop) -> None:
    shop.write("secret.csv", "a\n1\n")
    path = shop.folder / "secret.csv"
    shop.write("models/reads.sql", "select 1 as n")
    result = shop.one(f"""
        - name: t
          model: newest
          given: [{{input: stg_orders, format: sql, rows: "select a as id from read_csv('{path}')"}}]
          expect: {{rows: []}}
    """)
    assert result.state == "error"
    assert "disabled" in result.error
