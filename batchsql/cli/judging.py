"""What `test` does in a dbt project: all tests of the data that is there, and all unit tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from batchsql.cli.artifacts import write_run
from batchsql.cli.dbt_options import arguments_of, say_what_was_asked
from batchsql.cli.invocation import Invocation
from batchsql.cli.options import words
from batchsql.cli.running import conclude, options_of
from batchsql.cli.testing import report_checks, say_unit_tests

if TYPE_CHECKING:
    from batchsql.compiler import Compiled


def test_all(invocation: Invocation, compiled: Compiled, given: Mapping[str, Any], junit: Path | None) -> int:
    """Run the tests that are selected, on what is there; write what became of them; give the exit code."""
    from batchsql import pipeline
    from batchsql.artifacts import unit_test_result
    from batchsql.cli.reporters import reporter_for
    from batchsql.pipeline.unit_tests import run_unit_tests
    from batchsql.report.lines import CHECKED
    from batchsql.values import RunResult
    from batchsql.values.unit_tests import UnitRun

    say_what_was_asked(compiled, arguments_of(invocation, "test", given), given)
    asked = _Asked.of(compiled, words(given["select"]), words(given["exclude"]))
    units = run_unit_tests(compiled, asked.of_units, asked.without_units) if asked.units else UnitRun()
    if units.results:
        say_unit_tests(invocation, units)
    result = RunResult(run_id=None, outcomes=(), not_due=(), seconds=units.seconds)
    if asked.data:
        options = options_of(invocation, {**given, "select": asked.of_data, "exclude": asked.without_data})
        with reporter_for(invocation.terminal, dict.fromkeys(compiled.graph.nodes, CHECKED)) as listener:
            result = pipeline.run_checks(compiled, options, listener)
        report_checks(invocation, junit, compiled, result)
    found = [unit_test_result(each, compiled.project.name) for each in units.results]
    write_run(invocation, compiled, result, found)
    code = conclude(invocation, compiled, result, "check") if result.outcomes or not units.results else 0
    return 1 if units.exit_code else code


class _Asked(NamedTuple):
    """Which unit tests and which tests of data are asked for, in the words of a selection."""

    units: bool
    data: bool
    of_units: tuple[str, ...]
    of_data: tuple[str, ...]
    without_units: tuple[str, ...]
    without_data: tuple[str, ...]

    @classmethod
    def of(cls, compiled: Compiled, select: tuple[str, ...], exclude: tuple[str, ...]) -> _Asked:
        """Whether any of either kind is selected."""
        from batchsql.compiler.selecting import selection

        kinds = {unique_id.partition(".")[0] for unique_id in selection(compiled, select, exclude).ids}
        return cls(
            units="unit_test" in kinds,
            data="test" in kinds,
            of_units=select,
            of_data=select,
            without_units=exclude,
            without_data=exclude,
        )
