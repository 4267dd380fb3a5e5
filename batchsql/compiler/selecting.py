"""What a command selects: by the graph alone in a project of ours, as dbt does in a dbt project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from batchsql.compiler.compile import Compiled
from batchsql.errors import UsageError
from batchsql.selection import select
from batchsql.values.selection import Definition, Selectors

_NOT_UNLESS_ASKED = ("analysis", "operation", "function")
_FILES = {"state": "manifest.json", "result": "run_results.json", "source_status": "sources.json"}


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What is selected. keys: of the graph, in its order.

    ids: in a dbt project, unique ids of all that is selected; names: under which a run knows these, checks included.
    unanswered: parts of the selection that mean nothing; in a project of ours that is an error instead.
    everything: whether nothing in particular was asked for.
    """

    keys: tuple[str, ...]
    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    unanswered: tuple[str, ...] = ()
    everything: bool = False


def selection(compiled: Compiled, include: Sequence[str], exclude: Sequence[str]) -> Selection:
    """What --select and --exclude mean, and the options beside them (`Compiled.asked`). Raises UsageError."""
    asked = compiled.asked
    if compiled.project.dialect != "dbt":
        if asked.get("selector"):
            raise UsageError("--selector is for dbt projects", hint="write the selection itself with --select")
        keys = select(compiled.graph, include, exclude)
        return Selection(keys=keys, names=frozenset(keys), everything=len(keys) == len(compiled.graph.nodes))
    kinds = [str(kind) for kind in asked.get("resource_type") or () if kind != "all"]
    without = [str(kind) for kind in asked.get("exclude_resource_type") or ()]
    selectors = _selectors(compiled)
    definition = _definition(asked.get("selector"), include, exclude, selectors)
    if definition is None and not kinds and not without:
        return _everything(compiled)
    from batchsql.selection.choosing import choose
    from batchsql.selection.criteria import asked_for, checked_indirect

    manifest = {**compiled.described, "metadata": {"project_name": compiled.project.name}}
    chosen = choose(
        manifest,
        definition or asked_for((), (), {}),
        indirect=checked_indirect(str(asked.get("indirect_selection") or "eager")),
        kinds=kinds,
        without_kinds=without if kinds else [*without, *_NOT_UNLESS_ASKED],
        facts=_facts(compiled, manifest),
    )
    ids = frozenset(chosen.ids)
    names = frozenset(name for name, unique_id in compiled.ids.items() if unique_id in ids)
    keys = tuple(key for key in compiled.graph.nodes if key in names)
    return Selection(keys=keys, ids=ids, names=names, unanswered=chosen.unanswered)


def _everything(compiled: Compiled) -> Selection:
    ids = frozenset(
        unique_id
        for section, things in compiled.described.items()
        if section not in ("macros", "docs", "groups") and isinstance(things, dict)
        for unique_id in things
    )
    return Selection(
        keys=tuple(compiled.graph.nodes),
        ids=ids,
        names=frozenset({*compiled.ids, *compiled.graph.nodes}),
        everything=True,
    )


def _definition(
    selector: str | None, include: Sequence[str], exclude: Sequence[str], selectors: Selectors
) -> Definition | None:
    """What is asked for; None for all there is."""
    if not selector and not include and not exclude and selectors.default is None:
        return None
    from batchsql.selection.criteria import asked_for, named_selector

    if selector:
        if include or exclude:
            raise UsageError("--selector comes without --select and --exclude", hint="put them into the selector")
        return named_selector(selector, selectors.definitions)
    if not include and not exclude and selectors.default is not None:
        return selectors.definitions[selectors.default]
    return asked_for(include, exclude, selectors.definitions)


def _selectors(compiled: Compiled) -> Selectors:
    from batchsql.project.selectors import SELECTORS_FILE, Reading, read_selectors

    if not (compiled.root / SELECTORS_FILE).is_file():
        return Selectors()
    from batchsql.selection.criteria import checked_indirect, read_method, read_term

    reading = Reading(read_term, read_method, checked_indirect)
    return read_selectors(compiled.root, reading, compiled.environment, compiled.project.vars)


def _facts(compiled: Compiled, manifest: Mapping[str, Any]) -> dict[str, Mapping[str, frozenset[str]]]:
    """What an earlier state, in the folder of --state, says of things, by method."""
    from batchsql.selection.state import compared, fresher, results

    told = compiled.asked.get("state") or compiled.arguments.get("state")
    if not told:
        return {}
    folder = Path(str(told))
    found = {method: _read(folder / name) for method, name in _FILES.items()}
    now = _read(compiled.root / compiled.project.target_path / _FILES["source_status"])
    facts: dict[str, Mapping[str, frozenset[str]]] = {}
    if found["state"] is not None:
        facts["state"] = compared(found["state"], manifest)
    if found["result"] is not None:
        facts["result"] = results(found["result"])
    if found["source_status"] is not None:
        facts["source_status"] = fresher(found["source_status"], now or {})
    return facts


def _read(file: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = msgspec.json.decode(file.read_bytes())
    except OSError:
        return None
    except msgspec.DecodeError as error:
        raise UsageError(f"{file} is not JSON: {error}") from None
    return found
