"""Commands about what is due: build, plan, check."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batchsql.cli.commands import Command
from batchsql.cli.invocation import Invocation, pass_invocation, source_line
from batchsql.cli.options import interval_range, selection, words
from batchsql.cli.testing import junit_option, report_checks
from batchsql.errors import UsageError

if TYPE_CHECKING:
    from batchsql.compiler import Compiled
    from batchsql.pipeline import Options
    from batchsql.values import RunResult

_threads = click.option("--threads", type=click.IntRange(min=1), metavar="N", help="Batches at a time.")
_fail_fast = click.option("-x", "--fail-fast", is_flag=True, help="Start nothing more once a batch has failed.")
_no_unit_tests = click.option(
    "--no-unit-tests", is_flag=True, help="Load models although their unit tests fail, or were not run."
)
_store_failures = click.option(
    "--store-failures", is_flag=True, help="Keep the rows that fail a check, in <schema>_dbt_test__audit."
)
_full_refresh = click.option("-f", "--full-refresh", is_flag=True, help="Make the models anew, history and all.")


class _Seconds(click.FloatRange):
    """Seconds, not negative; `name` is what click calls them in its messages."""

    name = "number of seconds"


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
@interval_range
@_threads
@_fail_fast
@_no_unit_tests
@_store_failures
@junit_option
@_wait
@pass_invocation
def build(invocation: Invocation, /, no_unit_tests: bool, junit: Path | None, **given: Any) -> int:
    """Bring the warehouse up to date.

    Each batch that is due is loaded, checked and committed, or leaves no trace but its entry in the ledger.
    Due is what the ledger does not hold: models whose query or input changed, intervals that are missing, batches
    that failed. `batchsql plan` shows it beforehand. Models that are new, or whose code changed, must pass their unit
    tests first.
    """
    from batchsql import pipeline
    from batchsql.cli.reporters import reporter_for
    from batchsql.report.lineage import shape

    options = _options(invocation, {**given, "unit_tests": not no_unit_tests})
    compiled = invocation.compiled()
    _expect_intervals(compiled, options)
    shapes = {key: shape(node) for key, node in compiled.graph.nodes.items()}
    with reporter_for(invocation.terminal, shapes) as listener:
        result = pipeline.build(compiled, options, listener)
    report_checks(invocation, junit, compiled, result)
    return conclude(invocation, compiled, result, "build")


@click.command(cls=Command, examples=["batchsql plan", "batchsql plan -s delays_daily+ --json"])
@selection
@_full_refresh
@interval_range
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@pass_invocation
def plan(invocation: Invocation, /, as_json: bool, **given: Any) -> None:
    """Show what is due, and why. Changes nothing."""
    from batchsql import pipeline
    from batchsql.report.plans import plan_record, plan_text
    from batchsql.report.table import json_text

    terminal = invocation.terminal
    options = _options(invocation, given)
    compiled = invocation.compiled()
    _expect_intervals(compiled, options)
    planned = pipeline.make_plan(compiled, options)
    terminal.say(
        json_text(plan_record(planned), indent=2)
        if as_json
        else plan_text(planned, terminal.paint, width=terminal.width)
    )


@click.command(cls=Command, examples=["batchsql check", "batchsql check -s stg_flights"])
@selection
@_fail_fast
@_store_failures
@junit_option
@_wait
@pass_invocation
def check(invocation: Invocation, /, junit: Path | None, **given: Any) -> int:
    """Run the checks on what is there. Loads nothing; the verdicts go into the ledger."""
    from batchsql import pipeline
    from batchsql.cli.reporters import reporter_for
    from batchsql.report.lines import CHECKED

    compiled = invocation.compiled()
    options = _options(invocation, given)
    with reporter_for(invocation.terminal, dict.fromkeys(compiled.graph.nodes, CHECKED)) as listener:
        result = pipeline.run_checks(compiled, options, listener)
    report_checks(invocation, junit, compiled, result)
    return conclude(invocation, compiled, result, "check")


def _options(invocation: Invocation, given: Mapping[str, Any]) -> Options:
    from batchsql.pipeline import Options
    from batchsql.report.words import moment

    told = dict(given)
    start, end = told.get("start"), told.get("end")
    if start and end and start >= end:
        raise UsageError(
            f"--start {moment(start)} is not before --end {moment(end)}",
            hint="the end is not in the range; one day is for example --start 2013-02-10 --end 2013-02-11",
        )
    return Options(
        select=words(told.pop("select")),
        exclude=words(told.pop("exclude")),
        command=invocation.terminal.mask(invocation.command),
        variables=invocation.variables(),
        **told,
    )


def _expect_intervals(compiled: Compiled, options: Options) -> None:
    """A range asks for nothing where no model is loaded by intervals. Raises UsageError."""
    if options.start is None and options.end is None:
        return
    from batchsql.selection import select

    selected = select(compiled.graph, options.select, options.exclude)
    if any(compiled.graph[key].config.by_interval for key in selected):
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
    return result.exit_code
