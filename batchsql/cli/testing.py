"""The command that runs unit tests of models, and the JUnit report that others write too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from batchsql.cli.commands import Command
from batchsql.cli.dbt_options import deferring
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.cli.options import selection, words
from batchsql.errors import UsageError

if TYPE_CHECKING:
    from batchsql.compiler import Compiled
    from batchsql.report.junit import Case
    from batchsql.values import RunResult
    from batchsql.values.unit_tests import UnitRun

Function = TypeVar("Function", bound=Callable[..., Any])


def junit_option(function: Function) -> Function:
    """Add --junit FILE."""
    return click.option(
        "--junit",
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        metavar="FILE",
        help="Write the verdicts there as JUnit XML, for a CI server.",
    )(function)


@click.command(
    cls=Command,
    examples=["batchsql test", "batchsql test -s delays_daily", "batchsql test --junit target/unit-tests.xml"],
)
@selection
@deferring
@click.option("--threads", type=click.IntRange(min=1), hidden=True, help="As the option of that name in dbt.")
@click.option("-x", "--fail-fast", is_flag=True, help="Stop after the first that fails, in a dbt project.")
@click.option("--store-failures", is_flag=True, help="Keep the rows that fail a check, in a dbt project.")
@junit_option
@pass_invocation
def test(
    invocation: Invocation,
    /,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    junit: Path | None,
    **given: Any,
) -> int:
    """Run the unit tests of models: given rows in, expected rows out.

    They run in memory; the warehouse is not opened. Select models, or unit tests by their names. The exit code is 3
    when one fails, 2 when one cannot be run. In a dbt project the checks run too, on what is there; the code is 1 then.
    """
    from batchsql.pipeline.unit_tests import run_unit_tests
    from batchsql.report.junit import unit_test_cases

    compiled = invocation.compiled()
    if compiled.project.dialect == "dbt":
        from batchsql.cli.judging import test_all

        return test_all(invocation, compiled, {**given, "select": select, "exclude": exclude}, junit)
    run = run_unit_tests(compiled, words(select), words(exclude))
    if junit is not None:
        write_junit(invocation, junit, compiled.project.name, unit_test_cases(run))
    say_unit_tests(invocation, run)
    return run.exit_code


def report_checks(invocation: Invocation, file: Path | None, compiled: Compiled, result: RunResult) -> None:
    """Write the verdicts of a run, where a file was asked for."""
    if file is not None:
        from batchsql.report.junit import check_cases

        write_junit(invocation, file, compiled.project.name, check_cases(result))


def write_junit(invocation: Invocation, file: Path, name: str, cases: Sequence[Case]) -> None:
    """Write the report, folders included, secrets masked. Raises UsageError where that cannot be done."""
    from batchsql.cli.terminal import utc_now
    from batchsql.report.junit import junit_xml

    text = junit_xml(name, cases, utc_now(), invocation.terminal.mask)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the JUnit report cannot be written to {file}: {error.strerror}") from None


def say_unit_tests(invocation: Invocation, run: UnitRun) -> None:
    """Report unit tests."""
    from batchsql.report import unit_tests as report

    terminal = invocation.terminal
    if terminal.json_log:
        for result in run.results:
            terminal.record(report.unit_test_record(result))
        terminal.record(report.unit_run_record(run))
    elif not run.results:
        terminal.note("no selected model has unit tests; they are written under `unit_tests:` beside the models")
    elif not terminal.quiet:
        lines = "\n".join(report.unit_test_lines(run, terminal.paint))
        terminal.say(f"{lines}\n\n{report.unit_test_summary(run, terminal.paint, width=terminal.width)}")
    elif run.exit_code:
        terminal.say(report.unit_test_summary(run, terminal.paint, width=terminal.width))
