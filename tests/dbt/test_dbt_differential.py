"""dbt and batchsql build the same generated projects, several times while seeds and models change: all tables agree.

DBT_EXAMPLES says how many projects are tried; failing ones stay where the message says.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from project_pair import Dbt, Pair

pytestmark = pytest.mark.slow

PROJECT = """
name: shop
profile: shop
models: {shop: {side: {+schema: side}}}
seeds: {shop: {+quote_columns: false, third: {+schema: raw}}}
data_tests: {+severity: warn}
vars: {least: 2}
"""
MACROS = """
{% macro doubled(column) %}({{ column }} * 2){% endmacro %}
{% macro default__greeting() %}'hello'{% endmacro %}
{% macro greeting() %}{{ return(adapter.dispatch('greeting')()) }}{% endmacro %}
{% test small(model, column_name, most) %}select * from {{ model }} where {{ column_name }} > {{ most }}{% endtest %}
{% macro ids_of(relation) %}
  {% set found = run_query('select distinct id from ' ~ relation ~ ' where id is not null order by 1') %}
  {{ return((found.columns[0].values() | map('string') | list) if execute and found.rows else ['0']) }}
{% endmacro %}
"""
SOURCES = """
sources:
  - name: outside
    schema: main_raw
    tables: [{name: third, columns: [{name: id, data_tests: [not_null, unique]}]}]
"""
SNAPSHOT = """
{{% snapshot {name} %}}
{{{{ config(unique_key='id', strategy='{strategy}', {how}, hard_deletes='{deletes}'{more}) }}}}
select * from {read}
{{% endsnapshot %}}
"""
WORDS = ("", "a", "B", "it's", "1", "01", "true", "2024-01-31", " x", "ü", "1.50", 'say "hi"', "a,b", "two\nlines")
MOMENTS = ("2024-01-01 00:00:00", "2024-01-02 00:00:00", "2024-01-03 12:30:00", "2024-02-29 23:59:59")
COLUMNS = "id, word, amount, day, changed"
QUERIES = (
    "select {columns} from {a}",
    "select {columns} from {a} where id >= {{{{ var('least') }}}}",
    "with t as (select * from {a})\nselect {columns} from t -- all of {a}",
    "select {columns} from {a} union all select {columns} from {b} where id not in "
    "(select id from {a} where id is not null)",
    'select a.id, a.word, b.amount, {{{{ dbt.concat(["cast(a.word as varchar)", greeting()]) }}}} as day, a.changed '
    "from {a} as a left join {b} as b on a.id = b.id",
    "select id, max(word) as word, max({{{{ doubled('id') }}}}) as amount, max(day) as day, max(changed) as changed "
    "from {a} group by id",
    "select {columns} from {a} where id in ({{{{ ids_of({a_name}) | join(', ') }}}})",
    "select id, word, cast(amount as decimal(18, 2)) as amount, [day] as day, changed from {a}",
    "select id, {{{{ dbt.safe_cast('word', api.Column.translate_type('integer')) }}}} as word, amount, "
    "{{{{ dbt.date_trunc('month', 'changed') }}}} as day, changed from {a}",
)
CONFIGS = (
    "materialized='view'",
    "materialized='table'",
    "materialized='ephemeral'",
    "materialized='table', alias='renamed_{name}'",
    "materialized='view', schema='other', tags=['t']",
    "materialized='table', post_hook='insert into {{{{ this }}}} (id) values (99)'",
)
STRATEGIES = (
    "incremental_strategy='append'",
    "incremental_strategy='delete+insert', unique_key='id'",
    "incremental_strategy='delete+insert', unique_key=['id', 'word']",
    "incremental_strategy='merge', unique_key='id'",
    "incremental_strategy='merge', unique_key='id', merge_exclude_columns=['word']",
    "incremental_strategy='merge', unique_key='id', merge_update_columns=['amount', 'day']",
    "unique_key='id'",
    "unique_key='id', incremental_predicates=['DBT_INTERNAL_DEST.id > 1'], incremental_strategy='merge'",
    "full_refresh=false, unique_key='id'",
    "",
)
CHANGES = ("ignore", "append_new_columns", "sync_all_columns")
VARIANTS = (COLUMNS, COLUMNS, f"{COLUMNS}, id * 10 as extra", "id, word, amount, changed", f"'x' as early, {COLUMNS}")
FILTER = "\n{{% if is_incremental() %}} where changed > (select max(changed) from {{{{ this }}}}) {{% endif %}}"
TESTS = (
    "unique",
    "not_null",
    "accepted_values: {arguments: {values: [1, 2, 3], quote: false}}",
    "small: {arguments: {most: 3}}",
    "relationships: {arguments: {to: ref('first'), field: id}}",
    "not_null: {config: {where: id > 2, store_failures: true}}",
    "unique: {config: {severity: error, warn_if: '>0', error_if: '>100'}}",
    "small: {arguments: {most: 1}, config: {limit: 2}}",
    "small: {arguments: {most: 1}, config: {fail_calc: 'coalesce(sum(id), 0)', warn_if: '> 3'}}",
)
WAYS = (("build",), ("build",), ("seed", "run", "snapshot", "test"), ("seed", "build --full-refresh"))


class Row(Struct, frozen=True):
    """A row of a seed."""

    id: int
    word: str
    amount: str
    day: str
    changed: str


class Example(Struct, frozen=True):
    """A project and what becomes of it: files that stay, and for each run those that change, and the commands."""

    files: dict[str, str]
    runs: tuple[tuple[dict[str, str], tuple[str, ...]], ...]

    def __repr__(self) -> str:
        return f"{len(self.runs)} runs of a project whose files are kept where they are run"


rows = st.builds(
    Row,
    id=st.integers(1, 6),
    word=st.sampled_from(WORDS),
    amount=st.sampled_from(("", "1", "2.5", "-3", "10")),
    day=st.sampled_from(("", "2024-01-31", "2024-02-01")),
    changed=st.sampled_from(MOMENTS),
)
seeds = st.lists(rows, min_size=1, max_size=6, unique_by=lambda row: row.id)
TYPICAL = Row(0, "w", "0.5", "2024-01-01", MOMENTS[0])
"""A row that gives a seed its types. dbt keeps those of the first run, and fails where later values do not fit."""


def text_of(seed: Sequence[Row]) -> str:
    """The seed as a CSV file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Row.__struct_fields__)
    writer.writerows([getattr(row, name) for name in Row.__struct_fields__] for row in seed)
    return out.getvalue()


