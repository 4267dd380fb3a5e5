"""500 models on tiny data, checks and ledger included, against DuckDB executing the same statements.

The statements of the raw run are those that the build ran: each model's CREATE, its check query, one transaction each,
in one process, in the same order. Usage: python benchmarks/many_models.py [MODELS] [ROUNDS]
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from measure import BATCHSQL, compile_bytecode, cpu_seconds, interleaved, report
from projects import write_project

RAW = """
import json, sys, duckdb
statements = json.load(open(sys.argv[1]))
connection = duckdb.connect(sys.argv[2])
for model in statements:
    connection.execute("BEGIN")
    for statement in model:
        connection.execute(statement).fetchall()
    connection.execute("COMMIT")
connection.execute("CHECKPOINT")
"""


def raw_statements(project: Path) -> list[list[str]]:
    """What a build executes for each model, beside the ledger: as `compile` and `checks` give it."""
    from batchsql.check import compile_checks
    from batchsql.compiler import Situation, assemble, compile_project, readable
    from batchsql.values import Scope

    compiled = compile_project(project)
    found = []
    for key, node in compiled.graph.nodes.items():
        if node.kind == "seed":
            path = project / node.path
            found.append([f"create table {node.relation.sql} as select * from read_csv('{path}')"])
        elif node.kind == "model":
            sql = assemble(compiled, key, Situation()).sql
            statements = [f"create or replace {node.config.materialized} {node.relation.sql} as\n{sql}"]
            if node.checks:
                scope = Scope(
                    relation=node.relation.sql, kind="view" if node.config.materialized == "view" else "table"
                )
                relations = {other: readable(compiled, other) for other in compiled.graph.nodes}
                plan = compile_checks(node.checks, scope, relations)
                statements += [statement.sql for statement in plan.statements]
            found.append(statements)
    return found


def main() -> None:
    models = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    compile_bytecode()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        write_project(project, models)
        database = project / "bench.duckdb"
        statements = Path(folder) / "statements.json"
        statements.write_text(json.dumps(raw_statements(project)))
        raw = Path(folder) / "raw.py"
        raw.write_text(RAW)

        def run_raw() -> float:
            path = Path(folder) / "raw.duckdb"
            path.unlink(missing_ok=True)
            return cpu_seconds([sys.executable, str(raw), str(statements), str(path)])

        def run_build(*, cold: bool) -> float:
            database.unlink(missing_ok=True)
            if cold:
                shutil.rmtree(project / ".batchsql", ignore_errors=True)
            return cpu_seconds([*BATCHSQL, "build", "--quiet"], cwd=project)

        figures = interleaved(
            rounds,
            {
                "raw DuckDB": run_raw,
                "batchsql build": lambda: run_build(cold=False),
                "batchsql build, nothing cached": lambda: run_build(cold=True),
                "batchsql build, nothing due": lambda: cpu_seconds([*BATCHSQL, "build", "--quiet"], cwd=project),
            },
        )
        report(f"{models} models, medians of {rounds} rounds", figures, "raw DuckDB")


if __name__ == "__main__":
    main()
