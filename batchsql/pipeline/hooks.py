"""SQL around batches and around runs: hooks of models, and those of the project before and after a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from batchsql.artifacts import NodeResult, ResultObject, hook_ids, node_results
from batchsql.compiler import Compiled, Situation, render_hook
from batchsql.compiler.operations import render_operation
from batchsql.engines.base import Session
from batchsql.errors import BatchError, BatchsqlError, EngineError
from batchsql.pipeline.reporting import error_report
from batchsql.values import HookOutcome, Node, RunResult
from batchsql.values.project import RunHook

Log = Callable[[str, bool], None]


def run_model_hooks(
    compiled: Compiled, node: Node, kind: str, hooks: Sequence[str], situation: Situation, session: Session
) -> None:
    """Run the hooks of a model, in whatever transaction is open. Raises BatchError; EngineError for a lost conflict."""
    for hook in hooks:
        sql = render_hook(compiled, node, hook, situation)
        try:
            if sql.strip():
                session.run_script(sql)
        except EngineError as error:
            if error.conflict:
                raise
            line = next(iter(sql.strip().splitlines()), "")
            raise BatchError(f"the {kind} `{line}` failed: {error.message}", path=node.path) from error


class RunHooks:
    """The hooks of a project in one run: each statement in a transaction of its own, unless a hook begins one."""

    def __init__(
        self, compiled: Compiled, session: Session, invocation_id: str, started_at: datetime, log: Log
    ) -> None:
        self._compiled = compiled
        self._session = session
        self._situation = Situation(
            run_started_at=started_at, invocation_id=invocation_id, run_query=session.query_named, on_log=log
        )

    def before(self) -> tuple[HookOutcome, ...]:
        """Run `on-run-start`. After one that fails, the rest is skipped, and so may be the run: see `skipped`."""
        return self._run(self._compiled.project.on_run_start, "on-run-start", {})

    def after(self, result: RunResult) -> tuple[HookOutcome, ...]:
        """Run `on-run-end`, which sees what became of the run."""
        hooks = self._compiled.project.on_run_end
        return self._run(hooks, "on-run-end", _after_a_run(self._compiled, result)) if hooks else ()

    def _run(self, hooks: Sequence[RunHook], when: str, names: Mapping[str, Any]) -> tuple[HookOutcome, ...]:
        outcomes: list[HookOutcome] = []
        for hook, unique_id in zip(hooks, hook_ids(self._compiled.project, hooks, when), strict=True):
            if any(outcome.state == "failed" for outcome in outcomes):
                outcomes.append(HookOutcome(hook=hook, unique_id=unique_id, state="skipped"))
            else:
                outcomes.append(self._one(HookOutcome(hook=hook, unique_id=unique_id, state="committed"), names))
        return tuple(outcomes)

    def _one(self, outcome: HookOutcome, names: Mapping[str, Any]) -> HookOutcome:
        began, started = datetime.now(UTC).replace(tzinfo=None), time.perf_counter()
        error: BatchsqlError | None = None
        sql = ""
        try:
            sql = render_operation(self._compiled, outcome.hook, self._situation, names)
            if sql.strip():
                self._session.query(sql)
        except (BatchsqlError, EngineError) as failure:
            self._session.rollback()
            error = _located(failure, outcome)
        return msgspec.structs.replace(
            outcome,
            state="failed" if error else "committed",
            sql=sql,
            error=error.message if error else "",
            error_report=error_report(self._compiled.root, error) if error else {},
            started_at=began,
            seconds=time.perf_counter() - started,
        )


def _located(error: BatchsqlError, outcome: HookOutcome) -> BatchsqlError:
    """The error with the place of the hook, where it has no place of its own."""
    if error.path:
        return error
    hook = outcome.hook
    return BatchError(f"the hook failed: {error.message}", path=hook.path, line=hook.line or None)


def _after_a_run(compiled: Compiled, result: RunResult) -> dict[str, Any]:
    """What templates know after a run: `results`, `schemas`, `database_schemas`."""
    found = compiled.described
    ids = compiled.ids
    code = {ids[outcome.batch.model]: outcome.sql for outcome in result.outcomes if outcome.batch.model in ids}
    ran = msgspec.structs.replace(result, not_due=())  # for packages, what is no success is a failure
    results = node_results(ran, found, code, ids, compiled.graph, compiled.project.name, compiled.chosen)
    places = dict.fromkeys(
        (node["database"], node["schema"])
        for each in results
        if each.status == "success" and (node := found["nodes"].get(each.unique_id))
        if node["resource_type"] in ("model", "seed", "snapshot") and node["relation_name"]
    )
    return {
        "results": [_object(each, found["nodes"] | found["unit_tests"]) for each in results],
        "schemas": list(dict.fromkeys(schema for _, schema in places)),
        "database_schemas": list(places),
    }


def _object(result: NodeResult, nodes: Mapping[str, Any]) -> ResultObject:
    return ResultObject(result, nodes.get(result.unique_id, {"unique_id": result.unique_id}))


def skipped(outcomes: Sequence[HookOutcome]) -> str:
    """Why nothing runs after these hooks; empty where all of them ended well that must."""
    failed = next((outcome for outcome in outcomes if outcome.state == "failed" and outcome.hook.required), None)
    return f"on-run-start failed: {failed.error}" if failed else ""
