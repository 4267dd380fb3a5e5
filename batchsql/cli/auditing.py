"""The command that tells the history of a model's checks."""

from __future__ import annotations

from datetime import datetime

import click

from batchsql.cli.commands import Command
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.cli.options import complete_model, read_moment


@click.command(
    cls=Command,
    examples=["batchsql audit stg_flights", "batchsql audit delays_daily --column flights --since 2026-01-01"],
)
@click.argument("model", shell_complete=complete_model)
@click.option("--column", metavar="NAME", help="Only checks that look at this column.")
@click.option("--since", callback=read_moment, metavar="TIME", help="Only verdicts given from then on.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@pass_invocation
def audit(invocation: Invocation, model: str, column: str | None, since: datetime | None, as_json: bool) -> None:
    """Show how the checks of a model fared, batch by batch.

    A line for each check: how it stands now, and its verdicts from the oldest to the newest: a dot passed, a bar is as
    high as the failures, × could not be evaluated. A model of many batches has several in one place, the worst shown.
    """
    from batchsql import pipeline
    from batchsql.report.audit import audit_text, history_record
    from batchsql.report.table import json_text

    terminal = invocation.terminal
    histories = pipeline.audit(invocation.compiled(), model, column=column, since=since)
    if as_json:
        for each in histories:
            terminal.say(json_text(history_record(each)))
    else:
        terminal.say(audit_text(model, histories, width=terminal.width, paint=terminal.paint))
