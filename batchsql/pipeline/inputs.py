"""Versions of what is read from outside the project: files, and relations that something else writes."""

from __future__ import annotations

from glob import glob, has_magic
from hashlib import file_digest
from pathlib import Path

from batchsql.engines.base import Session
from batchsql.errors import EngineError
from batchsql.plan import tangible_parents
from batchsql.values import Graph, Input, Node, Source, quote
from batchsql.values.readings import UNKNOWN


def input_versions(graph: Graph, root: Path, session: Session) -> dict[str, tuple[Input, ...]]:
    """For each node that reads from outside the project, directly or through an ephemeral model, what it reads now.

    Files count by path, size and modification time, or by content where their source says so; a relation by count and
    newest `loaded_at_field`. What nothing tells the version of (a file on a network, a relation that is not declared)
    counts as `unknown`.
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
        inputs.update(Input(name, "relation", UNKNOWN) for name in _undeclared(graph, key))
        if inputs:
            found[key] = tuple(sorted(inputs))
    return {**sources, **found}


def external_paths(graph: Graph, key: str) -> set[str]:
    """Files that a node's query names itself, or that an ephemeral model it reads names."""
    found = set(graph[key].external) - _relations(graph[key])
    for parent in _ephemeral_parents(graph, key):
        found |= external_paths(graph, parent)
    return found


def _undeclared(graph: Graph, key: str) -> set[str]:
    """Relations outside the project that a node's query, or an ephemeral model's that it reads, just names."""
    found = _relations(graph[key])
    for parent in _ephemeral_parents(graph, key):
        found |= _undeclared(graph, parent)
    return found


def _relations(node: Node) -> set[str]:
    queries = [query for query in (node.query, node.incremental) if query]
    return {read.key for query in queries for read in query.reads if read.kind == "relation"}


def _ephemeral_parents(graph: Graph, key: str) -> list[str]:
    parents = (graph[parent] for parent in graph[key].parents)
    return [each.key for each in parents if each.kind == "model" and each.config.materialized == "ephemeral"]


def source_inputs(source: Source, root: Path, session: Session) -> tuple[Input, ...]:
    """The versions of a source's files, or of its relation."""
    if source.files:
        by_content = source.version_by == "content" or source.on_duplicate == "error"
        return file_inputs(root, source.files, by_content=by_content)
    if source.relation is None or source.loaded_at_field is None:
        return (Input(source.key, "source", UNKNOWN),)
    try:
        field = quote(source.loaded_at_field)
        rows = session.query(f"SELECT count(*), max({field}) FROM {source.relation.sql}")
    except EngineError:  # it is not there yet: the batch that reads it says so, with its line
        return (Input(source.key, "source", UNKNOWN),)
    return (Input(source.key, "source", f"{rows[0][0]} rows, newest {rows[0][1]}"),)


def file_inputs(root: Path, patterns: tuple[str, ...], *, by_content: bool = False) -> tuple[Input, ...]:
    """The files that match, by path; relative ones below the project's folder. Those on a network are `unknown`."""
    found: dict[str, Input] = {}
    for pattern in patterns:
        if "://" in pattern:
            found[pattern] = Input(pattern, "file", UNKNOWN)
            continue
        names = glob(pattern, root_dir=root, recursive=True) if has_magic(pattern) else [pattern]
        for name in names:
            path = root / name
            if path.is_file():
                version = content_version(path) if by_content else _stat_version(path)
                found[name] = Input(Path(name).as_posix(), "file", version)
    return tuple(found[name] for name in sorted(found))


def _stat_version(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}"


def content_version(path: Path) -> str:
    """What a file holds, as one word: the same for the same bytes, whatever its name and time."""
    with path.open("rb") as file:
        return f"content {file_digest(file, 'blake2b').hexdigest()[:32]}"


def source_directories(sources: tuple[Source, ...], root: Path) -> set[str]:
    """The folders that sources' files lie in, absolute: the part of each glob before its first wildcard."""
    found = set()
    for source in sources:
        for pattern in source.files:
            parts = Path(root / pattern).parts
            plain = next((number for number, part in enumerate(parts) if has_magic(part)), len(parts) - 1)
            found.add(str(Path(*parts[:plain])))
    return found
