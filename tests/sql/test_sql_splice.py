"""Splicing: what goes in the place of each name, and the alias it then needs."""

from __future__ import annotations

import pytest

from batchsql.sql import Names, flatten, parse, resolve, splice
from batchsql.values import Source, TableName

NAMES = Names.of(
    {"orders": TableName("marts", "sales"), "me": TableName("marts", "me"), "stg_a": TableName("staging", "stg_a")},
    [Source(group="shop", name="items", relation=TableName("raw", "items"))],
)


@pytest.mark.parametrize(
    ("sql", "new", "expected"),
    [
        # a plain name keeps its name for columns
        ("select orders.id from orders", '"marts"."sales"', 'select orders.id from "marts"."sales" as "orders"'),
        ("select id from orders o", '"marts"."sales"', 'select id from "marts"."sales" o'),
        ("select id from orders", "(select 1 as id)", 'select id from (select 1 as id) as "orders"'),
        ("from STG_A", '"staging"."stg_a"', 'from "staging"."stg_a"'),
        ("select staging.stg_a.x from staging.stg_a", "(from z)", 'select "stg_a".x from (from z) as "stg_a"'),
        ("from shop.items", "read_csv('x.csv')", "from read_csv('x.csv') as \"items\""),
        # ref(), source() and this go by the name of what takes their place
        ('select sales.id from "__ref__"."orders"', '"marts"."sales"', 'select sales.id from "marts"."sales"'),
        ('select "__ref__"."orders".id from "__ref__"."orders"', '"m"."sales"', 'select "sales".id from "m"."sales"'),
        (
            'select "__ref__"."orders".* from "__ref__"."orders"',
            "(from z)",
            'select "orders".* from (from z) as "orders"',
        ),
        ('from "__source__"."shop.items"', "(from z)", 'from (from z) as "items"'),
        ('from "__this__"."me" as t', '"marts"."me"', 'from "marts"."me" as t'),
        # files
        ("from 'a/b.csv'", "'/x/a/b.csv'", "from '/x/a/b.csv'"),
        ("from 'a/b.csv'", "read_csv('/x/a/b.csv')", "from read_csv('/x/a/b.csv') as \"b\""),
        ("from read_csv('b.csv', header = true)", "'/x/b.csv'", "from read_csv('/x/b.csv', header = true)"),
        ("from read_csv(['b.csv'])", "'/x/b.csv'", "from read_csv(['/x/b.csv'])"),
        # places that take no alias
        ("summarize orders", "(select 1)", "summarize (select 1)"),
    ],
)
def test_in_place(sql: str, new: str, expected: str) -> None:
    query = resolve(parse(sql, path="m.sql"), NAMES, path="m.sql", this="me")
    assert splice(query.sql, query.reads, lambda read: new) == expected


def test_none_leaves_a_name_as_it_is() -> None:
    query = resolve(parse("from orders, 'x.csv', stg_a", path="m.sql"), NAMES, path="m.sql")
    assert splice(query.sql, query.reads, lambda read: None) == query.sql
    assert (
        splice(query.sql, query.reads, lambda read: "'y'" if read.kind == "file" else None) == "from orders, 'y', stg_a"
    )


def test_lines_stay() -> None:
    sql = "select *\nfrom shop\n  .\n  items\njoin orders using (id)\nwhere b"
    query = resolve(parse(sql, path="m.sql"), NAMES, path="m.sql")
    spliced = splice(query.sql, query.reads, lambda read: "(\n  select 1 -- one\n)")
    lines = spliced.split("\n")
    assert lines[1] == 'from ( select 1   ) as "items"'
    assert lines[4] == 'join ( select 1   ) as "orders" using (id)'
    assert lines[5] == "where b"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1 -- it's\n, 2", "select 1   , 2"),
        ("select '--x\n', \"/*y\"  -- z", "select '--x\n', \"/*y\""),
        ("a /* b /* c */ d */ e", "a   e"),
        ("select e'it\\'s -- x' -- y\n", "select e'it\\'s -- x'"),
        ("select $$ -- x $$, $1 -- y\nfrom t", "select $$ -- x $$, $1   from t"),
        ("select name'x' from `--t`", "select name'x' from `--t`"),
    ],
)
def test_flatten(sql: str, expected: str) -> None:
    assert flatten(sql) == expected
