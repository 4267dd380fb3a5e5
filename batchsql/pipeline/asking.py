"""Questions about a project and its warehouse; nothing here writes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from batchsql.compiler import Assembled, Compiled, Situation, assemble, assemble_text
from batchsql.errors import BatchsqlError, EngineError, UsageError, did_you_mean
from batchsql.ledger import read_batches, read_relations, read_runs
from batchsql.pipeline.events import Options, ignore
from batchsql.pipeline.facts import code_version, versions
from batchsql.pipeline.opening import open_when_free
from batchsql.pipeline.reporting import located
from batchsql.plan import steps
from batchsql.report.words import count, moment
from batchsql.values import Interval, Target

Table = tuple[tuple[str, ...], list[tuple[Any, ...]]]


def preview(compiled: Compiled, model_or_sql: str, limit: int) -> Table:
    """Names and rows of what a model's query, or a query of the user's own, gives now: at most `limit` rows.

    An interval model is asked for all of its time at once. Raises BatchError with file and line when the query fails.
    """
    engine = open_when_free(compiled, Options(), ignore, read_only=True)
    session = engine.session()
    try:
        relations = read_relations(session)
        assembled = _assembled(compiled, model_or_sql, Situation(run_query=session.query_named))
        missing = [
            key
            for key in (compiled.graph[assembled.key].parents if assembled.key in compiled.graph.nodes else ())
            if (relation := compiled.graph[key].relation)
            and relation not in relations
            and compiled.graph[key].config.materialized != "ephemeral"
        ]
        if missing:
            raise UsageError(f"{missing[0]} is not in the warehouse yet", hint=f"batchsql build -s {missing[0]}")
        try:
            return session.query_named(f"SELECT * FROM (\n{assembled.sql}\n) LIMIT {int(limit)}")
        except EngineError as error:
            path = compiled.graph[assembled.key].path if assembled.key in compiled.graph.nodes else "--inline"
            raise located(compiled, assembled, error, path) from error
    finally:
        session.close()
        engine.close()


def _assembled(compiled: Compiled, model_or_sql: str, situation: Situation) -> Assembled:
    node = compiled.graph.nodes.get(model_or_sql)
    if node is None and len(model_or_sql.split()) == 1 and "(" not in model_or_sql:
        hint = did_you_mean(model_or_sql, compiled.graph.nodes)
        raise UsageError(f"there is no model '{model_or_sql}'", hint=hint)
    if node is None:
        return assemble_text(compiled, model_or_sql, situation)
    if node.query is None:
        return assemble_text(compiled, f"select * from {node.key}", situation)
    if node.config.by_interval and node.config.begin:
        until = node.config.end or datetime.now(UTC).replace(tzinfo=None)
        situation = msgspec.structs.replace(situation, interval=Interval(node.config.begin, until))
    return assemble(compiled, node.key, situation)


def some_slice(compiled: Compiled, key: str, situation: Situation) -> Situation:
    """The same situation with an interval, for an interval model: the first of its grid."""
    config = compiled.graph[key].config
    if not config.by_interval or config.begin is None or config.batch_size is None or situation.interval:
        return situation
    first = next(steps(config.begin, datetime.max, config.batch_size))
    return msgspec.structs.replace(situation, interval=first)


def history(
    compiled: Compiled,
    *,
    run_id: int | None = None,
    model: str | None = None,
    failed: bool = False,
    limit: int = 20,
) -> list[dict[str, Any]]:
    """Rows of the ledger, newest first: batches when a run or a model is named, else runs."""
    if model is not None and model not in compiled.graph.nodes:
        raise UsageError(f"there is no model '{model}'", hint=did_you_mean(model, compiled.graph.nodes))
    engine = open_when_free(compiled, Options(), ignore, read_only=True)
    session = engine.session()
    try:
        if run_id is None and model is None:
            return read_runs(session, failed=failed, limit=limit)
        return read_batches(session, run_id=run_id, model=model, failed=failed, limit=limit)
    finally:
        session.close()
        engine.close()


def debug_facts(compiled: Compiled) -> list[tuple[str, str]]:
    """Where things are, what is set, and whether the warehouse opens."""
    from batchsql.pipeline.opening import declared_directories

    project, target = compiled.project, compiled.project.target
    kinds = [node.kind for node in compiled.graph.nodes.values()]
    counts = ", ".join(count(kinds.count(kind), kind) for kind in ("model", "seed", "snapshot", "source", "test"))
    facts = [(name, version) for name, version in versions().items()]
    facts += [
        ("project", f"{project.name} ({project.dialect}) in {project.root}"),
        ("code version", code_version(compiled.root) or "not in git"),
        ("holds", counts),
        ("target", f"{target.name}: {target.database}, schema {target.schema}, {target.threads} threads"),
        ("settings", ", ".join(f"{name} = {value}" for name, value in target.settings.items()) or "none"),
        ("sandbox", _sandbox(target, sorted(declared_directories(compiled)))),
        ("warehouse", _warehouse(compiled)),
    ]
    return facts


def _sandbox(target: Target, directories: list[str]) -> str:
    if target.external_access:
        why = "a dbt project; external_access: false closes it" if target.profile else "external_access: true"
        return f"OFF ({why}): SQL may read and write any file and the network"
    return f"on; SQL may read and write in {', '.join(directories) or 'no folder'}, configuration is locked"


def _warehouse(compiled: Compiled) -> str:
    path = Path(compiled.project.target.database)
    if not path.exists():
        return "not there yet; `batchsql build` makes it"
    try:
        engine = open_when_free(compiled, Options(), ignore, read_only=True)
    except BatchsqlError as error:
        return error.message
    session = engine.session()
    relations = read_relations(session)
    runs = read_runs(session, limit=1)
    session.close()
    engine.close()
    last = f"; last run {runs[0]['run_id']} {runs[0]['state']}, started {moment(runs[0]['started_at'])}" if runs else ""
    return f"opens, {path.stat().st_size / 1e6:,.1f} MB, {count(len(relations), 'relation')}{last}"
