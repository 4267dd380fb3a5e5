"""One property file (YAML beside models, seeds, snapshots) into values: what it says of each, and its sources."""

from __future__ import annotations

from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from batchsql.errors import ProjectError
from batchsql.project.check_names import distinct_names
from batchsql.project.checks import SPELLINGS, CheckReader, Owner
from batchsql.project.columns import read_columns
from batchsql.project.config import SILENT_KEYS, is_config_key, read_layer, unused_keys
from batchsql.project.constraints import read_constraints
from batchsql.project.expressions import Scope, evaluate_tree
from batchsql.project.fields import blocks, check_keys, fail, mapping, name, one_of, text
from batchsql.project.generic_tests import NO_TESTS, GenericTests
from batchsql.project.relations import relation_key
from batchsql.project.sources import read_sources
from batchsql.project.unit_tests import SECTION as UNIT_TESTS
from batchsql.project.unit_tests import read_unit_tests
from batchsql.project.versions import VERSIONS, Version, expand, version_key
from batchsql.project.wording import describe, hint_for
from batchsql.project.yaml import Block, load_yaml, plain
from batchsql.values import Check, Column, Config, ConfigLayer, Kind, Model, Source
from batchsql.values.project import Dialect, Group
from batchsql.values.unit_tests import UnitTest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

_CACHE_FORMAT = b"8"
_SECTIONS: dict[str, Kind] = {
    "models": "model",
    "seeds": "seed",
    "snapshots": "snapshot",
    "checks": "test",
    "tests": "test",
    "data_tests": "test",
}
_WITHOUT_EFFECT = ("functions",)
_FOR_ARTIFACTS = ("analyses", "exposures", "macros", "metrics", "saved_queries", "semantic_models")
_TOLD = ("analyses", "exposures", "macros", "metrics", "saved_queries", "semantic_models")
"""What artifacts tell of and selections know, in a dbt project."""
_TOP_KEYS = ("version", "sources", "anchors", "groups", UNIT_TESTS, *_SECTIONS, *_WITHOUT_EFFECT, *_FOR_ARTIFACTS)
_SILENT = ("docs", "group", "access", "latest_version", "deprecation_date", "time_spine", "primary_key")
_UNDER_CONTRACT = ("columns", "constraints", "contract")
_ENTRY_KEYS = ("name", "description", "config", "tags", "meta", *_UNDER_CONTRACT, *SPELLINGS, VERSIONS, *_SILENT)
_TEST_KEYS = ("name", "description", "config", "tags", "meta")
_NOT_EVALUATED = (
    "description",
    "relation",
    "to",
    "pre_hook",
    "pre-hook",
    "post_hook",
    "post-hook",
    "docs",
    UNIT_TESTS,
    *_WITHOUT_EFFECT,
    *_FOR_ARTIFACTS,
)


class Properties(Struct, frozen=True, kw_only=True):
    """What a property file says of one model, seed, snapshot or singular test.

    relation: what a snapshot declared in YAML alone reads, as a name or `group.table`.
    version: which version of a model it is about; the name is the bare one then, and `version_layer` the config that
        the version gives itself.
    deprecated: when it goes out of use, as it is written.
    """

    kind: Kind
    name: str
    path: str
    line: int
    description: str = ""
    columns: tuple[Column, ...] = ()
    checks: tuple[Check, ...] = ()
    constraints: tuple[Check, ...] = ()
    layer: ConfigLayer | None = None
    relation: str | None = None
    version: Version | None = None
    version_layer: ConfigLayer | None = None
    deprecated: str = ""

    @property
    def key(self) -> str:
        """What the project knows it as."""
        return self.name if self.version is None else version_key(self.name, self.version.number)


class PropertyFile(Struct, frozen=True, kw_only=True):
    """All that one property file holds. content: its values as written, in MessagePack, for artifacts.

    tests: the applications of generic tests, see generic_tests.py.
    """

    properties: tuple[Properties, ...] = ()
    sources: tuple[Source, ...] = ()
    tests: tuple[Model, ...] = ()
    unit_tests: tuple[UnitTest, ...] = ()
    groups: tuple[Group, ...] = ()
    warnings: tuple[str, ...] = ()
    content: bytes = b""


_decoder = msgspec.msgpack.Decoder(PropertyFile)
_encoder = msgspec.msgpack.Encoder()


def read_properties(
    content: str,
    path: str,
    scope: Scope,
    defaults: Config,
    cache: MutableMapping[str, bytes] | None = None,
    dialect: Dialect = "batchsql",
    generic: GenericTests = NO_TESTS,
) -> PropertyFile:
    """Read the text of a property file. A text without expressions means the same each time and goes to the cache.

    defaults: config of kind `test` for the checks that do not say otherwise.
    """
    if cache is None or "{{" in content or "{%" in content:
        return _interpret(content, path, scope, defaults, dialect, generic)
    asked = _encoder.encode((dialect, defaults, path, sorted(generic.names), generic.package))
    parts = (_CACHE_FORMAT, asked, content.encode())
    key = blake2b(b"\0".join(parts), digest_size=16).hexdigest()
    known = cache.get(key)
    if known is not None:
        try:
            return _decoder.decode(known)
        except msgspec.DecodeError:
            pass  # written by another version: read anew below
    found = _interpret(content, path, scope, defaults, dialect, generic)
    cache[key] = _encoder.encode(found)
    return found


