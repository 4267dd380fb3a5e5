"""Real projects in temporary folders, built for real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from batchsql import pipeline
from batchsql.compiler import Compiled, compile_project
from batchsql.engines.duckdb import open_engine
from batchsql.pipeline import Options
from batchsql.values import RunResult, Target


class Folder:
    """A project folder, and what one does with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("batchsql.yml", "name: shop\n")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def compile(self, **variables: Any) -> Compiled:
        return compile_project(self.root, variables=variables)

    def build(self, *select: str, on_event: Callable[[Any], None] = lambda _: None, **options: Any) -> RunResult:
        return pipeline.build(self.compile(), Options(select=select, command="test", **options), on_event)

    def due(self, *select: str, **options: Any) -> list[str]:
        return [str(batch) for batch in pipeline.make_plan(self.compile(), Options(select=select, **options)).batches]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        engine = open_engine(Target(name="t", database=str(self.root / "shop.duckdb")), [], read_only=True)
        try:
            return engine.session().query(sql)
        finally:
            engine.close()

    def change(self, sql: str) -> None:
        """Change the warehouse behind batchsql's back."""
        engine = open_engine(Target(name="t", database=str(self.root / "shop.duckdb")), [])
        engine.session().execute(sql)
        engine.close()
