"""The command that looks for what is wrong, in a warehouse or in a dbt project: doctor."""

from __future__ import annotations

from typing import Any

import click

from batchsql.cli.commands import Command
from batchsql.cli.examining import examine_warehouse
from batchsql.cli.invocation import Invocation, pass_invocation, source_line
from batchsql.errors import UsageError

FOUND = 1


@click.command(cls=Command, examples=["batchsql doctor", "batchsql doctor --repair", "batchsql doctor --dbt --json"])
@click.option("--repair", is_flag=True, help="Make due what is damaged: enter it in the ledger, and do nothing else.")
@click.option("--dbt", "of_dbt", is_flag=True, help="Look at a dbt project: what of it would not work here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@pass_invocation
def doctor(invocation: Invocation, repair: bool, of_dbt: bool, as_json: bool) -> int:
    """Compare the warehouse with the ledger.

    Or, with --dbt, list what of a dbt project would not work. Of the warehouse: relations that are missing or were
    changed by hand, intervals with more or fewer rows than were loaded, what is left over. Of a dbt project, by file
    and line, before anything runs; what only has no effect, or fails only if it is called, is a warning. Ends with
    code 1 when something was found.
    """
    if not of_dbt:
        return FOUND if examine_warehouse(invocation, repair=repair, as_json=as_json) else 0
    if repair:
        raise UsageError("--repair is for a warehouse", hint="leave --dbt out")
    return _survey(invocation, as_json)


def _survey(invocation: Invocation, as_json: bool) -> int:
    """All files of a dbt project are read, also where one of them is wrong."""
    from batchsql.compiler.survey import survey
    from batchsql.report.failure import block
    from batchsql.report.table import json_text
    from batchsql.report.words import count

    folder, terminal = invocation.project_folder(), invocation.terminal
    if not (folder / "dbt_project.yml").is_file():
        raise UsageError(f"there is no dbt_project.yml in {folder}", hint="name the folder with --project-dir")
    findings = survey(
        folder,
        target=invocation.options.get("target"),
        profiles_dir=invocation.profiles_folder(),
        variables=invocation.variables(),
        environment=invocation.settings_environment(),
    )
    errors = sum(finding.severity == "error" for finding in findings)
    for finding in findings:
        where: dict[str, Any] = {"path": finding.path, "line": finding.line, "hint": finding.hint}
        if as_json:
            terminal.say(json_text({"severity": finding.severity, "message": finding.message, **where}))
            continue
        if finding.path and finding.line:
            where["source_line"] = source_line(folder, finding.path, finding.line)
        label = "Would not work" if finding.severity == "error" else "Warning"
        terminal.say(block(label, finding.message, where, terminal.paint, width=terminal.width) + "\n")
    if not as_json:
        warnings = len(findings) - errors
        told = f"{count(errors, 'thing')} would not work, {count(warnings, 'warning')}"
        terminal.say(told if findings else "nothing was found that would not work")
    return FOUND if errors else 0