def _interpret(
    content: str, path: str, scope: Scope, defaults: Config, dialect: Dialect, generic: GenericTests
) -> PropertyFile:
    top = load_yaml(content, path, lenient=dialect == "dbt")
    if top is None:
        return PropertyFile()
    if not isinstance(top, Block):
        hint = "write `models:` and below it a list of `- name: ...`"
        raise ProjectError(f"a property file is a mapping, not {describe(top)}", path=path, line=1, hint=hint)
    if "{{" in content or "{%" in content:
        skip = (*_NOT_EVALUATED, *SPELLINGS) if top.lenient else _NOT_EVALUATED
        top = evaluate_tree(top, scope, path, 1, skip=skip)
    for key in () if top.lenient else top:
        if key not in _TOP_KEYS:
            fail(top, key, f"a property file has no key '{key}'", hint_for(key, _TOP_KEYS))
    warnings = [
        f"{path}:{top.line_of(key)}: '{key}' has no effect yet"
        for key in _WITHOUT_EFFECT
        if top.get(key) is not None and not (key in _TOLD and top.lenient)
    ]
    tests: list[Model] = []
    reader = partial(CheckReader, path, defaults, generic, tests)
    properties = [
        found
        for section, kind in _SECTIONS.items()
        for entry in blocks(top, section, kind)
        for found in _entries(entry, kind, section, reader, warnings, dialect)
    ]
    sources = tuple(read_sources(top, reader, warnings))
    return PropertyFile(
        properties=tuple(properties),
        sources=sources,
        tests=tuple(tests),
        unit_tests=read_unit_tests(top),
        groups=tuple(
            Group(name=name(group, "a group"), package=generic.package, path=path, line=group.line)
            for group in blocks(top, "groups", "group")
        ),
        warnings=tuple(warnings),
        content=_encoder.encode(plain(top)),
    )


def _entries(
    entry: Block, kind: Kind, section: str, reader: Callable[[], CheckReader], warnings: list[str], dialect: Dialect
) -> Iterator[Properties]:
    """What an entry says: of one thing, or of each version of a model."""
    if kind != "model" or not entry.get(VERSIONS):
        yield _entry(entry, kind, section, reader(), warnings, dialect)
        return
    shared = _layer(entry)
    for block, version in expand(entry, name(entry, f"an entry under '{section}'")):
        found = _entry(block, kind, section, reader(), warnings, dialect, version)
        yield msgspec.structs.replace(found, layer=shared, version_layer=found.layer)


def _entry(
    entry: Block,
    kind: Kind,
    section: str,
    reader: CheckReader,
    warnings: list[str],
    dialect: Dialect,
    version: Version | None = None,
) -> Properties:
    entry_name = name(entry, f"an entry under '{section}'")
    what = f"the {kind} '{entry_name}'"
    keys = _TEST_KEYS if kind == "test" else (*_ENTRY_KEYS, "relation") if kind == "snapshot" else _ENTRY_KEYS
    _check_entry_keys(entry, keys, what)
    owner = Owner(entry_name, version=version.number if version else None)
    columns, checks = read_columns(entry, owner, reader)
    spelling = None if kind == "test" else one_of(entry, SPELLINGS)
    if spelling:
        checks.extend(reader.read(entry, spelling, owner))
    warnings.extend(reader.warnings)
    layer = _layer(entry)
    if layer is not None:
        read_layer(layer, kind, dialect)
        warnings.extend(unused_keys(layer, dialect))
    return Properties(
        kind=kind,
        name=entry_name,
        path=entry.path,
        line=entry.line,
        description=text(entry, "description"),
        columns=columns,
        checks=distinct_names(checks, owner.called),
        constraints=tuple(read_constraints(entry, owner.called, warnings)),
        layer=layer,
        version=version,
        deprecated=str(entry.get("deprecation_date") or mapping(entry, "config").get("deprecation_date") or ""),
        relation=relation_key(entry, "relation") if entry.get("relation") else None,
    )


def _check_entry_keys(entry: Block, keys: tuple[str, ...], what: str) -> None:
    for key in () if entry.lenient else entry:
        if key not in keys and is_config_key(key) and key not in SILENT_KEYS:
            fail(entry, key, f"'{key}' belongs into the config of {what}", f"write `config: {{{key}: ...}}`")
    check_keys(entry, keys, what)


def _layer(entry: Block) -> ConfigLayer | None:
    """The config an entry gives: its `config:` block, with the tags, meta and the like that stand beside it."""
    config = mapping(entry, "config")
    values, lines = dict(_plain_items(config)), dict(config.lines)
    for key in ("tags", "meta", "contract", "access", "group"):
        beside = plain(entry.get(key))
        if beside is None:
            continue
        lines.setdefault(key, entry.line_of(key))
        values[key] = _both(key, beside, values[key]) if key in values else beside
    if not values and "relation" not in entry:
        return None
    return ConfigLayer(values=values, path=entry.path, line=entry.line_of("config"), lines=lines)


def _both(key: str, beside: Any, inside: Any) -> Any:
    """Tags (meta) given beside and inside of `config:`, together; what has the wrong type is left for validation."""
    if key == "meta":
        return {**beside, **inside} if isinstance(beside, dict) and isinstance(inside, dict) else inside
    if not isinstance(beside, str | list) or not isinstance(inside, str | list):
        return inside
    return [*([beside] if isinstance(beside, str) else beside), *([inside] if isinstance(inside, str) else inside)]


def _plain_items(block: Block) -> Iterator[tuple[str, Any]]:
    for key, value in block.items():
        yield key, plain(value)
