"""What a model becomes: rendered, parsed, and a node among others."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from batchsql.values.basics import TableName
from batchsql.values.project import Check, Config, Kind, Model, Source


class Rendered(Struct, frozen=True, kw_only=True):
    """A model after Jinja.

    sql: text of the query. ref('x') stands in it as `"__ref__"."x"`, source('g', 't') as `"__source__"."g.t"`:
         names that no CTE can capture; the final names are put in their places later.
    config: the arguments of config(), unvalidated; config_line: the line of the first call.
    refs, sources: names asked for by ref() and source(), also where they do not end up in the query.
    dynamic: what the text depends on beyond project, vars and target, so that it must be rendered again for a batch:
         any of `execute`, `is_incremental`, `run_query`, `batch`, `run_started_at`, `invocation_id`.
    environment: the environment variables read and their values (None where the default was taken).
    """

    sql: str
    config: dict[str, Any] = {}
    config_line: int = 0
    refs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    environment: dict[str, str | None] = {}
    warnings: tuple[str, ...] = ()


class Read(Struct, frozen=True, kw_only=True):
    """One mention of a relation in a query's text.

    key: the node it resolves to: a model's name, or `group.name` of a source; for a file or a relation outside the
         project, as written.
    start, end: offsets in the SQL text of the mention (the name alone, without alias), half-open.
    aliased: whether an alias follows, so that the name may be replaced by a subquery as it is.
    qualifier: it stands before a column (`staging.orders.id`), not in FROM.
    """

    key: str
    kind: Literal["model", "source", "relation", "file", "this"]
    start: int
    end: int
    aliased: bool
    qualifier: bool = False


class Query(Struct, frozen=True, kw_only=True):
    """What parsing tells of a rendered query.

    columns: its output columns, None where a star hides them.
    fingerprint: hash of its meaning: comments, layout, keyword case do not count.
    volatile: functions it calls whose value changes by itself: now(), random(), ...
    """

    sql: str
    reads: tuple[Read, ...]
    columns: tuple[str, ...] | None
    fingerprint: str
    volatile: tuple[str, ...] = ()


class Node(Struct, frozen=True, kw_only=True):
    """A model, seed, snapshot, singular test or source in the graph.

    key: its name (a source: `group.name`).
    parents: keys of what it reads, sorted; relations and files outside the project are in `external`.
    after: keys that must run first though it does not read them: what its checks look at.
    checks: what it runs on its batches, those it hosts for others included.
    checks_fingerprint: of the checks, what they compare with included.
    fingerprint: of everything that shapes its rows: both variants of the query, config, ephemeral models it reads.
    incremental: the variant of the query when is_incremental() is true, where that differs.
    group, access: of a model, who owns it, and who may read it: `private`, `protected` or `public`.
    """

    key: str
    kind: Kind
    path: str
    config: Config = Config()
    relation: TableName | None = None
    model: Model | None = None
    source: Source | None = None
    rendered: Rendered | None = None
    query: Query | None = None
    incremental: Query | None = None
    parents: tuple[str, ...] = ()
    external: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    group: str = ""
    access: str = ""
    fingerprint: str = ""
    checks: tuple[Check, ...] = ()
    checks_fingerprint: str = ""

    @property
    def writes(self) -> bool:
        """Whether it is something that lands: no source, which others write, no test, no ephemeral model."""
        return self.kind not in ("source", "test") and self.config.materialized != "ephemeral"


class Graph(Struct, frozen=True, kw_only=True):
    """All nodes, in dependency order: a node comes after everything it reads."""

    nodes: dict[str, Node]

    def __getitem__(self, key: str) -> Node:
        return self.nodes[key]

    def children(self) -> dict[str, tuple[str, ...]]:
        """For each key, the keys of the nodes that read it directly."""
        found: dict[str, list[str]] = {key: [] for key in self.nodes}
        for node in self.nodes.values():
            for parent in node.parents:
                found[parent].append(node.key)
        return {key: tuple(children) for key, children in found.items()}
