"""Sources as property files declare them, into `values.Source`: relations of the warehouse, or sets of files.

```yaml
sources:
  - name: landing                       # the group; also the schema, unless `schema:` says otherwise
    tables:
      - name: flights                   # a set of files
        files: landing/flights/*.parquet
        event_time: time_hour
      - name: orders                    # a relation
        identifier: orders_v2
        columns: [...]
        checks: [...]
```
"""

from __future__ import annotations

import ast
import os
import re
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from msgspec.structs import replace

from batchsql.errors import ProjectError, did_you_mean
from batchsql.project.check_names import distinct_names
from batchsql.project.checks import SPELLINGS, CheckReader, Owner
from batchsql.project.columns import read_columns
from batchsql.project.fields import (
    blocks,
    boolean,
    check_keys,
    fail,
    mapping,
    name,
    one_of,
    optional_text,
    text,
    texts,
)
from batchsql.project.yaml import Block, plain
from batchsql.values import ConfigLayer, Source, TableName, Target, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Format = Literal["csv", "json", "parquet"]
Drift = Literal["ignore", "warn", "error"]
_DRIFTS: tuple[Drift, ...] = ("ignore", "warn", "error")
VersionBy = Literal["modified", "content"]
_VERSIONS: tuple[VersionBy, ...] = ("modified", "content")
Duplicate = Literal["ignore", "error"]
_DUPLICATES: tuple[Duplicate, ...] = ("ignore", "error")
Word = TypeVar("Word", bound=str)
_FORMATS: tuple[Format, ...] = ("csv", "json", "parquet")
_Reading = tuple[tuple[str, ...], Format | None, dict[str, Any], str]
_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_COMPRESSED = (".gz", ".zst")
_READERS: dict[str, Format] = {
    "read_csv": "csv",
    "read_csv_auto": "csv",
    "read_json": "json",
    "read_json_auto": "json",
    "read_ndjson": "json",
    "read_ndjson_auto": "json",
    "read_parquet": "parquet",
    "parquet_scan": "parquet",
}
_QUOTED = re.compile(r"'([^']+)'")
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_NAME = re.compile(r"[^\s.'\"]+$")
_LENIENT_NAME = re.compile(r"[^\n]+$")
_WILDCARD = re.compile(r"[*?\[{]")

_FILES_ELSEWHERE = ("file", "path", "paths", "location", "glob", "url")

_CONFIG_KEYS = (
    "enabled",
    "event_time",
    "loaded_at_field",
    "on_drift",
    "version_by",
    "on_duplicate",
    "meta",
    "tags",
    "external_location",
    "freshness",
)
_SILENT = (
    "overrides",
    "loader",
    "docs",
    "quoting",
    "config",
    "tags",
    "meta",
    "freshness",
    "loaded_at_query",
    "external",
)
_UNUSED = ("external", "quoting", "database", "overrides")
_GROUP_KEYS = (
    "name",
    "schema",
    "database",
    "description",
    "tables",
    "event_time",
    "loaded_at_field",
    "on_drift",
    "version_by",
    "on_duplicate",
    "options",
    *_SILENT,
)
_TABLE_KEYS = (
    "name",
    "schema",
    "identifier",
    "files",
    "format",
    "options",
    "event_time",
    "loaded_at_field",
    "on_drift",
    "version_by",
    "on_duplicate",
    "description",
    "columns",
    *SPELLINGS,
    *_SILENT,
)


def read_sources(top: Block, reader: Callable[[], CheckReader], warnings: list[str]) -> Iterator[Source]:
    """The sources of one property file; what has no effect goes to `warnings`. Disabled ones are left out."""
    for group in blocks(top, "sources", "source"):
        group_name = _source_name(group, "this source")
        check_keys(group, _GROUP_KEYS, f"the source '{group_name}'")
        _note_unused(group, group_name, warnings)
        group_config = _config(group)
        if not boolean(group_config, "enabled", True):
            continue
        seen: dict[str, int] = {}
        for table in blocks(group, "tables", "table"):
            source = _table(table, group, group_name, reader(), warnings)
            if source is None:
                continue
            if source.name in seen:
                message = f"the source '{source.key}' is here twice, first in line {seen[source.name]}"
                fail(table, "name", message, "keep one of them")
            seen[source.name] = table.line
            yield source


