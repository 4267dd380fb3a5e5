"""Commands that dbt has and that have no other place here: parse, docs, source, run-operation, retry, clone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from batchsql.cli.artifacts import (
    call_of,
    target_folder,
    write_json,
    write_manifest,
    write_parsed_manifest,
    write_results,
)
from batchsql.cli.commands import Command, Commands
from batchsql.cli.dbt_options import arguments_of, deferring, elsewhere, say_what_was_asked
from batchsql.cli.invocation import Invocation, pass_invocation, read_variables
from batchsql.cli.options import selection, words
from batchsql.cli.serving import serve
from batchsql.errors import UsageError

if TYPE_CHECKING:
    from batchsql.artifacts import Freshness
    from batchsql.compiler import Compiled
    from batchsql.pipeline import Event, Listener

_threads = click.option("--threads", type=click.IntRange(min=1), hidden=True, help="As the option of that name in dbt.")


@click.command(cls=Command, examples=["batchsql parse"])
@_threads
@pass_invocation
def parse(invocation: Invocation, /, **given: Any) -> None:
    """Read the project and write target/manifest.json. Opens no warehouse.

    The manifest tells other tools all that the project holds, in dbt's schema v12.
    """
    compiled = invocation.compiled()
    say_what_was_asked(compiled, arguments_of(invocation, "parse", given), given)
    write_parsed_manifest(invocation, compiled)
    invocation.terminal.note(f"written: {target_folder(compiled) / 'manifest.json'}")


@click.group(cls=Commands, examples=["batchsql docs generate", "batchsql docs serve"])
def docs() -> None:
    """Write what documents the project for other tools, and show it: generate, serve."""


docs.add_command(serve)


@docs.command(cls=Command, examples=["batchsql docs generate", "batchsql docs generate --empty-catalog"])
@selection
@_threads
@click.option(
    "--compile/--no-compile", "compiles", default=True, hidden=True, help="As the option of that name in dbt."
)
@click.option("--empty-catalog", is_flag=True, help="Look at nothing in the warehouse.")
@click.option("--static", is_flag=True, hidden=True, help="As the option of that name in dbt.")
@pass_invocation
def generate(invocation: Invocation, /, empty_catalog: bool, **given: Any) -> None:
    """Write target/manifest.json and target/catalog.json.

    They tell other tools the project, and what of it is in the warehouse.
    """
    from batchsql.artifacts import catalog
    from batchsql.pipeline.describing import warehouse_columns

    compiled = invocation.compiled()
    say_what_was_asked(compiled, arguments_of(invocation, "generate", given), given)
    found = write_manifest(invocation, compiled, compiled_texts(compiled) if given["compiles"] else None)
    columns = [] if empty_catalog else warehouse_columns(compiled, listener(invocation))
    file = write_json(invocation, compiled, "catalog.json", catalog(found, columns, call_of(invocation)))
    invocation.terminal.note(f"written: {file}")


def compiled_texts(compiled: Compiled) -> dict[str, str]:
    """The text of each query that is the same in every batch, by key."""
    from batchsql.compiler import compiled_sql

    return {
        key: compiled_sql(compiled, key)
        for key, node in compiled.graph.nodes.items()
        if node.query is not None and node.rendered is not None and not node.rendered.dynamic
    }


@click.group(cls=Commands, examples=["batchsql source freshness"])
def source() -> None:
    """Look at the sources of the project: freshness."""


@source.command(cls=Command, examples=["batchsql source freshness", "batchsql source freshness -s source:shop"])
@selection
@_threads
@click.option("-o", "--output", metavar="FILE", help="Where to write the result, if not to target/sources.json.")
@pass_invocation
def freshness(invocation: Invocation, /, output: str | None, **given: Any) -> int:
    """Tell how old the newest rows of sources are, and whether that is too old.

    Sources say in YAML when they are stale: `freshness: {warn_after: {count: 1, period: day}}`, and `loaded_at_field`.
    The result is written to target/sources.json; the exit code is 1 when one is older than `error_after`.
    """
    from batchsql.artifacts import sources
    from batchsql.compiler.selecting import selection as chosen
    from batchsql.pipeline.freshness import source_freshness

    started = time.perf_counter()
    compiled = invocation.compiled()
    say_what_was_asked(compiled, arguments_of(invocation, "freshness", given), given)
    keys = chosen(compiled, words(given["select"]), words(given["exclude"])).keys
    results = source_freshness(compiled, keys, listener(invocation))
    for result in results:
        _say_freshness(invocation, result)
    if not results:
        invocation.terminal.note("no selected source says when it is stale")
    told = sources(results, call_of(invocation), time.perf_counter() - started)
    write_json(invocation, compiled, output or "sources.json", told)
    return int(any(result.status in ("error", "runtime error") for result in results))


def _say_freshness(invocation: Invocation, result: Freshness) -> None:
    terminal = invocation.terminal
    name = ".".join(result.unique_id.split(".")[2:])
    if terminal.json_log:
        terminal.record({"event": "freshness", **result.record()})
        return
    colour = {"pass": "good", "warn": "strong"}.get(result.status, "bad")
    told = result.error or (f"newest row {result.newest:%Y-%m-%d %H:%M:%S}" if result.newest else "no rows")
    if not terminal.quiet or result.status != "pass":
        terminal.say(f"{terminal.paint(result.status, colour)}  {name}  {told}")


@click.command(
    "run-operation",
    cls=Command,
    examples=["batchsql run-operation grant_select --args '{role: reporter}'"],
)
@click.argument("macro")
@click.option("--args", "arguments", default="{}", metavar="YAML", help="What the macro is given, by name.")
@_threads
@pass_invocation
def run_operation(invocation: Invocation, /, macro: str, arguments: str, **given: Any) -> None:
    """Call a macro, with the warehouse at hand.

    Each statement that it runs is committed by itself. A macro of a package is called as package.macro.
    """
    from batchsql.artifacts import NodeResult
    from batchsql.pipeline.operations import run_operation as call

    started = time.perf_counter()
    compiled = invocation.compiled()
    told = arguments_of(invocation, "run-operation", {**given, "macro": macro, "args": arguments})
    say_what_was_asked(compiled, told, given)
    call(compiled, macro, read_variables(arguments, "--args"), invocation.identity, listener(invocation))
    if compiled.project.dialect == "dbt":
        seconds = time.perf_counter() - started
        package, _, name = macro.rpartition(".")
        unique_id = f"macro.{package or compiled.project.name}.{name}"
        write_results(
            invocation, compiled, [NodeResult(unique_id=unique_id, status="success", seconds=seconds)], seconds
        )


@click.command(
    cls=Command,
    examples=["batchsql clone --state production/target", "batchsql clone -s orders --state ../main/target"],
)
@selection
@deferring
@_threads
@click.option("-f", "--full-refresh", is_flag=True, help="Also what is here already.")
@pass_invocation
def clone(invocation: Invocation, /, full_refresh: bool, **given: Any) -> int:
    """Make views on what another environment has.

    Its manifest tells where its models, seeds and snapshots are. What is here already stays as it is.
    """
    from batchsql.artifacts import NodeResult
    from batchsql.compiler.selecting import selection as chosen
    from batchsql.pipeline.operations import clone as make

    started = time.perf_counter()
    compiled = invocation.compiled()
    say_what_was_asked(compiled, arguments_of(invocation, "clone", given), given)
    origins = elsewhere({**given, "defer": True})
    keys = chosen(compiled, words(given["select"]), words(given["exclude"])).keys
    found = make(compiled, keys, origins, listener(invocation), anew=full_refresh)
    terminal = invocation.terminal
    for each in found:
        terminal.say(f"{each.state:<6}  {each.key}" + (f"  {each.message}" if each.state == "failed" else ""))
    results = [
        NodeResult(
            unique_id=compiled.ids[each.key],
            status="error" if each.state == "failed" else "success",
            message=each.message,
            seconds=each.seconds,
        )
        for each in found
    ]
    write_results(invocation, compiled, results, time.perf_counter() - started)
    return int(any(each.state == "failed" for each in found))


def listener(invocation: Invocation) -> Listener:
    """Hears what a command has to say beside its result."""
    from batchsql.pipeline import Note

    def hear(event: Event) -> None:
        if isinstance(event, Note):
            invocation.terminal.note(event.message)

    return hear


@click.command(cls=Command, examples=["batchsql retry"])
@click.option("--state", metavar="FOLDER", help="Where run_results.json is, if not in target/.")
@_threads
@click.option("-f", "--full-refresh", is_flag=True, help="Make the models anew, history and all.")
@click.pass_context
def retry(context: click.Context, /, state: str | None, full_refresh: bool, threads: int | None) -> int:
    """Run again what failed or was skipped in the last run.

    With the same command, on those alone.

    What that was is in target/run_results.json. `batchsql build` goes on where the last run failed, too.
    """
    from batchsql.cli.retrying import command_again

    invocation = context.ensure_object(Invocation)
    name, options = command_again(invocation, state)
    if name is None:
        invocation.terminal.say("nothing failed in the last run")
        return 0
    command = context.find_root().command
    assert isinstance(command, click.Group)  # noqa: S101
    found = command.get_command(context, name)
    if found is None:
        raise UsageError(f"the last command was '{name}', which cannot be run again")
    arguments = [*options, *(["--full-refresh"] if full_refresh else [])]
    arguments += ["--threads", str(threads)] if threads else []
    return int(found.main(arguments, standalone_mode=False, obj=invocation) or 0)
