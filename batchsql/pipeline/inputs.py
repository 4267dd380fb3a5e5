"""Versions of what is read from outside the project: files, and relations that something else writes."""

from __future__ import annotations

from glob import glob, has_magic
from pathlib import Path

from batchsql.engines.base import Session
from batchsql.errors import EngineError
from batchsql.plan import tangible_parents
from batchsql.values import Graph, Input, Source, quote


def input_versions(graph: Graph, root: Path, session: Session) -> dict[str, tuple[Input, ...]]:
    """For each node that reads from outside the project, directly or through an ephemeral model, what it reads now.

    Files count by path, size and modification time; a relation by count and newest `loaded_at_field`, or as `unknown`.
    """
    sources: dict[str, tuple[Input, ...]] = {}
    files: dict[str, tuple[Input, ...]] = {}
    found: dict[str, tuple[Input, ...]] = {}
    for key, node in graph.nodes.items():
        inputs: set[Input] = set()
        if node.source and node.checks:
            sources[key] = source_inputs(node.source, root, session)
            inputs.update(sources[key])
        if node.kind == "seed":
            inputs.update(file_inputs(root, (node.path,)))
        for parent in tangible_parents(graph, key):
            source = graph[parent].source
            if source:
                if parent not in sources:
                    sources[parent] = source_inputs(source, root, session)
                inputs.update(sources[parent])
        for path in external_paths(graph, key):
            if path not in files:
                files[path] = file_inputs(root, (path,))
            inputs.update(files[path])
        if inputs:
            found[key] = tuple(sorted(inputs))
    return {**sources, **found}


def external_paths(graph: Graph, key: str) -> set[str]:
    """Files that a node's query names itself, or that an ephemeral model it reads names."""
    found = set(graph[key].external)
    for parent in graph[key].parents:
        if graph[parent].kind == "model" and graph[parent].config.materialized == "ephemeral":
            found |= external_paths(graph, parent)
    return found


def source_inputs(source: Source, root: Path, session: Session) -> tuple[Input, ...]:
    """The versions of a source's files, or of its relation."""
    if source.files:
        return file_inputs(root, source.files)
    if source.relation is None or source.loaded_at_field is None:
        return (Input(source.key, "source", "unknown"),)
    try:
        field = quote(source.loaded_at_field)
        rows = session.query(f"SELECT count(*), max({field}) FROM {source.relation.sql}")
    except EngineError:  # it is not there yet: the batch that reads it says so, with its line
        return (Input(source.key, "source", "unknown"),)
    return (Input(source.key, "source", f"{rows[0][0]} rows, newest {rows[0][1]}"),)


def file_inputs(root: Path, patterns: tuple[str, ...]) -> tuple[Input, ...]:
    """The files that match, by path; relative ones below the project's folder."""
    found: dict[str, Input] = {}
    for pattern in patterns:
        names = glob(pattern, root_dir=root, recursive=True) if has_magic(pattern) else [pattern]
        for name in names:
            path = root / name
            if path.is_file():
                stat = path.stat()
                found[name] = Input(Path(name).as_posix(), "file", f"{stat.st_size}:{stat.st_mtime_ns}")
    return tuple(found[name] for name in sorted(found))


def source_directories(sources: tuple[Source, ...], root: Path) -> set[str]:
    """The folders that sources' files lie in, absolute: the part of each glob before its first wildcard."""
    found = set()
    for source in sources:
        for pattern in source.files:
            parts = Path(root / pattern).parts
            plain = next((number for number, part in enumerate(parts) if has_magic(part)), len(parts) - 1)
            found.add(str(Path(*parts[:plain])))
    return found
