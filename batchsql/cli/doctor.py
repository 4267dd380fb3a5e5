"""The command that looks for what is wrong before anything runs: doctor."""

from __future__ import annotations

from typing import Any

import click

from batchsql.cli.commands import Command
from batchsql.cli.invocation import Invocation, pass_invocation, source_line
from batchsql.errors import UsageError

FOUND = 1


@click.command(cls=Command, examples=["batchsql doctor --dbt", "batchsql doctor --dbt --json"])
@click.option("--dbt", "of_dbt", is_flag=True, help="Look at a dbt project: what of it would not work here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@pass_invocation
def doctor(invocation: Invocation, of_dbt: bool, as_json: bool) -> int:
    """List what would not work, before anything runs.

    By file and line. All files are read, also where one of them is wrong. Ends with code 1 when something would not
    work; what only has no effect, or fails only if it is called, is a warning.
    """
    from batchsql.compiler.survey import survey
    from batchsql.report.failure import block
    from batchsql.report.table import json_text
    from batchsql.report.words import count

    if not of_dbt:
        raise UsageError("say what to look at", hint="`batchsql doctor --dbt` looks at a dbt project")
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
