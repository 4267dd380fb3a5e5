"""Commands about rows that checks of severity `quarantine` put aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchsql.cli.commands import Command, Commands
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.cli.options import complete_model
from batchsql.cli.running import conclude

if TYPE_CHECKING:
    from batchsql.pipeline import Options

_wait = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for a warehouse that another run holds.",
)


@click.group(cls=Commands, examples=["batchsql quarantine list", "batchsql quarantine show stg_flights"])
def quarantine() -> None:
    """Rows that were put aside: list, show, release or drop them.

    A check of `severity: quarantine` moves the rows it refuses to the table quarantine.MODEL and commits the rest.
    """


@quarantine.command("list", cls=Command, examples=["batchsql quarantine list"])
@pass_invocation
def list_(invocation: Invocation) -> None:
    """Show which models have rows in quarantine."""
    from batchsql import pipeline
    from batchsql.report.table import as_text

    terminal = invocation.terminal
    found = pipeline.list_quarantine(invocation.compiled())
    if not found:
        terminal.say("no row is in quarantine")
        return
    rows = [tuple(record.values()) for record in found]
    terminal.say(as_text(tuple(found[0]), rows, width=terminal.width, paint=terminal.paint))


@quarantine.command(cls=Command, examples=["batchsql quarantine show stg_flights"])
@click.argument("model", shell_complete=complete_model)
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True, metavar="N", help="Rows at most.")
@pass_invocation
def show(invocation: Invocation, model: str, limit: int) -> None:
    """Show a model's rows in quarantine, with the batch and the checks that put them there."""
    from batchsql import pipeline
    from batchsql.report.table import as_text

    terminal = invocation.terminal
    columns, rows = pipeline.show_quarantine(invocation.compiled(), model, limit)
    terminal.say(as_text(columns, rows, width=terminal.width, paint=terminal.paint))


@quarantine.command(cls=Command, examples=["batchsql quarantine release stg_flights"])
@click.argument("model", shell_complete=complete_model)
@_wait
@pass_invocation
def release(invocation: Invocation, model: str, wait: float) -> int:
    """Load a model's rows in quarantine, through its checks.

    Rows that are refused again stay there. Correct them first, in the table quarantine.MODEL, or mend the check.
    """
    from batchsql import pipeline
    from batchsql.cli.reporters import reporter_for

    compiled = invocation.compiled()
    with reporter_for(invocation.terminal, {}) as listener:
        result = pipeline.release_quarantine(compiled, model, _options(invocation, wait), listener)
    return conclude(invocation, compiled, result, "release")


@quarantine.command(cls=Command, examples=["batchsql quarantine drop stg_flights"])
@click.argument("model", shell_complete=complete_model)
@_wait
@pass_invocation
def drop(invocation: Invocation, model: str, wait: float) -> None:
    """Drop a model's rows in quarantine; the model itself stays as it is."""
    from batchsql import pipeline

    dropped = pipeline.drop_quarantine(invocation.compiled(), model, _options(invocation, wait))
    invocation.terminal.say(f"{dropped:,} rows dropped")


def _options(invocation: Invocation, wait: float) -> Options:
    from batchsql.pipeline import Options

    return Options(command=invocation.terminal.mask(invocation.command), wait=wait)
