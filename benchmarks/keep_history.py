"""What it costs to keep what batches replace: `python benchmarks/keep_history.py [rows]`.

A table of 2,000,000 rows (where not said otherwise), its days, and its rows by key, loaded once and again, with and
without `keep_history: 1`; the second build in CPU seconds of this process, and how much larger the file is after it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from batchsql import pipeline
from batchsql.compiler import compile_project
from batchsql.pipeline import Options

DAYS = 20
ROWS = """{{ config(materialized='table', event_time='day') }}
select i as id, date '2024-01-01' + (i * {days} // {rows})::int as day, i % 1000 as shop, hash(i, 1) % 100003 as amount,
  'N' || i % 4000 as tail, (i % 7) / 7 as share from range({rows}) r(i)
"""
BY_DAY = """{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day',
  begin='2024-01-01', end='2024-01-21', batch_size='day') }} select * from {{ ref('all_rows') }}"""
BY_KEY = """{{ config(materialized='incremental', unique_key='id') }}
select * from {{ ref('all_rows') }} {% if is_incremental() %} where id % 10 = 0 {% endif %}"""
SECOND = {
    "a table made anew": {"select": ("all_rows",), "force": True},
    "a day of twenty": {"select": ("by_day",), "force": True},
    "a tenth of the rows, by key": {"select": ("by_key",), "force": True},
}


def second_builds(rows: int, keep: int) -> dict[str, tuple[float, float]]:
    """CPU seconds, and growth of the file in MB."""
    found = {}
    for name, options in SECOND.items():
        with TemporaryDirectory() as place:
            root = Path(place)
            (root / "models").mkdir()
            (root / "batchsql.yml").write_text(f"name: shop\nmodels:\n  +keep_history: {keep}\n")
            texts = {"all_rows": ROWS, "by_day": BY_DAY, "by_key": BY_KEY}
            for model, text in texts.items():
                full = text.replace("{days}", str(DAYS)).replace("{rows}", str(rows))
                (root / "models" / f"{model}.sql").write_text(full)
            pipeline.build(compile_project(root, variables={}), Options())
            size = (root / "shop.duckdb").stat().st_size
            compiled = compile_project(root, variables={})
            started = time.process_time()
            pipeline.build(compiled, Options(**options))
            found[name] = (time.process_time() - started, ((root / "shop.duckdb").stat().st_size - size) / 1e6)
    return found


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    without, kept = second_builds(rows, 0), second_builds(rows, 1)
    print(f"{rows:,} rows; CPU s and growth of the file in MB, without and with keep_history")
    for name in SECOND:
        print(
            f"  {name:<30} {without[name][0]:6.2f} {without[name][1]:7.1f}   {kept[name][0]:6.2f} {kept[name][1]:7.1f}"
        )


if __name__ == "__main__":
    main()
