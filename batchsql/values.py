"""The values that pass from room to room: frozen and plain, knowing nothing of files or databases.

Times are naive datetimes in UTC. Intervals are half-open: start is in, end is not.
Paths are relative to the project folder, with POSIX separators.
They are msgspec structs, since those are frozen, quick to make, and go to the compile cache as they are.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct


def quote(identifier: str) -> str:
    """Quote an identifier for DuckDB: `order` becomes `"order"`."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a string literal: `it's` becomes `'it''s'`."""
    return "'" + text.replace("'", "''") + "'"


class TableName(Struct, frozen=True, order=True):
    """A relation in the warehouse."""

    schema: str
    name: str

    @property
    def sql(self) -> str:
        """The quoted name, as it goes into SQL: `"marts"."orders"`."""
        return f"{quote(self.schema)}.{quote(self.name)}"

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


class Interval(Struct, frozen=True, order=True):
    """A half-open stretch of time in UTC: start <= t < end."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        whole_days = self.start.time() == self.end.time() == datetime.min.time()
        if not whole_days:
            return f"{self.start:%Y-%m-%dT%H:%M:%S}..{self.end:%Y-%m-%dT%H:%M:%S}"
        if self.end - self.start == timedelta(days=1):
            return f"{self.start:%Y-%m-%d}"
        return f"{self.start:%Y-%m-%d}..{self.end:%Y-%m-%d}"

    def overlaps(self, other: Interval) -> bool:
        """Whether some moment lies in both."""
        return self.start < other.end and other.start < self.end


Unit = Literal["minute", "hour", "day", "week", "month", "quarter", "year"]
_STEP = re.compile(r"^\s*(?:(\d+)\s+)?(minute|hour|day|week|month|quarter|year)s?\s*$", re.IGNORECASE)


class Step(Struct, frozen=True):
    """The length of an interval model's batches: 15 minutes, 1 day, 5 days, 1 month, ..."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Step:
        """Read `day`, `5 days`, `15 minutes`, ... Raises ValueError."""
        found = _STEP.match(text)
        if not found or int(found[1] or 1) < 1:
            raise ValueError(
                f"'{text}' is not a step of time; write for example 'hour', 'day', '15 minutes', '5 days', 'month'"
            )
        return cls(int(found[1] or 1), found[2].lower())  # type: ignore[arg-type]

    def __str__(self) -> str:
        return self.unit if self.count == 1 else f"{self.count} {self.unit}s"


# --- what a project holds ---------------------------------------------------------------------------------------

Severity = Literal["error", "warn"]
Kind = Literal["model", "seed", "snapshot", "test", "source"]
Materialized = Literal["view", "table", "incremental", "ephemeral", "seed", "snapshot"]


class Check(Struct, frozen=True, kw_only=True):
    """An expectation about the rows of a relation.

    name: unique within the project, e.g. `not_null_stg_flights_tailnum`.
    kind: `not_null`, `unique`, `accepted_values`, `relationships`, `accepted_range`, `row_count`, `expression`, or
          `sql` for a file in tests/ that must return no row.
    columns: the columns it looks at; empty where it looks at the whole relation.
    arguments: the kind's own arguments, validated, e.g. {"values": [...], "quote": True}; for `relationships`,
          {"to": "<name of a model, or source group.table>", "field": "..."}.
    where: an SQL condition; rows that do not satisfy it are not looked at.
    warn_if, error_if: a comparison with the count of failures, e.g. `!= 0`, `> 10`.
    """

    name: str
    kind: str
    columns: tuple[str, ...] = ()
    arguments: dict[str, Any] = {}
    severity: Severity = "error"
    where: str | None = None
    warn_if: str = "!= 0"
    error_if: str = "!= 0"
    description: str = ""
    path: str = ""
    line: int = 0


class Column(Struct, frozen=True, kw_only=True):
    """A column as a property file describes it."""

    name: str
    description: str = ""
    data_type: str | None = None


