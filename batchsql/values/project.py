"""What a project holds, as its files say it."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from typing import Any, Literal

from msgspec import Struct

from batchsql.values.basics import Step, TableName
from batchsql.values.unit_tests import UnitTest

Severity = Literal["error", "warn", "info", "quarantine"]
Kind = Literal["model", "seed", "snapshot", "test", "source"]
StoredAs = Literal["table", "view", "ephemeral"]
Materialized = Literal["view", "table", "incremental", "ephemeral", "external", "table_function", "seed", "snapshot"]
Dialect = Literal["batchsql", "dbt"]


COMPARING = {
    "relationships": "to",
    "expect_table_row_count_to_equal_other_table": "other_table_name",
    "cardinality_equality": "to",
    "relationships_where": "to",
    "equal_rowcount": "compare_model",
    "fewer_rows_than": "compare_model",
}
"""The kinds of checks that look at another relation, and the argument that names it."""


class GenericTest(Struct, frozen=True, kw_only=True):
    """What a test is the application of, as artifacts have it.

    title: its name, which others may share. name, namespace: of the macro, without `test_`.
    kwargs: its arguments as written.
    attached: the key of the relation it stands under; column: the column, if any.
    """

    title: str
    name: str
    namespace: str | None = None
    kwargs: dict[str, Any] = {}
    attached: str
    column: str | None = None


class Check(Struct, frozen=True, kw_only=True):
    """An expectation about the rows of a relation.

    name: unique within the project, e.g. `not_null_stg_flights_tailnum`.
    kind: `not_null`, `unique`, `accepted_values`, `relationships`, `accepted_range`, `row_count`, `expression`, or
          `sql` for a file in tests/ that must return no row; an expectation of values/vocabulary.py; or `custom` for
          one that is written in Python.
    columns: the columns it looks at; empty where it looks at the whole relation.
    arguments: the kind's own arguments, validated, e.g. {"values": [...], "quote": True}; for `relationships`,
          {"to": "<name of a model, or source group.table>", "field": "..."}.
    where: an SQL condition; rows that do not satisfy it are not looked at.
    warn_if, error_if: a comparison with the count of failures, e.g. `!= 0`, `> 10`.
    fail_calc: the number of failures, as an aggregate over the failing rows; limit: of how many of them at most.
    store_failures_as: how failing rows are kept in the warehouse, `ephemeral` for not at all; None where nobody said.
    alias, schema: the name they are kept under, its own if not set; and where.
    meta, notes: what people keep with a check; they go into exported suites and have no effect.
    test: in a dbt project, what it is the application of.
    """

    name: str
    kind: str
    columns: tuple[str, ...] = ()
    arguments: dict[str, Any] = {}
    severity: Severity = "error"
    where: str | None = None
    warn_if: str = "!= 0"
    error_if: str = "!= 0"
    fail_calc: str = "count(*)"
    limit: int | None = None
    store_failures_as: StoredAs | None = None
    alias: str | None = None
    schema: str | None = None
    description: str = ""
    meta: dict[str, Any] = {}
    notes: str = ""
    test: GenericTest | None = None
    path: str = ""
    line: int = 0

    @property
    def compared_with(self) -> str | None:
        """The other relation that the check looks at, by its key; None where there is none."""
        argument = COMPARING.get(self.kind)
        return str(self.arguments[argument]) if argument else None

    @property
    def calculates(self) -> bool:
        """Whether the number of failures is another than the number of what fails."""
        values = self.kind == "accepted_values" and self.test is not None  # of which dbt counts each once
        return values or self.limit is not None or self.fail_calc != "count(*)"


class Column(Struct, frozen=True, kw_only=True):
    """A column as a property file describes it; line: of that file."""

    name: str
    description: str = ""
    data_type: str | None = None
    line: int = 0


class Config(Struct, frozen=True, kw_only=True):
    """How a model lands, resolved from all layers: project file, property file, config() in the file itself.

    materialized, incremental_strategy, strategy: in a dbt project also names that the project itself defines.
    extra: keys that have no field here, as they are written; in a dbt project whatever macros may ask for.
    """

    enabled: bool = True
    materialized: str = "view"  # one of Materialized
    schema: str | None = None
    alias: str | None = None
    tags: tuple[str, ...] = ()
    meta: dict[str, Any] = {}
    full_refresh: bool | None = None
    pre_hook: tuple[str, ...] = ()
    post_hook: tuple[str, ...] = ()
    pre_hook_outside: tuple[str, ...] = ()  # `transaction: false`: before the batch's transaction, and after it
    post_hook_outside: tuple[str, ...] = ()
    # incremental
    incremental_strategy: str | None = None  # append, delete+insert, merge, microbatch
    unique_key: tuple[str, ...] = ()
    on_schema_change: Literal["ignore", "fail", "append_new_columns", "sync_all_columns"] = "ignore"
    on_change: Literal["forward", "rebuild"] = "forward"
    on_volatile: Literal["rerun", "ignore"] = "rerun"  # about calls to now() and the like
    on_input_change: Literal["forward", "rerun"] = "forward"  # of inputs that interval models read as a whole
    max_quarantined: str = "10%"  # rows of a batch that may be put aside: a number, or a share
    keep_history: int = 0  # for how many runs replaced rows are kept
    profile: bool = False  # whether a few figures of each column are kept of each batch
    contract: bool = False  # whether a batch must give exactly the columns that the property file declares
    # intervals (microbatch); on any model, event_time is the column that interval models downstream filter it by
    event_time: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    batch_size: Step | None = None
    lookback: int = 0
    coalesce: int = 0  # how many intervals may be loaded in one pass
    until_now: bool = False  # whether the interval that is still going on is loaded too
    # snapshot
    strategy: str | None = None  # timestamp, check
    updated_at: str | None = None
    check_cols: tuple[str, ...] = ()  # ("all",) for every column
    hard_deletes: Literal["ignore", "invalidate", "new_record"] = "ignore"
    target_schema: str | None = None  # the schema as it is, in either dialect
    # seed
    column_types: dict[str, str] = {}
    delimiter: str = ","
    extra: dict[str, Any] = {}
    # singular test
    severity: Severity = "error"
    warn_if: str = "!= 0"
    error_if: str = "!= 0"
    fail_calc: str = "count(*)"
    limit: int | None = None
    store_failures: bool | None = None
    store_failures_as: StoredAs | None = None

    @property
    def stored_as(self) -> StoredAs | None:
        """How failing rows are kept; None where nobody said."""
        if self.store_failures_as or self.store_failures is None:
            return self.store_failures_as
        return "table" if self.store_failures else "ephemeral"

    @property
    def shows_as(self) -> Literal["table", "view"]:
        """What the relation is in the warehouse."""
        return "view" if self.materialized in ("view", "external") else "table"

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
    constraints: what its contract states beside columns and types, as checks; without effect unless enforced.
    described: file and line of its entry in a property file.
    package: the package it came with; "" is the project itself.
    overriding: config that comes on top of config() in the text: what a project says of a package's models.
    test: for the application of a generic test, which and to what.
    version, latest_version: of a model that has versions; its name ends in `.v` and the version then.
    deprecated: the date from which on it should not be used, as it is written.
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
    constraints: tuple[Check, ...] = ()
    described: tuple[str, int] = ("", 0)
    package: str = ""
    overriding: tuple[ConfigLayer, ...] = ()
    test: GenericTest | None = None
    version: int | float | str | None = None
    latest_version: int | float | str | None = None
    deprecated: str = ""

    @property
    def language(self) -> Literal["sql", "python"]:
        """What the text is written in."""
        return "python" if self.path.endswith(".py") else "sql"

    @property
    def title(self) -> str:
        """The name; of a test, which may share it with a model or another test, the one that people see."""
        if self.test:
            return self.test.title
        return self.name if self.kind != "test" else self.path.rpartition("/")[2].removesuffix(".sql")

    @property
    def bare_name(self) -> str:
        """The name without the version: what ref() is given, and what people call it."""
        return self.name if self.version is None else self.name.removesuffix(f".v{self.version}")

    @property
    def path_parts(self) -> tuple[str, ...]:
        """Its name as config by folder and selections have it: the version comes apart."""
        return (self.name,) if self.version is None else (self.bare_name, f"v{self.version}")

    @property
    def is_latest(self) -> bool:
        """Whether its bare name means it."""
        return self.version is not None and str(self.version) == str(self.latest_version)


class Source(Struct, frozen=True, kw_only=True):
    """A relation, or a set of files, that something else writes. Its key is `group.name`.

    relation: for a table in the warehouse (or an attached one).
    files: for files: globs relative to the project folder (or absolute where the project declares that directory).
    format: csv, json or parquet; options go to the reader as they are (`{"header": True, "union_by_name": True}`).
    location: SQL to read them by, where it is written so, in place of format and options.
    version_by: what of a file tells that it changed: size and time of modification, or its content.
    on_duplicate: what to do when two of its files hold the same; `error` refuses to read them.
    on_drift: what to do when its columns are others than those its reader saw last time.
    package: the package that declares it; "" is the project itself.
    config: in a dbt project, all that is configured of it, as it is written.
    """

    group: str
    name: str
    relation: TableName | None = None
    files: tuple[str, ...] = ()
    format: Literal["csv", "json", "parquet"] | None = None
    options: dict[str, Any] = {}
    location: str = ""
    event_time: str | None = None
    loaded_at_field: str | None = None
    version_by: Literal["modified", "content"] = "modified"
    on_duplicate: Literal["ignore", "error"] = "ignore"
    on_drift: Literal["ignore", "warn", "error"] = "warn"
    description: str = ""
    tags: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    checks: tuple[Check, ...] = ()
    path: str = ""
    line: int = 0
    package: str = ""
    config: dict[str, Any] = {}

    @property
    def key(self) -> str:
        """`group.name`, the name under which queries and selections know it."""
        return f"{self.group}.{self.name}"


class MacroFile(Struct, frozen=True):
    """A file of macros. package: whose it is; "" is the project itself, `dbt` what is built in."""

    path: str
    text: str
    package: str = ""


class PropertyText(Struct, frozen=True):
    """A property file as it was written, for artifacts, which repeat it. content: its values, in MessagePack."""

    path: str
    content: bytes
    package: str = ""


class RunHook(Struct, frozen=True, kw_only=True):
    """A statement, or several, with Jinja, that is executed before or after a run.

    path, line: where it is written. required: whether nothing runs after it when it failed.
    """

    sql: str
    package: str = ""
    path: str = ""
    line: int = 0
    required: bool = True


class Attachment(Struct, frozen=True, kw_only=True):
    """Another database that queries may name. path: absolute where it is a file; options: those of ATTACH."""

    path: str
    alias: str = ""
    type: str = ""
    read_only: bool = False
    options: dict[str, Any] = {}


class Extension(Struct, frozen=True):
    """An extension of DuckDB. repository: where it comes from, a name or an address; else DuckDB's own."""

    name: str
    repository: str = ""


