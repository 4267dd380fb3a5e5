"""dbt itself, as the oracle of what a project has to give."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from project_pair import Dbt


@pytest.fixture(scope="session")
def dbt() -> Iterator[Dbt]:
    """One process that runs dbt's commands; what needs it is skipped where it is not installed."""
    python = os.environ.get("DBT_PYTHON")
    if not python:
        pytest.skip("DBT_PYTHON names no interpreter that has dbt-core and dbt-duckdb: `make test-dbt` does")
    server = Dbt(python)
    yield server
    server.close()
