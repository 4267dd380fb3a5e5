"""What ref(), source(), `this` and api.Relation give: a name in SQL, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from batchsql.errors import TemplateError
from batchsql.template.objects import LikeMapping, Record
from batchsql.values import TableName, quote

PARTS = ("database", "schema", "identifier")
TYPES = ("table", "view", "cte", "materialized_view", "external", "ephemeral", "pointer_table", "function")


class Path(Struct, frozen=True):
    """The parts of a relation's name; None where a part is not known."""

    database: str | None = None
    schema: str | None = None
    identifier: str | None = None

    def __str__(self) -> str:
        return f"Path(database={self.database!r}, schema={self.schema!r}, identifier={self.identifier!r})"


class Policy(Struct, frozen=True):
    """For each part of a name, whether something is done with it: printed, quoted."""

    database: bool = True
    schema: bool = True
    identifier: bool = True

    def get(self, part: str, default: Any = None) -> Any:
        """What is said of a part."""
        return getattr(self, part) if part in PARTS else default

    def __str__(self) -> str:
        return f"Policy(database={self.database}, schema={self.schema}, identifier={self.identifier})"


class Traits(Struct, frozen=True, kw_only=True):
    """What is said of a relation beside its name. external: what stands for it in a query, in place of the name."""

    type: str | None = None
    include: Policy = Policy()
    quoted: Policy = Policy()
    external: str | None = None
    limit: int | None = None
    dbt_created: bool = False
    require_alias: bool = False
    catalog: str | None = None


class Relation(LikeMapping):
    """A relation as templates see it.

    Printed, it is what `text` gives, or else its name, in full; the parts of the name come from `physical`, which is
    called when one is asked for.
    """

    __slots__ = ("_database", "_physical", "_text", "_traits")

    def __init__(
        self,
        text: Callable[[], str] | None,
        physical: Callable[[], TableName | Path],
        database: str | None,
        traits: Traits = Traits(),  # noqa: B008  it is frozen
    ) -> None:
        self._text = text
        self._physical = physical
        self._database = database
        self._traits = traits

    # --- the name -----------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The parts of the physical name."""
        found = self._physical()
        if isinstance(found, Path):
            return found
        return Path(getattr(found, "database", None) or self._database, found.schema, found.name)

    @property
    def database(self) -> str | None:
        """Name of the database, as DuckDB calls the file."""
        return self._database if self._text else self.path.database

    @property
    def schema(self) -> str | None:
        """Name of the physical schema."""
        return self.path.schema

    @property
    def identifier(self) -> str | None:
        """Name of the physical table or view."""
        return self.path.identifier

    name = table = identifier

    def render(self) -> str:
        """The text that stands for the relation in SQL: its name, or a query of as many rows as it is limited to."""
        limit = self._traits.limit
        if limit is None:
            return self._unlimited()
        return f"(select * from {self._unlimited()}{' where false' if limit == 0 else ''} limit {limit})"

    __str__ = render_limited = render

    def _unlimited(self) -> str:
        traits = self._traits
        if traits.external:
            return traits.external
        if self._text:
            return self._text()
        path = self.path
        parts = [(getattr(path, part), getattr(traits.quoted, part)) for part in PARTS if getattr(traits.include, part)]
        return ".".join(quote(name) if quoted else name for name, quoted in parts if name is not None)

    def __repr__(self) -> str:
        return f"<DuckDBRelation {self.render()}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Relation) and (self.path, self._traits) == (other.path, other._traits)

    def __hash__(self) -> int:
        return hash(self.path)

    # --- others like it -----------------------------------------------------------------------------------------

    def include(
        self, database: bool | None = None, schema: bool | None = None, identifier: bool | None = None
    ) -> Relation:
        """The relation printed with these parts of its name; None leaves a part as it is."""
        policy = _changed(self._traits.include, database, schema, identifier)
        marked = self._text if policy.schema and policy.identifier else None
        return self._with(marked, msgspec.structs.replace(self._traits, include=policy))

    def quote(
        self, database: bool | None = None, schema: bool | None = None, identifier: bool | None = None
    ) -> Relation:
        """The relation printed with these parts of its name in quotes; None leaves a part as it is."""
        policy = _changed(self._traits.quoted, database, schema, identifier)
        return self._with(self._text, msgspec.structs.replace(self._traits, quoted=policy))

    def without_identifier(self) -> Relation:
        """The schema it is in."""
        return self.replace_path(identifier=None)

    def replace_path(self, **parts: str | None) -> Relation:
        """A relation whose name differs in some parts; what is no part of a name is left out."""
        path = msgspec.structs.replace(self.path, **{part: parts[part] for part in PARTS if part in parts})
        return Relation(None, lambda: path, path.database, self._traits)

    def incorporate(self, *, path: Mapping[str, str | None] | None = None, **traits: Any) -> Relation:
        """A relation that differs in parts of its name, or in its type."""
        changed = msgspec.structs.replace(self._traits, **traits_of(traits))
        relation = self._with(self._text, changed)
        return relation.replace_path(**path) if path else relation

    replace = incorporate

    def information_schema(self, view: str | None = None) -> Relation:
        """A view of the information schema of its database, or that schema itself."""
        path = Path(self.database, "INFORMATION_SCHEMA", view)
        traits = Traits(type="view", include=self._traits.include, quoted=Policy(True, False, False))
        return Relation(None, lambda: path, path.database, msgspec.structs.replace(traits, include=Policy()))

    def information_schema_only(self) -> Relation:
        """The information schema of its database."""
        return self.information_schema()

    def _with(self, text: Callable[[], str] | None, traits: Traits) -> Relation:
        return Relation(text, self._physical, self._database, traits)

    # --- what is known of it ------------------------------------------------------------------------------------

    @property
    def type(self) -> str | None:
        """`table`, `view`, ...; None where the warehouse was not asked for it."""
        return self._traits.type

    @property
    def is_table(self) -> bool:
        """Whether it is known to be a table."""
        return self.type == "table"

    @property
    def is_view(self) -> bool:
        """Whether it is known to be a view."""
        return self.type == "view"

    @property
    def is_cte(self) -> bool:
        """Whether it is a common table expression."""
        return self.type == "cte"

    @property
    def is_materialized_view(self) -> bool:
        """Whether it is a materialized view."""
        return self.type == "materialized_view"

    @property
    def is_function(self) -> bool:
        """Whether it is a function."""
        return self.type == "function"

    @property
    def is_pointer(self) -> bool:
        """Whether it points to another table."""
        return self.type == "pointer_table"

    @property
    def can_be_renamed(self) -> bool:
        """Whether a rename may take the place of drop and create."""
        return False

    can_be_replaced = can_be_renamed

    @property
    def external(self) -> str | None:
        """What stands for it in a query: the reader of a file."""
        return self._traits.external

    @property
    def limit(self) -> int | None:
        """How many rows are read of it; None for all."""
        return self._traits.limit

    @property
    def dbt_created(self) -> bool:
        """Whether it was made in this run."""
        return self._traits.dbt_created

    @property
    def require_alias(self) -> bool:
        """Whether a limited one needs a name in FROM."""
        return self._traits.require_alias

    @property
    def catalog(self) -> str | None:
        """Name of the catalog it is in, where that is another than DuckDB's."""
        return self._traits.catalog

    @property
    def event_time_filter(self) -> None:
        """None: what is read of an interval is cut in the query itself."""
        return

    @property
    def include_policy(self) -> Policy:
        """Which parts of the name are printed."""
        return self._traits.include

    @property
    def quote_policy(self) -> Policy:
        """Which parts of the name are quoted."""
        return self._traits.quoted

    @property
    def quote_character(self) -> str:
        """The character around names."""
        return '"'

    def quoted(self, identifier: str) -> str:
        """A name in quotes."""
        return quote(str(identifier))

    def matches(self, database: str | None = None, schema: str | None = None, identifier: str | None = None) -> bool:
        """Whether these parts of its name are so; case does not count, as in DuckDB."""
        wanted = zip(PARTS, (database, schema, identifier), strict=True)
        return all(
            part is None or str(getattr(self.path, name) or "").lower() == str(part).lower() for name, part in wanted
        )

    @staticmethod
    def add_ephemeral_prefix(name: str) -> str:
        """The name of the common table expression that an ephemeral model becomes."""
        return f"__dbt__cte__{name}"

    def get(self, key: str, default: Any = None) -> Any:
        """An attribute, by its name."""
        if key == "metadata":
            return {"type": "DuckDBRelation"}
        return default if key.startswith("_") else getattr(self, key, default)

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:
        """All that is known of it."""
        traits = self._traits
        found = {
            "path": {part: getattr(self.path, part) for part in PARTS},
            "type": self.type,
            "quote_character": self.quote_character,
            "include_policy": msgspec.structs.asdict(traits.include),
            "quote_policy": msgspec.structs.asdict(traits.quoted),
            "dbt_created": traits.dbt_created,
            "limit": traits.limit,
            "require_alias": traits.require_alias,
            "catalog": traits.catalog,
            "external": traits.external,
        }
        return {key: value for key, value in found.items() if value is not None} if omit_none else found

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_dict())

    def __len__(self) -> int:
        return len(self.to_dict())

    def __bool__(self) -> bool:
        return True


