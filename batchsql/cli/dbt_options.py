"""The options of dbt's commands: those that mean something here, and those that are taken and mean nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from batchsql.cli.options import keep, read_moment
from batchsql.errors import UsageError

if TYPE_CHECKING:
    from batchsql.cli.invocation import Invocation
    from batchsql.compiler import Compiled, ReadsPart

Function = TypeVar("Function", bound=Callable[..., Any])
_FOLDER = click.Path(file_okay=False, path_type=Path)
_LEVELS = click.Choice(["debug", "info", "warn", "error", "none"])
_SWITCHES = (
    *("cache-selected-only", "log-cache-events", "partial-parse", "populate-cache", "print"),
    *("send-anonymous-usage-stats", "show-all-deprecations", "static-parser", "use-colors", "use-colors-file"),
    *("use-experimental-parser", "version-check", "write-json", "upload-to-artifacts-ingest-api", "introspect"),
)
_VALUES: dict[str, Any] = {
    "log-format-file": click.STRING,
    "log-level": _LEVELS,
    "log-level-file": _LEVELS,
    "log-path": click.STRING,
    "printer-width": click.INT,
    "record-timing-info": click.STRING,
    "warn-error-options": click.STRING,
    "config-dir": click.STRING,
}


def accepted_options(*, with_environment: bool = False) -> list[click.Option]:
    """Options that every command of dbt takes; they are not in the help, since few of them change anything here."""

    def option(*names: str, variable: str, **attributes: Any) -> click.Option:
        name = variable.upper().replace("-", "_")
        found = (f"DBT_ENGINE_{name}", f"DBT_{name}") if with_environment else None
        words = "As the option of that name in dbt."
        return click.Option(
            names, expose_value=False, callback=keep, envvar=found, hidden=True, help=words, **attributes
        )

    switches = [option(f"--{name}/--no-{name}", variable=name, default=None) for name in _SWITCHES]
    values = [option(f"--{name}", variable=name, type=kind) for name, kind in _VALUES.items()]
    return [
        *switches,
        *values,
        option("--warn-error", variable="warn-error", is_flag=True, default=None),
        option("--target-path", variable="target-path", type=click.STRING),
    ]


def event_times(function: Function) -> Function:
    """Add --event-time-start and --event-time-end, dbt's names of --start and --end."""
    for side in ("end", "start"):
        function = click.option(
            f"--event-time-{side}",
            f"event_time_{side}",
            callback=read_moment,
            envvar=f"DBT_EVENT_TIME_{side.upper()}",
            metavar="TIME",
            help=f"The same as --{side}.",
        )(function)
    return function


def reading_less(function: Function) -> Function:
    """Add --empty and --sample."""
    function = click.option(
        "--sample",
        envvar="DBT_SAMPLE",
        metavar="WINDOW",
        help="Models see the last rows of what they read, by event_time: '3 days', or {start: ..., end: ...}.",
    )(function)
    return click.option(
        "--empty/--no-empty",
        envvar="DBT_EMPTY",
        default=False,
        help="Models see no rows of what they read: a try that makes all tables.",
    )(function)


def deferring(function: Function) -> Function:
    """Add --state, --defer, --defer-state and --favor-state."""
    function = click.option(
        "--favor-state/--no-favor-state",
        envvar="DBT_FAVOR_STATE",
        default=False,
        help="With --defer: also where a model is here.",
    )(function)
    function = click.option(
        "--defer-state", type=_FOLDER, envvar="DBT_DEFER_STATE", metavar="FOLDER", help="With --defer: not --state."
    )(function)
    function = click.option(
        "--defer/--no-defer",
        envvar="DBT_DEFER",
        default=False,
        help="Read models that are neither selected nor here from where the manifest in --state has them.",
    )(function)
    return click.option(
        "--state", type=_FOLDER, envvar="DBT_STATE", metavar="FOLDER", help="Folder of an earlier manifest.json."
    )(function)


def read_state_manifest(folder: Path | None, why: str) -> dict[str, Any]:
    """The manifest of an earlier state. Raises UsageError."""
    import msgspec

    if folder is None:
        raise UsageError(f"{why} needs the folder of an earlier manifest", hint="name it with --state FOLDER")
    file = folder / "manifest.json"
    try:
        found: dict[str, Any] = msgspec.json.decode(file.read_bytes())
    except OSError:
        raise UsageError(f"there is no {file}", hint="`batchsql parse` writes target/manifest.json") from None
    except msgspec.DecodeError as error:
        raise UsageError(f"{file} is no manifest: {error}") from None
    return found


def elsewhere(given: Mapping[str, Any]) -> dict[str, str]:
    """With --defer: the relations of an earlier state, by name of the model. Raises UsageError."""
    if not given.get("defer"):
        return {}
    found = read_state_manifest(given.get("defer_state") or given.get("state"), "--defer")
    return {
        node["name"]: node["relation_name"]
        for node in found.get("nodes", {}).values()
        if node.get("resource_type") in ("model", "seed", "snapshot") and node.get("relation_name")
    }


def reads_part(given: Mapping[str, Any]) -> ReadsPart | None:
    """With --empty or --sample: which rows models see. Raises UsageError."""
    from batchsql.compiler import ReadsPart

    if given.get("empty"):
        return ReadsPart()
    return ReadsPart(read_sample(given["sample"])) if given.get("sample") else None


def read_sample(text: str) -> Any:
    """A stretch of time: `3 days` until now, or `{start: 2024-01-01, end: 2024-02-01}`. Raises UsageError."""
    from datetime import datetime

    from batchsql.cli.invocation import read_variables
    from batchsql.cli.terminal import utc_now
    from batchsql.values import Interval, Step

    hint = "write for example --sample '3 days', or --sample '{start: 2024-01-01, end: 2024-02-01}'"
    try:
        if text.lstrip().startswith("{"):
            ends = read_variables(text)
            return Interval(*(datetime.fromisoformat(str(ends[side])) for side in ("start", "end")))
        now = utc_now()
        return Interval(_before(now, Step.parse(text)), now)
    except (ValueError, KeyError) as error:
        raise UsageError(f"--sample '{text}' is no stretch of time: {error}", hint=hint) from None


def _before(moment: Any, step: Any) -> Any:
    """The moment that lies a step before another."""
    from datetime import timedelta

    if step.unit in ("minute", "hour", "day", "week"):
        return moment - timedelta(**{f"{step.unit}s": step.count})
    months = step.count * {"month": 1, "quarter": 3, "year": 12}[step.unit]
    number = moment.year * 12 + moment.month - 1 - months
    return moment.replace(year=number // 12, month=number % 12 + 1, day=min(moment.day, 28))


def arguments_of(invocation: Invocation, which: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a command was given, by dbt's names: what artifacts and `flags` tell of it."""
    told = {key: value for key, value in {**invocation.options, **given}.items() if value not in (None, (), "")}
    plain = {key: _plain(value) for key, value in told.items()}
    command = invocation.terminal.mask(invocation.command).replace("batchsql", "dbt", 1)
    return {**plain, "which": which, "vars": invocation.variables(), "invocation_command": command}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value if isinstance(value, bool | int | float | str | dict) else str(value)


def say_what_was_asked(compiled: Compiled, arguments: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Let templates and queries know of the command's options."""
    compiled.arguments = arguments
    compiled.reads_part = reads_part(given)
