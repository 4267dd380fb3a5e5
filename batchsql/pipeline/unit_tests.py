"""Unit tests of models: given rows in, expected rows out, in a DuckDB in memory. The warehouse is not opened.

Each test runs in a transaction that is rolled back: tables under the names of what the model reads, then its query.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from batchsql.compiler import Assembled, Compiled, Situation
from batchsql.compiler.selecting import Selection, selection
from batchsql.compiler.stand_ins import assemble_on, compiled_query, ephemeral_ancestors, is_ephemeral, with_overrides
from batchsql.engines.base import Session
from batchsql.engines.duckdb import open_engine
from batchsql.errors import BatchsqlError, EngineError, ProjectError, did_you_mean
from batchsql.pipeline.opening import apart
from batchsql.pipeline.reporting import error_report, located
from batchsql.pipeline.unit_compare import actual_rows, compare, expected_rows, is_numeric
from batchsql.pipeline.unit_rows import make_given
from batchsql.pipeline.unit_shapes import Shape, Shapes, stand_in
from batchsql.plan import steps
from batchsql.values import Batch, Interval, LedgerState, Node, Outcome, Plan, Read, TableName, literal, quote
from batchsql.values.unit_tests import Given, Rows, UnitResult, UnitRun, UnitTest

_ACTUAL = TableName("unit test", "actual")
_INVOCATION = "unit-test"
_CLOCKS = {
    "now": "TIMESTAMPTZ {zoned}",
    "transaction_timestamp": "TIMESTAMPTZ {zoned}",
    "get_current_timestamp": "TIMESTAMPTZ {zoned}",
    "current_localtimestamp": "TIMESTAMP {plain}",
    "localtimestamp": "TIMESTAMP {plain}",
    "today": "DATE {day}",
    "current_date": "DATE {day}",
    "current_localtime": "TIME {time}",
    "get_current_time": "TIME {time}",
    "current_time": "TIME {time}",
    "localtime": "TIME {time}",
}


def run_unit_tests(compiled: Compiled, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> UnitRun:
    """Run the unit tests of the selected models; a word that is a unit test's name selects just that test.

    Raises UsageError for a selection that means nothing.
    """
    started = time.perf_counter()
    tests, without = _selected(compiled, include, exclude)
    results = _run_all(compiled, tests)
    return UnitRun(results=results, without=without, seconds=time.perf_counter() - started)


class UnitTestsBefore(msgspec.Struct, frozen=True):
    """What came of the unit tests before a build. failing: of the models that may not be loaded, what does not pass."""

    results: tuple[UnitResult, ...] = ()
    failing: dict[str, tuple[UnitResult, ...]] = {}


def unit_tests_before(
    compiled: Compiled, plan: Plan, state: LedgerState, *, everything: bool = False
) -> UnitTestsBefore:
    """Run the selected unit tests of the models in the plan that are new or whose code changed.

    The tests of an ephemeral model are those of every model that its query goes into. state: what the ledger knows.
    everything: whether those of the other models in the plan run too.
    """
    graph = compiled.graph
    planned = dict.fromkeys(batch.model for batch in plan.batches)
    changed = [key for key in planned if everything or _is_new_code(graph[key], state)]
    tested = {key: (key, *ephemeral_ancestors(graph, key)) for key in changed if graph[key].kind == "model"}
    wanted = {model for models in tested.values() for model in models}
    tests = [test for test in compiled.project.unit_tests if test.model in wanted and _is_chosen(compiled, test)]
    results = _run_all(compiled, tests)
    failing = {
        key: tuple(result for result in results if result.test.model in models and result.state != "pass")
        for key, models in tested.items()
    }
    return UnitTestsBefore(results, {key: found for key, found in failing.items() if found})


def held_back(
    plan: Plan,
    failing: Mapping[str, tuple[UnitResult, ...]],
    waits_for: Mapping[str, frozenset[str]],
    *,
    everything: bool = False,
) -> tuple[tuple[Batch, ...], tuple[Outcome, ...]]:
    """Of a plan: the batches that may run, and the outcomes of those that may not, since unit tests do not pass.

    waits_for: for each model, those that must have ended well before it. everything: nothing may run then.
    """
    if not failing:
        return plan.batches, ()
    reasons: dict[str, str] = {}
    skipped: set[str] = set()
    runnable: list[Batch] = []
    outcomes: list[Outcome] = []
    first = next(iter(failing))
    for model in dict.fromkeys(batch.model for batch in plan.batches):
        upstream = next((other for other in reasons if other in waits_for.get(model, ())), None)
        if upstream is not None and not (everything and model in failing):
            reasons[model] = f"upstream {reasons[upstream].removeprefix('upstream ')}"
            skipped.add(model)
        elif model in failing:
            reasons[model] = f"{model} was held back by its unit tests"
        elif everything:
            reasons[model] = f"{first} was held back by its unit tests, and --fail-fast was asked for"
    told: set[str] = set()
    for batch in plan.batches:
        if batch.model not in reasons:
            runnable.append(batch)
        elif batch.model in failing.keys() - skipped and batch.model not in told:
            told.add(batch.model)
            outcomes.append(_held(batch, failing[batch.model]))
        else:
            outcomes.append(Outcome(batch=batch, state="skipped", error=reasons[batch.model]))
    return tuple(runnable), tuple(outcomes)


def _held(batch: Batch, failing: tuple[UnitResult, ...]) -> Outcome:
    """The outcome of a batch that unit tests hold back. Where the model's own text cannot run, that is its error."""
    fault = next((result for result in failing if _is_model_at_fault(result)), None)
    if fault is not None:
        return Outcome(batch=batch, state="failed", error=_reason(fault), error_report=fault.error_report)
    hint = f"`batchsql test -s {batch.model}` shows the rows; --no-unit-tests loads it all the same"
    report = {"kind": "Unit tests failed", "hint": hint}
    return Outcome(batch=batch, state="check_failed", error="; ".join(map(_reason, failing)), error_report=report)


