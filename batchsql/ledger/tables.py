"""The ledger's tables, documented column by column: a stable interface for people who ask in plain SQL.

Append-only. `batch` holds one row for each attempt at a batch, written in the batch's own transaction; it is narrow,
and holds inputs, verdicts and the rest as JSON in `record`, since each column of a one-row INSERT costs 0.05 ms of
CPU. The views `batch_input`, `check_result` and `batch_detail` spread that JSON out into typed columns:
they cannot disagree with the batch, and whoever deletes a batch's row has deleted its inputs and verdicts with it.
`run` is the newest event of each run in `run_event`.
"""

from __future__ import annotations

from batchsql.engines.base import Session
from batchsql.values import literal, quote

SCHEMA = "batchsql"

# name -> (kind, what it holds, column -> (type, what it means))
TABLES: dict[str, tuple[str, str, dict[str, tuple[str, str]]]] = {
    "batch": (
        "table",
        "One row for each attempt at a batch, committed with the batch's data (or, when it failed, afterwards).",
        {
            "batch_id": ("BIGINT", "Grows with every attempt; `{{ batch.id }}` in a model is this number."),
            "run_id": ("BIGINT", "The run that made the attempt."),
            "model": ("VARCHAR", "Name of the model, seed or snapshot."),
            "state": (
                "VARCHAR",
                "committed; failed (an error, rolled back); check_failed (a check of severity error, rolled back); "
                "interrupted (rolled back); checked (checks run on what was there, nothing written); "
                "damaged (entered by doctor --repair: the slice no longer holds what was loaded, so it is due); "
                "undone (entered by rollback: what loaded the slice was undone, so it is due).",
            ),
            "slice_start": ("TIMESTAMP", "Start of the interval that was loaded, UTC, inclusive; NULL for everything."),
            "slice_end": ("TIMESTAMP", "End of the interval, UTC, exclusive; NULL for everything."),
            "rebuilt": (
                "BOOLEAN",
                "Whether the relation was made anew, so that batches before this one no longer count.",
            ),
            "rows_written": ("BIGINT", "Rows inserted; 0 for a view."),
            "started_at": ("TIMESTAMP", "UTC."),
            "ended_at": ("TIMESTAMP", "UTC, just before the commit."),
            "record": ("JSON", "The rest; see the views batch_detail, batch_input and check_result."),
        },
    ),
    "run_event": (
        "table",
        "What happened to each run: one row when it starts, one when it ends.",
        {
            "run_id": ("BIGINT", "Grows by one with each run that had something to do."),
            "event": (
                "VARCHAR",
                "started; succeeded; failed; check_failed; interrupted; killed (found by the next run).",
            ),
            "happened_at": ("TIMESTAMP", "UTC."),
            "record": ("JSON", "What the view run spreads out."),
        },
    ),
    "run": (
        "view",
        "One row a run. A killed run stays `started` until the next run finds it.",
        {
            "run_id": ("BIGINT", "See run_event."),
            "state": ("VARCHAR", "The newest event."),
            "started_at": ("TIMESTAMP", "UTC."),
            "ended_at": ("TIMESTAMP", "UTC; NULL while it runs; of a killed run, when the next one found it."),
            "command": ("VARCHAR", "The command as typed, secrets masked."),
            "code_version": (
                "VARCHAR",
                "The project's git commit, `-dirty` appended when files differ; NULL without git.",
            ),
            "batchsql_version": ("VARCHAR", "The program's version."),
            "target": ("VARCHAR", "Name of the target."),
            "user": ("VARCHAR", "Who ran it."),
            "host": ("VARCHAR", "Where it ran."),
            "pid": ("BIGINT", "Process id on that host."),
            "invocation_id": ("VARCHAR", "A UUID, for systems outside that need one."),
            "batches": ("BIGINT", "Batches attempted."),
            "rows_written": ("BIGINT", "Rows that were committed."),
            "seconds": ("DOUBLE", "Wall clock."),
            "bytes": ("BIGINT", "Size of the warehouse file after the run."),
        },
    ),
    "batch_detail": (
        "view",
        "Each attempt at a batch, with what `record` holds beside inputs and verdicts.",
        {
            "batch_id": ("BIGINT", "See batch."),
            "run_id": ("BIGINT", "See batch."),
            "model": ("VARCHAR", "See batch."),
            "state": ("VARCHAR", "See batch."),
            "slice_start": ("TIMESTAMP", "See batch."),
            "slice_end": ("TIMESTAMP", "See batch."),
            "rebuilt": ("BOOLEAN", "See batch."),
            "rows_written": ("BIGINT", "See batch."),
            "rows_deleted": ("BIGINT", "Rows that this batch replaced or removed."),
            "started_at": ("TIMESTAMP", "See batch."),
            "ended_at": ("TIMESTAMP", "See batch."),
            "relation": ("VARCHAR", "schema.name of what was written."),
            "materialized": (
                "VARCHAR",
                "How it landed; for incremental models with the strategy, as in `incremental/merge`.",
            ),
            "reason": ("VARCHAR", "Why the batch was due."),
            "fingerprint": ("VARCHAR", "Hash of the code that made it: query, config, macros."),
            "sql_hash": ("VARCHAR", "Hash of the SQL text that ran."),
            "attempts": ("BIGINT", "How often it was tried; more than 1 after a lost write conflict."),
            "error": ("VARCHAR", "Why it failed."),
        },
    ),
    "batch_input": (
        "view",
        "What each batch read, in which version.",
        {
            "batch_id": ("BIGINT", "See batch."),
            "run_id": ("BIGINT", "See batch."),
            "model": ("VARCHAR", "The model that read."),
            "input": ("VARCHAR", "Name of the model or source, path of the file, or name of the relation."),
            "kind": ("VARCHAR", "model, source, file or relation."),
            "version": (
                "VARCHAR",
                "A model: its newest batch id when read. A file: size and modification time in ns. "
                "A relation outside the project: count and newest loaded_at_field, or `unknown`.",
            ),
        },
    ),
    "check_result": (
        "view",
        "Every verdict of every check on every batch.",
        {
            "batch_id": ("BIGINT", "See batch."),
            "run_id": ("BIGINT", "See batch."),
            "model": ("VARCHAR", "The model whose batch was judged."),
            "slice_start": ("TIMESTAMP", "See batch."),
            "slice_end": ("TIMESTAMP", "See batch."),
            "check_name": ("VARCHAR", "Name of the check."),
            "kind": ("VARCHAR", "not_null, unique, ...; sql for a file in tests/; contract; drift of a source."),
            "columns": ("VARCHAR", "Columns it looked at, separated by commas."),
            "severity": ("VARCHAR", "error or warn."),
            "state": ("VARCHAR", "pass, warn, fail, or error when it could not be evaluated."),
            "failures": ("BIGINT", "Failing rows, or keys for unique."),
            "message": ("VARCHAR", "The verdict in words."),
            "sample": ("JSON", "Up to five offending rows."),
            "judged_at": ("TIMESTAMP", "UTC."),
        },
    ),
    "observed_value": (
        "view",
        "What checks measured that compare a batch with those before it: within_history, volume, freshness, "
        "no_new_values.",
        {
            "batch_id": ("BIGINT", "See batch."),
            "run_id": ("BIGINT", "See batch."),
            "model": ("VARCHAR", "See batch."),
            "state": ("VARCHAR", "See batch; only what was committed is history."),
            "slice_start": ("TIMESTAMP", "See batch."),
            "slice_end": ("TIMESTAMP", "See batch."),
            "check_name": ("VARCHAR", "Name of the check."),
            "measure": ("VARCHAR", "What was measured, as in `sum of amount where paid`."),
            "observed": ("DOUBLE", "What it was; of freshness, seconds; of no_new_values, how many were new."),
            "expected_low": ("DOUBLE", "The least that was expected; NULL where nothing was, or no least."),
            "expected_high": ("DOUBLE", "The most that was expected; NULL where nothing was, or no most."),
            "compared_with": ("BIGINT", "How many earlier batches it was compared with."),
        },
    ),
    "column_profile": (
        "view",
        "A few figures of each column of each batch of the models that are configured with `profile: true`.",
        {
            "batch_id": ("BIGINT", "See batch."),
            "run_id": ("BIGINT", "See batch."),
            "model": ("VARCHAR", "See batch."),
            "state": ("VARCHAR", "See batch."),
            "slice_start": ("TIMESTAMP", "See batch."),
            "slice_end": ("TIMESTAMP", "See batch."),
            "column_name": ("VARCHAR", "Name of the column."),
            "data_type": ("VARCHAR", "Its type."),
            "rows": ("BIGINT", "Rows of the batch."),
            "nulls": ("BIGINT", "How many of them have no value there."),
            "distinct_estimate": ("BIGINT", "About how many different values; within a few percent."),
            "min": ("VARCHAR", "The least value, as text, its first 80 characters."),
            "max": ("VARCHAR", "The greatest, likewise."),
            "mean": ("DOUBLE", "Of numbers; of truth values, the share that is true."),
            "stdev": ("DOUBLE", "Of numbers, the standard deviation of a sample."),
        },
    ),
}

