"""A small dbt project that has a bit of everything an artifact tells of."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "dbt_project.yml": """
name: shop
profile: shop
models:
  shop:
    marts: {+materialized: table, +meta: {owner: me}}
""",
    "profiles.yml": "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n",
    "seeds/raw_orders.csv": "id,name,amount\n1,a,10\n2,b,20\n",
    "models/stg_orders.sql": "select id, name, amount from {{ ref('raw_orders') }}\n",
    "models/marts/orders.sql": (
        "{{ config(tags=['x'], post_hook='select 1') }}\nselect *, {{ plus(1) }} as one from {{ ref('stg_orders') }}\n"
    ),
    "models/marts/read.sql": "{{ config(materialized='ephemeral') }}\nselect * from {{ source('ext', 'things') }}\n",
    "models/marts/uses.sql": "select * from {{ ref('read') }}\n",
    "models/properties.yml": """
version: 2
sources:
  - name: ext
    schema: ext_schema
    description: outside
    loaded_at_field: ts
    freshness: {warn_after: {count: 1, period: day}}
    tables:
      - name: things
        columns: [{name: id, meta: {pii: true}}]
models:
  - name: orders
    description: all orders
    columns:
      - name: id
        description: the id
        tags: [key]
        data_tests: [unique, not_null]
      - name: name
        data_tests:
          - relationships: {to: ref('stg_orders'), field: name, name: known_names}
exposures:
  - name: board
    type: dashboard
    owner: {name: me, email: me@shop.example}
    depends_on:
      - ref('orders')
      - source('ext', 'things')
groups:
  - name: finance
    owner: {name: they}
macros:
  - name: plus
    description: adds one
    arguments: [{name: x, type: int}]
unit_tests:
  - name: keeps_names
    model: stg_orders
    given: [{input: ref('raw_orders'), rows: [{id: 1, name: z}]}]
    expect: {rows: [{id: 1, name: z}]}
""",
    "macros/plus.sql": "{% macro plus(x) %}({{ x }} + 1){% endmacro %}\n",
    "tests/big.sql": "select * from {{ ref('orders') }} where amount > 100\n",
    "snapshots/kept.sql": (
        "{% snapshot kept %}"
        "{{ config(target_schema='kept', unique_key='id', strategy='check', check_cols=['amount']) }}"
        "\nselect * from {{ ref('raw_orders') }}{% endsnapshot %}\n"
    ),
}


def write_project(folder: Path) -> Path:
    """Write the project's files into a folder."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"))
    return folder
