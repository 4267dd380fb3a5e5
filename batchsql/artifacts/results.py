"""What became of each node of a run, in dbt's words: the artifact run_results, and `results` of on-run-end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct

from batchsql.artifacts.identity import Identity
from batchsql.artifacts.manifest import Invocation, Manifest, metadata
from batchsql.values import Batch, Graph, Interval, Outcome, Project, RunResult, Verdict
from batchsql.values.unit_tests import UnitResult

Status = Literal["success", "error", "skipped", "partial success", "no-op", "pass", "fail", "warn"]
_WORST: tuple[Status, ...] = ("error", "fail", "warn", "pass")
_OF_VERDICTS: dict[str, Status] = {"pass": "pass", "warn": "warn", "fail": "fail", "error": "error"}


class NodeResult(Struct, frozen=True, kw_only=True):
    """What became of one node. started_at: naive, in UTC; None where it never started. seconds: of wall clock.

    failures: of a test, rows that failed. batches: of a model by intervals, those that landed, and those that did not.
    """

    unique_id: str
    status: Status
    message: str | None = None
    failures: int | None = None
    rows: int | None = None
    started_at: datetime | None = None
    seconds: float = 0.0
    compiled_code: str | None = None
    relation_name: str | None = None
    thread: str = "Thread-1 (worker)"
    batches: dict[str, list[Interval]] | None = None

    @property
    def failed(self) -> bool:
        """Whether dbt would end with code 1 for it."""
        return self.status in ("error", "fail", "partial success")

    def record(self) -> dict[str, Any]:
        """As it stands in run_results."""
        return {
            "status": self.status,
            "timing": self._timing(),
            "thread_id": self.thread,
            "execution_time": self.seconds,
            "adapter_response": self.response,
            "message": self.message,
            "failures": self.failures,
            "unique_id": self.unique_id,
            "compiled": self.compiled_code is not None or None,
            "compiled_code": self.compiled_code,
            "relation_name": self.relation_name,
            "batch_results": self._batches(),
        }

    @property
    def response(self) -> dict[str, Any]:
        """What the engine said of it."""
        if self.status in ("error", "skipped", "no-op"):
            return {}
        if self.unique_id.startswith("seed."):
            return {"_message": self.message or "", "code": "INSERT", "rows_affected": self.rows or 0}
        return {"_message": "OK"}

    def _timing(self) -> list[dict[str, Any]]:
        if self.started_at is None:
            return []
        start, end = self.started_at, self.started_at + timedelta(seconds=self.seconds)
        steps = (("compile", start, start), ("execute", start, end))
        return [{"name": name, "started_at": _moment(a), "completed_at": _moment(b)} for name, a, b in steps]

    def _batches(self) -> dict[str, Any] | None:
        if self.batches is None:
            return None
        return {
            state: [[_moment(each.start), _moment(each.end)] for each in intervals]
            for state, intervals in self.batches.items()
        }


def run_results(
    results: Iterable[NodeResult], invocation: Invocation, arguments: Mapping[str, Any], seconds: float
) -> dict[str, Any]:
    """The artifact. arguments: what the command was given; `which` is its name."""
    return {
        "metadata": metadata("run-results/v6", invocation),
        "results": [result.record() for result in results],
        "elapsed_time": seconds,
        "args": dict(arguments),
    }


def node_results(
    result: RunResult,
    found: Manifest,
    compiled_code: Mapping[str, str],
    ids: Mapping[str, str],
    graph: Graph,
    package: str,
    chosen: frozenset[str] | None = None,
) -> list[NodeResult]:
    """What became of the nodes of a run, models before the tests that judged them, or would have.

    compiled_code: the text of queries by unique id. ids: what ids_by_key gives. package: the project's name, of which
    unit tests are. chosen: unique ids of what was selected; None for all.
    """
    batches: dict[str, list[Outcome]] = {}
    for outcome in result.outcomes:
        batches.setdefault(outcome.batch.model, []).append(outcome)
    held = {key for key, each in batches.items() if all(outcome.state == "skipped" for outcome in each)}
    results = _of_unit_tests(result, package, held)
    verdicts: dict[str, list[tuple[Verdict, Outcome]]] = {}
    for key, outcomes in batches.items():
        loading = [outcome for outcome in outcomes if outcome.batch.judges == "batch"]
        if loading and key in ids and _lands(ids[key], found):
            results.append(_of_model(ids[key], loading, found, compiled_code))
        for outcome in outcomes:
            for verdict in outcome.verdicts:
                verdicts.setdefault(verdict.check, []).append((verdict, outcome))
    nodes = found["nodes"]
    results += [
        _of_test(ids[check], each, nodes.get(ids[check], {}).get("config", {}))
        for check, each in verdicts.items()
        if check in ids
    ]
    for key, outcomes in batches.items() if result.judges else ():
        if any(outcome.state in ("failed", "skipped") or outcome.started_at is None for outcome in outcomes):
            unasked = [ids[check.name] for check in graph[key].checks if check.name in ids.keys() - verdicts.keys()]
            wanted = [unique_id for unique_id in unasked if not chosen or unique_id in chosen]
            results += [NodeResult(unique_id=unique_id, status="skipped") for unique_id in wanted]
    results += [
        NodeResult(unique_id=ids[each.model], status="no-op", message=each.reason)
        for each in result.not_due
        if each.model in ids and each.model not in batches
    ]
    return results


def _lands(unique_id: str, found: Manifest) -> bool:
    """Whether dbt would run it: no source, and no ephemeral model, whose batches only judge."""
    node = found["nodes"].get(unique_id)
    return node is not None and node["config"]["materialized"] != "ephemeral"


def hook_results(result: RunResult) -> list[NodeResult]:
    """What became of the hooks of a run."""
    words: dict[str, Status] = {"committed": "success", "failed": "error", "skipped": "skipped"}
    return [
        NodeResult(
            unique_id=hook.unique_id,
            status=words[hook.state],
            message=hook.error or f"{hook.unique_id.split('.', 2)[2]} passed",
            failures=int(hook.state == "failed"),
            started_at=hook.started_at,
            seconds=hook.seconds,
            compiled_code=hook.sql or None,
            thread="main",
        )
        for hook in result.hooks
    ]


def ids_by_key(project: Project, graph: Graph) -> dict[str, str]:
    """Unique ids by the names under which a run knows things: of models and checks their names, `group.name`."""
    identity = Identity(project)
    ids: dict[str, str] = {}
    for node in graph.nodes.values():
        declared = node.model.checks if node.model else node.source.checks if node.source else ()
        ids |= {check.name: identity.of_check(check, node) for check in declared}
    ids |= {node.key: identity.of_model(node.model) for node in graph.nodes.values() if node.model}
    ids |= {node.key: identity.of_source(node.source) for node in graph.nodes.values() if node.source}
    return ids


def _of_unit_tests(result: RunResult, package: str, held: set[str]) -> list[NodeResult]:
    """What became of the unit tests of a build. held: models that were not to run anyway.

    Where a model's query cannot run, one of its unit tests tells so, and the others are skipped, as in dbt.
    """
    found: list[NodeResult] = []
    broken: set[str] = set()
    for each in result.unit_tests:
        model = each.test.model
        found.append(unit_test_result(each, package, held=model in held | broken))
        if each.state == "error":
            broken.add(model)
    return found


def unit_test_result(result: UnitResult, project: str, *, held: bool = False) -> NodeResult:
    """What became of a unit test. held: whether its model was not to run anyway, when dbt does not run it either."""
    if held:
        return NodeResult(unique_id=result.test.unique_id(project), status="skipped")
    differ = len(result.differences)
    message = result.error or (f"actual differs from expected in {differ} rows" if result.state == "fail" else None)
    return NodeResult(
        unique_id=result.test.unique_id(project),
        status=_OF_VERDICTS[result.state],
        message=message,
        failures=None if result.state == "error" else int(result.state == "fail"),
        seconds=result.seconds,
    )


def _of_model(unique_id: str, outcomes: list[Outcome], found: Manifest, compiled_code: Mapping[str, str]) -> NodeResult:
    bad = [outcome for outcome in outcomes if outcome.state != "committed"]
    good = [outcome for outcome in outcomes if outcome.state == "committed"]
    by_interval = any(outcome.batch.interval for outcome in outcomes)
    started = [outcome.started_at for outcome in outcomes if outcome.started_at]
    rows = sum(outcome.rows_written for outcome in good)
    status: Status = "success"
    if bad:
        skipped = all(outcome.started_at is None for outcome in bad)  # held back by unit tests, or what it reads
        status = "partial success" if good and by_interval else "skipped" if skipped else "error"
    message = next((outcome.error for outcome in bad if outcome.error), None)
    if not bad:
        message = f"INSERT {rows}" if unique_id.startswith("seed.") else "OK"
    return NodeResult(
        unique_id=unique_id,
        status=status,
        message=message,
        rows=rows if good else None,
        started_at=min(started, default=None),
        seconds=sum(outcome.seconds for outcome in outcomes),
        compiled_code=compiled_code.get(unique_id),
        relation_name=found["nodes"][unique_id]["relation_name"],
        batches={"successful": _intervals(good), "failed": _intervals(bad)} if by_interval else None,
    )


def _intervals(outcomes: list[Outcome]) -> list[Interval]:
    batches: list[Batch] = [outcome.batch for outcome in outcomes]
    return [batch.interval for batch in batches if batch.interval]


def _of_test(unique_id: str, judged: list[tuple[Verdict, Outcome]], config: Mapping[str, Any]) -> NodeResult:
    states = {_OF_VERDICTS[verdict.state] for verdict, _ in judged}
    status = next(state for state in _WORST if state in states)
    failures = 0 if status == "pass" else sum(verdict.failures for verdict, _ in judged)  # as dbt says it
    message = None if status == "pass" else _worded(judged, status, failures, config)
    last = judged[-1][1]
    return NodeResult(
        unique_id=unique_id,
        status=status,
        message=message,
        failures=None if status == "error" else failures,
        started_at=last.started_at,
        seconds=0.0,
    )


def _worded(judged: list[tuple[Verdict, Outcome]], status: Status, failures: int, config: Mapping[str, Any]) -> str:
    """What dbt says of a test; of one that could not be evaluated, why."""
    if status == "error":
        return next(verdict.message for verdict, _ in judged if verdict.state == "error")
    verb, condition = ("warn", "warn_if") if status == "warn" else ("fail", "error_if")
    results = "result" if failures == 1 else "results"
    return f"Got {failures} {results}, configured to {verb} if {config.get(condition, '!= 0')}"


def _moment(moment: datetime) -> str:
    return f"{moment.isoformat()}Z"


class ResultObject(dict[str, Any]):
    """What became of a node, as templates see it in `results`: the keys of a result, `node`, and to_dict()."""

    def __init__(self, result: NodeResult, node: Mapping[str, Any]) -> None:
        super().__init__(result.record())
        code = {"compiled": True, "compiled_code": result.compiled_code} if result.compiled_code else {}
        self["node"] = Thing({**node, **code})
        self["timing"] = [Thing(each) for each in self.get("timing") or ()]

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:  # noqa: ARG002  as dbt's is called
        """The same as a plain dictionary."""
        return {**self, "node": dict(self["node"]), "timing": [dict(each) for each in self["timing"]]}


class Thing(dict[str, Any]):
    """A node, or a stretch of its time, as templates see it in `results`: its keys, and to_dict()."""

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:  # noqa: ARG002  as dbt's is called
        """The same as a plain dictionary."""
        return dict(self)
