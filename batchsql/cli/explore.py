"""Commands that look at the project: list, compile, show, lineage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

import click

from batchsql.cli.artifacts import write_manifest, writes_artifacts
from batchsql.cli.commands import Command
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.cli.options import complete_model, keep, selection, words
from batchsql.errors import BatchError, UsageError

if TYPE_CHECKING:
    from batchsql.compiler import Compiled

_ALL = 2**62


@click.command(
    "list", cls=Command, examples=["batchsql list -s +delays_daily", "batchsql list -s tag:finance --output path"]
)
@selection
@click.option(
    "--output",
    type=click.Choice(["name", "path", "json", "selector"]),
    help="What to print of each: its name; in a dbt project, what selects it.",
)
@click.option(
    "--state", expose_value=False, callback=keep, envvar="DBT_STATE", metavar="FOLDER", help="For state: and result:."
)
@click.option(
    "--output-keys", multiple=True, metavar="KEYS...", help="For json in a dbt project: what to tell of each."
)
@pass_invocation
def list_(
    invocation: Invocation,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    output: Literal["name", "path", "json", "selector"] | None,
    output_keys: tuple[str, ...],
) -> None:
    """List models, seeds, snapshots, sources and files of checks.

    `ls` does the same. On a terminal each comes with what it is; a pipe gets the names alone.
    """
    from batchsql.compiler.selecting import selection as chosen
    from batchsql.report.listing import listing

    compiled = invocation.compiled()
    found = chosen(compiled, words(select), words(exclude))
    keys = found.keys
    terminal = invocation.terminal
    for text in found.unanswered:
        terminal.note(f"warning: the selection '{text}' matches nothing")
    if found.ids or (keys and output == "selector"):
        from batchsql.cli.listing import dbt_listing

        lines = dbt_listing(compiled, found, output or "selector", words(output_keys))
        terminal.say("\n".join(lines))
    elif keys:
        shown = output if output in ("path", "json") else "name"
        terminal.say(listing(compiled.graph, keys, shown, kinds=terminal.width is not None, paint=terminal.paint))
    else:
        invocation.terminal.note("nothing is selected")


@click.command(
    "compile",
    cls=Command,
    examples=[
        "batchsql compile delays_daily",
        "batchsql compile --inline \"select count(*) from {{ ref('stg_flights') }}\"",
    ],
)
@click.argument("model", required=False, shell_complete=complete_model)
@selection
@click.option("--inline", metavar="SQL", help="Compile this instead of a model.")
@click.option("--incremental", is_flag=True, help="As for a table that is there: is_incremental() is true.")
@pass_invocation
def compile_(
    invocation: Invocation,
    model: str | None,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    inline: str | None,
    incremental: bool,
) -> None:
    """Print the SQL that a model becomes.

    It is also written to target/compiled; so are several models, or all. Of an interval model it is the SQL of its
    first interval.
    """
    from batchsql.compiler import Situation, assemble, assemble_text
    from batchsql.pipeline.asking import some_slice

    compiled = invocation.compiled()
    terminal = invocation.terminal
    if inline is not None:
        terminal.say(assemble_text(compiled, inline, Situation()).sql.strip())
        return
    wanted = (*((model,) if model else ()), *select)
    keys = [key for key in _selected(compiled, wanted, exclude) if compiled.graph[key].query is not None]
    as_told = Situation(incremental=incremental)
    assembled = (assemble(compiled, key, some_slice(compiled, key, as_told)) for key in keys)
    texts = {query.key: terminal.mask(query.sql.strip()) for query in assembled}
    folder = compiled.root / compiled.project.target_path / "compiled"
    _write(folder, compiled, texts)
    if writes_artifacts(invocation, compiled):
        write_manifest(invocation, compiled, texts)
    if len(texts) == 1:
        terminal.say(texts[keys[0]])
    else:
        terminal.say(f"{len(texts):,} queries written to {_relative(folder)}")


@click.command(
    cls=Command,
    examples=[
        "batchsql show delays_daily",
        'batchsql show --inline "select carrier, count(*) from stg_flights group by all" --limit 20',
    ],
)
@click.argument("model", required=False, shell_complete=complete_model)
@click.option("-s", "--select", "selected", metavar="MODEL", help="The same as naming the model.")
@click.option("--inline", metavar="SQL", help="Run this query instead of a model's; Jinja and plain names work.")
@click.option(
    "--limit", type=click.IntRange(min=-1), default=10, show_default=True, metavar="N", help="Rows at most; -1: all."
)
@click.option(
    "--output", type=click.Choice(["table", "text", "csv", "json"]), default="table", help="How to print the rows."
)
@pass_invocation
def show(
    invocation: Invocation, model: str | None, selected: str | None, inline: str | None, limit: int, output: str
) -> None:
    """Run a model's query, or one of your own, and print some rows. Changes nothing."""
    from batchsql import pipeline
    from batchsql.report.table import as_csv, as_json, as_text, json_text

    model = model or selected
    if (model is None) == (inline is None):
        raise UsageError("name a model, or give a query with --inline", hint="batchsql show my_model")
    compiled = invocation.compiled()
    terminal = invocation.terminal
    try:
        columns, rows = pipeline.preview(compiled, model or inline or "", limit if limit >= 0 else _ALL)
    except BatchError as error:
        error.label = "Query failed"
        if inline and error.line and error.source_line is None:
            error.source_line = dict(enumerate(inline.splitlines(), start=1)).get(error.line)
        raise
    if output == "csv":
        terminal.say(as_csv(columns, rows))
    elif output == "json" and compiled.project.dialect == "dbt":
        named = {"node": model} if model else {}
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        terminal.say(json_text({**named, "show": records}, indent=2))
    elif output == "json":
        terminal.say(as_json(columns, rows))
    else:
        terminal.say(as_text(columns, rows, width=terminal.width, paint=terminal.paint))
        if not rows:
            terminal.note("no rows")
        elif len(rows) == limit:
            terminal.note(f"the first {limit:,} rows; --limit shows more")


