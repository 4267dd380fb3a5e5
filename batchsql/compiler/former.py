"""The texts of queries by their fingerprints, so that a plan can say what of a query was changed since it was loaded.

A fingerprint means one text, wherever it is kept; where it is not known here, the plan says less, and nothing else.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from batchsql.compiler.cache import load_kept, save_kept
from batchsql.compiler.compile import Compiled
from batchsql.sql import difference
from batchsql.values import LedgerState, Plan
from batchsql.values.lineage import Difference

_FILE = "former.msgpack"
_MOST = 4  # texts of a model
CHANGED = "code changed"


class _Kept(Struct):
    texts: dict[str, dict[str, str]] = {}


def remember_texts(compiled: Compiled) -> None:
    """Keep the texts of the project as it is now, beside those it had."""
    kept = (load_kept(compiled.root, _FILE, _Kept) if compiled.state else None) or _Kept()
    fresh = False
    for key, node in compiled.graph.nodes.items():
        if node.query is None or not node.fingerprint or node.fingerprint in kept.texts.get(key, {}):
            continue
        known = list(kept.texts.get(key, {}).items())[1 - _MOST :]
        kept.texts[key] = {**dict(known), node.fingerprint: node.query.sql}
        fresh = True
    if fresh and compiled.state:
        save_kept(compiled.root, _FILE, kept)


def with_differences(compiled: Compiled, plan: Plan, state: LedgerState) -> Plan:
    """The plan, in which batches of changed code say what was changed, where the former text is known."""
    if not any(batch.reason == CHANGED for batch in plan.batches):
        return plan
    kept = load_kept(compiled.root, _FILE, _Kept) or _Kept()
    said: dict[str, str] = {}
    for key in {batch.model for batch in plan.batches if batch.reason == CHANGED}:
        node, loaded = compiled.graph[key], state.newest.get(key)
        before = kept.texts.get(key, {}).get(loaded.fingerprint) if loaded else None
        found = difference(before, node.query.sql) if before and node.query else None
        said[key] = in_words(found) if found else CHANGED
    return replace(
        plan,
        batches=tuple(
            replace(batch, reason=said[batch.model]) if batch.reason == CHANGED else batch for batch in plan.batches
        ),
    )


def in_words(found: Difference) -> str:
    """`code changed: column dep_hour added`; what only adds columns says nothing else."""
    parts = [
        f"{'column' if len(names) == 1 else 'columns'} {', '.join(names)} {what}"
        for names, what in ((found.added, "added"), (found.removed, "gone"), (found.changed, "made otherwise"))
        if names
    ]
    if found.rows:
        parts.append("other rows")
    return f"{CHANGED}: {'; '.join(parts)}" if parts else CHANGED