def _is_chosen(compiled: Compiled, test: UnitTest) -> bool:
    return compiled.chosen is None or test.unique_id(compiled.project.name) in compiled.chosen


def _is_model_at_fault(result: UnitResult) -> bool:
    """Whether the model's own text cannot run."""
    return result.state == "error" and result.error_report.get("path") not in (None, result.test.path)


def _is_new_code(node: Node, state: LedgerState) -> bool:
    loaded = state.newest.get(node.key)
    return loaded is None or loaded.fingerprint != node.fingerprint


def _reason(result: UnitResult) -> str:
    if result.state == "error":
        return f"the unit test '{result.test.name}' cannot be run: {result.error}"
    return f"the unit test '{result.test.name}' fails: other rows came than were expected"


def _selected(
    compiled: Compiled, include: Sequence[str], exclude: Sequence[str]
) -> tuple[list[UnitTest], tuple[str, ...]]:
    tests = [test for test in compiled.project.unit_tests if test.model in compiled.graph.nodes]
    names = {test.name for test in tests}
    wanted = [word for word in include if word not in names]
    unwanted = [word for word in exclude if word not in names]
    found = selection(compiled, wanted, unwanted) if wanted or not include else Selection(keys=())
    models = set(found.keys)
    chosen = [
        test
        for test in tests
        if (_comes_along(compiled, test, found) or test.name in include) and test.name not in exclude
    ]
    have = {test.model for test in chosen}
    graph = compiled.graph
    return chosen, tuple(key for key in graph.nodes if key in models - have and graph[key].kind == "model")


def _comes_along(compiled: Compiled, test: UnitTest, found: Selection) -> bool:
    """Whether a unit test is selected, by itself or with its model."""
    if found.ids:
        return test.unique_id(compiled.project.name) in found.ids
    return test.model in found.keys


def _run_all(compiled: Compiled, tests: Sequence[UnitTest]) -> tuple[UnitResult, ...]:
    if not tests:
        return ()
    target = msgspec.structs.replace(apart(compiled.project.target), external_access=False, allowed_directories=())
    engine = open_engine(target, ())
    shapes = Shapes(compiled)
    try:
        session = engine.session()
        bench = _Bench(compiled, session, shapes)
        return tuple(bench.result(test) for test in tests)
    finally:
        shapes.close()
        engine.close()


