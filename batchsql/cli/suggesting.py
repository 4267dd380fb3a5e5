"""The command that proposes checks."""

from __future__ import annotations

import click

from batchsql.cli.commands import Command
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.cli.options import complete_model


@click.command(cls=Command, examples=["batchsql checks suggest stg_flights"])
@click.argument("model", shell_complete=complete_model)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@pass_invocation
def suggest(invocation: Invocation, model: str, as_json: bool) -> None:
    """Propose checks that a model's data speaks for, as YAML to paste beside it.

    Each comes with its evidence. What a few odd rows could overturn is not proposed, nor what the model has already.
    """
    from batchsql.pipeline.suggesting import suggest_checks
    from batchsql.report.suggestions import suggestions_yaml
    from batchsql.report.table import json_text

    terminal = invocation.terminal
    found = suggest_checks(invocation.compiled(), model)
    if not as_json:
        terminal.say(suggestions_yaml(found.node.kind, model, found.facts, found.suggestions, found.has))
    for each in found.suggestions if as_json else ():
        terminal.say(json_text({name: getattr(each, name) for name in each.__struct_fields__}))
