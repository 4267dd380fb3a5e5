"""Unit tests of models, run: what stands in for what, and what is compared."""

from __future__ import annotations

from unit_tests_project import Shop

from batchsql.pipeline.unit_tests import run_unit_tests


def test_only_expected_columns_count_and_absent_ones_are_null_of_the_type_upstream(shop: Shop) -> None:
    shop.passes("""
        - name: upper_case
          model: stg_orders
          given:
            - input: source('landing', 'orders')
              rows: [{id: 1, country: pe}, {id: 2}]
          expect:
            rows: [{id: 2, country: null, price: null}, {id: 1, country: PE, price: null}]
    """)


def test_an_ephemeral_model_is_given_or_goes_in_as_its_query(shop: Shop) -> None:
    shop.passes("""
        - name: given
          model: revenue
          given:
            - {input: ref('large'), rows: [{country: PE, price: 2.5}, {country: PE, price: 0.5}]}
          expect: {rows: [{country: PE, cents: 300, orders: 2}]}
    """)
    shop.passes("""
        - name: looked_through
          model: revenue
          given:
            - {input: ref('stg_orders'), rows: [{country: PE, price: 10}, {country: PE, price: 9.99}]}
          expect: {rows: [{country: PE, cents: 1000, orders: 1}]}
    """)


def test_vars_environment_and_macros_are_overridden_also_for_what_goes_in(shop: Shop) -> None:
    shop.write("models/large.sql", FILTERED)
    shop.passes(
        """
        - name: overridden
          model: revenue
          overrides:
            vars: {smallest: 1}
            env_vars: {COUNTRY: DE}
            macros: {cents: "(price * 1000)"}
          given:
            - input: ref('stg_orders')
              rows: [{country: DE, price: 2}, {country: PE, price: 5}, {country: DE, price: 0.5}]
          expect: {rows: [{country: DE, cents: 2000, orders: 1}]}
        """,
        COUNTRY="PE",
    )


FILTERED = """
    {{ config(materialized='ephemeral') }}
    select * from stg_orders where price >= {{ var('smallest') }} and country = '{{ env_var("COUNTRY") }}'
"""


def test_a_seed_stands_for_itself_unless_it_is_given(shop: Shop) -> None:
    shop.passes("""
        - name: own_rows
          model: taxed
          given:
            - input: ref('rates')
            - {input: stg_orders, rows: [{id: 1, country: PE, price: 100}]}
          expect: {rows: [{id: 1, tax: 18}]}
    """)
    shop.passes("""
        - name: other_rows
          model: taxed
          given:
            - {input: ref('rates'), rows: [{country: PE, rate: 0.5}]}
            - {input: stg_orders, rows: [{id: 1, country: PE, price: 100}]}
          expect: {rows: [{id: 1, tax: 50}]}
    """)


def test_an_incremental_model_gives_the_rows_of_its_batch(shop: Shop) -> None:
    given = "- {input: ref('stg_orders'), rows: [{id: 1, price: 5}, {id: 2, price: 6}]}"
    shop.passes(f"""
        - name: first_load
          model: newest
          given:
            {given}
          expect: {{rows: [{{id: 1}}, {{id: 2}}]}}
    """)
    shop.passes(f"""
        - name: later
          model: newest
          overrides: {{macros: {{is_incremental: true}}}}
          given:
            {given}
            - {{input: this, rows: [{{id: 1}}]}}
          expect: {{rows: [{{id: 2, price: 6}}]}}
    """)


def test_an_interval_model_reads_its_batch_alone(shop: Shop) -> None:
    test = """
        - name: one_day
          model: daily
          batch: {start: 2024-01-02%s}
          given:
            - input: ref('stg_orders')
              format: csv
              rows: |
                placed
                2024-01-01 23:59:59
                2024-01-02
                2024-01-02 23:59:59.999999
                2024-01-03
          expect: {rows: [%s]}
    """
    shop.passes(test % ("", "{day: 2024-01-02, orders: 2}"))
    shop.passes(test % (", end: 2024-01-04", "{day: 2024-01-02, orders: 2}, {day: 2024-01-03, orders: 1}"))


def test_time_stands_still(shop: Shop) -> None:
    shop.passes("""
        - name: frozen
          model: ages
          now: 2024-03-01T12:00:00+02:00
          given:
            - input: stg_orders
              rows:
                - {id: 1, placed: 2024-02-28 23:00}
                - {id: 2, placed: 2024-03-01 09:59}
                - {id: 3, placed: 2024-03-01 10:01}
          expect:
            rows:
              - {id: 1, days: 2, today: 2024-03-01, seen: 2024-03-01 10:00:00+00, age: 1 day 01:00:00}
              - {id: 2, days: 0, today: 2024-03-01, seen: 2024-03-01T10:00:00Z, age: "-09:59:00"}
    """)
    results = shop.run("""
        - name: frozen
          model: ages
          now: 2024-03-01
          given: [{input: stg_orders, rows: [{id: 1, placed: 2024-02-28}]}]
          expect: {rows: [{days: 2}]}
        - name: and_flowing_again
          model: ages
          given: [{input: stg_orders, rows: [{id: 1, placed: 2024-02-28}]}]
          expect: {rows: [{days: 2}]}
    """)
    assert [result.state for result in results] == ["pass", "fail"]


