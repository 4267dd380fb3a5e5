"""What data speaks for, and what it does not."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pipeline_folder import Folder

from batchsql.check.shapes import regex_of
from batchsql.check.suggesting import suggest
from batchsql.cli.boundary import run
from batchsql.engines.duckdb import open_engine
from batchsql.errors import UsageError
from batchsql.pipeline.suggesting import suggest_checks
from batchsql.report.suggestions import scalar, suggestions_yaml
from batchsql.values import Target
from batchsql.values.suggestions import ColumnFacts, RelationFacts, Suggestion

NOW = datetime(2026, 1, 2)


def proposed(*columns: ColumnFacts, rows: int = 1000, **more: Any) -> list[tuple[str | None, str, dict[str, Any]]]:
    facts = RelationFacts(rows=rows, columns=columns, now=NOW, **more)
    return [(each.column, each.kind, each.arguments) for each in suggest(facts) if each.kind != "not_null"]


def whole(name: str, low: int, high: int, **more: Any) -> ColumnFacts:
    return ColumnFacts(name=name, family="whole", present=1000, low=low, high=high, **more)


def text(name: str = "x", present: int = 1000, **more: Any) -> ColumnFacts:
    return ColumnFacts(name=name, family="text", present=present, **more)


def test_no_null_is_proposed_where_many_rows_have_none() -> None:
    facts = RelationFacts(rows=1000, columns=(text("a"), text("b", present=999)), now=NOW)
    assert [(each.column, each.kind, each.evidence) for each in suggest(facts)] == [
        ("a", "not_null", "no null in 1,000 rows")
    ]
    assert suggest(RelationFacts(rows=99, columns=(text("a", present=99),), now=NOW)) == []


@pytest.mark.parametrize(
    ("column", "range_"),
    [
        (whole("late", 0, 9, zeros=40), {"min_value": 0}),
        (whole("late", 0, 9, zeros=9), None),  # a bound that few rows touch may be chance
        (whole("late", -1, 9, zeros=40), None),
        (whole("carriers", 1, 5, ones=96), {"min_value": 1}),
        (whole("distance_miles", 17, 4983), {"min_value": 0}),
        (whole("temperature_f", 10, 100), None),
        (whole("late_percent", 3, 80), {"min_value": 0, "max_value": 100}),
        (whole("growth_percent", -3, 80), None),
        (whole("local_hour", 1, 23), {"min_value": 0, "max_value": 23}),
        (whole("air_minutes", 20, 695), None),
        (ColumnFacts(name="loadedAt", family="time", present=1000, low=datetime(2020, 1, 1), high=datetime(2026, 1, 1)),
         {"max_value": "now() + interval 1 day"}),
        (ColumnFacts(name="scheduled_at", family="time", present=1000, low=datetime(2020, 1, 1), high=NOW), None),
    ],
)  # fmt: skip
def test_a_range_needs_a_reason(column: ColumnFacts, range_: dict[str, int] | None) -> None:
    assert proposed(column) == ([(column.name, "accepted_range", range_)] if range_ else [])


def test_a_key_is_what_chance_would_have_broken() -> None:
    assert proposed(whole("n", 0, 1500, unique=True)) == [("n", "unique", {})]
    assert proposed(whole("sum", 0, 10**9, unique=True)) == []
    assert proposed(whole("order_id", 1, 10**9, unique=True)) == [("order_id", "unique", {})]
    assert proposed(text("code", unique=True)) == [("code", "unique", {})]
    assert proposed(text("comment", unique=True, spaced=3)) == []
    assert proposed(key=("a", "b")) == [(None, "unique", {"columns": ["a", "b"]})]
    assert proposed(key=("a", "b"), stated=frozenset({("unique", ("a", "b"))})) == []


def test_values_are_a_list_where_none_is_rare_or_new() -> None:
    few = {"EWR": 400, "JFK": 590, "LGA": 10}
    listed = [("x", "accepted_values", {"values": ["EWR", "JFK", "LGA"]})]
    assert proposed(text(values=few)) == listed
    assert proposed(text(values=few | {"LGA": 9})) == []
    assert proposed(text(values=few, late=("LGA",))) == []
    assert proposed(text(values={str(number): 45 for number in range(22)})) == []
    assert proposed(text(values=few), stated=frozenset({("relationships", ("x",))})) == []


def test_rows_of_a_batch_are_bounded_where_batches_are_alike() -> None:
    assert proposed(batches=tuple(range(14, 35))) == [(None, "row_count", {"min": 7, "max": 68})]
    assert proposed(batches=(14, 30, 20)) == []
    assert proposed(batches=(1, *range(14, 35))) == []


@pytest.mark.parametrize(
    ("masks", "regex"),
    [
        ({"AAA": 900}, "^[A-Z]{3}$"),
        ({"AA": 900, "9A": 50, "A9": 50}, "^[A-Z0-9]{2}$"),
        ({"AA-9": 50, "AA-999": 50}, "^[A-Z]{2}-[0-9]{1,3}$"),
        ({"a.9": 50}, r"^[a-z]\.[0-9]$"),
        ({"AA": 50, "A9A": 50}, None),
        ({"AA": 900, "A9": 3}, None),
        ({"Aaa aaa": 900}, None),
        ({"AÉ": 900}, None),
        ({}, None),
    ],
)
def test_shapes(masks: dict[str, int], regex: str | None) -> None:
    assert regex_of(masks, 10) == regex


@given(st.lists(st.text("ABCxyz019-_/.#:", min_size=1, max_size=12), min_size=1, max_size=6))
def test_a_shape_holds_all_texts_it_was_made_of(texts: list[str]) -> None:
    import re

    classes = {**dict.fromkeys("ABC", "A"), **dict.fromkeys("xyz", "a"), **dict.fromkeys("019", "9")}
    masks = Counter("".join(classes.get(sign, sign) for sign in each) for each in texts)
    regex = regex_of(masks, 1)
    assert regex is None or all(re.search(regex, each) for each in texts)


@given(st.lists(st.text("Aa9-./ ", min_size=1, max_size=6), min_size=1, max_size=4), st.data())
def test_what_a_few_texts_have_not_in_common_all_have_not(masks: list[str], data: st.DataObject) -> None:
    few = data.draw(st.sets(st.sampled_from(masks), min_size=1))
    if regex_of(dict.fromkeys(few, 1), 1) is None:
        assert regex_of(dict.fromkeys(masks, 10), 10) is None


@given(st.text(max_size=12))
def test_a_text_is_written_so_that_yaml_reads_it_back(value: str) -> None:
    assert yaml.safe_load(f"[{scalar(value)}]") == [value]


@pytest.mark.parametrize(
    "value", ["NO", "null", "1e3", "2013-01-01", "it's", "a: b", "- a", "#", "", "yes", "=", "a\nb"]
)
def test_words_that_yaml_would_misread_are_quoted(value: str) -> None:
    assert yaml.safe_load(f"{{a: {scalar(value)}}}") == {"a": value}


@pytest.mark.parametrize(("kind", "key"), [("model", "m"), ("source", "landing.a")])
def test_the_yaml_is_what_a_property_file_takes(kind: str, key: str) -> None:
    suggestions = [
        Suggestion(column=None, kind="row_count", arguments={"min": 1}, evidence="many"),
        Suggestion(column="x", kind="accepted_values", arguments={"values": ["NO", "it's"]}, evidence="two"),
    ]
    facts = RelationFacts(rows=1000, columns=(text("x"), text("y")), now=NOW)
    written = suggestions_yaml(kind, key, facts, suggestions, 0)
    assert "# nothing to add for y" in written
    read = yaml.safe_load(written)
    found = read["models"][0] if kind == "model" else read["sources"][0]["tables"][0]
    assert found["checks"] == [{"row_count": {"min": 1}}]
    assert found["columns"][0]["checks"] == [{"accepted_values": {"values": ["NO", "it's"]}}]


@pytest.fixture
def shop(folder: Folder) -> Folder:
    """Orders of twenty customers, in two countries, over 600 days."""
    folder.write("seeds/customers.csv", "customer\n" + "\n".join(f"C{number:02}" for number in range(20)) + "\n")
    folder.write(
        "seeds/seeds.yml",
        "seeds:\n  - name: customers\n    columns:\n      - name: customer\n        checks: [unique]\n",
    )
    folder.write(
        "models/orders.sql",
        "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='order_id') }}\n"
        "select range + 1000 as order_id, date '2024-01-01' + range::int as day, "
        "'C' || lpad((range % 20)::text, 2, '0') as customer, if(range % 3 = 0, 'NO', 'SE') as country, "
        "case when range > 5 then range % 7 end as items, "
        "'R-' || (range * 7 % 5000)::text as receipt, [range] as parts, range / 3.0 - 9 as balance from range(600)\n",
    )
    return folder


def test_suggestions_from_a_warehouse_hold_when_they_are_pasted(shop: Folder) -> None:
    shop.build()
    found = suggest_checks(shop.compile(), "orders")
    stated = {(each.column, each.kind): each for each in found.suggestions}
    assert stated.keys() == {
        *((name, "not_null") for name in ("order_id", "day", "customer", "country", "receipt", "parts", "balance")),
        *((name, "unique") for name in ("order_id", "day", "receipt")),
        ("items", "accepted_range"),
        ("country", "accepted_values"),
        ("customer", "relationships"),
    }
    assert stated["customer", "relationships"].arguments == {"to": "customers", "field": "customer"}
    assert stated["country", "accepted_values"].arguments == {"values": ["NO", "SE"]}
    shop.write("models/orders.yml", suggestions_yaml("model", "orders", found.facts, found.suggestions, found.has))
    result = shop.build()
    assert {verdict.state for outcome in result.outcomes for verdict in outcome.verdicts} == {"pass"}
    again = suggest_checks(shop.compile(), "orders")
    assert (again.suggestions, again.has) == ((), len(found.suggestions))


def test_a_view_is_looked_at_as_a_table_with_its_rows(shop: Folder) -> None:
    shop.write("models/orders_again.sql", "{{ config(materialized='view') }} select * from orders")
    shop.build()
    of_table, of_view = (suggest_checks(shop.compile(), name) for name in ("orders", "orders_again"))
    assert msgspec.structs.replace(of_view.facts, now=NOW, batches=()) == msgspec.structs.replace(
        of_table.facts, now=NOW, batches=(), key=()
    )


def test_shapes_are_told_from_all_rows_and_not_from_the_first(shop: Folder) -> None:
    shop.write(
        "models/codes.sql",
        "{{ config(materialized='table') }} select 'C-' || (10000 + i)::text as code, "
        "if(i < 5000, 'R-' || (10000 + i)::text, 'return') as mixed from range(5020) r(i) order by i",
    )
    shop.build()
    columns = {column.name: column.masks for column in suggest_checks(shop.compile(), "codes").facts.columns}
    assert columns == {"code": {"A-99999": 5020}, "mixed": {}}


def test_what_failed_before_is_not_proposed_again(shop: Folder) -> None:
    shop.write("models/orders.yml", "models:\n  - name: orders\n    columns:\n      - name: items\n"
               "        checks:\n          - accepted_range: {min_value: 3, severity: warn}\n")  # fmt: skip
    shop.build()
    shop.remove("models/orders.yml")
    kinds = {(each.column, each.kind) for each in suggest_checks(shop.compile(), "orders").suggestions}
    assert ("items", "accepted_range") not in kinds
    assert ("country", "accepted_values") in kinds


def test_what_is_not_there_is_said(shop: Folder) -> None:
    with pytest.raises(UsageError) as refused:
        suggest_checks(shop.compile(), "orders")
    assert refused.value.hint == "batchsql build -s orders"
    with pytest.raises(UsageError, match="there is no model 'order'"):
        suggest_checks(shop.compile(), "order")


def test_masks_in_sql() -> None:
    from batchsql.check.shapes import MASK

    engine = open_engine(Target(name="t", database=":memory:"), [])
    mask = MASK.format(column='"x"')
    assert engine.session().query(f"select {mask} from (values ('UA-15z é')) as t(x)") == [("AA-99a é",)]
    engine.close()


def test_the_command(shop: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shop.build()
    monkeypatch.chdir(shop.root)
    assert run(["checks", "suggest", "orders"], {}) == 0
    out = capsys.readouterr().out
    assert out.startswith("# orders: looked at 600 rows, 8 columns and 1 batch of its past; it has 0 checks already\n")
    assert "- accepted_values: {values: ['NO', SE]}  # 2 values in 600 rows, each at least 200 times" in out
    assert run(["checks", "suggest", "orders", "--json"], {}) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"column": "order_id", "kind": "not_null", "arguments": {}, "evidence": "no null in 600 rows"} in records
