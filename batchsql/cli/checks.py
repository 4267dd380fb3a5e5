"""Commands about the checks of a model: what they become, and how others keep them."""

from __future__ import annotations

import json

import click

from batchsql.cli.commands import Command, Commands
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.cli.options import complete_model


@click.group(
    cls=Commands, examples=["batchsql checks explain stg_flights --time", "batchsql checks export stg_flights"]
)
def checks() -> None:
    """Look into the checks of a model: explain or export them.

    Checks are written in YAML beside a model, or kept as suites of Great Expectations in checks/*.json.
    """


@checks.command(
    cls=Command, examples=["batchsql checks explain stg_flights", "batchsql checks explain stg_flights --time"]
)
@click.argument("model", shell_complete=complete_model)
@click.option("--time", "timed", is_flag=True, help="Run the statements on what is there, and each check alone.")
@pass_invocation
def explain(invocation: Invocation, model: str, timed: bool) -> None:
    """Show the SQL that a model's checks become; with --time, what each costs."""
    from batchsql.pipeline.explaining import explain_checks

    terminal = invocation.terminal
    passes = explain_checks(invocation.compiled(), model, timed=timed)
    for each in passes:
        took = f"   {each.seconds * 1000:,.1f} ms" if each.seconds is not None else ""
        if took and each.title.endswith(" alone"):
            terminal.say(f"{took.strip():>12}  {each.title}")
        else:
            terminal.say(f"-- {each.title}{took}\n{each.sql};\n")


@checks.command(cls=Command, examples=["batchsql checks export stg_flights > suite.json"])
@click.argument("model", shell_complete=complete_model)
@pass_invocation
def export(invocation: Invocation, model: str) -> None:
    """Print a model's checks as a suite that Great Expectations loads."""
    from batchsql.pipeline.explaining import export_suite

    suite = export_suite(invocation.compiled(), model)
    invocation.terminal.say(json.dumps(suite, indent=2, ensure_ascii=False, default=str))
