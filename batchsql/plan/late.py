"""Which loaded intervals of a model are behind their inputs: pure, by comparing what their batches read with what is.

An input is compared only when something beneath it has another version than it had when the interval was loaded. What
it holds now, the plan asks for (`Wanted`), and is made again with the answer. Interval models upstream are not compared
here: which of their intervals were loaded again, batch ids tell.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from hashlib import blake2b

from msgspec import Struct

from batchsql.plan.intervals import Coverage
from batchsql.values import Graph, Input, Interval, LedgerState, Node
from batchsql.values.readings import UNKNOWN, Reading, Wanted

Answers = Mapping[Wanted, Mapping[Interval, Reading] | None]
"""What the warehouse answered; None where an input could not be read."""


class Findings(Struct, kw_only=True):
    """What is known of a model's loaded intervals.

    late: stretches that hold other rows than their inputs do now, with the reason in words.
    wanted: what must be asked first. waits_for: what must have run before it can be asked, where there is such a thing.
    compared: the versions of inputs that all intervals were compared with. behind: inputs that are read as a whole and
    changed since, where that is to make nothing due.
    """

    late: list[tuple[Interval, str]] = []
    wanted: list[Wanted] = []
    waits_for: str = ""
    compared: dict[str, str] = {}
    behind: list[str] = []


def reads_of(graph: Graph, node: Node) -> dict[str, bool]:
    """What an interval model reads that is compared, and whether it is read as a whole; itself: the files it names."""
    found = {
        parent: event_time_of(graph[parent]) is None
        for parent in node.parents
        if not graph[parent].config.by_interval and (_has_rows_of_its_own(graph, parent))
    }
    return found | ({node.key: True} if node.external else {})


def event_time_of(node: Node) -> str | None:
    """The column that interval models filter it by."""
    return node.source.event_time if node.source else node.config.event_time


def _has_rows_of_its_own(graph: Graph, key: str) -> bool:
    """Whether it shows anything beside the rows of interval models."""
    return any(not graph[each].config.by_interval for each in beneath(graph, key) if not _is_shown(graph[each]))


def _is_shown(node: Node) -> bool:
    """Whether it holds no rows: it shows those of what it reads."""
    return node.kind == "model" and node.config.materialized in ("view", "ephemeral") and bool(node.parents)


def beneath(graph: Graph, key: str, opened: Collection[str] = ()) -> Iterator[str]:
    """What the rows of a relation are made of: itself, and where it is a view or in `opened`, what it reads."""
    seen = {key}
    waiting = [key]
    while waiting:
        current = waiting.pop()
        yield current
        if _is_shown(graph[current]) or current in opened:
            waiting.extend(parent for parent in graph[current].parents if parent not in seen)
            seen.update(graph[current].parents)


def version_of(
    graph: Graph,
    reader: str,
    key: str,
    versions: Mapping[str, tuple[Input, ...]],
    newest: Callable[[str], int],
    code: Callable[[str], str],
) -> str:
    """One word for the versions of everything that an input is made of; interval models left out.

    newest: the newest batch of a model. code: the fingerprint that it was loaded with.
    """
    if key == reader:
        of_inputs = {item.name for parent in graph[reader].parents for item in versions.get(parent, ())}
        parts = [f"{item.name}:{item.version}" for item in versions.get(key, ()) if item.name not in of_inputs]
    else:
        parts = []
        for each in beneath(graph, key):
            node = graph[each]
            if node.config.by_interval:
                continue
            if any(item == Input(each, "relation", UNKNOWN) for item in versions.get(each, ())):
                return UNKNOWN  # it is read elsewhere
            shown = _is_shown(node) or node.config.materialized in ("view", "ephemeral")
            if node.source is None:
                parts.append(f"{each}:{code(each)}" if shown else f"{each}:{newest(each)}")
            if node.source is not None or shown:
                parts += [f"{item.name}:{item.version}" for item in versions.get(each, ())]
    if any(part.endswith(f":{UNKNOWN}") for part in parts):
        return UNKNOWN
    return blake2b("\n".join(sorted(parts)).encode(), digest_size=8).hexdigest()


def exposed(loaded: Mapping[Interval, int]) -> dict[Interval, list[Interval]]:
    """Of each loaded interval, the stretches that no later batch has loaded again; those without any are left out."""
    coverage = Coverage(dict(loaded))
    found: dict[Interval, list[Interval]] = {}
    for interval, batch_id in loaded.items():
        later = [each for each in coverage.overlapping(interval) if loaded[each] > batch_id]
        rest = without(interval, later) if later else [interval]
        if rest:
            found[interval] = rest
    return found


def without(interval: Interval, others: Iterable[Interval]) -> list[Interval]:
    """What is left of an interval when others, sorted by start, are taken away."""
    found = []
    start = interval.start
    for other in others:
        if other.start > start:
            found.append(Interval(start, min(other.start, interval.end)))
        start = max(start, other.end)
    if start < interval.end:
        found.append(Interval(start, interval.end))
    return found


class LateRows:
    """Compares interval models with their inputs, as far as what is planned and answered so far allows."""

    def __init__(
        self,
        graph: Graph,
        state: LedgerState,
        versions: Mapping[str, tuple[Input, ...]],
        answers: Answers,
        *,
        look_ahead: bool,
    ) -> None:
        """look_ahead: ask also what tables will hold that are to be made in this run."""
        self._graph = graph
        self._state = state
        self._versions = versions
        self._answers = answers
        self._look_ahead = look_ahead

    def findings(self, node: Node, planned: Collection[str]) -> Findings:
        """What is known of a model's loaded intervals. planned: what has batches in this plan that load something."""
        found = Findings(late=[], wanted=[], compared={}, behind=[])
        stretches = exposed(self._state.intervals.get(node.key, {}))
        for read, whole in reads_of(self._graph, node).items() if stretches else ():
            moving = self._moving(node, read, planned)
            version = self._version(node, read, planned)
            settled = version != UNKNOWN and not any(self._is_made_anew(each) for each in moving)
            others = [each for each in stretches if not (settled and self._is_level(node, each, read, version))]
            if not others:
                continue
            if whole and node.config.on_input_change == "forward":
                if settled:
                    found.behind.append(read)
                continue
            if waits_for := next((each for each in moving if not self._can_look_ahead(each)), ""):
                found.waits_for = waits_for
                continue
            if settled:
                found.compared[read] = version
            self._compare(found, node, read, whole, version, others, moving, stretches)
        return found

    def _compare(
        self,
        found: Findings,
        node: Node,
        read: str,
        whole: bool,
        version: str,
        intervals: list[Interval],
        moving: list[str],
        stretches: Mapping[Interval, list[Interval]],
    ) -> None:
        """Add the intervals of which an input has other rows, or the question for that."""
        by_columns: dict[tuple[str, ...], list[Interval]] = {}
        codes = self._state.interval_codes.get(node.key, {})
        for interval in intervals:
            recorded = self._recorded(node, interval, read)
            if recorded.rows is not None:
                by_columns.setdefault(recorded.columns, []).append(interval)
            elif codes.get(interval) == node.fingerprint:  # else it was made by code that may not have read it
                word = "changed" if read == node.key else "was not compared before"
                found.late += [(stretch, f"{self._name(read, node)} {word}") for stretch in stretches[interval]]
        for columns, asked in by_columns.items():
            wanted = Wanted(
                reader=node.key,
                read=read,
                version=version,
                intervals=tuple(sorted(asked)),
                whole=whole,
                made_of=tuple(moving),
                columns=columns,
                others=node.config.on_schema_change in ("append_new_columns", "sync_all_columns"),
            )
            if wanted not in self._answers:
                found.wanted.append(wanted)
                continue
            for interval, now in (self._answers[wanted] or {}).items():
                reason = difference(self._recorded(node, interval, read), now, self._name(read, node))
                found.late += [(stretch, reason) for stretch in stretches[interval] if reason]

    def _is_level(self, node: Node, interval: Interval, read: str, version: str) -> bool:
        """Whether an interval was loaded from this version of an input, or compared with it since."""
        if self._recorded(node, interval, read).version == version:
            return True
        compared, batch_id = self._state.compared.get(node.key, {}).get(read, ("", 0))
        return compared == version and self._state.intervals[node.key][interval] <= batch_id

    def _recorded(self, node: Node, interval: Interval, read: str) -> Reading:
        return self._state.readings.get(node.key, {}).get(interval, {}).get(read, Reading(version=""))

    def _version(self, node: Node, read: str, planned: Collection[str]) -> str:
        newest = self._state.newest

        def code(key: str) -> str:
            loaded = newest.get(key)
            here = self._graph[key]
            is_new = key in planned or loaded is None or here.config.materialized == "ephemeral"
            return here.fingerprint if is_new or loaded is None else loaded.fingerprint

        def newest_id(key: str) -> int:
            loaded = newest.get(key)
            return loaded.batch_id if loaded else 0

        return version_of(self._graph, node.key, read, self._versions, newest_id, code)

    def _moving(self, node: Node, read: str, planned: Collection[str]) -> list[str]:
        """What the input is made of that is planned, in the order in which it runs."""
        if read == node.key:
            return []
        found = {each for each in beneath(self._graph, read, planned) if each in planned}
        return [key for key in self._graph.nodes if key in found and not self._graph[key].config.by_interval]

    def _is_made_anew(self, key: str) -> bool:
        """Whether its rows are known only when it has run: not a view, which shows what there is."""
        node = self._graph[key]
        depends = node.rendered is not None and set(node.rendered.dynamic)
        return node.kind != "source" and (bool(depends) or node.config.materialized not in ("view", "ephemeral"))

    def _can_look_ahead(self, key: str) -> bool:
        """Whether its query can stand in for it before it has run."""
        if not self._is_made_anew(key):
            return True
        node = self._graph[key]
        plain = node.kind == "model" and node.config.materialized == "table" and node.model is not None
        return (
            self._look_ahead
            and plain
            and node.model is not None
            and node.model.language == "sql"
            and node.rendered is not None
            and not node.rendered.dynamic
            and not (node.query and node.query.volatile)
        )

    def _name(self, read: str, node: Node) -> str:
        if read == node.key:
            return "a file that it names"
        return f"source {read}" if self._graph[read].source else read


def difference(recorded: Reading, now: Reading, name: str) -> str:
    """Say in words how an input's rows differ from what was read; nothing where they do not."""
    more = (now.rows or 0) - (recorded.rows or 0)
    if more:
        rows = f"{abs(more):,} {'row' if abs(more) == 1 else 'rows'}"
        return f"{rows.replace(' ', ' late ', 1)} in {name}" if more > 0 else f"{rows} fewer in {name}"
    if recorded.content != now.content or recorded.newest != now.newest or now.added:
        return f"changed rows in {name}"
    return ""
