"""Selection: what each method means, and the algebra of sets that holds for all."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchsql.errors import UsageError
from batchsql.graph import ancestors, build_graph, descendants
from batchsql.selection import parse_term, select
from batchsql.values import Config, Graph, Node, Source, Step


def model(key: str, folder: str, *parents: str, **config: object) -> Node:
    return Node(
        key=key,
        kind="model",
        path=f"models/{folder}/{key}.sql",
        config=Config(**config),
        parents=parents,  # type: ignore[arg-type]
    )


def source(key: str, *tags: str) -> Node:
    group, _, name = key.partition(".")
    path = "models/sources.yml"
    return Node(key=key, kind="source", path=path, source=Source(group=group, name=name, tags=tags, path=path))


GRAPH: Graph = build_graph(
    [
        source("landing.flights", "raw"),
        source("landing.weather"),
        source("shop.orders"),
        Node(key="airlines", kind="seed", path="seeds/airlines.csv", config=Config(materialized="seed", tags=("raw",))),
        model("stg_flights", "staging", "landing.flights", tags=("daily",)),
        model("stg_weather", "staging", "landing.weather", tags=("daily", "weather")),
        model("int_flights", "intermediate", "stg_flights", "airlines", materialized="ephemeral"),
        model(
            "delays",
            "marts/daily",
            "int_flights",
            "stg_weather",
            materialized="incremental",
            incremental_strategy="microbatch",
            batch_size=Step(1, "day"),
            tags=("daily",),
            meta={"owner": "ops", "tier": 1},
        ),
        model("routes", "marts", "int_flights", materialized="table", full_refresh=False),
        Node(key="routes_are_few", kind="test", path="tests/routes_are_few.sql", parents=("routes",)),
    ]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("routes", "routes"),
        ("stg_*", "stg_flights stg_weather"),
        ("landing.flights", "landing.flights"),
        ("+routes", "airlines landing.flights stg_flights int_flights routes"),
        ("1+routes", "int_flights routes"),
        ("2+routes", "airlines stg_flights int_flights routes"),
        ("stg_flights+", "stg_flights int_flights delays routes routes_are_few"),
        ("stg_flights+1", "stg_flights int_flights"),
        ("1+int_flights+1", "airlines stg_flights int_flights delays routes"),
        ("@stg_weather", "airlines landing.flights landing.weather stg_flights stg_weather int_flights delays"),
        ("tag:weather", "stg_weather"),
        ("tag:raw", "airlines landing.flights"),
        ("tag:d*", "stg_flights stg_weather delays"),
        ("path:models/marts", "delays routes"),
        ("path:models/marts/", "delays routes"),
        ("path:./models/marts/routes.sql", "routes"),
        ("path:models/*/stg_*.sql", "stg_flights stg_weather"),
        ("models/staging", "stg_flights stg_weather"),
        ("models/marts/routes.sql", "routes"),
        ("routes.sql", "routes"),
        ("file:airlines.csv", "airlines"),
        ("file:rout*", "routes routes_are_few"),
        ("source:landing", "landing.flights landing.weather"),
        ("source:landing.weather+1", "landing.weather stg_weather"),
        ("source:*.orders", "shop.orders"),
        ("config.materialized:table", "routes"),
        ("config.materialized:view", "stg_flights stg_weather"),
        ("config.full_refresh:false", "routes"),
        ("config.batch_size:day", "delays"),
        ("config.tags:weather", "stg_weather"),
        ("config.meta.owner:ops", "delays"),
        ("config.meta.tier:1", "delays"),
        ("resource_type:seed", "airlines"),
        ("resource_type:test", "routes_are_few"),
        ("fqn:staging.stg_weather", "stg_weather"),
        ("marts.daily", "delays"),
        ("staging", "stg_flights stg_weather"),
        ("routes airlines", "airlines routes"),
        ("tag:daily,path:models/staging", "stg_flights stg_weather"),
        ("+delays,tag:daily,stg_*", "stg_flights stg_weather"),
        ("tag:weather,routes", ""),
    ],
)
def test_select(text: str, expected: str) -> None:
    assert select(GRAPH, [text], []) == tuple(key for key in GRAPH.nodes if key in expected.split())
    assert len(select(GRAPH, [text], [])) == len(expected.split())


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("rutes", "the selection 'rutes' matches nothing", "did you mean 'routes'"),
        ("tag:dayly", "the selection 'tag:dayly' matches nothing", "did you mean 'daily'?"),
        ("tag:zzzzzz", "the selection 'tag:zzzzzz' matches nothing", "there are daily, raw, weather"),
        ("path:models/mart", "the selection 'path:models/mart' matches nothing", "models/marts"),
        ("source:landin+", "the selection 'source:landin+' matches nothing", "did you mean 'landing'"),
        ("config.materialized:tabel", "the selection 'config.materialized:tabel' matches nothing", "'table'"),
        ("config.materialised:table", "unknown config 'materialised'", "did you mean 'materialized'?"),
        ("tags:daily", "unknown selection method 'tags:'", "did you mean 'tag'?"),
        ("state:modified", "unknown selection method 'state:'", ""),
        ("+", "cannot read the selection '+'", "for example"),
        ("@a+", "cannot read the selection '@a+'", "for example"),
        ("a++b", "cannot read the selection 'a++b'", "for example"),
        ("tag:", "the selection 'tag:' matches nothing", ""),
    ],
)
def test_what_cannot_be_selected(text: str, message: str, hint: str) -> None:
    for include, exclude in ([[text], []], [["routes"], [text]]):
        with pytest.raises(UsageError) as caught:
            select(GRAPH, include, exclude)
        assert caught.value.message.startswith(message)
        assert hint in (caught.value.hint or "")


def test_nothing_asked_for_is_everything() -> None:
    assert select(GRAPH, [], []) == select(GRAPH, [" "], []) == tuple(GRAPH.nodes)
    assert "stg_flights" not in select(GRAPH, [], ["stg_flights"])


ATOMS = st.sampled_from(
    ["routes", "stg_*", "*", "tag:daily", "tag:raw", "path:models/marts", "source:landing", "config.materialized:view",
     "resource_type:model", "int_flights", "delays"]
)  # fmt: skip
TERMS = st.builds(
    lambda atom, shape: shape.format(atom),
    ATOMS,
    st.sampled_from(["{}", "+{}", "{}+", "1+{}", "{}+2", "2+{}+1", "@{}"]),
)


def chosen(*texts: str, without: tuple[str, ...] = ()) -> set[str]:
    return set(select(GRAPH, texts, without))


@given(TERMS, TERMS)
def test_comma_is_intersection_and_space_is_union(one: str, other: str) -> None:
    assert chosen(f"{one},{other}") == chosen(one) & chosen(other)
    assert chosen(f"{one} {other}") == chosen(one, other) == chosen(one) | chosen(other)


@given(TERMS, TERMS)
def test_exclude_removes(one: str, other: str) -> None:
    assert chosen(one, without=(other,)) == chosen(one) - chosen(other)


@given(ATOMS, st.integers(0, 4))
def test_plus_adds_ancestors_and_descendants(atom: str, depth: int) -> None:
    own = chosen(atom)
    assert chosen(f"+{atom}") == own | ancestors(GRAPH, own)
    assert chosen(f"{atom}+") == own | descendants(GRAPH, own)
    assert own <= chosen(f"{depth}+{atom}") <= chosen(f"{depth + 1}+{atom}") <= chosen(f"+{atom}")
    assert chosen(f"+{atom}") | chosen(f"{atom}+") <= chosen(f"@{atom}")


@given(TERMS)
def test_order_is_the_graphs(term: str) -> None:
    keys = list(GRAPH.nodes)
    found = select(GRAPH, [term], [])
    assert list(found) == sorted(found, key=keys.index)


@given(st.text(alphabet="a1+@:,.*/ -", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(UsageError):
        assert set(select(GRAPH, [text], [])) <= GRAPH.nodes.keys()


def test_parse_term() -> None:
    term = parse_term("2+tag:daily+")
    assert (term.method, term.value, term.up, term.down, term.around) == ("tag", "daily", 2, None, False)