def test_rows_may_be_csv_or_sql_here_or_in_fixture_files(shop: Shop) -> None:
    shop.write("tests/fixtures/orders_in.csv", "id, country, price\n1, PE, 10\n2,, 20.50\n")
    shop.write("tests/fixtures/deep/orders_out.sql", "select 1 as id, 'PE' as country union all select 2, null")
    shop.passes("""
        - name: files
          model: stg_orders
          given: [{input: "source('landing', 'orders')", format: csv, fixture: orders_in}]
          expect: {format: sql, fixture: orders_out}
    """)
    shop.passes("""
        - name: texts
          model: stg_orders
          given:
            - input: source('landing', 'orders')
              format: sql
              rows: select 1 as id, 'pe' as COUNTRY
          expect:
            format: csv
            rows: |
              id,country,price
              1,PE,
    """)


def test_numbers_are_exact_floats_are_near_and_moments_are_values(shop: Shop) -> None:
    shop.write(
        "models/kinds.sql", "select 3 as i, 1.50::decimal(5, 2) as d, 0.1::double + 0.2 as f, placed from stg_orders"
    )
    given = "given: [{input: stg_orders, rows: [{placed: 2024-01-01 10:00}]}]"
    shop.passes(f"""
        - name: equal
          model: kinds
          {given}
          expect: {{rows: [{{i: 3.0, d: 1.5, f: 0.3, placed: 2024-01-01T10:00:00}}]}}
    """)
    for wrong in ("i: 3.4", "i: 2.6", "d: 1.501", "f: 0.300001", "placed: 2024-01-01"):
        result = shop.one(f"""
            - name: unequal
              model: kinds
              {given}
              expect: {{rows: [{{{wrong}}}]}}
        """)
        assert result.state == "fail", wrong


def test_a_date_that_is_expected_with_a_time_is_not_that_date(shop: Shop) -> None:
    shop.write("models/dates.sql", "select date '2024-01-01' as day")
    shop.passes("- {name: day, model: dates, given: [], expect: {rows: [{day: 2024-01-01}]}}")
    assert shop.one("- {name: day, model: dates, given: [], expect: {rows: [{day: 2024-01-01 10:00}]}}").state == "fail"


def test_order_does_not_count_and_duplicates_do(shop: Shop) -> None:
    shop.write("models/twice.sql", "select * from (values (1, 'a'), (1, 'a'), (2, 'b')) as t(n, c)")
    shop.passes("- {name: a, model: twice, given: [], expect: {rows: [{n: 2}, {n: 1}, {n: 1}]}}")
    result = shop.one("- {name: a, model: twice, given: [], expect: {rows: [{n: 1}, {n: 2}, {n: 2}]}}")
    assert (result.same, len(result.differences)) == (2, 1)
    assert (result.differences[0].expected, result.differences[0].actual) == (("2",), ("1",))


def test_nested_values_and_json(shop: Shop) -> None:
    shop.write(
        "models/nested.sql", "select [1, 2] as l, {'a': 1, 'b': 'x'} as s, '{\"k\": 1, \"j\": [true]}'::json as j"
    )
    shop.passes("""
        - name: nested
          model: nested
          given: []
          expect: {rows: [{l: [1, 2], s: {a: 1, b: x}, j: {j: [true], k: 1}}]}
    """)


def test_no_row_is_expected(shop: Shop) -> None:
    shop.passes("""
        - name: empty
          model: stg_orders
          given: [{input: landing.orders, rows: []}]
          expect: {rows: []}
    """)


def test_queries_of_the_template_see_the_given_rows(shop: Shop) -> None:
    shop.write(
        "models/wide.sql",
        """
        {% set found = run_query("select distinct country from " ~ ref('stg_orders') ~ " order by 1") %}
        select {% if execute %}{% for row in found %}
            count(*) filter (where country = '{{ row[0] }}') as {{ row[0] }},
        {% endfor %}{% endif %} count(*) as n from {{ ref('stg_orders') }}
        """,
    )
    shop.passes("""
        - name: columns
          model: wide
          given: [{input: stg_orders, rows: [{country: PE}, {country: DE}, {country: PE}]}]
          expect: {rows: [{PE: 2, DE: 1, n: 3}]}
    """)


def test_types_come_through_several_models_without_a_warehouse_or_a_source_file(shop: Shop) -> None:
    shop.write("models/chain.sql", "select id, placed + interval 1 day as next from stg_orders")
    shop.write("models/end.sql", "select date_trunc('month', next) as month, count(*) as n from chain group by all")
    shop.passes("""
        - {name: typed, model: end, given: [{input: chain, rows: [{next: 2024-05-07 01:00}]}],
           expect: {rows: [{month: 2024-05-01, n: 1}]}}
    """)
    assert not (shop.folder / "shop.duckdb").exists()


def test_models_and_tests_are_selected_by_name(shop: Shop) -> None:
    compiled = shop.compiled("""
        - {name: a, model: stg_orders, given: [{input: "source('landing', 'orders')", rows: []}], expect: {rows: []}}
        - {name: b, model: stg_orders, given: [{input: "source('landing', 'orders')", rows: []}], expect: {rows: []}}
        - {name: c, model: newest, given: [{input: stg_orders, rows: []}], expect: {rows: []}}
        - {name: disabled, model: newest, config: {enabled: false}, given: [], expect: {rows: []}}
    """)

    def names(*words: str, exclude: tuple[str, ...] = ()) -> list[str]:
        return [result.test.name for result in run_unit_tests(compiled, words, exclude).results]

    assert names() == ["a", "b", "c"]
    assert names("stg_orders") == ["a", "b"]
    assert names("stg_orders+", exclude=("b",)) == ["a", "c"]
    assert names("b") == ["b"]
    assert names("b", "newest") == ["b", "c"]
    assert run_unit_tests(compiled, ("taxed",)).without == ("taxed",)