@click.command(
    cls=Command,
    examples=[
        "batchsql lineage -s +delays_daily",
        "batchsql lineage --column delays_daily.flights",
        "batchsql lineage --format dot | dot -Tsvg > lineage.svg",
    ],
)
@selection
@click.option("--column", metavar="MODEL.COLUMN", help="Of what a column is made, and what is made of it.")
@click.option(
    "--format", "form", type=click.Choice(["text", "dot", "mermaid", "json"]), default="text", help="How to draw it."
)
@pass_invocation
def lineage(
    invocation: Invocation, select: tuple[str, ...], exclude: tuple[str, ...], column: str | None, form: str
) -> None:
    """Draw what reads what; with --column, what a column is made of.

    And what is made of it. Columns are followed through CTEs, joins, stars, unions, aggregates and ephemeral models.
    """
    from batchsql.report import lineage as drawing
    from batchsql.report.table import json_text

    compiled = invocation.compiled()
    if column is not None:
        from batchsql.pipeline.impact import lineage_of_column
        from batchsql.report.columns import column_drawing

        found, place = lineage_of_column(compiled, column)
        invocation.terminal.say(column_drawing(found, place, form, invocation.terminal.paint))
        return
    keys = _selected(compiled, select, exclude) if select or exclude else tuple(compiled.graph.nodes)
    graph, terminal = compiled.graph, invocation.terminal
    if form == "dot":
        terminal.say(drawing.lineage_dot(graph, keys))
    elif form == "mermaid":
        terminal.say(drawing.lineage_mermaid(graph, keys))
    elif form == "json":
        terminal.say(json_text(drawing.lineage_record(graph, keys), indent=2))
    else:
        terminal.say(drawing.lineage_text(graph, keys, terminal.paint))


@click.command(cls=Command, examples=["batchsql impact stg_flights", "batchsql impact stg_flights.dep_delay --json"])
@click.argument("what", metavar="MODEL[.COLUMN]", shell_complete=complete_model)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@pass_invocation
def impact(invocation: Invocation, what: str, as_json: bool) -> None:
    """List what uses a model, or a column: models, checks, exposures.

    Everything downstream counts. Of a column, those models do whose queries name it, or a column made of it,
    also where they only filter, join, group or sort by it.
    """
    from batchsql.pipeline.impact import impact_of
    from batchsql.report.columns import impact_record, impact_text
    from batchsql.report.table import json_text

    found = impact_of(invocation.compiled(), what)
    terminal = invocation.terminal
    terminal.say(json_text(impact_record(found), indent=2) if as_json else impact_text(found, terminal.paint))


def _selected(compiled: Compiled, select: tuple[str, ...], exclude: tuple[str, ...]) -> tuple[str, ...]:
    from batchsql.compiler.selecting import selection as chosen

    return chosen(compiled, words(select), words(exclude)).keys


def _write(folder: Path, compiled: Compiled, texts: Mapping[str, str]) -> None:
    """Write each text where its model is; those of a file that holds several go into a folder of that name."""
    nodes = compiled.graph.nodes
    on_path = Counter(node.path for node in nodes.values())
    packages = compiled.project.dialect == "dbt"
    for key, text in texts.items():
        path = folder / (_in_package(compiled, key) if packages else PurePosixPath(nodes[key].path))
        alone = on_path[nodes[key].path] == 1 and path.suffix == ".sql"
        file = path if alone else (path if packages else path.with_suffix("")) / f"{key}.sql"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="utf-8")


def _in_package(compiled: Compiled, key: str) -> PurePosixPath:
    """Where dbt writes a compiled text: below the name of its package."""
    entry = compiled.described["nodes"][compiled.ids[key]]
    return PurePosixPath(str(entry["package_name"]), str(entry["original_file_path"]))


def _relative(folder: Path) -> str:
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)