@st.composite
def models(draw: st.DrawFn, name: str, readable: Sequence[str], runs: int) -> tuple[str, list[str], bool]:
    """A model's path, its text in each run, and whether others may read it and tests judge it."""
    path = f"models/{draw(st.sampled_from(('', 'side/')))}{name}.sql"
    a, b = draw(st.sampled_from(readable)), draw(st.sampled_from(readable))
    query = draw(st.sampled_from(QUERIES))
    read = {"a": f"{{{{ {a} }}}}", "b": f"{{{{ {b} }}}}", "a_name": a}
    if not draw(st.booleans()):
        config = draw(st.sampled_from(CONFIGS)).format(name=name)
        text = f"{{{{ config({config}) }}}}\n{query.format(columns=COLUMNS, **read)}\n"
        return path, [text] * runs, "ephemeral" not in config
    config = f"materialized='incremental', on_schema_change='{draw(st.sampled_from(CHANGES))}'"
    more = draw(st.sampled_from(STRATEGIES))
    filtered = FILTER.format() if draw(st.booleans()) else ""
    texts = []
    for _ in range(runs):
        columns = draw(st.sampled_from(VARIANTS)) if "{columns}" in query and "union" not in query else COLUMNS
        inner = query.format(columns=columns, **read)
        texts.append(f"{{{{ config({config}, {more}) }}}}\nselect * from (\n{inner}\n) as rows_now{filtered}\n")
    return path, texts, False


@st.composite
def snapshots(draw: st.DrawFn, name: str) -> str:
    """A snapshot of a seed."""
    how = {
        "check": draw(st.sampled_from(("check_cols='all'", "check_cols=['word', 'amount']"))),
        "timestamp": "updated_at='changed'",
    }
    strategy = draw(st.sampled_from(tuple(how)))
    return SNAPSHOT.format(
        name=name,
        read=f"{{{{ ref('{draw(st.sampled_from(('first', 'second')))}') }}}}",
        strategy=strategy,
        how=how[strategy],
        deletes=draw(st.sampled_from(("ignore", "invalidate", "new_record"))),
        more=draw(st.sampled_from(("", ", target_schema='past'", ", schema='kept'"))),
    )


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """A project with up to four models and two snapshots, and one to three runs of it."""
    runs, way = draw(st.integers(1, 3)), draw(st.sampled_from(WAYS))
    readable = ["ref('first')", "ref('second')"]
    files = {"dbt_project.yml": PROJECT, "macros/own.sql": MACROS}
    changing: list[dict[str, str]] = [{} for _ in range(runs)]
    if "seed" in way:
        readable.append("source('outside', 'third')")
        files["models/sources.yml"] = SOURCES
    described = []
    for number in range(draw(st.integers(1, 4))):
        name = f"m{number}"
        path, texts, plain = draw(models(name, readable, runs))
        for changes, text in zip(changing, texts, strict=True):
            changes[path] = text
        if plain:
            described.append(
                f"  - name: {name}\n    columns: [{{name: id, data_tests: [{draw(st.sampled_from(TESTS))}]}}]"
            )
            readable.append(f"ref('{name}')")
        elif "ephemeral" in texts[0]:
            readable.append(f"ref('{name}')")
    for number in range(draw(st.integers(0, 2))):
        files[f"snapshots/s{number}.sql"] = draw(snapshots(f"s{number}"))
    if described:
        files["models/all.yml"] = "\n".join(["models:", *described]) + "\n"
    for changes in changing:
        first = [TYPICAL] if runs > 1 else []
        changes |= {f"seeds/{name}.csv": text_of([*first, *draw(seeds)]) for name in ("first", "second", "third")}
    return Example(files, tuple((changes, way) for changes in changing))


@settings(
    max_examples=int(os.environ.get("DBT_EXAMPLES", "8")),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would build for minutes
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(example=examples())
def test_all_tables_and_results_agree(dbt: Dbt, example: Example) -> None:
    pair = Pair(dbt)
    pair.write(example.files)
    for changes, commands in example.runs:
        pair.write(changes)
        for command in commands:
            theirs, ours = pair.run(*command.split())
            if theirs:  # where dbt cannot go on, batchsql may
                return pair.forget()
            assert ours == 0, f"only dbt could do it: look at {pair.root}"
            pair.compare()
    return pair.forget()
