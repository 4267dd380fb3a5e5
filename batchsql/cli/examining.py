"""What `doctor` does with a warehouse: compare it with the ledger, and say what is not as it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchsql.cli.invocation import Invocation


def examine_warehouse(invocation: Invocation, *, repair: bool, as_json: bool) -> bool:
    """Compare, tell, and where asked to enter in the ledger what is damaged; whether anything was found."""
    from batchsql import pipeline
    from batchsql.report.doctor import doctor_text, finding_record
    from batchsql.report.table import json_text

    terminal = invocation.terminal
    compiled = invocation.compiled()
    options = pipeline.Options(command=terminal.mask(invocation.command))
    found = pipeline.doctor(compiled, options, repair=repair)
    if as_json:
        for finding in found.findings:
            terminal.say(json_text(finding_record(finding)))
    else:
        text = doctor_text(found.findings, found.relations, len(found.due), terminal.paint, width=terminal.width)
        terminal.say(text)
    return bool(found.findings)
