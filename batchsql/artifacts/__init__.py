"""What other tools read of a project and its runs: dbt's artifacts, made of values. Nothing is written here."""

from batchsql.artifacts.catalog import CatalogColumn, catalog
from batchsql.artifacts.docs import written_out
from batchsql.artifacts.freshness import Freshness, sources
from batchsql.artifacts.manifest import Invocation, Manifest, graph_object, manifest, manifest_body, manifest_metadata
from batchsql.artifacts.nodes import hook_ids
from batchsql.artifacts.results import (
    NodeResult,
    ResultObject,
    hook_results,
    ids_by_key,
    node_results,
    run_results,
    unit_test_result,
)

__all__ = [
    "CatalogColumn",
    "Freshness",
    "Invocation",
    "Manifest",
    "NodeResult",
    "ResultObject",
    "catalog",
    "graph_object",
    "hook_ids",
    "hook_results",
    "ids_by_key",
    "manifest",
    "manifest_body",
    "manifest_metadata",
    "node_results",
    "run_results",
    "sources",
    "unit_test_result",
    "written_out",
]
