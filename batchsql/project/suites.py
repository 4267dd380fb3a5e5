"""Suites of Great Expectations, as files of JSON in `checks/`: more checks of the model that each is about.

A suite is about the model that its `meta.model` names, else about the one that the file is named after. Its
expectations are read as if they stood in YAML: the same names, arguments and errors, with the line of the `type`.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from batchsql.errors import ProjectError, did_you_mean
from batchsql.project.check_names import distinct_names
from batchsql.project.checks import CheckReader, Owner
from batchsql.project.yaml import Block, Items

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batchsql.values import Check, Config, Model, Source

_OURS = "batchsql"
_NOT_OURS = ("batch_id", "result_format", "catch_exceptions", "windows")
_QUERY = "unexpected_rows_query"
_TYPE = re.compile(r'"(?:type|expectation_type)"\s*:\s*"([^"]*)"')


class Suite(Struct, frozen=True):
    """What a file says: checks of a model, seed, snapshot or source, by its key as it stands there."""

    path: str
    about: str
    checks: tuple[Check, ...]


def read_suite(content: str, path: str, defaults: Config) -> Suite:
    """Read the text of a suite. Raises ProjectError with the line."""
    try:
        suite = msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise ProjectError(f"this is not JSON: {error}", path=path, line=_line_of(content, str(error))) from None
    listed = suite.get("expectations") if isinstance(suite, dict) else None
    if not isinstance(listed, list):
        hint = "`batchsql checks export MODEL` shows what one looks like"
        raise ProjectError("a suite is a mapping with a list of 'expectations'", path=path, line=1, hint=hint)
    about = (suite.get("meta") or {}).get("model") or PurePosixPath(path).stem
    reader = CheckReader(path, defaults)
    lines = _lines(content, [_type_of(each) for each in listed])
    block = Block(path, 1)
    entries = Items()
    for each, line in zip(listed, lines, strict=True):
        entries.append(_entry(each, path, line))
        entries.lines.append(line)
    block["expectations"] = entries
    return Suite(path, str(about), tuple(reader.read(block, "expectations", Owner(str(about)))))


def with_suites(
    models: Sequence[Model], sources: Sequence[Source], suites: Iterable[Suite]
) -> tuple[tuple[Model, ...], tuple[Source, ...]]:
    """The models and sources with the checks of their suites. Raises ProjectError for a suite about nothing."""
    models, sources = list(models), list(sources)
    for suite in suites:
        about = suite.about.lower()
        model = next((at for at, each in enumerate(models) if each.name.lower() == about and each.kind != "test"), None)
        source = next((at for at, each in enumerate(sources) if each.key.lower() == about), None)
        if model is not None:
            checks = distinct_names([*models[model].checks, *suite.checks], models[model].name)
            models[model] = replace(models[model], checks=checks)
        elif source is not None:
            checks = distinct_names([*sources[source].checks, *suite.checks], sources[source].key)
            sources[source] = replace(sources[source], checks=checks)
        else:
            _refuse(suite, [each.name for each in models] + [each.key for each in sources])
    return tuple(models), tuple(sources)


def _refuse(suite: Suite, known: list[str]) -> NoReturn:
    hint = did_you_mean(suite.about, known) or 'name the model: `"meta": {"model": "..."}`'
    raise ProjectError(f"there is no model '{suite.about}' for this suite", path=suite.path, line=1, hint=hint)


def _type_of(entry: Any) -> str:
    return str(entry.get("type") or entry.get("expectation_type") or "") if isinstance(entry, dict) else ""


def _entry(entry: Any, path: str, line: int) -> Block:
    """An expectation as it would stand in YAML: its name, and below it all that it is given."""
    kind = _type_of(entry)
    kwargs = entry.get("kwargs", {}) if isinstance(entry, dict) else None
    if not kind or not isinstance(kwargs, dict):
        raise ProjectError("an expectation has a 'type' and 'kwargs'", path=path, line=line)
    meta = dict(entry.get("meta") or {})
    ours = meta.pop(_OURS, None) or {}
    given = Block(path, line)
    described = {name: entry.get(name) for name in ("severity", "notes", "description")}
    for name, value in {**kwargs, **described, **ours, "meta": _as_block(meta, path, line)}.items():
        if value is not None and name not in _NOT_OURS:
            given[name] = _single_braces(value) if name == _QUERY else value
    written = Block(path, line)
    written[kind] = given
    return written


def _single_braces(query: Any) -> Any:
    """A query as it is meant: suites double its braces, since Great Expectations fills in names in single ones."""
    return query.replace("{{", "{").replace("}}", "}") if isinstance(query, str) else query


def _as_block(value: dict[str, Any], path: str, line: int) -> Block:
    block = Block(path, line)
    block.update(value)
    return block


def _lines(content: str, types: list[str]) -> list[int]:
    """The line of each expectation, found by the order of the types; 1 where a file says `type` elsewhere too."""
    found = [(each[1], content.count("\n", 0, each.start()) + 1) for each in _TYPE.finditer(content)]
    position, lines = 0, []
    for kind in types:
        at = next((at for at in range(position, len(found)) if found[at][0] == kind), None)
        lines.append(found[at][1] if at is not None else 1)
        position = at + 1 if at is not None else position
    return lines


def _line_of(content: str, message: str) -> int:
    """The line that a decoder's error speaks of, by the byte it names."""
    byte = re.search(r"byte (\d+)", message)
    return content.encode()[: int(byte[1])].count(b"\n") + 1 if byte else 1
