"""What a name in a query means: the project's own relations, known under several names, and DuckDB's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NoReturn

from msgspec import Struct

from batchsql.errors import SqlError, did_you_mean
from batchsql.sql.parsed import MARKERS, SOURCE, THIS, Mention, Parsed
from batchsql.values import Query, Read, Source, TableName

_OUTSIDE_SCHEMAS = frozenset({"information_schema", "pg_catalog", "temp", "batchsql"})
_SYSTEM_VIEWS = frozenset(
    {"sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema", "pragma_database_list"}
)
_FILE_ENDINGS = frozenset({"csv", "tsv", "json", "jsonl", "ndjson", "parquet"})


class Names(Struct, frozen=True):
    """The names under which a query may read something, lower case as DuckDB compares them; made once a project.

    models: name -> key. physical: `schema.name` -> key of the model that lands there.
    sources: `group.table` -> key. relations: `schema.name` -> key of the source that is there.
    """

    models: dict[str, str]
    physical: dict[str, str]
    sources: dict[str, str]
    relations: dict[str, str]

    @classmethod
    def of(
        cls,
        models: Mapping[str, TableName | None],
        sources: Iterable[Source],
        others: Mapping[str, str] = MappingProxyType({}),
    ) -> Names:
        """From models, seeds and snapshots with where they land (None for an ephemeral one), and the sources.

        others: further names of models: the name without a version means the latest.
        """
        sources = tuple(sources)
        return cls(
            models={other.lower(): name for other, name in others.items()} | {name.lower(): name for name in models},
            physical={str(relation).lower(): name for name, relation in models.items() if relation},
            sources={source.key.lower(): source.key for source in sources},
            relations={str(source.relation).lower(): source.key for source in sources if source.relation},
        )

    def model(self, dotted: str) -> str | None:
        """Key of the model with this name, or that lands under it; dotted is lower case."""
        return self.models.get(dotted) or self.physical.get(dotted)

    def source(self, dotted: str) -> str | None:
        """Key of the source with this `group.table`, or that is there; dotted is lower case."""
        return self.sources.get(dotted) or self.relations.get(dotted)


def resolve(parsed: Parsed, names: Names, *, path: str, this: str | None = None, only_marked: bool = False) -> Query:
    """Say what each mention is. Raises SqlError for one that is nothing known, its line that of the rendered text.

    this: key of the model whose query it is; reading itself other than by `{{ this }}` is an error.
    only_marked: names that neither ref() nor source() gave are no business of the project, as in dbt.
    """
    mentions = parsed.mentions
    if only_marked:
        mentions = tuple(each for each in mentions if each.kind == "file" or each.parts[0] in MARKERS)
    reads = tuple(_read(mention, names, parsed.sql, path, this) for mention in mentions)
    return Query(
        sql=parsed.sql,
        reads=reads,
        columns=parsed.columns,
        fingerprint=parsed.fingerprint,
        volatile=parsed.volatile,
    )


def _read(mention: Mention, names: Names, sql: str, path: str, this: str | None) -> Read:
    """The read that a mention is."""
    dotted = ".".join(mention.parts)
    lowered = dotted.lower()

    def read(key: str, kind: str) -> Read:
        return Read(
            key=key,
            kind=kind,  # type: ignore[arg-type]  # one of five literals below
            start=mention.start,
            end=mention.end,
            aliased=mention.aliased,
            qualifier=mention.qualifier,
        )

    if mention.kind == "file":
        return read(mention.parts[0], "file")
    if mention.parts[0] in MARKERS:
        return read(*_marked(mention, names, sql, path, this))
    if model := names.model(lowered):
        if model == this:
            _refuse_self(mention, dotted, sql, path)
        return read(model, "model")
    if source := names.source(lowered):
        return read(source, "source")
    if _is_outside(mention.parts):
        return read(dotted, "relation")
    return _refuse_unknown(mention, dotted, names, sql, path)


def _marked(mention: Mention, names: Names, sql: str, path: str, this: str | None) -> tuple[str, str]:
    """Key and kind of what ref(), source() or this left in the text."""
    marker, name = mention.parts[0], mention.parts[1]
    hint: str | None
    if marker == THIS:
        return this or name, "this"
    if marker == SOURCE:
        if source := names.sources.get(name.lower()):
            return source, "source"
        group, _, table = name.partition(".")
        message = f"there is no source('{group}', '{table}')"
        hint = did_you_mean(name, names.sources.values()) or _declared_sources(names)
    else:
        if model := names.models.get(name.lower()):
            if model == this:
                _refuse_self(mention, f"ref('{name}')", sql, path)
            return model, "model"
        message, hint = f"there is no model, seed or snapshot '{name}'", did_you_mean(name, names.models.values())
    raise SqlError(message, path=path, line=mention.line, source_line=_source_line(sql, mention), hint=hint)


def _declared_sources(names: Names) -> str:
    declared = ", ".join(sorted(set(names.sources.values()))[:5])
    return f"declared are {declared}" if declared else "declare it under `sources:` in a .yml file beside the models"


def _is_outside(parts: tuple[str, ...]) -> bool:
    """Whether the name is DuckDB's own, batchsql's ledger, or in another catalog: no business of the project."""
    lowered = [part.lower() for part in parts]
    if len(parts) == 1 or lowered[0] in ("main", "system"):
        return lowered[-1].startswith("duckdb_") or lowered[-1] in _SYSTEM_VIEWS
    return len(parts) > 2 or lowered[0] in _OUTSIDE_SCHEMAS


def _refuse_self(mention: Mention, written: str, sql: str, path: str) -> NoReturn:
    """A model reads itself."""
    raise SqlError(
        f"the model reads itself: {written}",
        path=path,
        line=mention.line,
        source_line=_source_line(sql, mention),
        hint="for its own rows so far write {{ this }}, under {% if is_incremental() %}; "
        "for a table of that name which something else writes, declare it under sources: and read source(...)",
    )


def _refuse_unknown(mention: Mention, dotted: str, names: Names, sql: str, path: str) -> NoReturn:
    """Nothing of this name is known."""
    lowered = dotted.lower()
    by_table = sorted(key for key in names.sources.values() if key.lower().endswith("." + lowered))
    by_relation = sorted(name for name in names.physical if name.endswith("." + lowered))
    if lowered.rpartition(".")[2] in _FILE_ENDINGS:
        hint: str | None = f"to read a file, put its path in quotes: '{dotted}'"
    elif len(by_table) == 1:
        hint = f"for the source write {by_table[0]}"
    elif len(by_relation) == 1:
        hint = f"for the model {names.physical[by_relation[0]]}, write its name"
    else:
        plain, qualified = names.models.values(), [*names.sources.values(), *names.physical]
        likely, others = (plain, qualified) if len(mention.parts) == 1 else (qualified, plain)
        hint = did_you_mean(dotted, likely) or did_you_mean(dotted, others)
        if len(mention.parts) > 1:
            declare = f"if something else writes {dotted}, declare it under sources:"
            hint = f"{hint} Or, {declare}" if hint else declare
    kind = "relation" if len(mention.parts) > 1 else "model"
    raise SqlError(
        f"unknown {kind} '{dotted}'",
        path=path,
        line=mention.line,
        source_line=_source_line(sql, mention),
        hint=hint or "models, seeds and snapshots are known by their file's name, sources by group.table",
    )


def _source_line(sql: str, mention: Mention) -> str:
    """The line of the rendered text that the mention is on."""
    return sql.split("\n")[mention.line - 1].rstrip()
