"""What a model's data and past are, for suggestions of checks; nothing here writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from batchsql.check.shapes import MASK, regex_of
from batchsql.check.suggesting import MOST_VALUES, family_of, suggest
from batchsql.compiler import Compiled, readable
from batchsql.engines.base import Session
from batchsql.errors import UsageError, did_you_mean
from batchsql.ledger import read_relations
from batchsql.ledger.tables import SCHEMA
from batchsql.pipeline.events import Options, ignore
from batchsql.pipeline.opening import open_when_free
from batchsql.values import Check, Node, TableName, quote
from batchsql.values.suggestions import ColumnFacts, Family, Referred, RelationFacts, Suggestion

_MOST_MASKS = 50
_FIRST_ROWS = 1000  # if these have no shape in common, nor have all
_NEARLY = 0.8  # of as many values as rows, by the sketch, which errs by some percent
_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_GIVEN = "temp.main.batchsql_given"
_BATCHES = """
SELECT rows_written FROM batchsql.batch_detail
WHERE model = ? AND state = 'committed' AND materialized NOT LIKE 'view%' ORDER BY batch_id"""
# By value, since a mask costs more than all else: 2 µs.
_MASKS = f"""
SELECT {MASK.format(column="text")}, sum(n)::BIGINT
FROM (SELECT {{column}} AS text, count(*) AS n FROM {{rows}} WHERE {{column}} IS NOT NULL GROUP BY 1) GROUP BY 1"""
_FAILED = "SELECT DISTINCT kind, columns FROM batchsql.check_result WHERE model = ? AND state <> 'pass'"


class Suggested(Struct, frozen=True, kw_only=True):
    """What was looked at, what it speaks for, and how many checks the relation has already."""

    node: Node
    facts: RelationFacts
    suggestions: tuple[Suggestion, ...]
    has: int


def suggest_checks(compiled: Compiled, model: str) -> Suggested:
    """Look at a model's data as it is, and at its past. Raises UsageError where there is none."""
    node = compiled.graph.nodes.get(model)
    if node is None or node.kind == "test":
        raise UsageError(f"there is no model '{model}'", hint=did_you_mean(model, compiled.graph.nodes))
    stated = _stated(compiled, node)
    engine = open_when_free(compiled, Options(), ignore, read_only=True)
    session = engine.session()
    try:
        relations = read_relations(session)
        if node.relation and node.relation not in relations and node.config.materialized != "ephemeral":
            raise UsageError(f"{model} is not in the warehouse yet", hint=f"batchsql build -s {model}")
        relation = _readable_again(compiled, node, session)
        facts = _facts(node, relation, session)
        facts = _with_past(facts, node, stated, session, has_ledger=TableName(SCHEMA, "batch") in relations)
        facts = _with_referred(compiled, node, relation, facts, session, relations)
    finally:
        session.close()
        engine.close()
    return Suggested(node=node, facts=facts, suggestions=tuple(suggest(facts)), has=len(stated))


def _stated(compiled: Compiled, node: Node) -> list[Check]:
    """The checks of the node's own rows, by whichever batch they are judged."""
    everywhere = {check.name: check for other in compiled.graph.nodes.values() for check in other.checks}
    own = {check.name for check in node.checks if check.kind != "sql"}
    return [
        check
        for check in everywhere.values()
        if check.arguments.get("of") == node.key or ("of" not in check.arguments and check.name in own)
    ]


def _with_past(
    facts: RelationFacts, node: Node, stated: Sequence[Check], session: Session, *, has_ledger: bool
) -> RelationFacts:
    """With what its batches wrote; and what is stated, or was and failed, so that it is not proposed."""
    known = {(family_of(check.kind), _sorted(check.columns)) for check in stated}
    if not has_ledger:
        return msgspec.structs.replace(facts, stated=frozenset(known))
    failed = session.query(_FAILED, [node.key])
    known |= {(family_of(kind), _sorted((columns or "").split(", ")) if columns else ()) for kind, columns in failed}
    batches = tuple(int(rows) for (rows,) in session.query(_BATCHES, [node.key]))
    return msgspec.structs.replace(facts, stated=frozenset(known), batches=batches)


