"""Groups and access: who may read a model, as dbt has it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from batchsql.errors import ProjectError, did_you_mean
from batchsql.values import Graph, Model, Node, Project, Rendered

_LEVELS = ("private", "protected", "public")


def declared_word(model: Model, rendered: Rendered | None, key: str) -> str:
    """What the layers of a model's config say under a key that is a word, the last one counting; empty for nothing."""
    found = ""
    for values in (
        *(layer.values for layer in model.layers),
        rendered.config if rendered else {},
        *(layer.values for layer in model.overriding),
    ):
        for spelled in (key, f"+{key}"):
            if values.get(spelled) is not None:
                found = str(values[spelled])
    return found


def refuse_forbidden_reads(graph: Graph, project: Project) -> None:
    """Raise ProjectError for a group or an access level that does not exist, and for a read that access forbids.

    A private model is read within its group alone; a protected one within its package, where that restricts access.
    """
    groups = [group.name for group in project.groups]
    for node in graph.nodes.values():
        if node.group and node.kind != "test" and node.group not in groups:
            hint = did_you_mean(node.group, groups) or f"declared are: {', '.join(groups) or 'none'}"
            raise _error(node, f"{node.key} is in the group '{node.group}', which is not declared", hint)
        if node.kind == "model" and node.access and node.access not in _LEVELS:
            message = f"'{node.access}' is no access level of {node.key}"
            raise _error(node, message, f"write {', '.join(_LEVELS[:-1])} or {_LEVELS[-1]}")
    for node in graph.nodes.values():
        for key in _read_by(node):
            _refuse(node, graph[key], graph, project)


def _read_by(node: Node) -> Iterator[str]:
    """What a node reads, and what its checks compare it with."""
    yield from node.parents
    for check in node.checks:
        if check.compared_with is not None:
            yield check.compared_with


def _refuse(node: Node, read: Node, graph: Graph, project: Project) -> None:
    if read.kind != "model" or read.access not in ("private", "protected") or node.key == read.key:
        return
    elsewhere = _package(node) != _package(read) and _package(read) in project.restricted
    if read.access == "private" and (_group(node, graph) != read.group or elsewhere):
        within = f"the group '{read.group}'" if read.group else "its group, and it is in none"
        hint = f"read a public model instead, or put {node.key} into the same group"
        raise _error(node, f"{node.key} reads {read.key}, which is private to {within}", hint)
    if read.access == "protected" and elsewhere:
        hint = "its owners can make it `access: public`"
        raise _error(node, f"{node.key} reads {read.key}, which is protected in its package", hint)


def _group(node: Node, graph: Graph) -> str:
    """The group of a node; of a generic test, that of what it is applied to."""
    test = node.model.test if node.model else None
    attached = graph.nodes.get(test.attached) if test else None
    return node.group or (attached.group if attached else "")


def _package(node: Node) -> str:
    return node.model.package if node.model else node.source.package if node.source else ""


def _error(node: Node, message: str, hint: str) -> ProjectError:
    path, line = node.model.described if node.model and node.model.described[1] else (node.path, 1)
    return ProjectError(message, path=path, line=line, hint=hint)


def deprecations(graph: Graph, today: date) -> tuple[str, ...]:
    """One sentence for each model that is past its deprecation date, and for each that reads it."""
    found: list[str] = []
    for node in graph.nodes.values():
        model = node.model
        if model is None or not model.deprecated or (since := _date(model.deprecated)) is None or since > today:
            continue
        path, line = model.described if model.described[1] else (node.path, 1)
        found.append(f"{path}:{line}: {node.key} is deprecated since {since}")
        readers = (other for other in graph.nodes.values() if node.key in other.parents and other.kind != "test")
        found.extend(f"{other.path}:1: {other.key} reads {node.key}, deprecated since {since}" for other in readers)
    return tuple(found)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
