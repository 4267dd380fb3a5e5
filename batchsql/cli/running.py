"""Commands about what is due: build, plan, check."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batchsql.cli.commands import Command
from batchsql.cli.dbt_options import (
    arguments_of,
    deferring,
    elsewhere,
    event_times,
    reading_less,
    say_what_was_asked,
)
from batchsql.cli.invocation import Invocation, pass_invocation, source_line
from batchsql.cli.keeping import planned_options, remember_unfinished
from batchsql.cli.options import Function, interval_range, selection, words
from batchsql.cli.statics import found_statically, refused_before, say_static
from batchsql.cli.testing import junit_option, report_checks
from batchsql.errors import UsageError

if TYPE_CHECKING:
    from batchsql.compiler import Compiled
    from batchsql.pipeline import Options
    from batchsql.values import RunResult

_threads = click.option("--threads", type=click.IntRange(min=1), metavar="N", help="Batches at a time.")
_fail_fast = click.option(
    "-x",
    "--fail-fast/--no-fail-fast",
    envvar=("DBT_ENGINE_FAIL_FAST", "DBT_FAIL_FAST"),
    default=None,
    help="Start nothing more once a batch has failed.",
)
_no_unit_tests = click.option(
    "--no-unit-tests", is_flag=True, help="Load models although their unit tests fail, or were not run."
)
_store_failures = click.option(
    "--store-failures",
    is_flag=True,
    envvar=("DBT_ENGINE_STORE_FAILURES", "DBT_STORE_FAILURES"),
    help="Keep the rows that fail a check, in <schema>_dbt_test__audit.",
)
_force = click.option("--force", is_flag=True, help="Run all that is selected, due or not, as dbt does.")
_full_refresh = click.option(
    "-f",
    "--full-refresh",
    is_flag=True,
    envvar=("DBT_ENGINE_FULL_REFRESH", "DBT_FULL_REFRESH"),
    help="Make the models anew, history and all.",
)


_NOT_OF_A_RUN = (
    *("empty", "sample", "state", "defer", "defer_state", "favor_state"),
    *("event_time_start", "event_time_end", "planned_in"),
)


_FILE = click.Path(dir_okay=False, path_type=Path)


class _Seconds(click.FloatRange):
    """Seconds, not negative; `name` is what click calls them in its messages."""

    name = "number of seconds"


_strict = click.option(
    "--strict", is_flag=True, help="Run nothing where the engine would refuse a query of what is selected."
)
_wait = click.option(
    "--wait",
    type=_Seconds(min=0),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for a warehouse that another run holds.",
)


@click.command(
    cls=Command,
    examples=[
        "batchsql build",
        "batchsql build -s stg_flights+ --exclude tag:slow",
        "batchsql build -s delays_daily --start 2013-02-01 --end 2013-03-01",
    ],
)
@selection
@_full_refresh
@_force
@interval_range
@event_times
@reading_less
@deferring
@_threads
@_fail_fast
@_no_unit_tests
@_strict
@_store_failures
@junit_option
@_wait
@click.option("--plan", "planned_in", type=_FILE, metavar="FILE", help="Carry out this plan, if nothing has changed.")
@pass_invocation
def build(invocation: Invocation, /, no_unit_tests: bool, strict: bool, junit: Path | None, **given: Any) -> int:
    """Bring the warehouse up to date.

    Each batch that is due is loaded, checked and committed, or leaves no trace but its entry in the ledger.
    Due is what the ledger does not hold: models whose query or input changed, intervals that are missing, batches
    that failed. `batchsql plan` shows it beforehand. Models that are new, or whose code changed, must pass their unit
    tests first. What the engine would refuse in the queries is told before anything runs, as by `check --static`.
    """
    return load(invocation, "build", given, junit, strict=strict, unit_tests=not no_unit_tests)


def loading(function: Function) -> Function:
    """Add the options of commands that load one kind of thing: run, seed, snapshot."""
    for decorate in (_wait, _fail_fast, _threads, deferring, reading_less, event_times, _force, _full_refresh):
        function = decorate(function)
    return selection(function)


@click.command(cls=Command, examples=["batchsql run", "batchsql run -s orders+ --full-refresh", "batchsql run --force"])
@loading
@pass_invocation
def run(invocation: Invocation, /, **given: Any) -> int:
    """Load the models that are due, without checks and unit tests.

    As dbt's `run`; what is not due is not run, unless --force or --full-refresh ask for it. `batchsql build` checks
    what it loads, before it is committed.
    """
    return load(invocation, "run", given, kinds=frozenset({"model"}), checks=False, unit_tests=False)


@click.command(cls=Command, examples=["batchsql seed", "batchsql seed -s countries --full-refresh"])
@loading
@pass_invocation
def seed(invocation: Invocation, /, **given: Any) -> int:
    """Load the seeds that are due: the files in seeds/, without checks."""
    return load(invocation, "seed", given, kinds=frozenset({"seed"}), checks=False, unit_tests=False)


@click.command(cls=Command, examples=["batchsql snapshot", "batchsql snapshot -s orders_kept"])
@loading
@pass_invocation
def snapshot(invocation: Invocation, /, **given: Any) -> int:
    """Take the snapshots that are due, without checks."""
    return load(invocation, "snapshot", given, kinds=frozenset({"snapshot"}), checks=False, unit_tests=False)


def load(
    invocation: Invocation,
    which: str,
    given: Mapping[str, Any],
    junit: Path | None = None,
    *,
    strict: bool | None = None,
    **told: Any,
) -> int:
    """Run what is due of what is selected, report it, and give the exit code.

    strict: whether nothing runs when the static check finds something; None for no such check. told: further options
    of the pipeline.
    """
    from msgspec.structs import replace

    from batchsql import pipeline
    from batchsql.cli.artifacts import write_run
    from batchsql.cli.reporters import reporter_for
    from batchsql.report.lineage import shape

    options = planned_options(invocation, options_of(invocation, {**given, **told}), given.get("planned_in"))
    compiled = invocation.compiled()
    if given.get("fail_fast") is None and compiled.project.flags.get("fail_fast"):
        options = replace(options, fail_fast=True)
    say_what_was_asked(compiled, arguments_of(invocation, which, given), given)
    _expect_intervals(compiled, options)
    if strict is not None and refused_before(invocation, compiled, options, strict=strict):
        return 2
    shapes = {key: shape(node) for key, node in compiled.graph.nodes.items()}
    with reporter_for(invocation.terminal, shapes) as listener:
        result = pipeline.build(compiled, options, listener)
    report_checks(invocation, junit, compiled, result)
    write_run(invocation, compiled, result)
    remember_unfinished(compiled, options, result)
    return conclude(invocation, compiled, result, "build")


@click.command(cls=Command, examples=["batchsql plan", "batchsql plan -s delays_daily+ --json"])
@selection
@_full_refresh
@interval_range
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.option("--out", type=_FILE, metavar="FILE", help="Keep the plan, for `batchsql build --plan FILE`.")
@pass_invocation
def plan(invocation: Invocation, /, as_json: bool, out: Path | None, **given: Any) -> None:
    """Show what is due, and why. Changes nothing.

    All that the engine would refuse in the queries is told too, as by `batchsql check --static`.
    """
    from batchsql import pipeline
    from batchsql.report.plans import plan_record, plan_text
    from batchsql.report.static import static_record, static_text
    from batchsql.report.table import json_text

    terminal = invocation.terminal
    options = options_of(invocation, given)
    compiled = invocation.compiled()
    _expect_intervals(compiled, options)
    planned = pipeline.plan_to_keep(compiled, options)
    if out is not None:
        pipeline.write_planned(out, planned)
    found = found_statically(compiled)
    if as_json:
        terminal.say(
            json_text(plan_record(planned.plan, planned.estimates) | {"static": static_record(found)}, indent=2)
        )
        return
    terminal.say(plan_text(planned.plan, terminal.paint, width=terminal.width, estimates=planned.estimates))
    if found.findings:
        terminal.say("\n" + static_text(found, terminal.paint, width=terminal.width))


@click.command(
    cls=Command, examples=["batchsql check", "batchsql check -s stg_flights", "batchsql check --static --json"]
)
@selection
@_fail_fast
@_store_failures
@junit_option
@_wait
@click.option("--static", is_flag=True, help="Check the queries themselves, all of the project, and run nothing.")
@click.option("--json", "as_json", is_flag=True, help="With --static: print what was found as JSON.")
@pass_invocation
def check(invocation: Invocation, /, junit: Path | None, static: bool, as_json: bool, **given: Any) -> int:
    """Run the checks on what is there. Loads nothing; the verdicts go into the ledger.

    With --static: DuckDB binds each query against empty tables, so that unknown columns, functions and wrong types
    are all told, with file and line, before anything runs. Nothing is read but the columns of sources.
    """
    if static:
        return say_static(invocation, invocation.compiled(), as_json=as_json)
    if as_json:
        raise UsageError("--json is for --static", hint="batchsql check --static --json")
    from batchsql import pipeline
    from batchsql.cli.reporters import reporter_for
    from batchsql.report.lines import CHECKED

    compiled = invocation.compiled()
    options = options_of(invocation, given)
    with reporter_for(invocation.terminal, dict.fromkeys(compiled.graph.nodes, CHECKED)) as listener:
        result = pipeline.run_checks(compiled, options, listener)
    report_checks(invocation, junit, compiled, result)
    return conclude(invocation, compiled, result, "check")


def options_of(invocation: Invocation, given: Mapping[str, Any]) -> Options:
    """The options of a run, of what the command was given. Raises UsageError."""
    from batchsql.pipeline import Options
    from batchsql.report.words import moment

    told = {key: value for key, value in given.items() if key not in _NOT_OF_A_RUN}
    told["fail_fast"] = bool(given.get("fail_fast"))
    for side in ("start", "end"):
        told[side] = told.get(side) or given.get(f"event_time_{side}")
    start, end = told["start"], told["end"]
    if start and end and start >= end:
        raise UsageError(
            f"--start {moment(start)} is not before --end {moment(end)}",
            hint="the end is not in the range; one day is for example --start 2013-02-10 --end 2013-02-11",
        )
    return Options(
        select=words(told.pop("select")),
        exclude=words(told.pop("exclude")),
        elsewhere=elsewhere(given),
        favor_elsewhere=bool(given.get("favor_state")),
        command=invocation.terminal.mask(invocation.command),
        variables=invocation.variables(),
        **told,
    )


def _expect_intervals(compiled: Compiled, options: Options) -> None:
    """A range asks for nothing where no model is loaded by intervals. Raises UsageError."""
    if options.start is None and options.end is None:
        return
    from batchsql.compiler.selecting import selection as chosen

    selected = chosen(compiled, options.select, options.exclude).keys
    if not selected or any(compiled.graph[key].config.by_interval for key in selected):
        return
    by_interval = [key for key, node in compiled.graph.nodes.items() if node.config.by_interval]
    who = f"{selected[0]} is not" if len(selected) == 1 else "no selected model is"
    raise UsageError(
        f"--start and --end have no effect: {who} loaded by intervals",
        hint=f"these are: {', '.join(by_interval[:5])}" if by_interval else "give a model `batch_size` and `begin`",
    )


def conclude(invocation: Invocation, compiled: Compiled, result: RunResult, command: str) -> int:
    """Say how it ended, and give the exit code."""
    from batchsql.cli.terminal import utc_now
    from batchsql.report.lines import run_finished_record
    from batchsql.report.plans import nothing_due, nothing_to_check
    from batchsql.report.summary import Written, summary
    from batchsql.report.words import fold
    from batchsql.values import Plan

    terminal = invocation.terminal
    if terminal.json_log:
        terminal.record(run_finished_record(result, utc_now()))
    elif not result.outcomes and not result.interrupted:
        if not terminal.quiet:
            empty = Plan(not_due=result.not_due)
            build_said = nothing_due(empty, result.last_run_at, terminal.paint, width=terminal.width, after_build=True)
            terminal.say(build_said if command == "build" else fold(nothing_to_check(empty), terminal.width, 2))
    elif not terminal.quiet or result.exit_code:
        checks = {check.name: check for node in compiled.graph.nodes.values() for check in node.checks}
        written = Written(checks, lambda path, line: source_line(compiled.root, path, line))
        text = summary(result, written, command=command, width=terminal.width, paint=terminal.paint)
        terminal.say(text if terminal.quiet else "\n" + text)
    for hook in result.hooks:
        if hook.state == "failed" and not terminal.json_log:
            terminal.complain(f"{hook.unique_id.split('.', 2)[2]} ({hook.hook.path}:{hook.hook.line}): {hook.error}")
    return exit_code(compiled, result.exit_code)


def exit_code(compiled: Compiled, code: int) -> int:
    """The exit code of a command: in a dbt project a failed check is what it is in dbt, a failure."""
    return 1 if code == 3 and compiled.project.dialect == "dbt" else code
