"""Commands about what was: history, and debug, which tells what is set and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from batchsql.cli.commands import Command
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.cli.options import complete_model

if TYPE_CHECKING:
    from batchsql.compiler import Compiled
    from batchsql.report.history import Wrong

_WRONG = """
select b.batch_id, b.run_id, b.model, b.slice_start, b.slice_end, b.error, c.checks,
  count(*) over (partition by b.run_id) - 1 as others
from batchsql.batch_detail as b
left join (
  select batch_id, string_agg(
      check_name || ' (' || case when state = 'error' then 'not evaluated'
        else failures || if(failures = 1, ' row', ' rows') end || ')', ', ') as checks
  from batchsql.check_result where state in ('fail', 'error') group by batch_id
) as c on c.batch_id = b.batch_id
where b.state in ('failed', 'check_failed') and b.{key} in ({ids})
qualify row_number() over (partition by b.{key} order by b.batch_id) = 1"""


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
    compiled, broken = invocation.compiled_or_settings()
    if broken and model:
        raise broken
    records = pipeline.history(compiled, run_id=run_id, model=model, failed=failed, limit=limit + 1)
    more, records = len(records) > limit, records[:limit]
    if as_json:
        for record in records:
            terminal.say(json_text(record))
    else:
        known = {name for name, asked in (("run", run_id), ("model", model)) if asked}
        wrong = _wrong(compiled, records)
        terminal.say(history_text(records, wrong, known=known, width=terminal.width, paint=terminal.paint))
    if more:
        only = "" if failed else "; --failed shows only what did not end well"
        terminal.note(f"the newest {limit:,}; there are more, --limit shows them{only}")


def _wrong(compiled: Compiled, records: Sequence[Mapping[str, Any]]) -> list[Wrong]:
    """What the ledger says of those that did not end well; of a run, of the first batch that did not."""
    from batchsql.pipeline import preview
    from batchsql.report.history import Wrong

    key = "batch_id" if records and "batch_id" in records[0] else "run_id"
    ids = [int(record[key]) for record in records if record["state"] not in ("committed", "checked", "succeeded")]
    if not ids:
        return []
    names, rows = preview(compiled, _WRONG.format(key=key, ids=", ".join(map(str, ids))), len(ids))
    return [Wrong(**dict(zip(names, row, strict=True))) for row in rows]


@click.command(cls=Command, examples=["batchsql debug"])
@pass_invocation
def debug(invocation: Invocation) -> None:
    """Show where things are and what is set.

    Also versions, and whether the project compiles and the warehouse opens. Secrets are masked.
    """
    from batchsql import pipeline
    from batchsql.report.words import fold

    terminal = invocation.terminal
    compiled, broken = invocation.compiled_or_settings()
    facts = {label: str(value) for label, value in pipeline.debug_facts(compiled)}
    if broken:
        place = f" ({broken.path}:{broken.line})" if broken.path and broken.line else f" ({broken.path or 'project'})"
        facts["holds"] = f"unknown, it does not compile: {broken.label}: {broken.message}{place}"
    width = max(len(label) for label in facts)
    for label, value in facts.items():
        line = f"{terminal.paint(label.ljust(width), 'strong')}  {value}"
        terminal.say(fold(line, terminal.width, width + 2))
