"""What was loaded and judged: the tables in the schema `batchsql`, and the only code that touches them."""

from batchsql.ledger.estimates import read_estimates
from batchsql.ledger.explaining import read_happened
from batchsql.ledger.past import read_added, read_past, read_whole
from batchsql.ledger.reading import read_batches, read_relations, read_runs, read_state
from batchsql.ledger.standing import Standing, read_ever_written, read_standing, record_damage
from batchsql.ledger.tables import TABLES, create_ledger
from batchsql.ledger.undoing import Entry, effective, read_entries, read_undone, record_undone
from batchsql.ledger.verdicts import Judged, read_verdicts
from batchsql.ledger.writing import (
    BatchRecord,
    RunRecord,
    close_killed_runs,
    next_ids,
    record_batch,
    record_run_end,
    record_run_start,
)

__all__ = [
    "TABLES",
    "BatchRecord",
    "Entry",
    "Judged",
    "RunRecord",
    "Standing",
    "close_killed_runs",
    "create_ledger",
    "effective",
    "next_ids",
    "read_added",
    "read_batches",
    "read_entries",
    "read_estimates",
    "read_ever_written",
    "read_happened",
    "read_past",
    "read_relations",
    "read_runs",
    "read_standing",
    "read_state",
    "read_undone",
    "read_verdicts",
    "read_whole",
    "record_batch",
    "record_damage",
    "record_run_end",
    "record_run_start",
    "record_undone",
]
