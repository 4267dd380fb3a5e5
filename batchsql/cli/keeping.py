"""Plans that are kept in a file: what `build --plan` carries out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from batchsql.cli.artifacts import target_folder
from batchsql.errors import UsageError

if TYPE_CHECKING:
    from batchsql.cli.invocation import Invocation
    from batchsql.compiler import Compiled
    from batchsql.pipeline import Options
    from batchsql.values import RunResult
    from batchsql.values.planned import PlannedRun

UNFINISHED = "unfinished.json"


def planned_options(invocation: Invocation, options: Options, file: Path | None) -> Options:
    """The options, with the plan of a file and what it was made with. Raises UsageError where both say what runs."""
    if file is None:
        return options
    import msgspec

    from batchsql.pipeline import read_planned

    if options.select or options.exclude or options.full_refresh or options.force or options.start or options.end:
        raise UsageError(
            "--plan says what runs, so that nothing else can",
            hint="leave out --select, --exclude, --start, --end, --force and --full-refresh, or --plan",
        )
    planned = read_planned(file)
    told = invocation.options
    if planned.variables and not told.get("vars"):
        told["vars"] = msgspec.json.encode(planned.variables).decode()
    if not told.get("target"):
        told["target"] = planned.target
    return msgspec.structs.replace(
        options,
        planned=planned,
        variables=invocation.variables(),
        full_refresh=planned.full_refresh,
        force=planned.force,
        checks=planned.checks,
        unit_tests=options.unit_tests and planned.checks,
    )


def remember_unfinished(compiled: Compiled, options: Options, result: RunResult) -> None:
    """Keep what of a run did not end well, each slice of it, and with which variables it ran, for `retry`."""
    from batchsql.pipeline import unfinished, write_planned

    file = target_folder(compiled) / UNFINISHED
    planned = unfinished(compiled, options, result)
    if planned.plan.batches:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_planned(file, planned)
    else:
        file.unlink(missing_ok=True)


def unfinished_before(compiled: Compiled) -> Path | None:
    """The file with what the last command left unfinished; None where there is none, or another command ran since."""
    file, results = target_folder(compiled) / UNFINISHED, target_folder(compiled) / "run_results.json"
    if not file.is_file() or (results.is_file() and results.stat().st_mtime_ns > file.stat().st_mtime_ns):
        return None
    by_interval = any(batch.interval for batch in _read(file).plan.batches)
    return file if by_interval or compiled.project.dialect != "dbt" else None


def _read(file: Path) -> PlannedRun:
    from batchsql.pipeline import read_planned

    return read_planned(file)
