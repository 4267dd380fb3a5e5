"""What the batches of a run share: written under one lock, and only after a commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from threading import Lock

from batchsql.compiler import Compiled
from batchsql.engines.base import Session
from batchsql.pipeline.checks import chosen_checks
from batchsql.pipeline.duplicates import refuse_duplicates
from batchsql.pipeline.readings import InputReadings
from batchsql.plan import tangible_parents
from batchsql.report.mask import masker
from batchsql.values import Input, Interval, LedgerState, Node, Plan, TableName
from batchsql.values.readings import Reading


class RunState:
    """The run so far.

    relations: what is in the warehouse. columns: by interval model, what its query gives. stopping: after Ctrl-C.
    loaded: what was loaded when the run began. source_columns: what sources have, as far as a batch asked; () where a
    source could not be read. store_failures: whether checks keep failing rows that do not say; stored_failures: tables
    of failing rows that a batch of this run made.
    """

    def __init__(
        self,
        compiled: Compiled,
        plan: Plan,
        state: LedgerState,
        versions: Mapping[str, tuple[Input, ...]],
        *,
        run_id: int,
        first_batch_id: int,
        invocation_id: str,
    ) -> None:
        self.compiled = compiled
        self.run_id = run_id
        self.invocation_id = invocation_id
        self.store_failures = False
        self.judges = True  # whether batches run their checks
        self.stored_failures: set[TableName] = set()
        self.started_at = datetime.now(UTC).replace(tzinfo=None)
        self.relations: dict[TableName, str] = dict(state.relations)
        self.columns: dict[str, tuple[tuple[str, str], ...]] = {}
        self.loaded = state.newest
        self.source_columns: dict[str, tuple[tuple[str, str], ...]] = {}
        self.stopping = False
        self._seen = {key: loaded.source_columns for key, loaded in state.newest.items()}
        self.mask = masker(compiled.environment)
        self._said: list[str] = []
        self._intervals = {key: dict(intervals) for key, intervals in state.intervals.items()}
        self._versions = versions
        self._newest = {key: loaded.batch_id for key, loaded in state.newest.items()}
        self._rebuild: set[str] = set()
        self._readings = InputReadings(compiled, versions)
        self._schemas = {name.schema for name in state.relations} | {"main"}
        self._batch_ids = count(first_batch_id)
        self._parents: dict[str, tuple[str, ...]] = {}
        self._lock = Lock()
        self._of_schemas = Lock()
        self.expect(plan)

    def expect(self, plan: Plan) -> None:
        """Take note of batches that are to run."""
        self._rebuild |= {batch.model for batch in plan.batches if batch.rebuild}
        self._readings.expect(plan.batches)

    def refuse_duplicates(self, node: Node) -> None:
        """Raise BatchError where the node reads a source that has a file twice, and refuses that."""
        refuse_duplicates(self.compiled.graph, node, self._versions)

    def readings_of(self, node: Node, interval: Interval, session: Session) -> dict[str, Reading]:
        """What the inputs of an interval model hold of one interval; not to be called within a transaction."""
        with self._lock:
            newest = dict(self._newest)
        before = {key: loaded.fingerprint for key, loaded in self.loaded.items() if newest.get(key) == loaded.batch_id}
        return self._readings.of(node, interval, session, newest, before)

    def judges_all_of(self, node: Node) -> bool:
        """Whether all checks of a node run with its batches."""
        return self.judges and len(chosen_checks(self.compiled, node)) == len(node.checks)

    def log(self, message: str, on_screen: bool) -> None:
        """Keep what a template said to the screen, until somebody asks for it."""
        if on_screen:
            with self._lock:
                self._said.append(message)

    def said(self) -> list[str]:
        """What templates said since the last call."""
        with self._lock:
            said, self._said = self._said, []
        return said

    def next_batch_id(self) -> int:
        """A number greater than that of every batch that began before."""
        with self._lock:
            return next(self._batch_ids)

    def must_rebuild(self, node: Node) -> bool:
        """Whether the relation is to be made anew: until one batch of its model has done so."""
        return node.key in self._rebuild

    def with_schema(self, schema: str, create: Callable[[], None]) -> None:
        """Let a schema be there before the transaction that needs it: made by one batch at a time, and committed.

        Made inside of their transactions, batches side by side would lose conflicts over it, or not see it.
        """
        with self._of_schemas:
            if schema not in self._schemas:
                create()
                self._schemas.add(schema)

    def inputs_of(self, node: Node) -> tuple[Input, ...]:
        """What the node reads, in the versions known now."""
        if node.key not in self._parents:
            graph = self.compiled.graph
            self._parents[node.key] = tuple(
                parent for parent in tangible_parents(graph, node.key) if graph[parent].kind != "source"
            )
        models = tuple(Input(parent, "model", str(self._newest.get(parent, 0))) for parent in self._parents[node.key])
        return models + self._versions.get(node.key, ())

    def columns_seen(self, node: Node) -> dict[str, tuple[tuple[str, str], ...]]:
        """The columns that each source had when a batch of the node last read it and was committed."""
        return self._seen.get(node.key, {})

    def saw(self, node: Node, source_columns: dict[str, tuple[tuple[str, str], ...]]) -> None:
        """Take note of the columns that sources had in a committed batch."""
        with self._lock:
            self._seen[node.key] = source_columns

    def intervals_of(self, node: Node) -> Mapping[Interval, int]:
        """The intervals that an interval model has, each with its newest batch, since the relation was made anew."""
        with self._lock:
            return dict(self._intervals.get(node.key, {}))

    def committed(
        self, node: Node, batch_id: int, *, rebuilt: bool, made: str | None = None, interval: Interval | None = None
    ) -> None:
        """Take note that a batch is visible. made: table or view, where a macro decided which."""
        with self._lock:
            if rebuilt:
                self._intervals.pop(node.key, None)
            if interval is not None:
                self._intervals.setdefault(node.key, {})[interval] = batch_id
            if node.relation:
                self.relations[node.relation] = made or node.config.shows_as
                self._schemas.add(node.relation.schema)
            self._newest[node.key] = batch_id
            if rebuilt:
                self._rebuild.discard(node.key)
