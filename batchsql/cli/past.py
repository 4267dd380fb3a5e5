"""Commands about what was: history, and debug, which tells what is set and where."""

from __future__ import annotations

import click

from batchsql.cli.commands import Command
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.cli.options import complete_model


@click.command(
    cls=Command,
    examples=["batchsql history", "batchsql history --run 12", "batchsql history --model delays_daily --failed"],
)
@click.option("--run", "run_id", type=click.IntRange(min=1), metavar="ID", help="The batches of one run.")
@click.option("--model", shell_complete=complete_model, metavar="NAME", help="The batches of one model.")
@click.option("--failed", is_flag=True, help="Only what did not end well.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="At most so many."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@pass_invocation
def history(
    invocation: Invocation, run_id: int | None, model: str | None, failed: bool, limit: int, as_json: bool
) -> None:
    """Show past runs and batches, newest first.

    The ledger they come from is in the warehouse, schema `batchsql`, and can be asked in SQL.
    """
    from batchsql import pipeline
    from batchsql.report.history import history_text
    from batchsql.report.table import json_text

    terminal = invocation.terminal
    records = pipeline.history(invocation.compiled(), run_id=run_id, model=model, failed=failed, limit=limit)
    if as_json:
        for record in records:
            terminal.say(json_text(record))
    else:
        terminal.say(history_text(records, width=terminal.width, paint=terminal.paint))


@click.command(cls=Command, examples=["batchsql debug"])
@pass_invocation
def debug(invocation: Invocation) -> None:
    """Show where things are and what is set.

    Also versions, and whether the warehouse opens. Secrets are masked.
    """
    from batchsql import pipeline

    terminal = invocation.terminal
    facts = [(label, str(value)) for label, value in pipeline.debug_facts(invocation.compiled())]
    width = max(len(label) for label, _ in facts)
    for label, value in facts:
        terminal.say(f"{terminal.paint(label.ljust(width), 'strong')}  {value}")
