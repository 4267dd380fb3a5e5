"""The due rule: a batch is due when the ledger holds no committed batch of the same code, slice and inputs.

Batch ids grow, so an upstream model is newer than what read it exactly when its newest batch id is higher: no versions
of models need comparing. Files and relations outside the project are compared with what the batch recorded.

Loaded intervals stay loaded when the code changes (`on_change: forward`); `lookback`, `--start/--end` and
`--full-refresh` load them again. An interval upstream that re-loaded one of its intervals makes just the overlapping
ones due; of other inputs, the rows of each interval are compared with what was read (see late.py).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import dropwhile
from typing import get_args

import msgspec
from msgspec import Struct

from batchsql.plan.intervals import Coverage, whole_steps
from batchsql.plan.late import Answers, Findings, LateRows
from batchsql.values import DAMAGED, Batch, Graph, Input, Interval, LedgerState, Materialized, Node, NotDue, Plan
from batchsql.values.keeping import UNDONE
from batchsql.values.readings import Wanted
from batchsql.values.run import Loaded

_BUILT_IN = get_args(Materialized)


class PlanRequest(Struct, frozen=True, kw_only=True):
    """What the user asks for beyond what is due. now, start and end are UTC; [start, end) is half-open.

    force: everything selected is due, as it is in dbt: of an interval model its last interval, and those of `lookback`;
           late rows of others are not looked for.
    checks: whether a batch may be due for its checks alone.
    look_ahead: say also which intervals will be due when tables that they read have run; costs a run of their queries.
    """

    now: datetime
    full_refresh: bool = False
    force: bool = False
    checks: bool = True
    look_ahead: bool = False
    start: datetime | None = None
    end: datetime | None = None

    @property
    def asked(self) -> Interval | None:
        """The range to load again, None when none was asked for."""
        if self.start is None and self.end is None:
            return None
        return Interval(self.start or datetime.min, self.end or datetime.max)


def tangible_parents(graph: Graph, key: str) -> tuple[str, ...]:
    """The nodes a node reads, looking through ephemeral models to what those read; sorted."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(graph[key].parents)
    while waiting:
        parent = waiting.pop()
        if parent in seen:
            continue
        seen.add(parent)
        if graph[parent].config.materialized == "ephemeral" and graph[parent].kind == "model":
            waiting.extend(graph[parent].parents)
        else:
            found.add(parent)
    return tuple(sorted(found))


def make_plan(
    graph: Graph,
    selected: Collection[str],
    state: LedgerState,
    versions: Mapping[str, tuple[Input, ...]],
    request: PlanRequest,
    answers: Answers | None = None,
) -> Plan:
    """Decide what runs. versions: for each node that reads files or relations outside the project, their versions now.

    selected: keys of models, seeds and snapshots; others are ignored. Pure: nothing is read or written. Where the plan
    depends on more than is known, `Plan.wanted` says what to find out; it is whole when nothing is wanted.
    """
    planner = _Planner(graph, state, versions, request, answers or {})
    for key, node in graph.nodes.items():
        if _runs(node):
            planner.consider(node, selected=key in selected)
    return Plan(
        batches=tuple(planner.batches),
        not_due=tuple(planner.not_due),
        notes=tuple(planner.notes),
        later=tuple(NotDue(key, reason) for key, reason in planner.later.items()),
        wanted=tuple(planner.wanted),
    )


def _runs(node: Node) -> bool:
    """Whether a node has batches of its own.

    Those of a source write nothing: they check it before it is read. So do those of a test, or of an ephemeral model,
    that reads nothing.
    """
    return node.writes or bool(node.checks)


def _keeps_history(node: Node) -> bool:
    """Whether the relation holds what its inputs no longer tell: nothing but dropping it by hand may lose that."""
    return node.config.materialized == "snapshot"


