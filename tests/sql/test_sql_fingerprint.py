"""The fingerprint: no layout, comment, case of keyword or name of a CTE changes it; every other change does."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from batchsql.errors import SqlError
from batchsql.sql import flatten, parse
from batchsql.sql.dialect import parse_tokens, tokenize
from batchsql.sql.reading import Reading

QUERIES = [
    """with late as (select carrier, Count(*) filter (where delay > 15) as late from flights group by carrier)
       select f.carrier as "Carrier", l.late / nullif(sum(f.n), 0)::decimal(10, 2) as rate, 'it''s' as note
       from flights as f left join late as l on l.carrier = f.carrier and f.day <> date '2013-01-01'
       where f.origin in ('JFK', 'LGA') or f.x is not null order by rate desc nulls last limit 10""",
    """from orders as o select o.id, [x + 1 for x in o.list if x != 2] as l, {'key': o.a.b, 'n': 1.5e3} as s,
       list_transform(o.l, lambda item: item * 2), o.items[1:2], map {'k': 1}, try_cast(o.v as integer),
       case when o.a then 1 else 2 end, o.id || '-', interval 3 day, cast(o.t as timestamp)""",
    """select * exclude (a) replace (b + 1 as b), columns('c.*') from t1 asof join t2 using (k, at)
       qualify row_number() over (partition by k order by at desc) = 1""",
    """with recursive n as materialized (select 1 as i union all select i + 1 from n where i < 5), v(p, q) as
       (values (1, 'x'), (2, e'y\\n')) select n.i, v.p from n positional join v union by name from u select r""",
    """select sum(x) over w as total, first_value(y ignore nulls) over (order by z rows between 2 preceding and
       current row), extract(year from d), x'00ff', $tag$text$tag$ from s.t window w as (partition by g order by h)""",
    "pivot (from sales) on year in (2012, 2013) using sum(amount) as total group by city",
    "select a.b, unnest(c) from read_csv('x.csv', header = true) as a, lateral (select 1) as q(one) group by all",
]
CTES = {"late", "n", "v"}
GAPS = [" ", "\n", "\t ", " \r\n  ", " -- a comment; 'or' (more\n", " /* ; /* nested */ select */ ", " /**/\n"]


def pieces(sql: str) -> list[tuple[str, bool]]:
    """The tokens as written, each with whether it is an identifier."""
    tokens = tokenize(sql)
    tree = parse_tokens(tokens, sql)[0]
    assert tree is not None
    reading = Reading(sql, "m.sql")
    reading.walk(tree)
    return [(sql[token.start : token.end + 1], token.start in reading.identifiers) for token in tokens]


def fingerprint(sql: str) -> str:
    return parse(sql, path="m.sql").fingerprint


def written_anew(piece: str, is_identifier: bool, dice: random.Random) -> str:
    """The same word written another way."""
    if is_identifier:
        return f'"{piece}"' if piece.isidentifier() and dice.random() < 0.5 else piece
    if piece[0] in "'$\"" or piece[-1] == "'" or piece[0].isdigit():
        return piece
    word = "".join(dice.choice((letter.lower(), letter.upper())) for letter in piece)
    return dice.choice(GAPS).join(word.split()) if piece.lower().endswith(" by") else word


@given(sql=st.sampled_from(QUERIES), dice=st.randoms(use_true_random=False))
def test_layout_comments_and_case_of_keywords_do_not_count(sql: str, dice: random.Random) -> None:
    words = [written_anew(*piece, dice) for piece in pieces(sql)]
    again = dice.choice(GAPS) + "".join(word + dice.choice(GAPS) for word in words) + dice.choice(["", ";", " ;; "])
    assert fingerprint(again) == fingerprint(sql), again


@given(sql=st.sampled_from(QUERIES), dice=st.randoms(use_true_random=False))
def test_any_other_change_counts(sql: str, dice: random.Random) -> None:
    words = [piece for piece, _ in pieces(sql)]
    names = [is_identifier for _, is_identifier in pieces(sql)]
    index = dice.randrange(len(words))
    word = words[index]
    if names[index]:
        changed = dice.choice([word.swapcase(), "zz", f"{word.strip(chr(34))}_z"])
    elif word[0].isdigit():
        changed = "7654"
    elif word[0] == "'":
        changed = dice.choice([word.upper() if word != word.upper() else "'zz'", word[:-1] + " '", "''"])
    else:
        changed = dice.choice(["+", "-", "and", "or", "<", "=", "max", "min", "bigint", ""])
    assume(changed.lower() != word.lower() or ((names[index] or word[0] == "'") and changed != word))
    assume(changed or word.lower() != "as")
    assume(changed.lower() != word.lower() or word.lower() not in CTES)  # the case of a CTE's name is nothing to DuckDB
    words[index] = changed
    try:
        other = fingerprint(" ".join(words))
    except SqlError:
        return
    assert other != fingerprint(sql), (word, changed)


@given(sql=st.sampled_from(QUERIES), dice=st.randoms(use_true_random=False))
def test_flatten_keeps_the_meaning_and_leaves_one_line(sql: str, dice: random.Random) -> None:
    laid_out = "".join(word + dice.choice(GAPS) for word, _ in pieces(sql))
    flat = flatten(laid_out)
    assert "\n" not in flat
    assert fingerprint(flat) == fingerprint(sql)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select a from t", 'select "a" from `t`'),
        ("select a <> b, a = b from t", "select a != b, a == b from t"),
        ("SELECT Sum(a)::BIGINT FROM t", "select sum(a)::bigint from t"),
        ("select a from t order by a", "select a from t order /* why */ by a;"),
        ("select a b, sum(c) d from t e", "select a as b, sum(c) as d from t as e"),
        ('select a from "__ref__"."x"', "select a from x"),
        ('select x.a from "__ref__"."x" where "__ref__"."x".a > 1', "select x.a from x where x.a > 1"),
        ('select a from "__source__"."shop.orders"', "select a from shop.orders"),
        ("with p as (select 1 as a) select p.a from p", "with q as (select 1 as a) select q.a from q"),
        (
            "with p as (select 1 as a), r as (select * from p) select r.a, p.* from r join p using (a)",
            "with x as (select 1 as a), y as (select * from x) select y.a, x.* from y join x using (a)",
        ),
        ("with P as (select 1 as a) select p.a from p", "with p as (select 1 as a) select p.a from P"),
    ],
)
def test_same(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select a from t", "select A from t"),
        ("select 1 as a", "select '1' as a"),
        ("select a as b from t", 'select a as "B" from t'),
        ("select 'a b' as c", "select 'a  b' as c"),
        ("select a, b from t", "select a b from t"),
        ("select $$a$$", "select $$A$$"),
        ("select 'a', 'b'", "select 'a'', ''b'"),
        ("select x'aa'", "select x'ab'"),
        ("select a::int from t", "select a::bigint from t"),
        ("select a from s.t", "select a from t"),
        ('select a from "__ref__"."x"', 'select a from "__this__"."x"'),
        ("with p as (select 1 as p) select p from p", "with q as (select 1 as p) select q from q"),
        ("with p as (select 1 as a) select p.a from p", "with q as (select 1 as a) select p.a from p"),
        (
            "with p as (select 1 as a), q as (select 2 as a) select a from p",
            "with p as (select 1 as a), q as (select 2 as a) select a from q",
        ),
        (
            "with p as (select 1 as a) select p.a from o as p, p as x",
            "with q as (select 1 as a) select p.a from o as p, q as x",
        ),
        ("with p as (select * from s.p) select p.a from p", "with q as (select * from s.p) select q.a from q"),
    ],
)
def test_different(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)