def _table(table: Block, group: Block, group_name: str, reader: CheckReader, warnings: list[str]) -> Source | None:
    table_name = _source_name(table, f"a table of the source '{group_name}'")
    key = f"{group_name}.{table_name}"
    for other in _FILES_ELSEWHERE:
        if other in table:
            fail(table, other, f"the source '{key}' has no key '{other}'", "did you mean 'files'?")
    check_keys(table, _TABLE_KEYS, f"the source '{key}'")
    _note_unused(table, key, warnings)
    config, group_config = _config(table), _config(group)
    if not boolean(config, "enabled", True):
        return None
    owner = Owner(f"{group_name}_{table_name}", source=key)
    columns, checks = read_columns(table, owner, reader)
    for column in blocks(table, "columns", "column"):
        if column.get("constraints"):
            line = column.line_of("constraints")
            warnings.append(f"{table.path}:{line}: 'constraints' of a source have no effect; `checks` have")
    spelling = one_of(table, SPELLINGS)
    if spelling:
        checks.extend(reader.read(table, spelling, owner))
    warnings.extend(reader.warnings)
    files, file_format, options, location = _files(table, group, config, group_config)
    relation = None if files or location else _relation(table, group, group_name, table_name)
    return Source(
        group=group_name,
        name=table_name,
        relation=relation,
        files=files,
        format=file_format,
        options=options,
        location=location,
        event_time=_inherited("event_time", table, config, group, group_config),
        loaded_at_field=_inherited("loaded_at_field", table, config, group, group_config),
        version_by=_version_by(table, config, group, group_config),
        on_duplicate=_on_duplicate(table, config, group, group_config),
        on_drift=_on_drift(table, config, group, group_config),
        description=text(table, "description"),
        tags=tuple(
            dict.fromkeys(tag for block in (group, group_config, table, config) for tag in texts(block, "tags"))
        ),
        columns=columns,
        checks=distinct_names(checks, owner.name),
        path=table.path,
        line=table.line,
        config={**plain(group_config), **plain(config)} if table.lenient else {},
    )


def configured(source: Source, below: Sequence[ConfigLayer], above: Sequence[ConfigLayer]) -> Source | None:
    """The source with what project files say of it; None where that switches it off.

    below: what its own file says comes on top of; above: what comes on top of that.
    """
    values: dict[str, Any] = {}
    for layer in (*(layer.values for layer in below), source.config, *(layer.values for layer in above)):
        values |= {key.removeprefix("+"): value for key, value in layer.items()}
    if str(values.get("enabled")).lower() == "false":
        return None
    event_time, loaded_at = values.get("event_time"), values.get("loaded_at_field")
    return replace(
        source,
        config=values,
        event_time=source.event_time or event_time,
        loaded_at_field=source.loaded_at_field or loaded_at,
    )


def _source_name(block: Block, what: str) -> str:
    found = name(block, what)
    if not (_LENIENT_NAME if block.lenient else _NAME).match(found):
        hint = "use letters, digits, '_' and '-'; `schema` and `identifier` say what it is called in the warehouse"
        fail(block, "name", f"'{found}' is no name for a source", hint)
    return found


def _config(block: Block) -> Block:
    config = mapping(block, "config")
    check_keys(config, _CONFIG_KEYS, "the config of a source")
    return config


def _inherited(key: str, *given: Block) -> str | None:
    """The most specific value: the table's own, that of its config, the group's, that of the group's config."""
    return next((value for block in given if (value := optional_text(block, key))), None)


def _on_drift(*given: Block) -> Drift:
    """What the most specific one says to do when the source's columns change."""
    return _word("on_drift", _DRIFTS, "warn", given)


def _version_by(*given: Block) -> VersionBy:
    """What the most specific one says to tell a file's versions by."""
    return _word("version_by", _VERSIONS, "modified", given)


def _on_duplicate(*given: Block) -> Duplicate:
    """What the most specific one says to do when a file is there twice."""
    return _word("on_duplicate", _DUPLICATES, "ignore", given)


def _word(key: str, words: tuple[Word, ...], usual: Word, given: Sequence[Block]) -> Word:
    """One of a few words, as the most specific block that has the key says."""
    for block in given:
        if key in block:
            word = text(block, key).lower()
            for known in words:
                if word == known:
                    return known
            listed = f"{', '.join(words[:-1])} or {words[-1]}"
            fail(block, key, f"'{key}' must be {listed}, not '{word}'", did_you_mean(word, words))
    return usual


def _relation(table: Block, group: Block, group_name: str, table_name: str) -> TableName:
    for key in ("format", "options"):
        if key in table:
            fail(table, key, f"'{key}' belongs to a source of files", "add `files: ...`")
    schema = text(table, "schema") or text(group, "schema") or group_name
    return TableName(schema, text(table, "identifier") or table_name)


def _files(table: Block, group: Block, config: Block, group_config: Block) -> _Reading:
    """Globs, format and reader options, SQL that reads them; nothing of it for a relation."""
    if "files" in table:
        if "identifier" in table:
            fail(table, "identifier", "a source of files has no identifier", "keep 'files' or 'identifier'")
        files = texts(table, "files")
        if not files or not all(files):
            fail(table, "files", "'files' names no file", "write for example `files: landing/orders/*.parquet`")
        options = {**plain(mapping(group, "options")), **plain(mapping(table, "options"))}
        return files, _format(table, "files", files), options, ""
    by_group = (mapping(group, "meta"), mapping(group_config, "meta"), group_config)
    for block in (mapping(table, "meta"), mapping(config, "meta"), config, *by_group):
        if block.get("external_location"):
            return _external_location(block, table, group)
    return (), None, {}, ""