class _Planner:
    """The plan so far.

    planned: which intervals of a model will run (None for the whole relation).
    moved: views that are due but not selected. later: what is decided when others have run, and why.
    """

    def __init__(
        self,
        graph: Graph,
        state: LedgerState,
        versions: Mapping[str, tuple[Input, ...]],
        request: PlanRequest,
        answers: Answers,
    ) -> None:
        self.graph = graph
        self.state = state
        self.versions = versions
        self.request = request
        self.batches: list[Batch] = []
        self.not_due: list[NotDue] = []
        self.notes: list[NotDue] = []
        self.planned: dict[str, list[Interval | None]] = {}
        self.moved: set[str] = set()
        self.later: dict[str, str] = {}
        self.wanted: list[Wanted] = []
        self._late = LateRows(graph, state, versions, answers, look_ahead=request.look_ahead)
        self._findings: dict[str, Findings] = {}
        self._coverages: dict[str, Coverage] = {}
        self._shown: dict[str, int] = {}

    def consider(self, node: Node, *, selected: bool) -> None:
        """Add the node's due batches, or say why there are none.

        Of what is not selected only views matter: one that is due shows other rows than when its readers read it.
        """
        if not selected:
            if node.config.materialized == "view" and node.kind == "model" and self._whole_reason(node):
                self.moved.add(node.key)
            return
        if waits_for := self._waits_for(node):
            self.later[node.key] = waits_for
            return
        batches = self._interval_batches(node) if node.config.by_interval else self._whole_batch(node)
        if node.key in self.later:
            self.not_due = [entry for entry in self.not_due if entry.model != node.key]
            self.notes = [entry for entry in self.notes if entry.model != node.key]
            return
        if batches:
            self.batches.extend(batches)
            self.planned[node.key] = [batch.interval for batch in batches]
        elif judging := self._judging_batch(node):
            self.not_due.pop()
            self.batches.append(judging)

    def _waits_for(self, node: Node) -> str:
        """Why a node cannot be decided before others have run; nothing where it can."""
        undecided = next(
            (other for other in (*tangible_parents(self.graph, node.key), *node.after) if other in self.later), None
        )
        return f"after {undecided}" if undecided else ""

    def _judging_batch(self, node: Node) -> Batch | None:
        """A batch that loads nothing.

        It tries new code of loaded intervals, or runs checks that have a reason to, or notes that inputs changed but no
        interval of them.
        """
        loaded = self.state.newest.get(node.key)
        if loaded is None:
            return None
        compared = self._compared(node)
        batch = self._reason_to_judge(node, loaded)
        if batch is None and compared:
            return Batch(
                model=node.key,
                reason="inputs changed, but no rows of loaded intervals: noted",
                judges="others",
                compared=compared,
            )
        return batch and msgspec.structs.replace(batch, compared=compared)

    def _compared(self, node: Node) -> tuple[tuple[str, str], ...]:
        """The inputs that all loaded intervals are level with once what is planned is in."""
        if node.key not in self._findings or self.request.asked:
            return ()
        return tuple(sorted(self._findings[node.key].compared.items()))

    def _reason_to_judge(self, node: Node, loaded: Loaded) -> Batch | None:
        if node.config.by_interval and self._code_changed(node) and loaded.judged_code != node.fingerprint:
            return Batch(model=node.key, reason="code changed, no interval is due: tried, not loaded", judges="others")
        if not (node.checks or node.checks_fingerprint) or not self.request.checks:
            return None
        if loaded.checks_fingerprint != node.checks_fingerprint:
            return Batch(model=node.key, reason="checks changed", judges="everything")
        for other in node.after:
            newest = self.state.newest.get(other)
            if other in self.planned or (newest is not None and newest.batch_id > loaded.judged_by):
                return Batch(model=node.key, reason=f"its checks look at {other}, loaded since", judges="others")
        return None

    def _whole_batch(self, node: Node) -> list[Batch]:
        reason = self._whole_reason(node)
        if reason is None:
            self.not_due.append(NotDue(node.key, "up to date"))
            return []
        rebuild = node.writes and (self._rebuilds(node) or node.config.materialized in ("view", "table", "external"))
        return [Batch(model=node.key, reason=reason, rebuild=rebuild)]

    def _whole_reason(self, node: Node) -> str | None:
        return self._missing(node) or self._failed_last_time(node) or self._changed(node)

    def _missing(self, node: Node) -> str | None:
        """Why the relation must be made whatever else is the case."""
        if self.request.full_refresh and node.config.full_refresh is not False and not _keeps_history(node):
            return "full refresh"
        if self.request.force:
            return "asked for"
        if node.key not in self.state.newest:
            return None if (node.key, None) in self.state.unfinished else "first load"
        if node.relation is None or not node.writes or node.config.materialized == "table_function":
            return None
        if node.relation not in self.state.relations:
            return f"{node.relation} is missing from the warehouse"
        if node.config.materialized not in _BUILT_IN:
            return None  # what a macro of the project makes, it alone knows
        wanted = node.config.shows_as
        there = self.state.relations[node.relation]
        return None if wanted == there else f"{node.relation} is a {there}, and is to be a {wanted}"

    def _failed_last_time(self, node: Node) -> str | None:
        return _last_time(self.state.unfinished.get((node.key, None)))

    def _rebuilds(self, node: Node) -> bool:
        """Whether what the relation holds is to be dropped. A table that the ledger does not know is gone on with."""
        if self.state.relations.get(node.relation) != "table" if node.relation else True:
            return True
        if _keeps_history(node) or node.config.full_refresh is False:
            return False
        if self.request.full_refresh or node.config.full_refresh is True:
            return True
        if self.state.unfinished.get((node.key, None)) == DAMAGED:
            return True
        return node.config.on_change == "rebuild" and self._code_changed(node)

    def _code_changed(self, node: Node) -> bool:
        """Whether what is loaded, or some interval of it, was made by other code."""
        if node.config.by_interval:
            return bool(self.state.codes.get(node.key, {}).keys() - {node.fingerprint})
        loaded = self.state.newest.get(node.key)
        return loaded is not None and loaded.fingerprint != node.fingerprint

    def _changed(self, node: Node) -> str | None:
        """Why a loaded relation is due again."""
        if self._code_changed(node):
            return "code changed"
        loaded = self.state.newest[node.key]
        for parent in self._models_read(node):
            if parent in self.planned:
                return f"upstream {parent} runs"
            if parent in self.moved:
                return f"upstream {parent} shows other rows"
            if self._newest_id(parent) > loaded.batch_id:
                return f"upstream {parent} was loaded since"
        changed = describe_changes(loaded.inputs, self.versions.get(node.key, ()))
        if changed:
            return changed
        if node.query and node.query.volatile and node.config.on_volatile == "rerun":
            return f"calls {node.query.volatile[0]}(), whose value changes by itself"
        return None

    def _models_read(self, node: Node) -> list[str]:
        """What it reads of the project's own; sources are known by the versions of their files."""
        return [parent for parent in tangible_parents(self.graph, node.key) if self.graph[parent].kind != "source"]

    def _newest_id(self, key: str) -> int:
        """The newest batch id of a model; of a view, also of what it shows."""
        loaded = self.state.newest.get(key)
        own = loaded.batch_id if loaded else 0
        if self.graph[key].config.materialized != "view":
            return own
        if key not in self._shown:
            behind = [self._newest_id(parent) for parent in self._models_read(self.graph[key])]
            self._shown[key] = max([own, *behind])
        return self._shown[key]

    def _interval_batches(self, node: Node) -> list[Batch]:
        config = node.config
        assert config.begin is not None  # noqa: S101  resolve_config has made sure of both
        assert config.batch_size is not None  # noqa: S101
        begin, now = self._reach(node)
        grid = whole_steps(begin, config.end, now, config.batch_size, until_now=config.until_now)
        rebuild = self._rebuilds(node)
        coverage = Coverage({} if rebuild else self.state.intervals.get(node.key, {}))
        reasons = {interval: self._interval_reason(node, interval, coverage, rebuild) for interval in grid}
        self._look_back(node, grid, coverage, reasons)
        if not (rebuild or self.request.asked or self.request.force):
            self._note_late_rows(node, grid, reasons)
        if self.request.force and not self.request.asked:
            reasons |= dict.fromkeys(grid[-1 - config.lookback :], "asked for")
        asked = self.request.asked
        if asked:
            reasons = {i: "asked for" if i.overlaps(asked) else None for i in grid}
            rebuild = rebuild and node.relation not in self.state.relations
        due = [interval for interval in grid if reasons[interval]]
        older = self._made_by_older_code(node)
        if not due:
            self.not_due.append(NotDue(node.key, self._interval_excuse(node, grid)))
        elif older and not rebuild:
            self.notes.append(NotDue(node.key, older))
        return [
            Batch(
                model=node.key,
                interval=interval,
                reason=reasons[interval] or "",
                rebuild=rebuild and number == 0,
                last=number == len(due) - 1,
                compared=self._compared(node) if number == len(due) - 1 else (),
            )
            for number, interval in enumerate(due)
        ]

    def _note_late_rows(self, node: Node, grid: list[Interval], reasons: dict[Interval, str | None]) -> None:
        """Make loaded intervals due that hold other rows than their inputs do now."""
        found = self._findings[node.key] = self._late.findings(node, self.planned.keys())
        self.wanted += found.wanted
        if found.waits_for:
            self.later[node.key] = f"which of its intervals change is known when {found.waits_for} has run"
        late: dict[Interval, list[str]] = {}
        starts = [interval.start for interval in grid]
        for stretch, reason in found.late:
            for interval in grid[max(bisect_right(starts, stretch.start) - 1, 0) : bisect_left(starts, stretch.end)]:
                if interval.overlaps(stretch) and reason not in late.setdefault(interval, []):
                    late[interval].append(reason)
        for interval, why in late.items():
            reasons[interval] = reasons[interval] or "; ".join(why)

    def _interval_reason(self, node: Node, interval: Interval, coverage: Coverage, rebuild: bool) -> str | None:
        failed = _last_time(self.state.unfinished.get((node.key, interval)))
        if rebuild:
            failed = failed or self._failed_last_time(node)
            return failed or self._missing(node) or ("code changed" if self._code_changed(node) else "first load")
        if failed or not coverage.holds(interval):
            return failed or "not loaded yet"
        if going_on := self._loaded_too_early(node, interval, coverage):
            return going_on
        own = coverage.oldest_batch(interval)
        for parent in self._intervals_read(node):
            if any(planned is not None and planned.overlaps(interval) for planned in self.planned.get(parent, ())):
                return f"upstream {parent} loads it again"
            if self._coverage_of(parent).newest_batch(interval) > own:
                return f"upstream {parent} loaded it again"
        return None

    def _reach(self, node: Node) -> tuple[datetime, datetime]:
        """Where a model's grid begins, and until when it goes: as far as a range that is asked for, as in dbt."""
        begin, now, (start, end) = node.config.begin, self.request.now, (self.request.start, self.request.end)
        assert begin is not None  # noqa: S101  resolve_config has made sure of it
        if not node.config.until_now:
            return begin, now
        return min(begin, start or begin), max(now, end - datetime.resolution) if end else now

    def _loaded_too_early(self, node: Node, interval: Interval, coverage: Coverage) -> str | None:
        """Why what was loaded while an interval was going on is not all of it by now."""
        newest = coverage.newest_batch(interval)
        early = [each for each in self.state.early.get(node.key, ()) if each.overlaps(interval)]
        if not any(self.state.intervals[node.key][each] == newest for each in early):
            return None
        read = self.state.inputs.get(node.key, {}).get(interval)
        if (node.query and node.query.volatile) or self._input_is_newer(node, newest, read):
            return "was not over yet when it was loaded"
        return None

    def _intervals_read(self, node: Node) -> list[str]:
        """The interval models it reads, directly or through views."""
        found: set[str] = set()
        waiting = self._models_read(node)
        while waiting:
            parent = self.graph[waiting.pop()]
            if parent.config.by_interval:
                found.add(parent.key)
            elif parent.config.materialized == "view":
                waiting.extend(self._models_read(parent))
        return sorted(found)

    def _coverage_of(self, key: str) -> Coverage:
        if key not in self._coverages:
            self._coverages[key] = Coverage(self.state.intervals.get(key, {}))
        return self._coverages[key]

    def _look_back(
        self, node: Node, grid: list[Interval], coverage: Coverage, reasons: dict[Interval, str | None]
    ) -> None:
        """Make the intervals before the newest ones due again, as many as `lookback` says, where an input changed."""
        if not node.config.lookback:
            return
        now = self.request.now
        before = list(dropwhile(lambda each: each.end > now or not coverage.holds(each), reversed(grid)))
        for interval in before[: node.config.lookback]:
            if reasons[interval]:
                continue
            read = self.state.inputs.get(node.key, {}).get(interval)
            if self._input_is_newer(node, coverage.oldest_batch(interval), read):
                reasons[interval] = f"lookback of {node.config.lookback}"

    def _input_is_newer(self, node: Node, batch_id: int, read: tuple[Input, ...] | None = None) -> bool:
        """Whether anything it reads changed since a batch that read these inputs (unknown: the newest batch's)."""
        for parent in self._models_read(node):
            if parent in self.planned or parent in self.moved or self._newest_id(parent) > batch_id:
                return True
        recorded = self.state.newest[node.key].inputs if read is None else read
        return describe_changes(recorded, self.versions.get(node.key, ())) is not None

    def _made_by_older_code(self, node: Node) -> str:
        """Say how many loaded intervals hold what older code made; nothing when none does."""
        codes = self.state.codes.get(node.key, {})
        older = sum(count for code, count in codes.items() if code != node.fingerprint)
        total = sum(codes.values())
        return (
            f"{older} of {total} loaded intervals were made by older code; --full-refresh loads all anew"
            if older
            else ""
        )

    def _interval_excuse(self, node: Node, grid: list[Interval]) -> str:
        """Why nothing is due, and honestly so when loaded intervals may be behind their inputs."""
        if not grid:
            return "no interval is over yet"
        loaded = f"all {len(grid)} intervals are loaded"
        if older := self._made_by_older_code(node):
            return f"{loaded}; {older}"
        findings = self._findings.get(node.key)
        if findings and findings.behind:
            named = "a file that it names" if node.key in findings.behind else findings.behind[0]
            return f"{loaded}; {named}, read as a whole, changed since: `on_input_change: rerun` loads them again"
        return loaded


def _last_time(state: str | None) -> str | None:
    """What became of the last attempt, where it did not commit."""
    words = {
        "check_failed": "a check failed last time",
        "interrupted": "interrupted last time",
        UNDONE: "rolled back",
        DAMAGED: "it no longer holds what was loaded",
    }
    return None if state is None else words.get(state, "failed last time")


def describe_changes(recorded: Iterable[Input], current: Iterable[Input]) -> str | None:
    """Say in words how files and relations outside the project differ from what a batch read; None when they do not."""
    before = {item.name: item.version for item in recorded if item.kind != "model"}
    now = {item.name: item.version for item in current}
    unknown = [name for name, version in now.items() if version == "unknown"]
    if unknown:
        return f"nothing tells whether {unknown[0]} changed"
    for word, names in (
        ("changed", [name for name in now if name in before and before[name] != now[name]]),
        ("new", [name for name in now if name not in before]),
        ("gone", [name for name in before if name not in now]),
    ):
        if len(names) == 1:
            return f"{names[0]} is {word}" if word != "changed" else f"{names[0]} changed"
        if names:
            return (
                f"{len(names)} files are {word}, {names[0]} first"
                if word != "changed"
                else (f"{len(names)} files changed, {names[0]} first")
            )
    return None
