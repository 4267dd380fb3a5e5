"""The graph: order, cycles, hosts of singular tests, what must come before what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchsql import graph as graphs
from batchsql.errors import CycleError, ProjectError
from batchsql.values import Check, Config, Graph, Kind, Materialized, Model, Node


def node(key: str, *parents: str, kind: Kind = "model", materialized: Materialized = "view", to: str = "") -> Node:
    path = f"models/{key}.sql"
    text = "-- reads " + ", ".join(parents) + "\nselect *\nfrom " + "\njoin ".join(parents)
    compared = Check(name=f"relationships_{key}", kind="relationships", columns=("id",), arguments={"to": to})
    return Node(
        key=key,
        kind=kind,
        path=path,
        config=Config(materialized=materialized),
        model=Model(kind=kind, name=key, path=path, text=text),
        parents=tuple(sorted(parents)),
        checks=(compared,) if to else (),
    )


@st.composite
def acyclic(draw: st.DrawFn) -> list[Node]:
    """Nodes in some order, each reading only lower numbers; some ephemeral, sources and tests among them."""
    nodes: list[Node] = []
    for index in range(draw(st.integers(1, 14))):
        readable = [other.key for other in nodes if other.kind != "test"]
        kind = draw(st.sampled_from(["model", "model", "model", "source", "test"]))
        parents = draw(st.sets(st.sampled_from(readable), max_size=3)) if readable and kind != "source" else set()
        ephemeral = kind == "model" and draw(st.integers(0, 3)) == 0
        to = draw(st.sampled_from(["", *readable])) if kind == "model" else ""
        key = f"{draw(st.sampled_from('abcxyz'))}{index}"
        nodes.append(node(key, *parents, kind=kind, materialized="ephemeral" if ephemeral else "view", to=to))
    return draw(st.permutations(nodes))


def test_order_is_by_dependency_then_by_name() -> None:
    graph = graphs.build_graph(
        [node("d", "b", "a"), node("c", "s.x"), node("b"), node("a"), node("s.x", kind="source")]
    )
    assert list(graph.nodes) == ["a", "b", "s.x", "c", "d"]


@given(acyclic())
def test_each_node_comes_after_what_it_reads(nodes: list[Node]) -> None:
    graph = graphs.build_graph(nodes)
    order = list(graph.nodes)
    assert sorted(order) == sorted(node.key for node in nodes)
    for item in graph.nodes.values():
        assert all(order.index(parent) < order.index(item.key) for parent in item.parents)
    assert list(graphs.build_graph(reversed(nodes)).nodes) == order


@given(acyclic())
def test_constraints_can_be_met_and_cover_all_that_is_read(nodes: list[Node]) -> None:
    graph = graphs.build_graph(nodes)
    before = graphs.order_constraints(graph)
    order = list(graph.nodes)
    runs = {n.key for n in nodes if n.kind == "model" and n.config.materialized != "ephemeral"}
    assert before.keys() == runs
    for key, first in before.items():
        assert first <= runs
        assert all(order.index(other) < order.index(key) for other in first)
        assert all(parent in first for parent in graph[key].parents if parent in runs)
        met: set[str] = set(first)
        for other in reversed(order):
            met |= before.get(other, frozenset()) if other in met else frozenset()
        assert graphs.ancestors(graph, [key]) & runs <= met


@given(acyclic())
def test_the_last_that_a_test_reads_waits_for_the_others(nodes: list[Node]) -> None:
    graph = graphs.build_graph(nodes)
    before = graphs.order_constraints(graph)
    order = list(graph.nodes)
    for test in (n.key for n in nodes if n.kind == "test"):
        if any(graph[parent].config.materialized == "ephemeral" for parent in graph[test].parents):
            continue  # it reads what they read, too
        read = sorted((parent for parent in graph[test].parents if parent in before), key=order.index)
        assert all(parent in before[read[-1]] for parent in read[:-1])


def test_an_ephemeral_model_hands_its_parents_on() -> None:
    graph = graphs.build_graph(
        [node("a"), node("e", "a", materialized="ephemeral"), node("b", "e"), node("t", "e", "a", kind="test")]
    )
    assert graphs.order_constraints(graph) == {"a": frozenset(), "b": frozenset({"a"})}


def test_a_host_waits_for_the_other_nodes_its_test_reads() -> None:
    graph = graphs.build_graph([node("a"), node("b"), node("c", "b"), node("t", "a", "c", kind="test")])
    assert graphs.order_constraints(graph)["c"] == {"a", "b"}


def test_a_node_waits_for_what_its_check_compares_it_with() -> None:
    graph = graphs.build_graph([node("a", to="z"), node("z"), node("m", "a")])
    assert list(graph.nodes) == ["z", "a", "m"]
    assert graphs.order_constraints(graph)["a"] == {"z"}


def test_a_comparison_with_a_reader_makes_no_cycle() -> None:
    graph = graphs.build_graph([node("a", to="b"), node("b", "a")])
    assert list(graph.nodes) == ["a", "b"]
    assert graphs.order_constraints(graph)["a"] == frozenset()


def test_a_cycle_is_told_as_its_path() -> None:
    with pytest.raises(CycleError) as caught:
        graphs.build_graph([node("c", "b"), node("a", "x", "c"), node("b", "a"), node("x")])
    assert caught.value.message == "a -> c -> b -> a"
    assert (caught.value.path, caught.value.line) == ("models/a.sql", 4)


def test_a_node_that_reads_itself() -> None:
    with pytest.raises(CycleError, match=r"^a -> a$"):
        graphs.build_graph([node("a", "a")])


def test_an_unknown_parent() -> None:
    with pytest.raises(ProjectError) as caught:
        graphs.build_graph([node("orders"), node("b", "order")])
    assert (caught.value.path, caught.value.line) == ("models/b.sql", 3)
    assert caught.value.hint == "did you mean 'orders'?"


def test_reach_visits_each_node_once() -> None:
    """A chain of 55 diamonds has 2^55 paths."""
    nodes = [node("n0")]
    for index in range(55):
        nodes += [node(f"l{index}", f"n{index}"), node(f"r{index}", f"n{index}")]
        nodes.append(node(f"n{index + 1}", f"l{index}", f"r{index}"))
    graph = graphs.build_graph(nodes)
    assert len(graphs.ancestors(graph, ["n55"])) == len(graphs.descendants(graph, ["n0"])) == 165


def test_depth() -> None:
    graph: Graph = graphs.build_graph([node("a"), node("b", "a"), node("c", "b", "a"), node("d", "c")])
    assert graphs.ancestors(graph, ["d"], 1) == {"c"}
    assert graphs.ancestors(graph, ["d"], 2) == {"a", "b", "c"}
    assert graphs.descendants(graph, ["a"], 0) == set()
    assert graphs.descendants(graph, ["a", "b"], 1) == {"c"}
