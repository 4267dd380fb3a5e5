"""Whether the warehouse holds what the ledger says; and, when asked to, entries in the ledger that make it due."""

from __future__ import annotations

from msgspec import Struct

from batchsql.compiler import Compiled
from batchsql.engines.base import Session
from batchsql.errors import BatchError
from batchsql.ledger import (
    close_killed_runs,
    create_ledger,
    next_ids,
    read_ever_written,
    read_relations,
    read_standing,
    read_undone,
    record_damage,
    record_run_end,
    record_run_start,
)
from batchsql.pipeline.attempt import utc_now
from batchsql.pipeline.damage import Finding, Patient, examine
from batchsql.pipeline.events import Options, ignore
from batchsql.pipeline.facts import run_record
from batchsql.pipeline.holder import holding
from batchsql.pipeline.opening import open_when_free
from batchsql.pipeline.quarantine import SCHEMA as QUARANTINE
from batchsql.pipeline.stored import table_of
from batchsql.plan import tangible_parents
from batchsql.values import Interval, TableName
from batchsql.values.keeping import HISTORY

_HALF_MADE = ("__dbt_tmp", "__dbt_backup", "__dbt_new")
Slice = tuple[str, Interval | None]


class Examination(Struct, frozen=True, kw_only=True):
    """What was found. relations: how many were looked at. due: the slices that were made due by a repair."""

    findings: tuple[Finding, ...] = ()
    relations: int = 0
    due: tuple[Slice, ...] = ()


def doctor(compiled: Compiled, options: Options, *, repair: bool = False) -> Examination:
    """Compare the ledger with the warehouse. Nothing is written, unless repair: then the ledger alone is.

    A repair enters each damaged slice as such, so that the next build loads it again.
    """
    engine = open_when_free(compiled, options, ignore, read_only=not repair)
    session = engine.session()
    try:
        found = _examine_all(compiled, session)
        due = tuple(dict.fromkeys((each.model, part) for each in found.findings for part in each.repairs))
        if not repair or not due:
            return found
        _enter(compiled, options, session, found, due)
        return Examination(findings=found.findings, relations=found.relations, due=due)
    finally:
        session.close()
        engine.close()


def _examine_all(compiled: Compiled, session: Session) -> Examination:
    relations = read_relations(session)
    standing = read_standing(session)
    findings: list[Finding] = []
    undone = read_undone(session) if standing else set()
    damaged: set[str] = set()
    looked_at = 0
    for key, node in compiled.graph.nodes.items():
        if node.writes and node.relation and standing.get(key):
            there = relations.get(node.relation)
            if standing[key][-1].relation != str(node.relation) or (there is None and key in undone):
                continue  # it is to land elsewhere from now on, or was rolled back, which makes it due
            looked_at += 1
            patient = Patient(
                node=node,
                relation=node.relation,
                standing=standing[key],
                there=there,
                reads_damaged=any(parent in damaged for parent in tangible_parents(compiled.graph, key)),
            )
            found = examine(compiled, patient, session)
            damaged |= {key} if found else set()
            findings += found
    findings += _leftovers(compiled, relations, read_ever_written(session))
    return Examination(findings=tuple(findings), relations=looked_at)


def _leftovers(compiled: Compiled, relations: dict[TableName, str], written: list[tuple[str, str]]) -> list[Finding]:
    """Relations that batches left behind and that nothing in the project stands for any more."""
    graph, schema = compiled.graph, compiled.project.target.schema
    ours = {str(node.relation).lower() for node in graph.nodes.values() if node.relation}
    stored = _tables_of_checks(compiled)
    by_text = {relation: model for model, relation in written}
    found = []
    for relation, kind in sorted(relations.items()):
        name = str(relation)
        if name.lower() in ours:
            continue
        why = ""
        if name in by_text:
            model = by_text[name]
            why = f"was loaded for {model}, which " + ("lands elsewhere now" if model in graph.nodes else "is gone")
        elif relation.schema == QUARANTINE and relation.name not in graph.nodes:
            why = f"holds rows put aside of {relation.name}, which is gone"
        elif relation.schema == f"{schema}_dbt_test__audit" and relation not in stored:
            why = "holds failing rows of a check that is gone"
        elif relation.schema == HISTORY and not _is_kept(compiled, relation.name):
            why = "holds rows that a batch replaced, of a model that is gone or keeps no history any more"
        elif relation.name.endswith(_HALF_MADE):
            why = "was left half made"
        if why:
            hint = f"drop {kind} {relation.sql}; drops it, when nobody needs it"
            found.append(Finding(kind="leftover", relation=name, message=why, hint=hint))
    return found


def _is_kept(compiled: Compiled, name: str) -> bool:
    """Whether a table of history is of a model that keeps history, and drops it itself."""
    node = compiled.graph.nodes.get(name.rpartition("@")[0])
    return node is not None and node.config.keep_history > 0


def _tables_of_checks(compiled: Compiled) -> set[TableName]:
    """Where checks keep their failing rows."""
    found = set()
    for node in compiled.graph.nodes.values():
        for check in node.checks:
            try:
                found.add(table_of(compiled, check))
            except BatchError:  # it would be stored where something else is, so it never was
                continue
    return found


def _enter(compiled: Compiled, options: Options, session: Session, found: Examination, due: tuple[Slice, ...]) -> None:
    """Enter the damage in the ledger, as a run of its own."""
    why = {(each.model, part): each.message for each in found.findings for part in each.repairs}
    target = compiled.project.target
    create_ledger(session)
    run_id, batch_id = next_ids(session)
    with holding(target.database, run_id, options.command):
        session.begin()
        close_killed_runs(session, utc_now())
        record_run_start(session, run_id, utc_now(), run_record(compiled.root, options.command, target.name))
        damaged = [(model, part, why[model, part]) for model, part in due]
        record_damage(session, damaged, batch_id=batch_id, run_id=run_id, now=utc_now())
        record_run_end(session, run_id, utc_now(), "succeeded", {"batches": len(due), "rows_written": 0})
        session.commit()
