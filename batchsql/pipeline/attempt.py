"""An attempt at a batch: what is known of it while it runs, and what the ledger and the caller are told."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec
from msgspec import Struct

from batchsql.compiler import Assembled
from batchsql.engines.base import Session
from batchsql.errors import BatchsqlError
from batchsql.ledger import BatchRecord, record_batch
from batchsql.pipeline.contracts import Columns
from batchsql.pipeline.parts import rows_by_interval
from batchsql.pipeline.shared import RunState
from batchsql.pipeline.stored import Stored
from batchsql.values import Batch, Input, Node, Outcome, State, Verdict
from batchsql.values.history import Profile
from batchsql.values.keeping import Kept
from batchsql.values.readings import Reading


class Part(Struct, frozen=True):
    """What one of several batches got that are loaded in one pass."""

    batch: Batch
    batch_id: int
    rows: int
    reads: dict[str, Reading]


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
    parts: tuple[Part, ...] = ()  # of each batch, where several are loaded in one pass
    broken: tuple[Verdict, ...] = ()  # on checks that earlier tries could not evaluate

    @property
    def only_judged(self) -> bool:
        """Whether it writes nothing: a source, or what is loaded and has new checks."""
        return self.batch.judges != "batch" or not self.node.writes

    def as_part(self) -> Part:
        """The whole as the one part that it has where nothing was joined."""
        return Part(self.batch, self.batch_id, self.written, self.reads)


def utc_now() -> datetime:
    """Now, as the ledger writes it: UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def parts_of(run: RunState, attempt: Attempt, session: Session) -> tuple[Part, ...]:
    """What each batch got of those that were loaded in one pass, in its transaction; none where it is a single one."""
    batches, node = attempt.batch.joins, attempt.node
    if not batches or node.relation is None or node.config.event_time is None:
        return ()
    intervals = tuple(batch.interval for batch in batches if batch.interval)
    rows = rows_by_interval(session, node.relation, node.config.event_time, intervals)
    return tuple(
        Part(
            batch,
            run.next_batch_id() if number else attempt.batch_id,
            rows[interval],
            run.readings_of(node, interval, session),
        )
        for number, (batch, interval) in enumerate(zip(batches, intervals, strict=True))
    )


def record_attempt(
    run: RunState, attempt: Attempt, session: Session, state: State, error: BatchsqlError | None
) -> None:
    """Enter the attempt in the ledger, in the transaction that is open: of batches loaded in one pass, each."""
    parts = attempt.parts or (attempt.as_part(),)
    for part in parts:
        _record(run, attempt, session, state, error, part, first=part is parts[0], last=part is parts[-1])


def _record(
    run: RunState,
    attempt: Attempt,
    session: Session,
    state: State,
    error: BatchsqlError | None,
    part: Part,
    *,
    first: bool,
    last: bool,
) -> None:
    """One entry. What was counted and judged for several batches together stands with the first, or the last."""
    node, config = attempt.node, attempt.node.config
    committed = state == "committed"
    strategy = f"/{config.incremental_strategy}" if config.incremental_strategy else ""
    where = f" ({error.path}:{error.line})" if error and error.path and error.line else ""
    sql = attempt.assembled.sql if attempt.assembled else ""
    record_batch(
        session,
        batch_id=part.batch_id,
        run_id=run.run_id,
        model=node.key,
        state="checked" if committed and attempt.batch.judges != "batch" else state,
        interval=part.batch.interval,
        rebuilt=attempt.rebuild and committed and first,
        rows_written=part.rows if committed else 0,
        started_at=attempt.started_at,
        ended_at=utc_now(),
        mask=run.mask,
        record=BatchRecord(
            fingerprint=run.compiled.fingerprint(node),
            checks_fingerprint=node.checks_fingerprint if run.judges_all_of(node) else "",
            relation=str(node.relation),
            materialized=config.materialized + strategy,
            reason=part.batch.reason,
            sql_hash=blake2b(sql.encode(), digest_size=8).hexdigest() if sql else "",
            rows_deleted=attempt.deleted if committed and first else 0,
            attempts=attempt.number,
            error=f"{error.message}{where}" if error else None,
            inputs=attempt.inputs,
            checks=attempt.of_columns + attempt.verdicts if last else (),
            source_columns=attempt.source_columns if committed else {},
            profile=attempt.profile if committed else None,
            reads=part.reads if committed else {},
            compared=dict(part.batch.compared) if committed else {},
            kept=(attempt.kept if first or attempt.kept is None else Kept(kind="with")) if committed else None,
        ),
    )


def outcome_of(attempt: Attempt, state: State, started: float) -> Outcome:
    """What became of the attempt. started: by the clock that counts seconds."""
    seconds = time.perf_counter() - started
    whole = Outcome(
        batch=attempt.batch,
        state=state,
        batch_id=attempt.batch_id,
        rows_written=attempt.written,
        rows_deleted=attempt.deleted,
        started_at=attempt.started_at,
        seconds=seconds,
        verdicts=attempt.of_columns + attempt.verdicts,
        attempts=attempt.number,
        sql=attempt.assembled.sql if attempt.assembled else "",
    )
    parts = tuple(
        msgspec.structs.replace(
            whole,
            batch=part.batch,
            batch_id=part.batch_id,
            rows_written=part.rows,
            rows_deleted=attempt.deleted if part is attempt.parts[0] else 0,
            seconds=seconds / len(attempt.parts),
            verdicts=whole.verdicts if part is attempt.parts[-1] else (),
        )
        for part in attempt.parts
    )
    return msgspec.structs.replace(whole, parts=parts)
