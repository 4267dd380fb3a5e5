"""The documentation's examples, contexts kept in files, and what importing the package costs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import great_expectations as gx
import great_expectations.expectations as gxe

import batchsql.gx

HOUSE = Path(__file__).parent.parent.parent


def python(code: str, folder: Path) -> str:
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_example_of_the_documentation_runs(tmp_path: Path) -> None:
    example, transaction = [
        block
        for block in re.findall(r"```python\n(.*?)```", (HOUSE / "docs/gx.md").read_text(encoding="utf-8"), re.DOTALL)
        if "import duckdb" in block or "begin" in block
    ]
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as made:
        made.execute("create table orders as select i as id, i * 1.5 as amount from range(10) as r(i)")
    (tmp_path / "orders.csv").write_text("id,amount\n5,7.5\n", encoding="utf-8")
    shown = python(
        f"{example}\n{transaction}\nprint(passed, connection.table('orders').count('*').fetchall())", tmp_path
    )
    assert '"success": true' in shown
    assert shown.strip().endswith("False [(10,)]")


def test_nothing_is_imported_before_it_is_used(tmp_path: Path) -> None:
    code = "import sys, batchsql.gx, batchsql.gx.results, batchsql.gx.questions, batchsql.cli\n"
    code += "print([name for name in ('great_expectations', 'pandas', 'numpy') if name in sys.modules])"
    assert python(code, HOUSE) == "[]\n"


def test_a_context_in_files_is_opened_again(tmp_path: Path) -> None:
    batchsql.gx.register()
    database = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table t as select i as id, timestamp '2024-01-01' as at from range(5) as r(i)")
        context = gx.get_context(mode="file", project_root_dir=tmp_path)
        source = context.data_sources.add_duckdb("warehouse").bind(connection)
        source.add_query_asset("few", "select * from t where id < 3").add_batch_definition_daily("daily", "at")
        table = source.add_table_asset("t")
        suite = context.suites.add(
            gx.ExpectationSuite(name="s", expectations=[gxe.ExpectTableRowCountToEqual(value=5)])
        )
        whole = table.add_batch_definition_whole_table("all")
        context.validation_definitions.add(gx.ValidationDefinition(name="v", data=whole, suite=suite))
    code = f"""
import duckdb, great_expectations as gx, batchsql.gx
batchsql.gx.register()
context = gx.get_context(mode="file", project_root_dir={str(tmp_path)!r})
source = context.data_sources.get("warehouse").bind(duckdb.connect({str(database)!r}))
print(context.validation_definitions.get("v").run().success)
batch = source.get_asset("few").get_batch_definition("daily").get_batch()
print(batch.metadata, len(batch.head(fetch_all=True).data))
"""
    assert python(code, tmp_path).splitlines() == ["True", "{'year': 2024, 'month': 1, 'day': 1} 3"]


def test_two_contexts_have_connections_of_their_own(tmp_path: Path) -> None:
    code = """
import duckdb, great_expectations as gx, great_expectations.expectations as gxe, batchsql.gx
batchsql.gx.register()
batches = []
for number in (1, 2):
    connection = duckdb.connect()
    connection.execute(f"create table t as select unnest(range({number})) as a")
    source = gx.get_context(mode="ephemeral").data_sources.add_duckdb("same name").bind(connection)
    batches.append(source.add_table_asset("t").add_batch_definition_whole_table("all").get_batch())
print([batch.validate(gxe.ExpectTableRowCountToEqual(value=2)).result["observed_value"] for batch in batches])
"""
    assert python(code, tmp_path) == "[1, 2]\n"
