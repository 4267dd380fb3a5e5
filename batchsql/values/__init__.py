"""The values that pass from room to room: frozen and plain, knowing nothing of files or databases.

Times are naive datetimes in UTC. Intervals are half-open: start is in, end is not.
Paths are relative to the project folder, with POSIX separators.
They are msgspec structs, since those are frozen, quick to make, and go to the compile cache as they are.
"""

from batchsql.values.basics import DBT_VERSION, Interval, Step, TableName, Unit, literal, quote
from batchsql.values.graph import Graph, Node, Query, Read, Rendered
from batchsql.values.project import (
    Attachment,
    Check,
    Column,
    Config,
    ConfigLayer,
    Extension,
    FileStamp,
    Kind,
    MacroFile,
    Materialized,
    Model,
    Project,
    Severity,
    Source,
    Target,
)
from batchsql.values.run import (
    DAMAGED,
    Batch,
    HookOutcome,
    Input,
    LedgerState,
    Loaded,
    NotDue,
    Outcome,
    Plan,
    RunResult,
    Scope,
    State,
    Verdict,
)

__all__ = [
    "DAMAGED",
    "DBT_VERSION",
    "Attachment",
    "Batch",
    "Check",
    "Column",
    "Config",
    "ConfigLayer",
    "Extension",
    "FileStamp",
    "Graph",
    "HookOutcome",
    "Input",
    "Interval",
    "Kind",
    "LedgerState",
    "Loaded",
    "MacroFile",
    "Materialized",
    "Model",
    "Node",
    "NotDue",
    "Outcome",
    "Plan",
    "Project",
    "Query",
    "Read",
    "Rendered",
    "RunResult",
    "Scope",
    "Severity",
    "Source",
    "State",
    "Step",
    "TableName",
    "Target",
    "Unit",
    "Verdict",
    "literal",
    "quote",
]