class Target(Struct, frozen=True, kw_only=True):
    """Where a run writes, and with what means.

    database: path of the DuckDB file, absolute, or `:memory:`.
    schema: the default schema; a model with `schema: x` lands in `x` (in a dbt project: `<schema>_x`).
    allowed_directories: folders, absolute, that SQL may read and write, beside those of the sources.
    external_access: True lifts DuckDB's sandbox; only by explicit setting.
    settings: further DuckDB settings, e.g. {"memory_limit": "4GB"}.
    catalog: the database that models land in, as SQL names it; empty for the one that is opened.
    config: settings that DuckDB takes only when it opens a database.
    extensions, secrets, filesystems, attach: what is loaded, made and attached then, in this order. A secret is the
        options of CREATE SECRET, a filesystem the arguments of an fsspec filesystem, `fs` its name.
    connect_attempts: how often opening is tried where the file cannot be read or is held.
    attributes: what templates may ask of `target` beside the above: the keys of a profile, secrets left out.
    """

    name: str
    database: str
    schema: str = "main"
    threads: int = 1
    profile: str = ""
    allowed_directories: tuple[str, ...] = ()
    external_access: bool = False
    settings: dict[str, str] = {}
    catalog: str = ""
    config: dict[str, str] = {}
    extensions: tuple[Extension, ...] = ()
    secrets: tuple[dict[str, Any], ...] = ()
    filesystems: tuple[dict[str, Any], ...] = ()
    attach: tuple[Attachment, ...] = ()
    connect_attempts: int = 1
    attributes: dict[str, Any] = {}

    @property
    def database_name(self) -> str:
        """How SQL calls the database that models land in: its file's name without ending, where it has no other."""
        return self.catalog or ("memory" if self.database in ("", ":memory:") else PurePath(self.database).stem)


