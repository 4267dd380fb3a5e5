"""What a missing column breaks downstream of the line that names it."""

from __future__ import annotations

from msgspec.structs import replace

from batchsql.compiler import Compiled
from batchsql.compiler.lineage import column_lineage
from batchsql.graph import descendants
from batchsql.values.static import Finding, Shape, StaticCheck


def with_breaks(compiled: Compiled, found: StaticCheck) -> StaticCheck:
    """The same, each finding about a column with the columns that are made of it, as if it were there still."""
    if not any(finding.upstream for finding in found.findings):
        return found
    shapes = dict(found.shapes)
    for finding in found.findings:
        for key in finding.upstream:
            if key in shapes:
                shapes[key] = _with_column(shapes[key], finding.column)
    models = {finding.model for finding in found.findings}
    below = models | descendants(compiled.graph, models)
    lineage = column_lineage(compiled, shapes, [key for key in compiled.graph.nodes if key in below])

    def breaks(finding: Finding) -> tuple[str, ...]:
        missing = {(key, finding.column.lower()) for key in finding.upstream}
        query = lineage.queries.get(finding.model)
        made = query.outputs.items() if query and query.known else ()
        first = tuple((finding.model, name) for name, parents in made if not missing.isdisjoint(parents))
        if not first:
            return (f"{finding.model}.*",)
        return tuple(f"{key}.{name}" for key, name in (*first, *lineage.downstream(first)))

    return replace(
        found,
        findings=tuple(
            replace(finding, breaks=breaks(finding)) if finding.upstream else finding for finding in found.findings
        ),
    )


def _with_column(shape: Shape, name: str) -> Shape:
    if name.lower() in {column.lower() for column, _ in shape.columns}:
        return shape
    return replace(shape, columns=(*shape.columns, (name, "")))