def free(path: Path, traits: Traits = Traits()) -> Relation:  # noqa: B008  it is frozen
    """A relation that is no model or source of the project, by its name: printed in full."""
    return Relation(None, lambda: path, path.database, traits)


def traits_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a template says of a relation, as Traits has it; what is not known is left out."""
    renamed = {"include_policy": "include", "quote_policy": "quoted"}
    found: dict[str, Any] = {}
    for key, value in given.items():
        name = renamed.get(key, key)
        if name in {"include", "quoted"}:
            found[name] = value if isinstance(value, Policy) else Policy(**{part: bool(value[part]) for part in value})
        elif name in Traits.__struct_fields__:
            found[name] = value
    if found.get("type") not in (None, *TYPES):
        raise TemplateError(f"'{found['type']}' is no type of relation", hint=f"types are {', '.join(TYPES)}")
    return found


def _changed(policy: Policy, database: bool | None, schema: bool | None, identifier: bool | None) -> Policy:
    given = zip(PARTS, (database, schema, identifier), strict=True)
    return msgspec.structs.replace(policy, **{part: bool(said) for part, said in given if said is not None})


def marker(kind: str, key: str) -> str:
    """A name that no CTE can capture, which stands for a relation until its physical name is put in its place."""
    return f"{quote(f'__{kind}__')}.{quote(key)}"


class RelationFactory:
    """`api.Relation`: makes relations by their names."""

    __slots__ = ()
    Table, View, CTE, MaterializedView, External = "table", "view", "cte", "materialized_view", "external"
    _keeps_supplied = True

    def create(
        self, database: str | None = None, schema: str | None = None, identifier: str | None = None, **traits: Any
    ) -> Relation:
        """A relation of this name; parts that are not given are not printed."""
        return free(Path(database, schema, identifier), Traits(**traits_of(traits)))

    @staticmethod
    def add_ephemeral_prefix(name: str) -> str:
        """The name of the common table expression that an ephemeral model becomes."""
        return Relation.add_ephemeral_prefix(name)

    @property
    def get_relation_type(self) -> Record:
        """The types of relations, by name."""
        return Record({name.title().replace("_", ""): name for name in TYPES})
