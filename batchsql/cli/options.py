"""Options: those that every command takes, those that several share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from batchsql.cli.invocation import Invocation

Function = TypeVar("Function", bound=Callable[..., Any])
_MODEL_FOLDERS = ("models", "seeds", "snapshots")


def keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep the value of an option that every command takes; one behind the command's name wins."""
    invocation = context.find_object(Invocation)
    if invocation is not None and parameter.name and (value not in (None, False) or _is_pair(parameter, value)):
        invocation.options[parameter.name] = value


def _is_pair(parameter: click.Parameter, value: object) -> bool:
    """Whether a switch was turned off by its own name: `--no-partial-parse`."""
    return value is False and bool(parameter.secondary_opts) and parameter.default is None


def common_options(*, with_environment: bool = False) -> list[click.Option]:
    """The options that may stand before and after the command's name; at the front also their variables count."""

    def option(names: Sequence[str], *variables: str, **attributes: Any) -> click.Option:
        found = variables if with_environment else None
        return click.Option(names, expose_value=False, callback=keep, envvar=found, **attributes)

    folder = click.Path(file_okay=False, exists=True)
    formats = click.Choice(["text", "json", "default", "debug"])
    return [
        option(
            ["--project-dir"],
            "BATCHSQL_PROJECT_DIR",
            "DBT_PROJECT_DIR",
            type=folder,
            help="The project's folder, if not here or above.",
        ),
        option(["--profiles-dir"], "DBT_PROFILES_DIR", type=folder, help="Folder of profiles.yml, for a dbt project."),
        option(["--profile"], "DBT_PROFILE", metavar="NAME", help="Which profile of profiles.yml, for a dbt project."),
        option(
            ["-t", "--target"],
            "BATCHSQL_TARGET",
            "DBT_TARGET",
            metavar="NAME",
            help="Which of the project's targets to use.",
        ),
        option(["--vars"], metavar="YAML", help="Values for var(), e.g. 'country: Peru'."),
        option(
            ["--log-format"], "BATCHSQL_LOG_FORMAT", "DBT_LOG_FORMAT", type=formats, help="json: one object a line."
        ),
        option(
            ["-q", "--quiet/--no-quiet"],
            "DBT_QUIET",
            is_flag=True,
            default=False,
            help="Print failures and results only.",
        ),
        option(["--no-cache"], is_flag=True, default=False, help="Compile everything anew."),
        option(
            ["-d", "--debug/--no-debug"],
            "BATCHSQL_DEBUG",
            "DBT_DEBUG",
            is_flag=True,
            default=False,
            help="Show tracebacks of errors.",
        ),
    ]


def complete_model(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Names of models for the shell, after whatever operators stand in front."""
    name = incomplete.lstrip("+@0123456789")
    front = incomplete[: len(incomplete) - len(name)]
    invocation = ctx.find_object(Invocation) or Invocation((), {})
    folder = Path(invocation.options.get("project_dir") or ".")
    return [CompletionItem(front + found) for found in model_names(folder) if found.startswith(name)]


def model_names(folder: Path) -> list[str]:
    """Names of the models, seeds and snapshots, by the names of their files; nothing is read."""
    files = (
        file for name in _MODEL_FOLDERS for ending in ("sql", "csv") for file in (folder / name).rglob(f"*.{ending}")
    )
    return sorted({file.stem for file in files})


def read_moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Read a date or time in ISO 8601, UTC where it names no offset; the result is in UTC and carries no zone."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        message = f"'{value}' is not a time; write for example 2013-02-10, or 2013-02-10T06:00"
        raise click.BadParameter(message, ctx, param) from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def selection(function: Function) -> Function:
    """Add --select and --exclude, and what says how they are meant; `-s a b` is the same as `-s a -s b`."""
    for option in _how_to_select():
        function = option(function)
    function = click.option(
        "--exclude", multiple=True, shell_complete=complete_model, metavar="MODELS...", help="Leave these out."
    )(function)
    return click.option(
        "-s",
        "--select",
        multiple=True,
        shell_complete=complete_model,
        metavar="MODELS...",
        help="Names, wildcards, +upstream, downstream+, tag:, path:, source:.",
    )(function)


def _how_to_select() -> list[Callable[[Function], Function]]:
    """Options of dbt projects beside --select; they are kept with those that every command takes."""

    def option(*names: str, **attributes: Any) -> Callable[[Function], Function]:
        return click.option(*names, expose_value=False, callback=keep, **attributes)

    ways = click.Choice(["eager", "cautious", "buildable", "empty"])
    return [
        option(
            "--indirect-selection",
            type=ways,
            envvar="DBT_INDIRECT_SELECTION",
            help="In a dbt project: when tests come along with what they look at.",
        ),
        option(
            "--exclude-resource-type",
            multiple=True,
            envvar="DBT_EXCLUDE_RESOURCE_TYPES",
            metavar="TYPES...",
            help="In a dbt project: not these kinds of things.",
        ),
        option(
            "--resource-type",
            multiple=True,
            envvar="DBT_RESOURCE_TYPES",
            metavar="TYPES...",
            help="In a dbt project: only these: model, seed, snapshot, test, unit_test, source, exposure, ...",
        ),
        option("--selector", metavar="NAME", help="In a dbt project: a selection that selectors.yml names."),
    ]


def interval_range(function: Function) -> Function:
    """Add --start and --end."""
    function = click.option(
        "--end", callback=read_moment, metavar="TIME", help="Where the range ends; the moment itself is not in it."
    )(function)
    return click.option(
        "--start", callback=read_moment, metavar="TIME", help="Load a range of intervals again, from here."
    )(function)


def spread(arguments: Sequence[str], names: frozenset[str]) -> list[str]:
    """Repeat the names of options that take several values: `-s a b -x` becomes `-s a -s b -x`."""
    result: list[str] = []
    repeated = ""
    first = False
    for position, argument in enumerate(arguments):
        if argument == "--":
            return [*result, *arguments[position:]]
        if argument.startswith("-") and argument != "-":
            repeated, first = (argument, True) if argument in names else ("", False)
        elif repeated and not first:
            result.append(repeated)
        else:
            first = False
        result.append(argument)
    return result


def words(values: Sequence[str]) -> tuple[str, ...]:
    """Split what was quoted together: `-s "a b"` is `-s a b`."""
    return tuple(word for value in values for word in value.split())
