"""An attempt at a batch: what is known of it while it runs, and what the ledger and the caller are told."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from hashlib import blake2b

from msgspec import Struct

from batchsql.compiler import Assembled
from batchsql.engines.base import Session
from batchsql.errors import BatchsqlError
from batchsql.ledger import BatchRecord, record_batch
from batchsql.pipeline.contracts import Columns
from batchsql.pipeline.shared import RunState
from batchsql.pipeline.stored import Stored
from batchsql.values import Batch, Input, Node, Outcome, State, Verdict
from batchsql.values.history import Profile
from batchsql.values.keeping import Kept
from batchsql.values.readings import Reading


class Attempt(Struct, kw_only=True):
    """What is known of a batch while it runs."""

    node: Node
    batch: Batch
    batch_id: int
    number: int
    started_at: datetime
    rebuild: bool
    inputs: tuple[Input, ...] = ()
    assembled: Assembled | None = None
    written: int = 0
    deleted: int = 0
    made: str | None = None  # what a macro made, where one did
    source_columns: dict[str, Columns] = {}
    of_columns: tuple[Verdict, ...] = ()  # on contract and drift
    verdicts: tuple[Verdict, ...] = ()
    stored: tuple[Stored, ...] = ()  # failing rows that were kept
    profile: Profile | None = None
    reads: dict[str, Reading] = {}
    kept: Kept | None = None  # what it replaced
    broken: tuple[Verdict, ...] = ()  # on checks that earlier tries could not evaluate

    @property
    def only_judged(self) -> bool:
        """Whether it writes nothing: a source, or what is loaded and has new checks."""
        return self.batch.judges != "batch" or not self.node.writes


def utc_now() -> datetime:
    """Now, as the ledger writes it: UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def record_attempt(
    run: RunState, attempt: Attempt, session: Session, state: State, error: BatchsqlError | None
) -> None:
    """Enter the attempt in the ledger, in the transaction that is open."""
    node, config = attempt.node, attempt.node.config
    committed = state == "committed"
    strategy = f"/{config.incremental_strategy}" if config.incremental_strategy else ""
    where = f" ({error.path}:{error.line})" if error and error.path and error.line else ""
    sql = attempt.assembled.sql if attempt.assembled else ""
    record_batch(
        session,
        batch_id=attempt.batch_id,
        run_id=run.run_id,
        model=node.key,
        state="checked" if committed and attempt.batch.judges != "batch" else state,
        interval=attempt.batch.interval,
        rebuilt=attempt.rebuild and committed,
        rows_written=attempt.written if committed else 0,
        started_at=attempt.started_at,
        ended_at=utc_now(),
        mask=run.mask,
        record=BatchRecord(
            fingerprint=run.compiled.fingerprint(node),
            checks_fingerprint=node.checks_fingerprint if run.judges_all_of(node) else "",
            relation=str(node.relation),
            materialized=config.materialized + strategy,
            reason=attempt.batch.reason,
            sql_hash=blake2b(sql.encode(), digest_size=8).hexdigest() if sql else "",
            rows_deleted=attempt.deleted if committed else 0,
            attempts=attempt.number,
            error=f"{error.message}{where}" if error else None,
            inputs=attempt.inputs,
            checks=attempt.of_columns + attempt.verdicts,
            source_columns=attempt.source_columns if committed else {},
            profile=attempt.profile if committed else None,
            reads=attempt.reads if committed else {},
            compared=dict(attempt.batch.compared) if committed else {},
            kept=attempt.kept if committed else None,
        ),
    )


def outcome_of(attempt: Attempt, state: State, started: float) -> Outcome:
    """What became of the attempt. started: by the clock that counts seconds."""
    return Outcome(
        batch=attempt.batch,
        state=state,
        batch_id=attempt.batch_id,
        rows_written=attempt.written,
        rows_deleted=attempt.deleted,
        started_at=attempt.started_at,
        seconds=time.perf_counter() - started,
        verdicts=attempt.of_columns + attempt.verdicts,
        attempts=attempt.number,
        sql=attempt.assembled.sql if attempt.assembled else "",
    )
