"""What must hold between the parts of a project: names are distinct, checks name relations that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from batchsql.errors import ProjectError, did_you_mean
from batchsql.project.config import read_layer
from batchsql.values import Check, Model, Source
from batchsql.values.project import Dialect, Project

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def verify_names(models: Sequence[Model], dialect: Dialect = "batchsql") -> list[Model]:
    """Refuse two models, seeds, snapshots or tests of one name; upper and lower case are the same in a warehouse.

    Of two that share a name, one that the YAML switches off (`enabled: false`) is left out instead. In a dbt project
    the text may switch one off: such are kept until it is rendered, see `without_switched_off_twins`.
    """
    kept: dict[str, Model] = {}
    twins: list[Model] = []
    for model in models:
        other = kept.get(model.name.lower())
        if other is None or not _enabled(other, dialect):
            kept[model.name.lower()] = model
        elif _enabled(model, dialect):
            if dialect == "batchsql" or not any("enabled" in each.text for each in (model, other)):
                raise _taken(model, other)
            twins.append(model)
    return [*kept.values(), *twins]


def without_switched_off_twins(project: Project, switched_off: Collection[int]) -> Project:
    """The project without models that are switched off and share their name with another.

    switched_off: the ids of those objects. Raises ProjectError for two of one name that are not.
    """
    named: dict[str, list[Model]] = {}
    for model in project.models:
        named.setdefault(model.name.lower(), []).append(model)
    dropped: set[int] = set()
    for twins in named.values():
        if len(twins) == 1:
            continue
        enabled = [model for model in twins if id(model) not in switched_off]
        if len(enabled) > 1:
            raise _taken(enabled[1], enabled[0])
        dropped |= {id(model) for model in twins if model is not (enabled or twins)[0]}
    if not dropped:
        return project
    return replace(project, models=tuple(model for model in project.models if id(model) not in dropped))


def _taken(model: Model, other: Model) -> ProjectError:
    return ProjectError(
        f"the name '{model.name}' is taken: {other.path} is a {other.kind} of this name",
        path=model.path,
        line=model.first_line,
        hint="rename one of the two files; `alias` in the config keeps its table's name",
    )


def _enabled(model: Model, dialect: Dialect) -> bool:
    enabled = True
    for layer in (*model.layers, *model.overriding):
        value = read_layer(layer, model.kind, dialect).get("enabled", enabled)
        enabled = True if value is None else value
    return enabled


def verify_checks(models: Sequence[Model], sources: Sequence[Source], dialect: Dialect = "batchsql") -> tuple[str, ...]:
    """Refuse two checks of one name, and one that compares with what is nothing in the project.

    In a dbt project the latter is a warning, which is given back: the check is left out, as dbt does it.
    """
    known = {model.name.lower(): model.name for model in models if model.kind != "test"}
    known.update((model.bare_name.lower(), model.name) for model in models if model.is_latest)
    known.update((source.key.lower(), source.key) for source in sources)
    taken: dict[str, tuple[str, int]] = {model.name: (model.path, 1) for model in models if model.kind == "test"}
    checks = [check for model in models for check in (*model.checks, *model.constraints)]
    checks += [check for source in sources for check in source.checks]
    for check in checks:
        other = taken.setdefault(check.name, (check.path, check.line))
        if other != (check.path, check.line):
            message = f"the check name '{check.name}' is taken, in {other[0]}:{other[1]}"
            raise ProjectError(message, path=check.path, line=check.line, hint="give the check a `name:` of its own")
    lost = [check for check in checks if check.compared_with and check.compared_with.lower() not in known]
    if lost and dialect == "batchsql":
        raise _no_relation(lost[0], known)
    return tuple(f"{check.path}:{check.line}: {_no_relation(check, known).message}; it is left out" for check in lost)


def _no_relation(check: Check, known: dict[str, str]) -> ProjectError:
    to = check.compared_with or ""
    return ProjectError(
        f"{check.kind} to '{to}': there is no such model, seed, snapshot or source",
        path=check.path,
        line=check.line,
        hint=did_you_mean(to, known.values()) or "write ref('model') or source('group', 'table')",
    )
