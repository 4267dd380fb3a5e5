"""Mistakes on purpose: errors name file and line as written, exit codes are right, the warehouse is as it was."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pipeline_folder import Folder

GOOD = "{{ config(materialized='table') }}\nselect id, amount\nfrom {{ ref('prices') }}\n"


@pytest.fixture
def shop(folder: Folder) -> Folder:
    folder.write("seeds/prices.csv", "id,amount\n1,10\n2,20\n")
    folder.write("seeds/seeds.yml", "seeds: [{name: prices, config: {column_types: {amount: integer}}}]\n")
    folder.write("models/orders.sql", GOOD)
    folder.write(
        "models/orders.yml", "models:\n  - name: orders\n    columns:\n      - name: id\n        checks: [unique]\n"
    )
    folder.write("macros/money.sql", "{% macro doubled(column) %}\n  {{ column }} * 2\n{% endmacro %}\n")
    assert folder.build().exit_code == 0
    return folder


# file, its new text, exit code, what the error says: place, line as written, and some words
MISTAKES = {
    "misspelt column": ("models/orders.sql", GOOD.replace("amount", "amuont"), 1, "models/orders.sql:2", "amount"),
    "misspelt column after a loop": (
        "models/orders.sql",
        "{{ config(materialized='table') }}\nselect\n{% for n in range(3) %}\n  id as id_{{ n }},\n{% endfor %}\n"
        "  amuont\nfrom prices\n",
        1,
        "models/orders.sql:6",
        "amuont",
    ),
    "misspelt column in a macro's argument": (
        "models/orders.sql",
        "select id,\n\n  {{ doubled('amuont') }} as amount\nfrom prices\n",
        1,
        "macros/money.sql:2",
        "amuont",
    ),
    "bad jinja": (
        "models/orders.sql",
        "select id\nfrom {{ ref('prices' }}\n",
        2,
        "models/orders.sql:2",
        "ref('prices' }}",
    ),
    "block left open": ("models/orders.sql", "select 1\n{% if true %}\n, 2\n", 2, "models/orders.sql", "if"),
    "unknown name": ("models/orders.sql", "select {{ nope }}\n", 2, "models/orders.sql:1", "nope"),
    "unknown ref": (
        "models/orders.sql",
        GOOD.replace("ref('prices')", "ref('pries')"),
        2,
        "models/orders.sql:3",
        "prices",
    ),
    "unknown table": ("models/orders.sql", "select *\nfrom pries\n", 2, "models/orders.sql:2", "prices"),
    "bad sql": ("models/orders.sql", "select id,\nfrom prices\nwhere (id = 1\n", 2, "models/orders.sql", ""),
    "cycle": ("models/orders.sql", "select 1 as a from after\n", 2, "models/", "after -> orders -> after"),
    "bad yaml key": (
        "models/orders.yml",
        "models:\n  - name: orders\n    colums:\n      - name: id\n",
        2,
        "models/orders.yml:3",
        "columns",
    ),
    "bad yaml": ("models/orders.yml", "models:\n  - name: orders\n   columns: [\n", 2, "models/orders.yml:", ""),
    "bad config value": (
        "models/orders.sql",
        "{{ config(materialized='tabel') }}\nselect 1 as id from prices\n",
        2,
        "models/orders.sql:1",
        "table",
    ),
    "wrong type in a seed": ("seeds/prices.csv", "id,amount\n1,10\n2,many\n", 1, "seeds/prices.csv:3", "many"),
    "short row in a seed": ("seeds/prices.csv", "id,amount\n1,10\n2\n", 1, "seeds/prices.csv:3", "too few fields"),
    "header twice in a seed": ("seeds/prices.csv", "id,id\n1,10\n", 1, "seeds/prices.csv:1", "id"),
    "wrong encoding": ("seeds/prices.csv", "id,amount\n1,10\n", 1, "seeds/prices.csv:3", "UTF-8"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_nothing_is_lost(shop: Folder, mistake: str) -> None:
    path, text, code, place, words = MISTAKES[mistake]
    if mistake == "cycle":
        shop.write("models/after.sql", "select * from orders")
    shop.write(path, text)
    if mistake == "wrong encoding":
        (shop.root / path).write_bytes(b"id,amount\n1,10\n2,\xe9\n")
    before = shop.query(
        "select (select count(*) from orders), (select sum(amount) from orders), (select count(*) from prices)"
    )
    done = subprocess.run(
        [sys.executable, "-m", "batchsql", "build"], cwd=shop.root, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert place in said
    assert words in said
    assert "Traceback" not in said
    after = shop.query(
        "select (select count(*) from orders), (select sum(amount) from orders), (select count(*) from prices)"
    )
    assert after == before


def test_of_the_functions_that_there_are_three_are_named(shop: Folder) -> None:
    shop.write(
        "models/orders.sql",
        "{{ config(materialized='table') }}\nselect id * 'x'::varchar || 1.5 * 'y'::varchar\nfrom prices\n",
    )
    outcome = shop.build().outcomes[-1]
    assert outcome.state == "failed"
    assert "Candidate functions" not in outcome.error
    assert "'*(" in outcome.error
    hint = outcome.error_report["hint"]
    assert hint.count(" -> ") == 3
    assert hint.startswith("cast what does not fit; there is ")
    assert hint.endswith(" more")
    assert '"*"("left" BIGINT, "right" BIGINT) -> BIGINT' in hint


def test_a_seed_with_a_byte_order_mark_lands_right(folder: Folder) -> None:
    (folder.root / "seeds").mkdir()
    (folder.root / "seeds" / "prices.csv").write_bytes(b"\xef\xbb\xbfid,amount\n1,10\n")
    assert folder.build().exit_code == 0
    assert folder.query("select id, amount from prices") == [(1, 10)]
