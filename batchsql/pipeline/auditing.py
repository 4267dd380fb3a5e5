"""The history of a model's checks, asked of the ledger; nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from batchsql.compiler import Compiled
from batchsql.engines.base import Session, rows_as_dicts
from batchsql.errors import UsageError, did_you_mean
from batchsql.ledger import read_relations
from batchsql.ledger.tables import SCHEMA
from batchsql.pipeline.events import Options, ignore
from batchsql.pipeline.opening import open_when_free
from batchsql.values import Check, Node, TableName
from batchsql.values.audit import CheckHistory, Judgement

# A verdict stands until the same interval is judged again, everything is, or the relation is made anew.
_HISTORY = """
WITH judged AS (
  SELECT *, state <> 'pass' AS is_amiss, judged_at >= $5 AS recent,
    list_contains($3, check_name) OR slice_start IS NULL AS of_all
  FROM batchsql.check_result WHERE model = $1 OR list_contains($2, check_name)
), standing AS (
  SELECT *, batch_id >= coalesce(max(batch_id) FILTER (of_all) OVER (PARTITION BY check_name), 0)
      AND batch_id = max(batch_id) OVER (PARTITION BY check_name, slice_start, slice_end)
      AND batch_id >= (SELECT coalesce(max(batch_id), 0) FROM batchsql.batch
        WHERE model = judged.model AND rebuilt AND state = 'committed') AS stands
  FROM judged
)
SELECT check_name, arg_max(kind, batch_id) AS kind, arg_max(columns, batch_id) AS columns,
  arg_max(severity, batch_id) AS severity,
  list(state ORDER BY batch_id) FILTER (recent) AS states,
  list(failures ORDER BY batch_id) FILTER (recent) AS failures,
  count(*) FILTER (recent AND is_amiss) AS amiss, max(failures) FILTER (recent AND is_amiss) AS most_failures,
  count(*) FILTER (stands) AS standing, count(*) FILTER (stands AND is_amiss) AS amiss_now,
  arg_max(state, list_position($4, state)) FILTER (stands) AS now,
  min(batch_id) FILTER (recent AND is_amiss) AS first, max(batch_id) FILTER (recent AND is_amiss) AS last
FROM standing GROUP BY check_name"""

_JUDGEMENTS = """
SELECT check_name, batch_id, judged_at, state, failures, message, sample, slice_start, slice_end
FROM batchsql.check_result
WHERE (model = $1 OR list_contains($2, check_name)) AND state <> 'pass' AND list_contains($3, batch_id)"""

_OBSERVED = """
SELECT check_name, arg_max(measure, batch_id), list(observed ORDER BY batch_id),
  arg_max([expected_low, expected_high], batch_id) FILTER (expected_low IS NOT NULL OR expected_high IS NOT NULL)
FROM batchsql.observed_value
WHERE (model = $1 OR list_contains($2, check_name)) AND observed IS NOT NULL
  AND batch_id IN (SELECT batch_id FROM batchsql.batch WHERE ended_at >= $3)
GROUP BY check_name"""

_RANKS = ["pass", "warn", "fail", "error"]


def audit(
    compiled: Compiled, model: str, *, column: str | None = None, since: datetime | None = None
) -> list[CheckHistory]:
    """The history of each check that a model has or had, those of the project first, in its order.

    column: only checks that look at it. since: only verdicts from then on, UTC; `now` is told by all of them.
    Raises UsageError for a model, or a column, that there is nothing of.
    """
    node = compiled.graph.nodes.get(model)
    if node is None:
        raise UsageError(f"there is no model '{model}'", hint=did_you_mean(model, compiled.graph.nodes))
    hosted = _hosted(compiled, node)
    checks = (*node.checks, *hosted)
    engine = open_when_free(compiled, Options(), ignore, read_only=True)
    session = engine.session()
    try:
        found = _read(session, node, hosted, since or datetime.min)
    finally:
        session.close()
        engine.close()
    histories = [found.get(check.name) or _never(check) for check in checks]
    others = sorted(found.keys() - {check.name for check in checks})
    for name in others:
        kept = found[name].kind == "contract" and node.config.contract
        histories.append(msgspec.structs.replace(found[name], in_project=kept))
    return histories if column is None else _of_column(histories, model, column)


def _hosted(compiled: Compiled, node: Node) -> tuple[Check, ...]:
    """Checks of the node that are judged with the batches of another; of a file in tests/, the one that it is."""
    others = (host for host in compiled.graph.nodes.values() if host.key != node.key)
    checks = (check for host in others for check in host.checks)
    return tuple(check for check in checks if node.key in (check.arguments.get("of"), check.arguments.get("test")))


def _read(session: Session, node: Node, hosted: Sequence[Check], since: datetime) -> dict[str, CheckHistory]:
    relations = read_relations(session)
    if TableName(SCHEMA, "batch") not in relations:
        return {}
    others = [check.name for check in hosted]
    whole = [
        check.name for check in node.checks if check.kind == "sql" or check.arguments.get("of", node.key) != node.key
    ]
    names, rows = session.query_named(_HISTORY, [node.key, others, others + whole, _RANKS, since])
    found = rows_as_dicts(names, rows)
    batches = sorted({row[end] for row in found for end in ("first", "last") if row[end] is not None})
    judgements = _judgements(session, [node.key, others, batches]) if batches else {}
    histories = {row["check_name"]: _history(row, judgements) for row in found}
    if TableName(SCHEMA, "observed_value") not in relations:
        return histories
    for name, measure, observed, expected in session.query(_OBSERVED, [node.key, others, since]):
        histories[name] = msgspec.structs.replace(
            histories[name], measure=measure, observed=tuple(observed), expected=tuple(expected or ())
        )
    return histories


def _judgements(session: Session, given: Sequence[Any]) -> dict[tuple[str, int], Judgement]:
    names, rows = session.query_named(_JUDGEMENTS, given)
    found = {}
    for row in rows_as_dicts(names, rows):
        check = row.pop("check_name")
        row["sample"] = tuple(msgspec.json.decode(row["sample"] or "[]"))
        found[check, row["batch_id"]] = Judgement(**row)
    return found


def _history(row: Mapping[str, Any], judgements: Mapping[tuple[str, int], Judgement]) -> CheckHistory:
    name = row["check_name"]
    return CheckHistory(
        check=name,
        kind=row["kind"],
        columns=tuple(filter(None, (row["columns"] or "").split(", "))),
        severity=row["severity"],
        now=row["now"] or "never",
        amiss_now=row["amiss_now"],
        standing=row["standing"],
        states=tuple(row["states"] or ()),
        failures=tuple(count or 0 for count in row["failures"] or ()),
        amiss=row["amiss"],
        first=judgements.get((name, row["first"])),
        last=judgements.get((name, row["last"])),
        most_failures=row["most_failures"] or 0,
    )


def _never(check: Check) -> CheckHistory:
    return CheckHistory(check=check.name, kind=check.kind, columns=check.columns, severity=check.severity)


def _of_column(histories: Sequence[CheckHistory], model: str, column: str) -> list[CheckHistory]:
    chosen = [each for each in histories if column.lower() in (name.lower() for name in each.columns)]
    if histories and not chosen:
        known = sorted({name for each in histories for name in each.columns})
        hint = did_you_mean(column, known) or f"its checks look at {', '.join(known)}"
        raise UsageError(f"no check of {model} looks at a column '{column}'", hint=hint)
    return chosen
