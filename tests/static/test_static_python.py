"""Models in Python, of a dbt project, are no SQL that could be bound."""

from __future__ import annotations

from pathlib import Path

from static_project import check, told

FILES = {
    "dbt_project.yml": "name: shop\nprofile: shop\n",
    "profiles.yml": "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n",
    "models/prices.py": "def model(dbt, session):\n    return session.sql('select 1 as id, 2 as price')\n",
    "models/costs.sql": "select id, price from {{ ref('prices') }}",
}


def test_a_model_in_python_is_not_read_as_sql(tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert told(check(tmp_path)).splitlines()[:2] == [
        "not checked: prices (it is written in Python)",
        "not checked: costs (it reads prices, which could not be checked)",
    ]