class Config(Struct, frozen=True, kw_only=True):
    """How a model lands, resolved from all layers: project file, property file, config() in the file itself."""

    enabled: bool = True
    materialized: Materialized = "view"
    schema: str | None = None
    alias: str | None = None
    tags: tuple[str, ...] = ()
    meta: dict[str, Any] = {}
    full_refresh: bool | None = None
    pre_hook: tuple[str, ...] = ()
    post_hook: tuple[str, ...] = ()
    # incremental
    incremental_strategy: Literal["append", "delete+insert", "merge", "microbatch"] | None = None
    unique_key: tuple[str, ...] = ()
    on_schema_change: Literal["ignore", "fail", "append_new_columns", "sync_all_columns"] = "ignore"
    on_change: Literal["forward", "rebuild"] = "forward"
    # intervals (microbatch); on any model, event_time is the column that interval models downstream filter it by
    event_time: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    batch_size: Step | None = None
    lookback: int = 0
    # snapshot
    strategy: Literal["timestamp", "check"] | None = None
    updated_at: str | None = None
    check_cols: tuple[str, ...] = ()  # ("all",) for every column
    hard_deletes: Literal["ignore", "invalidate", "new_record"] = "ignore"
    target_schema: str | None = None  # the schema as it is, in either dialect
    # seed
    column_types: dict[str, str] = {}
    delimiter: str = ","
    # singular test
    severity: Severity = "error"
    warn_if: str = "!= 0"
    error_if: str = "!= 0"

    @property
    def by_interval(self) -> bool:
        """Whether the model is loaded an interval at a time."""
        return self.materialized == "incremental" and self.incremental_strategy == "microbatch"


class ConfigLayer(Struct, frozen=True, kw_only=True):
    """Config values from one place, not yet validated or merged. `lines` gives the line of each key."""

    values: dict[str, Any]
    path: str
    line: int = 0
    lines: dict[str, int] = {}


class Model(Struct, frozen=True, kw_only=True):
    """A model, seed, snapshot or singular test as the project folder holds it.

    name: the file's name without its ending (for `{% snapshot x %}`, x).
    text: the SQL with its Jinja as written; empty for a seed.
    first_line: line of the file where `text` begins, counted from 1 (a snapshot block need not begin at 1).
    layers: its config, least specific first; what config() in the text says comes on top.
    """

    kind: Kind
    name: str
    path: str
    text: str = ""
    first_line: int = 1
    layers: tuple[ConfigLayer, ...] = ()
    description: str = ""
    columns: tuple[Column, ...] = ()
    checks: tuple[Check, ...] = ()


class Source(Struct, frozen=True, kw_only=True):
    """A relation, or a set of files, that something else writes. Its key is `group.name`.

    relation: for a table in the warehouse (or an attached one).
    files: for files: globs relative to the project folder (or absolute where the project declares that directory).
    format: csv, json or parquet; options go to the reader as they are (`{"header": True, "union_by_name": True}`).
    """

    group: str
    name: str
    relation: TableName | None = None
    files: tuple[str, ...] = ()
    format: Literal["csv", "json", "parquet"] | None = None
    options: dict[str, Any] = {}
    event_time: str | None = None
    loaded_at_field: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    checks: tuple[Check, ...] = ()
    path: str = ""
    line: int = 0

    @property
    def key(self) -> str:
        """`group.name`, the name under which queries and selections know it."""
        return f"{self.group}.{self.name}"


class MacroFile(Struct, frozen=True):
    """A file of macros."""

    path: str
    text: str


class Target(Struct, frozen=True, kw_only=True):
    """Where a run writes, and with what means.

    database: path of the DuckDB file, absolute, or `:memory:`.
    schema: the default schema; a model with `schema: x` lands in `x` (in a dbt project: `<schema>_x`).
    allowed_directories: folders, absolute, that SQL may read and write, beside those of the sources.
    external_access: True lifts DuckDB's sandbox; only by explicit setting.
    settings: further DuckDB settings, e.g. {"memory_limit": "4GB"}.
    """

    name: str
    database: str
    schema: str = "main"
    threads: int = 1
    profile: str = ""
    allowed_directories: tuple[str, ...] = ()
    external_access: bool = False
    settings: dict[str, str] = {}


class FileStamp(Struct, frozen=True, order=True):
    """What tells whether a file changed: its path, size in bytes, and modification time in ns since the epoch."""

    path: str
    size: int
    mtime_ns: int


class Project(Struct, frozen=True, kw_only=True):
    """A project folder, read. No file is read after this, but seeds and source files, which the engine reads.

    root: absolute path of the folder.
    dialect: `dbt` when the folder is a dbt project, which decides how custom schemas are named.
    files: stamps of every file that was read, the key of the compile cache.
    warnings: what was understood but has no effect, one sentence each, with file and line.
    folders, settings_files, skipped_folders: where the files are, for a look at whether any of them changed.
    environment: the environment variables that YAML asked for, and their values (None where there was none).
    """

    root: str
    name: str
    dialect: Literal["batchsql", "dbt"]
    target: Target
    models: tuple[Model, ...] = ()
    sources: tuple[Source, ...] = ()
    macros: tuple[MacroFile, ...] = ()
    vars: dict[str, Any] = {}
    target_path: str = "target"
    files: tuple[FileStamp, ...] = ()
    warnings: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    settings_files: tuple[str, ...] = ()
    skipped_folders: tuple[str, ...] = ()
    environment: dict[str, str | None] = {}


