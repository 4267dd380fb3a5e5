"""A small project to put unit tests into, and the ways to run them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

from batchsql.compiler import Compiled, compile_project
from batchsql.pipeline.unit_tests import run_unit_tests
from batchsql.values.unit_tests import UnitResult

SETTINGS = """
name: shop
targets: {dev: {database: shop.duckdb}}
vars: {smallest: 10}
"""

FILES = {
    "batchsql.yml": SETTINGS,
    "macros/money.sql": "{% macro cents(x) %}({{ x }} * 100){% endmacro %}\n"
    "{% macro total(x) %}sum({{ cents(x) }}){% endmacro %}",
    "seeds/rates.csv": "country,rate\nPE,0.18\nDE,0.19\n",
    "models/sources.yml": """
        sources:
          - name: landing
            tables:
              - name: orders
                files: landing/*.csv
                columns:
                  - {name: id, data_type: integer}
                  - {name: placed, data_type: timestamp}
                  - {name: country, data_type: varchar}
                  - {name: price, data_type: "decimal(10, 2)"}
                  - {name: weight, data_type: double}
    """,
    "models/stg_orders.sql": """
        {{ config(event_time='placed') }}
        select id, placed, upper(country) as country, price, weight from {{ source('landing', 'orders') }}
    """,
    "models/large.sql": """
        {{ config(materialized='ephemeral') }}
        select * from stg_orders where price >= {{ var('smallest') }}
    """,
    "models/revenue.sql": """
        select country, {{ total('price') }} as cents, count(*) as orders, avg(weight) as weight
        from {{ ref('large') }} group by country
    """,
    "models/taxed.sql": """
        select orders.id, orders.price * rates.rate as tax from stg_orders as orders
        join {{ ref('rates') }} as rates using (country)
    """,
    "models/newest.sql": """
        {{ config(materialized='incremental', unique_key='id') }}
        select id, price from {{ ref('stg_orders') }}
        {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}
    """,
    "models/daily.sql": """
        {{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day',
                  begin='2024-01-01', batch_size='day') }}
        select placed::date as day, count(*) as orders from stg_orders group by all
    """,
    "models/ages.sql": """
        select id, current_date - placed::date as days, age(placed) as age, now() as seen, today() as today
        from stg_orders where placed < now()
    """,
}


class Shop:
    """The project in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for path, text in FILES.items():
            self.write(path, text)

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))

    def compiled(self, unit_tests: str = "", **environment: str) -> Compiled:
        if unit_tests:
            self.write("models/tests.yml", "unit_tests:\n" + indent(dedent(unit_tests).strip("\n"), "  ") + "\n")
        return compile_project(self.folder, environment=environment, use_cache=False)

    def run(self, unit_tests: str, **environment: str) -> tuple[UnitResult, ...]:
        return run_unit_tests(self.compiled(unit_tests, **environment)).results

    def one(self, unit_test: str, **environment: str) -> UnitResult:
        (result,) = self.run(unit_test, **environment)
        return result

    def passes(self, unit_test: str, **environment: str) -> None:
        result = self.one(unit_test, **environment)
        assert result.state == "pass", (result.error, result.error_report, result.differences)