class _Bench:
    """Where tests are run, one after another, in one session."""

    def __init__(self, compiled: Compiled, session: Session, shapes: Shapes) -> None:
        self._compiled = compiled
        self._session = session
        self._shapes = shapes
        self._schemas: set[str] = set()
        self._schema(_ACTUAL.schema)

    def result(self, test: UnitTest) -> UnitResult:
        """Run one test; what is wrong with it, or with its query, becomes its result."""
        started = time.perf_counter()
        try:
            found = self._run(test)
        except (BatchsqlError, OSError) as error:
            wrong = (
                error if isinstance(error, BatchsqlError) else ProjectError(str(error), path=test.path, line=test.line)
            )
            if not wrong.path:
                wrong.path, wrong.line = test.path, test.line
            report = error_report(self._compiled.root, wrong)
            found = UnitResult(test=test, state="error", error=wrong.message, error_report=report)
        return msgspec.structs.replace(found, seconds=time.perf_counter() - started)

    def _run(self, test: UnitTest) -> UnitResult:
        compiled = self._compiled
        if test.macros or test.variables or test.environment:
            compiled = with_overrides(
                compiled, test.model, macros=test.macros, variables=test.variables, environment=test.environment
            )
        node = compiled.graph[test.model]
        situation = self._situation(test, node)
        tables = _stand_ins(compiled, node, test)
        for table in tables.values():
            self._schema(table.schema)
        self._session.begin()
        try:
            if test.now is not None:
                self._freeze(test.now)
            for given in test.given:
                self._give(given, tables, node)
            assembled = assemble_on(compiled, node.key, situation, {key: table.sql for key, table in tables.items()})
            return self._judged(compiled, test, assembled)
        finally:
            self._session.rollback()

    def _schema(self, schema: str) -> None:
        if schema not in self._schemas:
            self._session.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}")
            self._schemas.add(schema)

    def _situation(self, test: UnitTest, node: Node) -> Situation:
        return Situation(
            incremental=test.incremental,
            interval=_interval(test, node),
            batch_id=1,
            run_started_at=test.now or datetime.now(UTC).replace(tzinfo=None),
            invocation_id=_INVOCATION,
            run_query=self._session.query_named,
        )

    def _freeze(self, now: datetime) -> None:
        """Let the functions that tell the time tell this one, until the transaction ends."""
        texts = {
            "zoned": literal(f"{now}+00"),
            "plain": literal(str(now)),
            "day": literal(str(now.date())),
            "time": literal(str(now.time())),
        }
        macros = [f"CREATE MACRO {name}() AS {value.format(**texts)}" for name, value in _CLOCKS.items()]
        midnight = f"TIMESTAMP {texts['day']}"
        macros.append(f"CREATE MACRO age(t) AS system.main.age({midnight}, t), (a, b) AS system.main.age(a, b)")
        self._session.execute(";\n".join(macros))

    def _give(self, given: Given, tables: dict[str, TableName], node: Node) -> None:
        """Make the table that stands in for an input."""
        key = next((key for key in tables if key.lower() == given.key.lower()), None)
        if key is None:
            return  # an input of the other variant of the query
        upstream = node.key if key == "this" else key
        rows = given.rows
        if rows is None:
            rows = self._shapes.seed_rows(self._compiled.graph[upstream])
        if upstream in self._compiled.graph.nodes:
            make_given(self._session, tables[key], given, rows, self._shapes.of(upstream))
        else:
            make_given(self._session, tables[key], given, rows, Shape())

    def _judged(self, compiled: Compiled, test: UnitTest, assembled: Assembled) -> UnitResult:
        session, expect = self._session, test.expect
        try:
            session.execute(f"CREATE TABLE {_ACTUAL.sql} AS\n{assembled.sql}")
        except EngineError as error:
            raise located(compiled, assembled, error, compiled.graph[test.model].path) from error
        kinds = dict(session.columns(f"FROM {_ACTUAL.sql}"))
        columns = _compared(test, expect, kinds, session)
        types = [kinds[column] for column in columns]
        expected = expected_rows(session, expect, columns, types)
        actual = actual_rows(session, _ACTUAL.sql, columns, types)
        same, differences = compare(expected, actual, types)
        return UnitResult(
            test=test,
            state="fail" if differences else "pass",
            columns=columns,
            numeric=tuple(map(is_numeric, types)),
            same=same,
            differences=differences,
        )


def _stand_ins(compiled: Compiled, node: Node, test: UnitTest) -> dict[str, TableName]:
    """For each input, the table that stands in for it. Raises ProjectError for what is not given, or not read."""
    given = {item.key.lower(): item for item in test.given}
    tables: dict[str, TableName] = {}
    missing: dict[str, None] = {}
    for read in _reads(compiled, node, given, incremental=test.incremental):
        key = "this" if read.kind == "this" else read.key
        if key.lower() in given:
            tables[key] = _table_of(compiled, key, node)
        elif read.kind != "relation":
            missing[_written(compiled, read)] = None
    if missing:
        inputs = " and ".join(missing)
        raise ProjectError(
            f"{node.key} reads {inputs}, which the unit test '{test.name}' does not give",
            path=test.path,
            line=test.line,
            hint="give each input its rows: `- input: ...` with `rows: [...]`, or `rows: []` for none",
        )
    known = {key.lower() for key in tables}
    for key, item in given.items():
        if key not in known:
            _allow_unread(compiled, node, test, item, tables)
    return tables


