"""The command line: `batchsql` and its commands, in the order in which a newcomer meets them."""

from __future__ import annotations

import click

from batchsql import __version__
from batchsql.cli import (
    auditing,
    checks,
    dbt,
    deps,
    doctor,
    explaining,
    explore,
    folder,
    past,
    quarantine,
    running,
    suggesting,
    testing,
    undoing,
)
from batchsql.cli.commands import Commands
from batchsql.cli.dbt_options import accepted_options
from batchsql.cli.options import common_options


@click.group(
    cls=Commands,
    examples=[
        "batchsql init my_project      make a small project that runs",
        "batchsql plan                 see what is due, and why",
        "batchsql build                bring the warehouse up to date",
        "batchsql history --failed     see what went wrong",
    ],
    params=[*common_options(with_environment=True), *accepted_options(with_environment=True)],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, "-V", "--version", prog_name="batchsql", message="%(prog)s %(version)s")
def batchsql() -> None:
    """Keep a data warehouse up to date with SQL, a batch at a time.

    A batch is a model, or an interval of one; its rows, the verdict of its checks and its entry in the ledger are
    committed together or not at all.
    """


for command in (
    folder.init,
    running.build,
    running.plan,
    running.check,
    running.run,
    running.seed,
    running.snapshot,
    checks.checks,
    testing.test,
    explore.list_,
    explore.compile_,
    explore.show,
    explore.lineage,
    explore.impact,
    quarantine.quarantine,
    explaining.explain,
    past.history,
    auditing.audit,
    past.debug,
    doctor.doctor,
    undoing.rollback,
    deps.deps,
    folder.clean,
    folder.completion,
    dbt.parse,
    dbt.docs,
    dbt.source,
    dbt.run_operation,
    dbt.retry,
    dbt.clone,
):
    batchsql.add_command(command)
checks.checks.add_command(suggesting.suggest)
