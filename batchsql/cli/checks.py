"""Commands about the checks of a model: what they become, and how others keep them."""

from __future__ import annotations

import json
from pathlib import Path

import click

from batchsql.cli.commands import Command, Commands
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.cli.options import complete_model


@click.group(
    cls=Commands, examples=["batchsql checks explain stg_flights --time", "batchsql checks export stg_flights"]
)
def checks() -> None:
    """Look into the checks of a model: explain or export them, or tell their results.

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


@checks.command(
    cls=Command,
    examples=[
        "batchsql checks results stg_flights > result.json",
        "batchsql checks results stg_flights --last 10 --data-docs data_docs",
    ],
)
@click.argument("model", shell_complete=complete_model)
@click.option("--last", type=click.IntRange(min=1), default=1, show_default=True, help="How many batches.")
@click.option(
    "--data-docs",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write pages of them, which need no internet; with Great Expectations installed.",
)
@pass_invocation
def results(invocation: Invocation, model: str, last: int, data_docs: Path | None) -> None:
    """Print the verdicts on a model's last batches as results that Great Expectations loads, one a line."""
    from batchsql.pipeline.results import model_results

    found = model_results(invocation.compiled(), model, last)
    if data_docs is None:
        for each in found:
            invocation.terminal.say(json.dumps(each, ensure_ascii=False, default=str))
        return
    from batchsql.gx.datadocs import write_data_docs

    invocation.terminal.say(f"Pages of {len(found)} results: {write_data_docs(found, data_docs)}")
