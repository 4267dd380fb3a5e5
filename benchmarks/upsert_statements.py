"""Which statements upsert fastest? CPU seconds of several ways to write the same rows into the same table.

Run it with `python benchmarks/upsert_statements.py [rows in the big table]`. Every way runs in a transaction that is
rolled back, so that each starts from the same table; the keys of a batch are scattered over the whole table.
It takes some minutes, nearly all of them in UPDATE and MERGE.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import duckdb

COLUMNS = ("id", "region", "amount", "note", "seen_at")


def rows(count: int, step: int, offset: int = 0) -> str:
    return f"""select (i * {step} + {offset}) as id, 'r' || (i * {step} + {offset}) % 7 as region, i * 1.5 as amount,
      'note ' || i as note, timestamp '2024-01-01' + interval (i) second as seen_at
      from range({count}) r(i) order by hash(i)"""


def ways(keys: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    names = ", ".join(COLUMNS)
    on = " and ".join(f"target.{key} = staged.{key}" for key in keys)
    tuple_of_keys = f"({', '.join(keys)})"
    insert = f"insert into target ({names}) select {names} from staged"
    set_all = ", ".join(f"{name} = staged.{name}" for name in COLUMNS)
    values = ", ".join(f"staged.{name}" for name in COLUMNS)
    return {
        "delete using + insert": (f"delete from target using staged where {on}", insert),
        "delete exists + insert": (f"delete from target where exists (select 1 from staged where {on})", insert),
        "delete in + insert": (
            f"delete from target where {tuple_of_keys} in (select {', '.join(keys)} from staged)",
            insert,
        ),
        "delete by rowid + insert": (
            f"delete from target where rowid in (select target.rowid from target join staged on {on})",
            insert,
        ),
        "update + insert": (
            f"update target set {set_all} from staged where {on}",
            f"insert into target ({names}) select {names} from staged anti join target on {on}",
        ),
        "merge": (
            f"merge into target using staged on {on} when matched then update set {set_all} "
            f"when not matched then insert ({names}) values ({values})",
        ),
    }


def measure(connection: duckdb.DuckDBPyConnection, statements: tuple[str, ...]) -> tuple[float, tuple[object, ...]]:
    connection.execute("begin")
    started = time.process_time()
    for statement in statements:
        connection.execute(statement).fetchall()
    seconds = time.process_time() - started
    result = connection.execute("select count(*), sum(amount), sum(id) from target").fetchone()
    connection.execute("rollback")
    assert result is not None
    return seconds, result


def main() -> None:
    big = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    cases = {
        "small batch into big": (big, 10_000, big // 10_000),
        "half of big into big": (big, big // 2, 2),
        "all of a middle table": (big // 10, big // 10, 1),
    }
    with tempfile.TemporaryDirectory() as folder:
        for case, (target, batch, step) in cases.items():
            connection = duckdb.connect(str(Path(folder) / f"{case}.duckdb"))
            connection.execute(f"create table target as {rows(target, 1)}")
            connection.execute(f"create temp table staged as {rows(batch, step, batch // 20)}")
            connection.execute("checkpoint")
            for keys in (("id",), ("region", "id")):
                print(f"\n{case}: {batch:,} rows into {target:,}, key {', '.join(keys)}")
                results = set()
                for name, statements in ways(keys).items():
                    seconds, result = measure(connection, statements)
                    results.add(result)
                    print(f"  {name:28s} {seconds:8.3f} CPU s", flush=True)
                assert len(results) == 1, "the ways disagree"
            connection.close()


if __name__ == "__main__":
    main()
