"""Where models of a dbt project land whose macros decide it: generate_schema_name, generate_alias_name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from batchsql.errors import ProjectError
from batchsql.project import relation_of
from batchsql.template import RenderContext
from batchsql.values import Check, Config, ConfigLayer, Model, Rendered, TableName

if TYPE_CHECKING:
    from batchsql.compiler.compile import Compiled

Namer = Callable[[Model, Config, Rendered | None], TableName]
_DECIDING = ("generate_schema_name", "generate_alias_name")
_OF_DATABASE = "generate_database_name"
_AUDIT = "dbt_test__audit"
_DATABASES = ("database", "+database", "target_database", "+target_database")


def namer(compiled: Compiled) -> Namer:
    """A function that says where a model lands, by its config, or by the macros of the project that decide it."""
    project = compiled.project
    replaces_database = _replaced(compiled, _OF_DATABASE)
    replaced = [name for name in _DECIDING if _replaced(compiled, name) and project.dialect == "dbt"]

    def usual(model: Model, config: Config, _rendered: Rendered | None) -> TableName:
        name = model.bare_name if model.version is None else f"{model.bare_name}_v{model.version}".replace(".", "_")
        return relation_of(name, config, project.target, project.dialect)

    def here(model: Model, config: Config, rendered: Rendered | None) -> TableName:
        relation = land(model, config, rendered)
        if config.materialized != "ephemeral" and (asked := _database(model, rendered)):
            described = _described(compiled, model, config, relation)
            by_macro = replaces_database and _asked(compiled, model, rendered, described, _OF_DATABASE, asked)
            _refuse_elsewhere(model, by_macro or asked, project.target.database_name)
        return relation

    def decided(model: Model, config: Config, rendered: Rendered | None) -> TableName:
        relation = usual(model, config, rendered)
        schema, name = relation.schema, relation.name
        described = _described(compiled, model, config, relation)
        if _DECIDING[0] in replaced and config.target_schema is None:
            schema = _asked(compiled, model, rendered, described, _DECIDING[0], config.schema)
        if _DECIDING[1] in replaced:
            name = _asked(compiled, model, rendered, described, _DECIDING[1], config.alias)
        return msgspec.structs.replace(relation, schema=schema, name=name)

    land = decided if replaced else usual
    return here if project.dialect == "dbt" else land


def audit_schema(compiled: Compiled, check: Check) -> str:
    """The schema in which the failing rows of a check are kept, which macros of a dbt project may decide."""
    project, asked = compiled.project, check.schema
    if asked is None and project.dialect == "dbt":
        asked = _AUDIT
    if asked is None:
        return f"{project.target.schema}_{_AUDIT}"
    if project.dialect != "dbt":
        return asked
    if not _replaced(compiled, _DECIDING[0]):
        return f"{project.target.schema}_{asked}"
    path = check.path or "dbt_project.yml"
    described: dict[str, Any] = {
        "name": check.name,
        "resource_type": "test",
        "package_name": project.name,
        "original_file_path": path,
        "alias": check.alias or check.name,
        "config": {"schema": asked, "alias": check.alias, "severity": check.severity, "meta": check.meta},
        "tags": [],
        "version": None,
    }
    return _rendered(compiled, _DECIDING[0], asked, described, path)


def _replaced(compiled: Compiled, macro: str) -> bool:
    return bool({macro, f"default__{macro}", f"duckdb__{macro}"} & compiled.macro_names[""])


def _database(model: Model, rendered: Rendered | None) -> str:
    """The database that a model's config names; empty where it names none."""
    layers = [*(layer.values for layer in model.layers), rendered.config if rendered else {}]
    told = [layer[key] for layer in layers for key in _DATABASES if layer.get(key)]
    return str(told[-1]) if told else ""


def _refuse_elsewhere(model: Model, asked: str, own: str) -> None:
    """Raise ProjectError for a model that is to land in another database: no transaction could hold its batch."""
    if asked.lower() != own.lower():
        raise ProjectError(
            f"{model.name} is to land in the database '{asked}', and the target's is '{own}'",
            path=model.path,
            hint="a batch, its checks and its ledger entry are one transaction, in DuckDB that of one database: "
            "remove `database` from the config, or make that database the target's `path`",
        )


def _asked(
    compiled: Compiled,
    model: Model,
    rendered: Rendered | None,
    described: Mapping[str, Any],
    macro: str,
    custom: str | None,
) -> str:
    """What a macro gives for a model."""
    layers = (*model.layers, ConfigLayer(values=rendered.config if rendered else {}, path=model.path))
    asking = msgspec.structs.replace(model, layers=(*layers, *model.overriding), package="")
    return _rendered(compiled, macro, custom, described, model.path, asking)


def _rendered(
    compiled: Compiled,
    macro: str,
    custom: str | None,
    described: Mapping[str, Any],
    path: str,
    asking: Model | None = None,
) -> str:
    context = RenderContext(names={"custom_name_here": custom, "node_here": described})
    text = f"{{{{ {macro}(custom_name_here, node_here) }}}}"
    given = compiled.renderer.render_text(text, path=path, first_line=1, context=context, model=asking, is_sql=False)
    return given.strip()


def _described(compiled: Compiled, model: Model, config: Config, relation: TableName) -> dict[str, Any]:
    """The `node` that the macros get: what is known before names are."""
    from batchsql.artifacts.identity import Identity  # only projects with such macros need it

    identity = Identity(compiled.project)
    place = identity.place(model.path, model.package)
    package = identity.package(model.package)
    values = {name: getattr(config, name) for name in ("materialized", "schema", "alias", "enabled", "meta")}
    return {
        "name": model.bare_name,
        "resource_type": model.kind,
        "package_name": package,
        "path": place.within,
        "original_file_path": place.original,
        "unique_id": identity.of_model(model),
        "fqn": [package, *place.folders, *model.path_parts],
        "database": identity.database,
        "schema": relation.schema,
        "alias": relation.name,
        "tags": list(config.tags),
        "description": model.description,
        "config": {**config.extra, **values, "tags": list(config.tags)},
        "version": model.version,
        "raw_code": model.text,
    }
