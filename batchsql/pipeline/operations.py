"""What is done in the warehouse outside of batches: a macro that is called by name, and clones of another state."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from batchsql.compiler import Compiled, Situation
from batchsql.compiler.operations import render_operation
from batchsql.errors import BatchError, BatchsqlError, UsageError, did_you_mean
from batchsql.ledger import read_relations
from batchsql.pipeline.attempt import utc_now
from batchsql.pipeline.events import Listener, Note, Options
from batchsql.pipeline.opening import open_when_free
from batchsql.values import Node, quote
from batchsql.values.project import RunHook

_ARGUMENTS = "__arguments"


def run_operation(
    compiled: Compiled, macro: str, arguments: Mapping[str, Any], invocation_id: str, on_event: Listener
) -> None:
    """Call a macro, `name` or `package.name`; what it runs is committed a statement at a time.

    Raises UsageError where there is no such macro, BatchError where it fails.
    """
    called = _qualified(compiled, macro)
    engine = open_when_free(compiled, Options(), on_event)
    session = engine.session()

    def log(message: str, on_screen: bool) -> None:
        if on_screen:
            on_event(Note(message))

    situation = Situation(
        run_started_at=utc_now(), invocation_id=invocation_id, run_query=session.query_named, on_log=log
    )
    text = f"{{% do {called}(**{_ARGUMENTS}) %}}"
    try:
        render_operation(compiled, RunHook(sql=text, path="--macro", line=1), situation, {_ARGUMENTS: arguments})
    except BatchsqlError as error:
        session.rollback()
        raise BatchError(
            error.message, path=error.path, line=error.line, source_line=error.source_line, hint=error.hint
        ) from error
    finally:
        session.close()
        engine.close()


def _qualified(compiled: Compiled, macro: str) -> str:
    """The macro as a template names it: one that only a package has with the package. Raises UsageError for none."""
    package, _, name = macro.rpartition(".")
    own = "" if package == compiled.project.name else package
    names = compiled.macro_names
    known = names.get(own, set()) if package else {each for found in names.values() for each in found}
    if own != "dbt" and name not in known:
        raise UsageError(f"there is no macro '{macro}'", hint=did_you_mean(name, known) or "is its package installed?")
    if package or name in names[""]:
        return macro
    return next(f"{owner}.{name}" for owner in sorted(names) if name in names[owner])


class Cloned(Struct, frozen=True):
    """What became of one clone. state: made; there (it was there already, and is left alone); failed."""

    key: str
    state: str
    seconds: float = 0.0
    message: str = ""


def clone(
    compiled: Compiled, keys: Sequence[str], origins: Mapping[str, str], on_event: Listener, *, anew: bool = False
) -> list[Cloned]:
    """Make each relation a view on the one that another state has of it.

    origins: quoted names, by key. anew: also where there is a relation already.
    """
    engine = open_when_free(compiled, Options(), on_event)
    session = engine.session()
    found = []
    try:
        relations = read_relations(session)
        for key in keys:
            node = compiled.graph[key]
            if node.relation is None or key not in origins or node.config.materialized == "ephemeral":
                continue
            if node.relation in relations and not anew:
                found.append(Cloned(key, "there", message="No-op"))
                continue
            started = time.perf_counter()
            session.begin()
            try:
                for statement in _statements(node, origins[key], relations.get(node.relation)):
                    session.execute(statement)
                session.commit()
                found.append(Cloned(key, "made", time.perf_counter() - started, "CREATE VIEW"))
            except BatchsqlError as error:
                session.rollback()
                found.append(Cloned(key, "failed", time.perf_counter() - started, error.message))
    finally:
        session.close()
        engine.close()
    return found


def _statements(node: Node, origin: str, there: str | None) -> list[str]:
    assert node.relation is not None  # noqa: S101  the caller leaves out what has none
    return [
        f"CREATE SCHEMA IF NOT EXISTS {quote(node.relation.schema)}",
        *([f"DROP {there.upper()} {node.relation.sql}"] if there in ("table", "view") else []),
        f"CREATE VIEW {node.relation.sql} AS SELECT * FROM {origin}",
    ]
