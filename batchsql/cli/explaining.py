"""The command that answers why: explain."""

from __future__ import annotations

from datetime import datetime

import click

from batchsql.cli.commands import Command
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.cli.options import complete_model, read_moment


@click.command(cls=Command, examples=["batchsql explain orders", "batchsql explain delays_daily 2013-02-10"])
@click.argument("model", shell_complete=complete_model)
@click.argument("interval", required=False, callback=read_moment, metavar="[TIME]")
@click.option("--limit", type=click.IntRange(min=1), default=3, show_default=True, metavar="N", help="Past attempts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_invocation
def explain(invocation: Invocation, model: str, interval: datetime | None, limit: int, as_json: bool) -> None:
    """Say why a model ran, or did not.

    Whether it is due, and why; and of its last attempts the reason, the result and what they read. TIME picks the
    interval that it is in.
    """
    from batchsql import pipeline
    from batchsql.report.reasons import explanation_record, explanation_text
    from batchsql.report.table import json_text

    terminal = invocation.terminal
    found = pipeline.explain(invocation.compiled(), model, interval, pipeline.Options(), limit)
    parts = (found.model, found.due, found.why_not, found.notes, found.happened)
    if as_json:
        terminal.say(json_text(explanation_record(*parts), indent=2))
    else:
        terminal.say(explanation_text(*parts, terminal.paint, width=terminal.width))
