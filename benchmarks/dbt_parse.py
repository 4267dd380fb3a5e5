"""`parse` of a dbt project of 1,000 models, by batchsql and by dbt-core: nothing cached, nothing changed, one edit.

Both write manifest.json. The project has refs and sources, macros that models call, four tests a model and a
description for each column.

Usage: python benchmarks/dbt_parse.py [MODELS] [ROUNDS] [--dbt PATH]

PATH, or $DBT, is the executable of a dbt-core with dbt-duckdb in an environment of its own; without it only batchsql is
measured.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import BATCHSQL, compile_bytecode, cpu_seconds, interleaved, report
from projects import model_text

MODELS_A_FILE = 10
MACROS = """
{%- macro cents(column, decimals=2) -%}
round({{ column }} / 100.0, {{ decimals }})
{%- endmacro -%}

{%- macro known_states() -%}
{{ return(['open', 'paid', 'sent']) }}
{%- endmacro -%}

{%- macro one_column_a_state(column) -%}
{%- for state in known_states() %}
sum(case when {{ column }} = '{{ state }}' then 1 else 0 end) as {{ state }}_count{{ ',' if not loop.last }}
{%- endfor -%}
{%- endmacro -%}
"""
SOURCES = 20


def write_dbt_project(folder: Path, models: int) -> None:
    """Write a project of models in ten layers. The first layer reads sources, each other one or two models before."""
    (folder / "macros").mkdir(parents=True)
    (folder / "macros" / "shop.sql").write_text(MACROS)
    (folder / "dbt_project.yml").write_text(
        "name: bench\nversion: '1.0'\nprofile: bench\nmodels:\n  bench:\n    +materialized: view\n"
        + "".join(f"    layer_{layer}:\n      +tags: [layer_{layer}]\n" for layer in range(10))
    )
    (folder / "profiles.yml").write_text(
        "bench:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: bench.duckdb}\n"
    )
    width = max(models // 10, 1)
    for number in range(models):
        place = folder / "models" / f"layer_{min(number // width, 9)}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"model_{number:04d}.sql").write_text(dbt_model(number, width))
    tables = "".join(f"      - name: orders_{n}\n        description: Orders of shop {n}.\n" for n in range(SOURCES))
    (folder / "models" / "sources.yml").write_text(f"version: 2\nsources:\n  - name: raw\n    tables:\n{tables}")
    for first in range(0, models, MODELS_A_FILE):
        text = "".join(properties(number, width) for number in range(first, min(first + MODELS_A_FILE, models)))
        place = folder / "models" / f"layer_{min(first // width, 9)}"
        (place / f"properties_{first:04d}.yml").write_text(f"version: 2\nmodels:\n{text}")


def dbt_model(number: int, width: int) -> str:
    """A model of about 45 lines. Every second calls macros, every fifth is incremental."""
    layer = number // width
    parents = [f"model_{(layer - 1) * width + number % width:04d}"] if layer else ["raw"]
    if layer > 1 and number % 3 == 0:
        parents.append(f"model_{(layer - 2) * width + (number + 1) % width:04d}")
    text = model_text(number, parents, 45)
    if not layer:
        text = text.replace("ref('raw')", f"source('raw', 'orders_{number % SOURCES}')")
    if number % 2:
        text += "\n-- {{ cents('amount') }}, {{ one_column_a_state('name') }}\n"
    if number % 5 == 0:
        text = text.replace("materialized='view'", "materialized='incremental', unique_key='id'")
        text += "{% if is_incremental() %}where id > (select max(id) from {{ this }}){% endif %}\n"
    return text


def properties(number: int, width: int) -> str:
    """Four tests a model."""
    to = f"ref('model_{number - width:04d}')" if number >= width else f"source('raw', 'orders_{number % SOURCES}')"
    return f"""  - name: model_{number:04d}
    description: Amounts by customer, step {number}.
    columns:
      - name: id
        description: The order.
        data_tests:
          - not_null
          - unique
          - relationships:
              arguments: {{to: "{to}", field: id}}
      - name: customer_id
        description: Who ordered.
      - name: amount
        description: In cents.
        data_tests: [not_null]
"""


class Edits:
    """Edits of one model in the middle of the project, each another."""

    def __init__(self, project: Path, models: int) -> None:
        self._file = next(project.glob(f"models/*/model_{models // 2:04d}.sql"))
        self._text = self._file.read_text()
        self._count = 0

    def make(self) -> None:
        self._count += 1
        self._file.write_text(f"{self._text}-- edit {self._count}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="?", type=int, default=1000)
    parser.add_argument("rounds", nargs="?", type=int, default=5)
    parser.add_argument("--dbt", default=os.environ.get("DBT"))
    options = parser.parse_args()
    compile_bytecode()
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    commands = {"batchsql": [*BATCHSQL, "parse", "--quiet"]}
    if options.dbt:
        python = Path(options.dbt).parent / "python"
        packages = subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        subprocess.run([python, "-m", "compileall", "-q", packages], check=False, capture_output=True)
        commands["dbt"] = [options.dbt, "--quiet", "parse"]
    with tempfile.TemporaryDirectory() as folder:
        ways: dict[str, Callable[[], float]] = {}
        for tool, command in commands.items():
            project = Path(folder) / tool
            write_dbt_project(project, options.models)
            ways |= three_ways(tool, command, project, Edits(project, options.models))
        figures = interleaved(options.rounds, dict(sorted(ways.items(), key=lambda way: way[0].partition(",")[2])))
    report(f"parse of {options.models} models, medians of {options.rounds} rounds", figures)
    if options.dbt:
        for case in ("nothing cached", "nothing changed", "one file edited"):
            ratio = figures[f"dbt, {case}"] / figures[f"batchsql, {case}"]
            print(f"  {case}: batchsql takes {ratio:.1f} times less")


def three_ways(tool: str, command: list[str], project: Path, edits: Edits) -> dict[str, Callable[[], float]]:
    """A tool's `parse` in three situations, each as CPU seconds of a whole process."""

    def cold() -> float:
        for left in (".batchsql", "target"):
            shutil.rmtree(project / left, ignore_errors=True)
        return cpu_seconds(command, cwd=project)

    def unchanged() -> float:
        return cpu_seconds(command, cwd=project)

    def edited() -> float:
        edits.make()
        return cpu_seconds(command, cwd=project)

    return {
        f"{tool}, nothing cached": cold,
        f"{tool}, nothing changed": unchanged,
        f"{tool}, one file edited": edited,
    }


if __name__ == "__main__":
    main()
