"""Contracts: declared columns, types, nullability and keys, held to before the commit."""

from __future__ import annotations

import pytest
from pipeline_folder import Folder

from batchsql import pipeline
from batchsql.errors import ProjectError

COLUMNS = """    columns:
      - {name: id, data_type: bigint}
      - {name: amount, data_type: "numeric(10, 2)"}
      - {name: note, data_type: text}
"""
YAML = "models:\n  - name: orders\n    config: {contract: {enforced: true}}\n" + COLUMNS
GOOD = "select 'a' as note, 1::bigint as id, 2.5::decimal(10,2) as amount"
BAD = "select 1 as id, 2.5::decimal(10,2) as amount, true as paid"


def write(folder: Folder, query: str, config: str = "materialized='table'") -> None:
    folder.write("models/orders.sql", f"{{{{ config({config}) }}}} {query}")


@pytest.mark.parametrize(
    "config",
    [
        "materialized='table'",
        "materialized='view'",
        "materialized='incremental'",
        "materialized='incremental', unique_key='id'",
        "materialized='incremental', unique_key='id', incremental_strategy='merge'",
    ],
)
def test_a_batch_must_give_the_declared_columns(folder: Folder, config: str) -> None:
    folder.write("models/orders.yml", YAML)
    write(folder, GOOD, config)
    assert folder.build().exit_code == 0
    assert folder.build(full_refresh=True).exit_code == 0
    verdict = "select kind, state, failures from batchsql.check_result where kind = 'contract' limit 1"
    assert folder.query(verdict) == [("contract", "pass", 0)]
    write(folder, BAD, config)
    result = folder.build()
    assert result.exit_code == 1
    has = "the query gives" if "incremental" in config else "the view has" if "view" in config else "the table has"
    assert result.outcomes[0].error.splitlines() == [
        "3 columns break the contract of orders",
        f"  id: declared BIGINT, {has} INTEGER",
        f"  note: declared VARCHAR, {has} no such column",
        f"  paid: not declared, {has} BOOLEAN",
    ]
    assert result.outcomes[0].error_report["path"] == "models/orders.yml"
    assert result.outcomes[0].error_report["line"] == 5
    assert folder.query("select note, id from orders") == [("a", 1)]
    failed = "select state, failures from batchsql.check_result where kind = 'contract' and state = 'fail'"
    assert folder.query(failed) == [("fail", 3)]


def test_order_and_spelling_do_not_count_and_a_table_with_older_columns_breaks_it_too(folder: Folder) -> None:
    write(folder, "select 1::integer as id", "materialized='incremental'")
    folder.build()
    folder.write(
        "models/orders.yml",
        "models:\n  - name: orders\n    contract: true\n    columns: [{name: ID, data_type: int8}]\n",
    )
    result = folder.build()
    assert result.outcomes[0].error.splitlines()[1:] == ["  ID: declared BIGINT, the table has INTEGER"]
    write(folder, "select 1::bigint as id", "materialized='incremental'")
    assert folder.build().exit_code == 1
    assert folder.build(full_refresh=True).exit_code == 0
    assert folder.due() == []


def test_constraints_are_checks_of_severity_error(folder: Folder) -> None:
    folder.write(
        "models/orders.yml",
        """models:
  - name: orders
    config: {contract: true, materialized: table}
    constraints:
      - {type: unique, columns: [id, note]}
    columns:
      - {name: id, data_type: int, constraints: [{type: primary_key}, {type: check, expression: id > 0}]}
      - {name: note, data_type: text, constraints: [{type: not_null}], checks: [not_null]}
""",
    )
    folder.write("models/orders.sql", "select 1 as id, 'a' as note")
    names = {verdict.check for verdict in folder.build().outcomes[0].verdicts}
    assert names == {
        "contract_orders",
        "not_null_orders_note",
        "contract_not_null_orders_id",
        "contract_unique_orders_id",
        "contract_unique_orders_id_note",
        "contract_expression_orders_id_0",
    }
    folder.write("models/orders.sql", "select -id as id, 'a' as note from (values (1), (1), (null)) as t(id)")
    result = folder.build()
    assert result.exit_code == 3
    failed = {verdict.check for verdict in result.outcomes[0].verdicts if verdict.state == "fail"}
    assert failed == names - {"contract_orders", "not_null_orders_note"}


def test_without_a_contract_constraints_have_no_effect(folder: Folder) -> None:
    folder.write(
        "models/orders.yml", YAML.replace("true", "false") + "    constraints: [{type: unique, columns: id}]\n"
    )
    write(folder, "select 1 as other")
    assert folder.build().outcomes[0].verdicts == ()


def test_seeds_and_snapshots_keep_contracts(folder: Folder) -> None:
    folder.write("seeds/codes.csv", "code,name\n1,a\n")
    folder.write(
        "snapshots/kept.sql",
        "{% snapshot kept %}{{ config(unique_key='code', strategy='check', "
        "check_cols='all') }} select * from codes {% endsnapshot %}",
    )
    described = "columns: [{name: code, data_type: bigint}, {name: name, data_type: varchar}]"
    entry = f"  - {{name: NAME, config: {{contract: true}}, {described}}}\n"
    folder.write(
        "seeds/codes.yml", "seeds:\n" + entry.replace("NAME", "codes") + "snapshots:\n" + entry.replace("NAME", "kept")
    )
    assert folder.build().exit_code == 0
    folder.write("seeds/codes.csv", "code,name\n1,b\n")
    assert folder.build().exit_code == 0
    folder.write("seeds/codes.csv", "code,label\n1,b\n")
    result = folder.build()
    assert "  name: declared VARCHAR, the table has no such column" in result.outcomes[0].error
    assert [outcome.state for outcome in result.outcomes] == ["failed", "skipped"]


def test_a_type_that_is_none_is_named_with_its_line(folder: Folder) -> None:
    folder.write("models/orders.yml", YAML.replace("text", "txet"))
    write(folder, GOOD)
    outcome = folder.build().outcomes[0]
    assert outcome.error.startswith("the column 'note' is declared as 'txet', which is no type")
    assert (outcome.error_report["path"], outcome.error_report["line"]) == ("models/orders.yml", 7)


@pytest.mark.parametrize(
    ("yaml", "config", "line", "message"),
    [
        (YAML.replace(", data_type: text", ""), "", 7, "its column 'note' has no data_type"),
        ("models:\n  - name: orders\n    contract: true\n", "", 2, "no property file declares its columns"),
        (YAML, "materialized='ephemeral'", 3, "an ephemeral model leaves nothing"),
        (YAML + "        constraints: [{type: nonnull}]\n", "", 8, "there is no constraint of type 'nonnull'"),
    ],
)
def test_what_a_contract_lacks_is_an_error_with_its_line(
    folder: Folder, yaml: str, config: str, line: int, message: str
) -> None:
    folder.write("models/orders.yml", yaml.replace("{name: note, data_type: text}\n        c", "name: note\n        c"))
    write(folder, GOOD, config)
    with pytest.raises(ProjectError) as raised:
        folder.compile()
    assert message in raised.value.message
    assert (raised.value.path, raised.value.line) == ("models/orders.yml", line)


def test_a_contract_that_comes_later_is_judged_on_what_is_there(folder: Folder) -> None:
    write(folder, GOOD)
    folder.build()
    folder.write("models/orders.yml", YAML)
    assert [outcome.batch.reason for outcome in folder.build().outcomes] == ["checks changed"]
    assert folder.due() == []
    (history,) = pipeline.audit(folder.compile(), "orders")
    assert (history.check, history.now, history.in_project) == ("contract_orders", "pass", True)
