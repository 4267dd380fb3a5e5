"""The static check on the command line: what would be refused, all at once, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchsql.cli.invocation import Invocation

if TYPE_CHECKING:
    from batchsql.compiler import Compiled
    from batchsql.pipeline import Options
    from batchsql.values.static import StaticCheck


def found_statically(compiled: Compiled) -> StaticCheck:
    """What the engine's binder says of the project."""
    from batchsql.pipeline.static import check_statically

    return check_statically(compiled)


def say_static(invocation: Invocation, compiled: Compiled, *, as_json: bool) -> int:
    """Check, print all that was found, and give the exit code."""
    from batchsql.report.static import static_record, static_text
    from batchsql.report.table import json_text

    terminal = invocation.terminal
    found = found_statically(compiled)
    if as_json:
        terminal.say(json_text(static_record(found), indent=2))
    elif found.findings or not terminal.quiet:
        terminal.say(static_text(found, terminal.paint, width=terminal.width))
    return found.exit_code


def refused_before(invocation: Invocation, compiled: Compiled, options: Options, *, strict: bool) -> bool:
    """Tell what the engine would refuse of what is selected; whether that is a reason not to begin."""
    found = found_statically(compiled)
    if not found.findings:
        return False
    from msgspec.structs import replace

    from batchsql.compiler.selecting import selection
    from batchsql.report.static import finding_line, static_text

    selected = set(selection(compiled, options.select, options.exclude).keys)
    findings = tuple(finding for finding in found.findings if finding.model in selected)
    terminal = invocation.terminal
    if strict and findings:
        terminal.complain(static_text(replace(found, findings=findings, unchecked=()), terminal.paint_errors))
        return True
    for finding in findings:
        terminal.note(f"warning: {finding_line(finding)}")
    return False
