"""Small makers for the tests of the template room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batchsql.template import RenderContext
from batchsql.template.renderer import Renderer
from batchsql.values import MacroFile, Model, Rendered, Target

TARGET = Target(name="dev", database="/data/shop.duckdb", schema="main", threads=4, profile="shop")
COMPILING = RenderContext()


def renderer(
    *,
    macros: Mapping[str, str] | None = None,
    variables: Mapping[str, Any] | None = None,
    supplied: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Renderer:
    return Renderer(
        macros=[MacroFile(path, text) for path, text in (macros or {}).items()],
        variables=variables or {},
        supplied=supplied or {},
        target=TARGET,
        project_name="shop",
        environment=environment or {},
    )


def model(text: str, *, name: str = "orders", first_line: int = 1) -> Model:
    return Model(kind="model", name=name, path=f"models/{name}.sql", text=text, first_line=first_line)


def render(text: str, context: RenderContext = COMPILING, **project: Any) -> Rendered:
    return renderer(**project).render(model(text), context)


def sql(text: str, context: RenderContext = COMPILING, **project: Any) -> str:
    return render(text, context, **project).sql