def _sorted(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(column.lower() for column in columns))


def _readable_again(compiled: Compiled, node: Node, session: Session) -> str:
    """What to read in a FROM clause several times; where each would run the model's query, what it gave once."""
    relation = readable(compiled, node.key)
    if node.config.materialized not in ("view", "ephemeral") or node.kind != "model":
        return relation
    session.execute(f"CREATE TEMP TABLE {_GIVEN} AS FROM {relation}")
    return _GIVEN


def _facts(node: Node, relation: str, session: Session) -> RelationFacts:
    columns = [(name, _family(type_)) for name, type_ in session.columns(f"SELECT * FROM {relation}")]
    asked = {(name, fact): sql for name, family in columns for fact, sql in _first(name, family)}
    first = _ask(session, relation, {("", "rows"): "count(*)"} | asked)
    rows = int(first["", "rows"])
    middle = _middle(node, columns, first)
    asked = {(name, fact): sql for name, family in columns for fact, sql in _second(name, family, first, middle)}
    key = node.config.unique_key if {name.lower() for name, _ in columns} >= {*_sorted(node.config.unique_key)} else ()
    if key:
        listed = ", ".join(quote(column) for column in key)
        asked["", "keys"] = f"count(DISTINCT ({listed}))"
    second = _ask(session, relation, asked) if asked else {}
    second |= {(name, "masks"): _masks(session, relation, name) for name, family in columns if family == "text"}
    return RelationFacts(
        rows=rows,
        columns=tuple(_column(name, family, first, second) for name, family in columns),
        now=datetime.now(UTC).replace(tzinfo=None),
        key=key if key and second["", "keys"] == rows else (),
    )


Answers = dict[tuple[str, str], Any]


def _ask(session: Session, relation: str, asked: Mapping[tuple[str, str], str]) -> Answers:
    (row,) = session.query(f"SELECT {', '.join(asked.values())} FROM {relation}")
    return dict(zip(asked, row, strict=True))


def _first(name: str, family: Family) -> Iterator[tuple[str, str]]:
    """What the first scan asks of a column."""
    column = quote(name)
    yield "present", f"count({column})"
    if family == "other":
        return
    yield "distinct", f"approx_count_distinct({column})"
    if family == "text":
        yield "spaced", f"count_if(regexp_matches({column}, '\\s'))"
        return
    finite = f" FILTER (isfinite({column}))" if family != "whole" else ""
    yield "low", f"min({column}){finite}"
    yield "high", f"max({column}){finite}"
    if family in ("whole", "number"):
        yield "zeros", f"count_if({column} = 0)"
        yield "ones", f"count_if({column} = 1)"


def _second(name: str, family: Family, first: Answers, middle: str | None) -> Iterator[tuple[str, str]]:
    """What the second scan asks of a column, exactly, where the first one leaves it open."""
    column, present = quote(name), first[name, "present"]
    if family in ("other", "number") or not present:
        return
    if first[name, "distinct"] >= _NEARLY * present:
        yield "exactly", f"count(DISTINCT {column})"
    if family == "text" and first[name, "distinct"] <= 2 * MOST_VALUES:
        yield "values", f"histogram({column})"
        if middle:
            yield "early", f"histogram({column}) FILTER ({middle})"


def _masks(session: Session, relation: str, name: str) -> dict[str, int]:
    """How the texts of a column are made, with their rows; empty where they have no shape."""
    column = quote(name)
    some = f"(SELECT {column} FROM {relation} WHERE {column} IS NOT NULL LIMIT {_FIRST_ROWS})"
    for rows in (some, relation):
        masks = dict(session.query(_MASKS.format(column=column, rows=rows)))
        if len(masks) > _MOST_MASKS or not regex_of(masks, several=1):
            return {}
    return masks