_VIEWS = {
    "run": """
SELECT run_id, arg_max(event, happened_at) AS state, min(happened_at) FILTER (event = 'started') AS started_at,
  max(happened_at) FILTER (event <> 'started') AS ended_at,
  any_value(record->>'command') AS command, any_value(record->>'code_version') AS code_version,
  any_value(record->>'batchsql_version') AS batchsql_version, any_value(record->>'target') AS target,
  any_value(record->>'user') AS "user", any_value(record->>'host') AS host,
  any_value((record->>'pid')::BIGINT) AS pid, any_value(record->>'invocation_id') AS invocation_id,
  any_value((record->>'batches')::BIGINT) AS batches, any_value((record->>'rows_written')::BIGINT) AS rows_written,
  any_value((record->>'seconds')::DOUBLE) AS seconds, any_value((record->>'bytes')::BIGINT) AS bytes
FROM batchsql.run_event GROUP BY run_id""",
    "batch_detail": """
SELECT batch_id, run_id, model, state, slice_start, slice_end, rebuilt, rows_written,
  coalesce((record->>'rows_deleted')::BIGINT, 0) AS rows_deleted, started_at, ended_at, record->>'relation' AS relation,
  record->>'materialized' AS materialized, record->>'reason' AS reason, record->>'fingerprint' AS fingerprint,
  record->>'sql_hash' AS sql_hash, coalesce((record->>'attempts')::BIGINT, 1) AS attempts, record->>'error' AS error
FROM batchsql.batch""",
    "batch_input": """
SELECT batch_id, run_id, model, i->>'name' AS input, i->>'kind' AS kind, i->>'version' AS version
FROM (SELECT batch_id, run_id, model, unnest((record->'inputs')::JSON[]) AS i FROM batchsql.batch)""",
    "check_result": """
SELECT batch_id, run_id, model, slice_start, slice_end, c->>'check' AS check_name, c->>'kind' AS kind,
  array_to_string((c->'columns')::VARCHAR[], ', ') AS columns, c->>'severity' AS severity, c->>'state' AS state,
  (c->>'failures')::BIGINT AS failures, c->>'message' AS message, c->'sample' AS sample, ended_at AS judged_at
FROM (SELECT batch_id, run_id, model, slice_start, slice_end, ended_at, unnest((record->'checks')::JSON[]) AS c
      FROM batchsql.batch)""",
    "observed_value": """
SELECT batch_id, run_id, model, state, slice_start, slice_end, c->>'check' AS check_name,
  c->'result'->>'measure' AS measure, (c->'result'->>'observed_value')::DOUBLE AS observed,
  (c->'result'->'expected'->>0)::DOUBLE AS expected_low, (c->'result'->'expected'->>1)::DOUBLE AS expected_high,
  (c->'result'->>'compared_with')::BIGINT AS compared_with
FROM (SELECT batch_id, run_id, model, state, slice_start, slice_end, unnest((record->'checks')::JSON[]) AS c
      FROM batchsql.batch) WHERE (c->'result'->>'measure') IS NOT NULL""",
    "column_profile": """
SELECT batch_id, run_id, model, state, slice_start, slice_end, p->>'name' AS column_name, p->>'type' AS data_type,
  "rows", coalesce((p->>'nulls')::BIGINT, 0) AS nulls, (p->>'distinct')::BIGINT AS distinct_estimate,
  p->>'low' AS "min", p->>'high' AS "max", (p->>'mean')::DOUBLE AS mean, (p->>'stdev')::DOUBLE AS stdev
FROM (SELECT batch_id, run_id, model, state, slice_start, slice_end, (record->'profile'->>'rows')::BIGINT AS "rows",
        unnest((record->'profile'->'columns')::JSON[]) AS p
      FROM batchsql.batch)""",
}


def create_ledger(session: Session) -> None:
    """Make the ledger's schema, tables and views where they are not there yet; in a transaction of its own.

    Each table and column carries its description as a COMMENT, so that the warehouse explains itself. A ledger of an
    earlier version gets the views it lacks.
    """
    there = {
        name
        for (name,) in session.query(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = $1 "
            "UNION ALL SELECT view_name FROM duckdb_views() WHERE schema_name = $1",
            [SCHEMA],
        )
    }
    missing = [name for name in TABLES if name not in there]
    if not missing:
        return
    session.begin()
    session.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for name in missing:
        kind, description, columns = TABLES[name]
        if kind == "table":
            listed = ", ".join(f"{quote(column)} {type_}" for column, (type_, _) in columns.items())
            session.execute(f"CREATE TABLE {SCHEMA}.{name} ({listed})")
        else:
            session.execute(f"CREATE VIEW {SCHEMA}.{name} AS {_VIEWS[name].strip()}")
        session.execute(f"COMMENT ON {kind.upper()} {SCHEMA}.{name} IS {literal(description)}")
        for column, (_, meaning) in columns.items():
            session.execute(f"COMMENT ON COLUMN {SCHEMA}.{name}.{quote(column)} IS {literal(meaning)}")
    session.commit()