class Package(Struct, frozen=True, kw_only=True):
    """A package that the project uses. folder: where it lies, relative to the project; vars: those it sees."""

    name: str
    folder: str
    vars: dict[str, Any] = {}
    version: str = ""


class Group(Struct, frozen=True, kw_only=True):
    """People who own models: a model that is `access: private` can be read within its group alone."""

    name: str
    package: str = ""
    path: str = ""
    line: int = 0


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
    flags: options of commands by name, where these say nothing themselves.
    folders, settings_files, skipped_folders: where the files are, for a look at whether any of them changed.
    environment: the environment variables that YAML asked for, and their values (None where there was none).
    property_texts: what all property files say, also where that has no effect on what lands.
    dispatch: by namespace, the packages in which adapter.dispatch() looks.
    docs: texts of docs blocks, by `package.name` and by name.
    on_run_start, on_run_end: executed before the first and after the last batch of a run.
    restricted: the packages whose protected models only they themselves may read.
    """

    root: str
    name: str
    dialect: Dialect
    target: Target
    models: tuple[Model, ...] = ()
    sources: tuple[Source, ...] = ()
    macros: tuple[MacroFile, ...] = ()
    unit_tests: tuple[UnitTest, ...] = ()
    vars: dict[str, Any] = {}
    target_path: str = "target"
    files: tuple[FileStamp, ...] = ()
    warnings: tuple[str, ...] = ()
    flags: dict[str, Any] = {}
    folders: tuple[str, ...] = ()
    settings_files: tuple[str, ...] = ()
    skipped_folders: tuple[str, ...] = ()
    environment: dict[str, str | None] = {}
    property_texts: tuple[PropertyText, ...] = ()
    dispatch: dict[str, tuple[str, ...]] = {}
    packages: tuple[Package, ...] = ()
    docs: dict[str, str] = {}
    on_run_start: tuple[RunHook, ...] = ()
    on_run_end: tuple[RunHook, ...] = ()
    groups: tuple[Group, ...] = ()
    restricted: tuple[str, ...] = ()
