"""How a batch lands: pure functions from a request to statements. The pipeline runs them, in one transaction.

The order: `plan_stage`; ask for the columns of `incoming` and of the target; `plan_write`; `questions`; the checks on
`scope`; `plan_cleanup`; commit.
"""

from batchsql.load.columns import compare_columns
from batchsql.load.dbt_seeds import dbt_seed_query, fits_query, read_dbt_seed
from batchsql.load.finishing import asks_to_finish, plan_finish
from batchsql.load.request import LoadRequest, Question, Statement
from batchsql.load.seeds import Seed, explain, read_seed, seed_query, turned_to_text
from batchsql.load.snapshots import SNAPSHOT_COLUMNS
from batchsql.load.strategies import STRATEGIES, incoming, plan_cleanup, plan_stage, plan_write, questions, scope

__all__ = [
    "SNAPSHOT_COLUMNS",
    "STRATEGIES",
    "LoadRequest",
    "Question",
    "Seed",
    "Statement",
    "asks_to_finish",
    "compare_columns",
    "dbt_seed_query",
    "explain",
    "fits_query",
    "incoming",
    "plan_cleanup",
    "plan_finish",
    "plan_stage",
    "plan_write",
    "questions",
    "read_dbt_seed",
    "read_seed",
    "scope",
    "seed_query",
    "turned_to_text",
]
