"""Column lineage of the project: each query by itself, kept by its text and the columns of what it reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from batchsql.compiler.cache import content_key, load_kept, save_kept
from batchsql.compiler.compile import Compiled
from batchsql.compiler.shadows import queries, shadow, shadow_query
from batchsql.sql import query_lineage
from batchsql.values import Node
from batchsql.values.lineage import ColumnLineage, Place, QueryLineage
from batchsql.values.static import Shape

_FILE = "lineage.msgpack"


class _Kept(Struct):
    by_key: dict[str, QueryLineage] = {}


def column_lineage(compiled: Compiled, shapes: Mapping[str, Shape], keys: Collection[str]) -> ColumnLineage:
    """The lineage of these models' columns. shapes: the columns of relations, as the static check found them."""
    kept = (load_kept(compiled.root, _FILE, _Kept) if compiled.state else None) or _Kept()
    found: dict[str, QueryLineage] = {}
    fresh: dict[str, QueryLineage] = {}
    for key in keys:
        node = compiled.graph[key]
        if node.query is None:
            continue
        hashed, made = _of(compiled, node, shapes, kept.by_key)
        fresh[hashed] = made
        found[key] = made
    if compiled.state and not fresh.keys() <= kept.by_key.keys():
        save_kept(compiled.root, _FILE, _Kept(kept.by_key | fresh))
    return ColumnLineage(queries=found)


def _of(
    compiled: Compiled, node: Node, shapes: Mapping[str, Shape], known: Mapping[str, QueryLineage]
) -> tuple[str, QueryLineage]:
    root = str(compiled.root)
    texts = [shadow_query(compiled.graph, root, node, query, incremental=later) for query, later in queries(node)]
    reads = sorted({read.key for query, _ in queries(node) for read in query.reads if read.kind in ("model", "source")})
    read = {key: dict(shapes[key].columns) if key in shapes else {} for key in (*reads, node.key)}
    hashed = content_key([text.sql for text in texts], read)
    if hashed in known:
        return hashed, known[hashed]
    tables = {shadow(compiled.graph[key]): (key, columns) for key, columns in read.items()}
    own = list(read[node.key])
    inputs = tuple((key, column.lower()) for key in reads for column in read[key])
    return hashed, _joined([query_lineage(text.sql, tables) for text in texts], node.key, own, inputs)


def _joined(found: Iterable[QueryLineage], key: str, own: Iterable[str], inputs: tuple[Place, ...]) -> QueryLineage:
    """Both variants of a query as one. What is not understood is made of all that there is: rather too much than not.

    A column of the relation that the query does not give is one that a snapshot adds, or that was there before.
    """
    outputs: dict[str, set[Place]] = {}
    uses: set[Place] = set()
    known = True
    for query in found:
        known = known and query.known
        uses |= set(query.uses)
        for name, made in query.outputs.items():
            outputs.setdefault(name, set()).update(made)
    if not known:
        outputs = {name.lower(): set(inputs) for name in own}
        uses = set(inputs)
    return QueryLineage(
        outputs={name: tuple(sorted(place for place in made if place[0] != key)) for name, made in outputs.items()},
        uses=tuple(sorted(place for place in uses if place[0] != key)),
        known=known,
    )