def _format(table: Block, key: str, files: tuple[str, ...]) -> Format:
    written = text(table, "format").lower()
    for known in _FORMATS:
        if written == known:
            return known
    if written:
        fail(
            table, "format", f"'format' must be csv, json or parquet, not '{written}'", did_you_mean(written, _FORMATS)
        )
    formats = {_ENDINGS.get(_ending(each)) for each in files}
    found = formats.pop()
    if found is None or formats:
        fail(table, key, "the files' endings do not tell one format", "add `format: csv`, `json` or `parquet`")
    return found


def _ending(path: str) -> str:
    base, ending = os.path.splitext(path.lower())  # noqa: PTH122
    return os.path.splitext(base)[1] if ending in _COMPRESSED else ending  # noqa: PTH122


def _external_location(block: Block, table: Block, group: Block) -> _Reading:
    """What `external_location` says: a path with {name}, {identifier}, {schema} in it, or a call of a file reader.

    A dbt project may say anything that can stand in a FROM clause.
    """
    key = "external_location"
    location = text(block, key)
    table_name = text(table, "name")
    replacements = {
        "name": table_name,
        "identifier": text(table, "identifier") or table_name,
        "schema": text(group, "schema") or text(group, "name"),
    }
    for word, value in replacements.items():
        location = location.replace("{" + word + "}", value)
    if "(" not in location:
        files = (location.strip().strip("'"),)
        if block.lenient:
            return files, _ENDINGS.get(_ending(files[0])), {}, literal(files[0])
        return files, _format(table, "name", files), {}, ""
    call = _reader_call(location)
    if block.lenient:
        return (*(call or (_quoted_paths(location), None, {})), location)
    if call is None:
        fail(block, key, f"'{location}' is not understood as files", "write `files:`, `format:` and `options:` instead")
    return (*call, "")


def _quoted_paths(expression: str) -> tuple[str, ...]:
    """The texts in an SQL expression that look like paths of files."""
    return tuple(quoted for quoted in _QUOTED.findall(expression) if re.search(r"[^/]\.\w+$|[*/]", quoted))


def _reader_call(expression: str) -> tuple[tuple[str, ...], Format, dict[str, Any]] | None:
    """A call of one of DuckDB's file readers with constant arguments; None when it is anything else."""
    try:
        tree = ast.parse(re.sub(r"\b(true|false)\b", lambda found: found[1].title(), expression.strip()), mode="eval")
        if not isinstance(tree.body, ast.Call) or not isinstance(tree.body.func, ast.Name):
            return None
        values = [ast.literal_eval(argument) for argument in tree.body.args]
        options = {keyword.arg: ast.literal_eval(keyword.value) for keyword in tree.body.keywords if keyword.arg}
    except (SyntaxError, ValueError, RecursionError):
        return None
    reader = tree.body.func.id.lower()
    files = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if reader not in _READERS or len(values) != 1 or not all(isinstance(each, str) for each in files):
        return None
    return tuple(files), _READERS[reader], options


def _note_unused(block: Block, what: str, warnings: list[str]) -> None:
    warnings.extend(
        f"{block.path}:{block.line_of(key)}: '{key}' of the source '{what}' has no effect yet"
        for key in _UNUSED
        if block.get(key)
    )


def check_paths(source: Source, root: str, target: Target) -> None:
    """Refuse files outside of the project that are not in a directory the target declares. Raises ProjectError."""
    for pattern in source.files:
        if _REMOTE.match(pattern):
            if not target.external_access:
                raise _outside(
                    source, f"'{pattern}' is not on this machine", "set `external_access: true` on the target"
                )
            continue
        fixed = _WILDCARD.split(pattern, maxsplit=1)[0]
        place = os.path.normpath(os.path.join(root, fixed))  # noqa: PTH118
        parents = ".." in pattern[len(fixed) :].split("/")
        allowed = (root, *target.allowed_directories)
        if target.external_access or (not parents and any(_inside(place, directory) for directory in allowed)):
            continue
        raise _outside(
            source,
            f"'{pattern}' lies outside of the project",
            "list its folder under `allowed_directories` of the target",
        )


def _inside(place: str, directory: str) -> bool:
    return place == directory or place.startswith(directory.rstrip("/") + "/")


def _outside(source: Source, message: str, hint: str) -> ProjectError:
    return ProjectError(f"the source '{source.key}': {message}", path=source.path, line=source.line, hint=hint)