def _allow_unread(compiled: Compiled, node: Node, test: UnitTest, given: Given, tables: dict[str, TableName]) -> None:
    """Accept what the template may ask for by run_query(), or the other variant of the query reads."""
    upstream = next((key for key in node.parents if key.lower() == given.key.lower()), None)
    if upstream is not None:
        tables[upstream] = _table_of(compiled, upstream, node)
        return
    both = [query for query in (node.query, node.incremental) if query]
    others = [read for query in both for read in query.reads]
    if given.key.lower() == "this" and any(read.kind == "this" for read in others):
        hint: str | None = "write `overrides: {macros: {is_incremental: true}}`"
        message = f"{node.key} reads its own rows only when is_incremental() is true"
        raise ProjectError(message, path=test.path, line=given.line, hint=hint)
    inputs = [_written(compiled, read) for read in others]
    hint = did_you_mean(given.key, node.parents) or f"it reads {', '.join(dict.fromkeys(inputs)) or 'nothing'}"
    message = f"the unit test '{test.name}' gives rows for '{given.key}', which {node.key} does not read"
    raise ProjectError(message, path=test.path, line=given.line, hint=hint)


def _reads(compiled: Compiled, node: Node, given: Mapping[str, Given], *, incremental: bool) -> Iterator[Read]:
    """What a query reads; in the place of an ephemeral model that is not given, what that one reads."""
    query = compiled_query(node, incremental=incremental)
    for read in query.reads if query else ():
        upstream = compiled.graph.nodes.get(read.key) if read.kind == "model" else None
        if upstream is not None and is_ephemeral(upstream) and read.key.lower() not in given:
            yield from _reads(compiled, upstream, given, incremental=False)
        else:
            yield read


def _table_of(compiled: Compiled, key: str, node: Node) -> TableName:
    if key == "this":
        return stand_in(node)
    upstream = compiled.graph.nodes.get(key)
    return stand_in(upstream) if upstream else TableName("files", key)


def _written(compiled: Compiled, read: Read) -> str:
    """An input as a test writes it."""
    if read.kind == "this":
        return "this"
    if read.kind == "model":
        return f"ref('{read.key}')"
    upstream = compiled.graph.nodes.get(read.key)
    if upstream and upstream.source:
        return f"source('{upstream.source.group}', '{upstream.source.name}')"
    return f"'{read.key}'"


def _interval(test: UnitTest, node: Node) -> Interval | None:
    """The slice that the test is about. Raises ProjectError where it needs one, or must not have one."""
    config = node.config
    if test.start is None:
        if config.by_interval and node.rendered and "batch" in node.rendered.dynamic:
            raise ProjectError(
                f"{node.key} asks for batch.start and batch.end, and the unit test '{test.name}' gives none",
                path=test.path,
                line=test.line,
                hint="write `batch: {start: 2024-01-31, end: 2024-02-01}`",
            )
        return None
    if not config.by_interval or config.batch_size is None:
        message = f"the unit test '{test.name}' has a batch, and {node.key} is not loaded an interval at a time"
        raise ProjectError(message, path=test.path, line=test.line, hint="remove `batch`")
    return Interval(test.start, test.end or next(steps(test.start, datetime.max, config.batch_size)).end)


def _compared(test: UnitTest, expect: Rows, kinds: Mapping[str, str], session: Session) -> tuple[str, ...]:
    """The columns to compare, as the model calls them: those that are expected; all, where no row is."""
    names = expect.columns
    if expect.format == "sql":
        try:
            names = tuple(name for name, _ in session.columns(f"FROM (\n{expect.sql}\n)"))
        except EngineError as error:
            message = f"the expected rows: {error.message.splitlines()[0]}"
            raise ProjectError(message, path=expect.path, line=expect.line) from error
    known = {name.lower(): name for name in kinds}
    for name in names:
        if name.lower() not in known:
            raise ProjectError(
                f"a column '{name}' is expected, which {test.model} does not have",
                path=expect.path,
                line=expect.line,
                hint=did_you_mean(name, kinds) or f"it has {', '.join(list(kinds)[:12])}",
            )
    return tuple(known[name.lower()] for name in names) or tuple(kinds)