def _middle(node: Node, columns: Sequence[tuple[str, Family]], first: Answers) -> str | None:
    """The condition for the first half of the time that the data covers, by event_time, or its first time."""
    times = [name for name, family in columns if family == "time"]
    name = next((time for time in times if time.lower() == (node.config.event_time or "").lower()), None)
    name = name or (times[0] if times else None)
    if name is None or first[name, "low"] is None or first[name, "low"] == first[name, "high"]:
        return None
    low, high = first[name, "low"], first[name, "high"]
    return f"{quote(name)} < '{(low + (high - low) / 2).isoformat()}'"


def _column(name: str, family: Family, first: Answers, second: Answers) -> ColumnFacts:
    values = second.get((name, "values")) or {}
    early = second.get((name, "early"))
    exactly = second.get((name, "exactly"))
    present = int(first[name, "present"])
    bounded = family in ("whole", "number", "time") and first[name, "low"] is not None
    return ColumnFacts(
        name=name,
        family=family if bounded or family == "text" else "other",
        present=present,
        low=first.get((name, "low")),
        high=first.get((name, "high")),
        zeros=first.get((name, "zeros"), 0),
        ones=first.get((name, "ones"), 0),
        spaced=first.get((name, "spaced"), 0),
        unique=None if exactly is None else exactly == present,
        values=dict(values),
        late=tuple(sorted(values.keys() - (early or {}).keys())) if (name, "early") in second else (),
        masks=second.get((name, "masks"), {}),
    )


def _family(type_: str) -> Family:
    name = type_.upper()
    if name == "VARCHAR":
        return "text"
    if name in _WHOLE:
        return "whole"
    if name.startswith("DECIMAL") or name in ("FLOAT", "DOUBLE"):
        return "number"
    return "time" if name == "DATE" or name.startswith("TIMESTAMP") else "other"


def _with_referred(
    compiled: Compiled,
    node: Node,
    relation: str,
    facts: RelationFacts,
    session: Session,
    relations: Mapping[TableName, str],
) -> RelationFacts:
    """With the keys of other models that hold all values of a column of the same name."""
    found = []
    for column in facts.columns:
        known = {(kind, (column.name.lower(),)) for kind in ("relationships", "accepted_values")}
        referred = None
        if column.family in ("text", "whole") and column.present and not known & facts.stated:
            referred = _referred(compiled, node, relation, column, session, relations)
        found.append(msgspec.structs.replace(column, referred=referred))
    return msgspec.structs.replace(facts, columns=tuple(found))


def _referred(
    compiled: Compiled,
    node: Node,
    relation: str,
    column: ColumnFacts,
    session: Session,
    relations: Mapping[TableName, str],
) -> Referred | None:
    name = quote(column.name)
    for key in _key_holders(compiled, node, column):
        if compiled.graph[key].relation not in relations:
            continue
        ((values, missing),) = session.query(
            f"SELECT count(*), count_if(NOT known) FROM (SELECT DISTINCT {name} IN "
            f"(SELECT {name} FROM {readable(compiled, key)}) AS known, {name} FROM {relation} "
            f"WHERE {name} IS NOT NULL)"
        )
        if values > 1 and not missing:
            return Referred(key, values)
    return None


def _key_holders(compiled: Compiled, node: Node, column: ColumnFacts) -> list[str]:
    """Models, then seeds, for which the project states that a column of this name alone is unique.

    Left out is what reads the node; and what it reads, where its rows are those of what it reads, one to one.
    """
    wanted = (column.name.lower(),)
    below, above = (
        _reachable(compiled.graph.children(), node.key),
        _reachable({key: each.parents for key, each in compiled.graph.nodes.items()}, node.key),
    )
    holders = [
        each
        for each in compiled.graph.nodes.values()
        if each.kind in ("model", "seed")
        and each.relation
        and each.key not in below
        and not (column.unique and each.key in above)
        and any(family_of(check.kind) == "unique" and _sorted(check.columns) == wanted for check in each.checks)
    ]
    return [each.key for each in sorted(holders, key=lambda each: (each.kind == "seed", each.key))]


def _reachable(edges: Mapping[str, Sequence[str]], start: str) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        new = set(edges[waiting.pop()]) - seen
        seen |= new
        waiting += new
    return seen