# --- what a model becomes ---------------------------------------------------------------------------------------


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
    fingerprint: of everything that shapes its rows: both variants of the query, config, ephemeral models it reads.
    incremental: the variant of the query when is_incremental() is true, where that differs.
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
    fingerprint: str = ""
    checks: tuple[Check, ...] = ()


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


# --- what the warehouse holds ------------------------------------------------------------------------------------


class Input(Struct, frozen=True, order=True):
    """One input of a batch and its version: a batch id, a file's `size:mtime_ns`, or `unknown`."""

    name: str
    kind: Literal["model", "source", "file", "relation"]
    version: str


class Loaded(Struct, frozen=True, kw_only=True):
    """The newest committed batch of a model: by which code, from what."""

    batch_id: int
    fingerprint: str
    inputs: tuple[Input, ...] = ()


class LedgerState(Struct, frozen=True, kw_only=True):
    """What the plan needs to know of the warehouse.

    newest: each model's newest committed batch.
    intervals: for interval models, each loaded interval with the id of its newest batch, since the last rebuild.
    unfinished: the state of the newest attempt at a model's slice, where that attempt did not commit.
    relations: what is there: name -> `table` or `view`.
    seconds: by model, what one committed batch took on average, in wall clock.
    """

    newest: dict[str, Loaded] = {}
    intervals: dict[str, dict[Interval, int]] = {}
    unfinished: dict[tuple[str, Interval | None], str] = {}
    relations: dict[TableName, str] = {}
    seconds: dict[str, float] = {}


# --- what is due, and what came of it ---------------------------------------------------------------------------


class Batch(Struct, frozen=True, kw_only=True):
    """One model × one slice. interval is None where the slice is everything.

    rebuild: make the relation anew, whatever is there.
    last: the last batch of its model in this plan; checks of the whole relation run with it.
    """

    model: str
    interval: Interval | None = None
    reason: str = ""
    rebuild: bool = False
    last: bool = True

    def __str__(self) -> str:
        return self.model if self.interval is None else f"{self.model} {self.interval}"


class NotDue(Struct, frozen=True):
    """A selected model that will not run, and why."""

    model: str
    reason: str


class Plan(Struct, frozen=True, kw_only=True):
    """The batches that are due, in an order in which they can run one after another."""

    batches: tuple[Batch, ...] = ()
    not_due: tuple[NotDue, ...] = ()


class Scope(Struct, frozen=True, kw_only=True):
    """Where the rows are that a batch wrote, for the checks on them; valid in the batch's own transaction.

    relation: quoted name; predicate: the condition that picks the batch's rows, None for all.
    history, history_predicate: likewise for the rows that were there before and still are; None where there are none.
    kind: a view is executed each time it is read, so its rows are kept where they are needed more than once.
    rows: how many rows the batch has, where known. It decides which statement is cheapest, never what it answers.
    """

    relation: str
    kind: Literal["table", "view"] = "table"
    predicate: str | None = None
    history: str | None = None
    history_predicate: str | None = None
    rows: int | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """What a check found in a batch.

    state: pass; warn (failed, severity or thresholds let it through); fail; error (could not be evaluated).
    failures: the count that warn_if and error_if were compared with.
    sample: up to 5 offending rows, as column -> value, values as JSON can hold them.
    """

    check: str
    kind: str
    state: Literal["pass", "warn", "fail", "error"]
    failures: int = 0
    columns: tuple[str, ...] = ()
    severity: Severity = "error"
    sample: tuple[dict[str, Any], ...] = ()
    message: str = ""


State = Literal["committed", "failed", "check_failed", "skipped", "interrupted"]


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a batch. Times in UTC; seconds of wall clock; bytes the file grew by are not known per batch."""

    batch: Batch
    state: State
    batch_id: int = 0
    rows_written: int = 0
    rows_deleted: int = 0
    started_at: datetime | None = None
    seconds: float = 0.0
    verdicts: tuple[Verdict, ...] = ()
    error: str = ""
    error_report: dict[str, Any] = {}  # path, line, source_line, hint of the error, where there is one
    attempts: int = 1


class RunResult(Struct, frozen=True, kw_only=True):
    """A whole run. last_run_at: when the newest run before this one began, UTC, where the ledger knows one."""

    run_id: int | None
    outcomes: tuple[Outcome, ...]
    not_due: tuple[NotDue, ...]
    seconds: float
    interrupted: bool = False
    last_run_at: datetime | None = None

    @property
    def exit_code(self) -> int:
        """0 all well, 1 a batch failed, 3 a check failed; a failed batch counts before a failed check."""
        states = {outcome.state for outcome in self.outcomes}
        if self.interrupted or "failed" in states or "interrupted" in states:
            return 1
        return 3 if "check_failed" in states else 0
