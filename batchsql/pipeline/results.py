"""What the ledger remembers of a model's checks, as results in the format of Great Expectations; it is not imported."""

from __future__ import annotations

from pathlib import Path

from batchsql.compiler import Compiled
from batchsql.errors import UsageError, did_you_mean
from batchsql.gx.results import Results, validation_result
from batchsql.ledger import read_verdicts
from batchsql.pipeline.events import Options, ignore
from batchsql.pipeline.opening import open_when_free


def model_results(compiled: Compiled, model: str, last: int) -> list[Results]:
    """The results of the model's last batches that were judged, the newest first.

    Raises UsageError for an unknown model, and for one that was never judged.
    """
    nodes = compiled.graph.nodes
    if model not in nodes:
        raise UsageError(f"there is no model '{model}'", hint=did_you_mean(model, nodes))
    engine = open_when_free(compiled, Options(), ignore, read_only=True)
    session = engine.session()
    try:
        judged = read_verdicts(session, model, last)
    finally:
        session.close()
        engine.close()
    if not judged:
        raise UsageError(f"no check of {model} was judged yet", hint=f"batchsql check --select {model}")
    checks = {check.name: check for node in nodes.values() for check in node.checks}
    warehouse = Path(compiled.project.target.database).name
    return [
        validation_result(
            model,
            each.verdicts,
            checks,
            judged_at=each.judged_at,
            batch_id=each.batch_id,
            rows=each.rows or None,
            warehouse=warehouse,
        )
        for each in judged
    ]
