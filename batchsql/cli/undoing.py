"""The command that takes back what a run loaded: rollback."""

from __future__ import annotations

import click

from batchsql.cli.commands import Command
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.cli.options import complete_model
from batchsql.cli.running import conclude
from batchsql.errors import UsageError

_RUN = click.IntRange(min=0)


@click.command(
    cls=Command,
    examples=["batchsql rollback orders --to 12", "batchsql rollback orders", "batchsql rollback --run 14"],
)
@click.argument("model", required=False, shell_complete=complete_model)
@click.option("--to", type=_RUN, metavar="RUN", help="What the model was after this run; else before its last one.")
@click.option("--run", type=_RUN, metavar="RUN", help="Take back all that this run loaded.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for a warehouse that another run holds.",
)
@pass_invocation
def rollback(invocation: Invocation, model: str | None, to: int | None, run: int | None, wait: float) -> int:
    """Take back what runs loaded.

    Of the rows that batches kept (`keep_history`), in one transaction: all of it or nothing. What is restored is judged
    by its checks. It is due again afterwards, as is what is downstream: mend the cause before the next build.
    """
    from batchsql import pipeline
    from batchsql.cli.reporters import reporter_for

    if (model is None) == (run is None) or (to is not None and model is None):
        raise UsageError(
            "name a model, or a whole run", hint="batchsql rollback orders --to 12, or batchsql rollback --run 14"
        )
    compiled = invocation.compiled()
    options = pipeline.Options(command=invocation.terminal.mask(invocation.command), wait=wait)
    with reporter_for(invocation.terminal, {}) as listener:
        result = pipeline.rollback(compiled, options, model=model, to=to, run=run, on_event=listener)
    return conclude(invocation, compiled, result, "rollback")
