"""SIGKILL at any moment: the next plain build gives what an undisturbed run gives."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pipeline_folder import Folder

DAYS = 40
BUILD = [sys.executable, "-m", "batchsql", "build", "--quiet"]


def write_project(folder: Folder) -> None:
    folder.write(
        "models/events.sql",
        "{{ config(materialized='table', event_time='ts') }} "
        f"select i as id, timestamp '2024-01-01' + to_seconds(i * 3) as ts from range({DAYS * 28_800}) r(i)",
    )
    folder.write(
        "models/daily.sql",
        "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts', begin='2024-01-01',"
        " end='2024-02-10', batch_size='day') }} select id, ts, hash(id) as h from events",
    )
    folder.write("models/daily.yml", "models: [{name: daily, columns: [{name: id, checks: [not_null, unique]}]}]")
    folder.write("models/log.sql", "{{ config(materialized='incremental', unique_key='id') }} select * from events")
    folder.write("models/total.sql", "{{ config(materialized='table') }} select count(*) as n, sum(h) as s from daily")


def contents(folder: Folder) -> list[tuple]:
    found = []
    for table in ("events", "daily", "log", "total"):
        found += folder.query(f"select '{table}', count(*), bit_xor(hash(t)) from {table} as t")
    return found


@pytest.mark.slow
def test_killed_at_any_moment_the_next_build_makes_it_whole(folder: Folder, tmp_path: Path) -> None:
    write_project(folder)
    assert subprocess.run(BUILD, cwd=folder.root, check=False).returncode == 0
    wanted = contents(folder)
    relations = folder.query("select schema_name, table_name from duckdb_tables() order by all")
    chance = random.Random(7)
    for _ in range(20):
        for file in folder.root.glob("shop.duckdb*"):
            shutil.rmtree(file) if file.is_dir() else file.unlink()
        process = subprocess.Popen(BUILD, cwd=folder.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.3, 2.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = subprocess.run(BUILD, cwd=folder.root, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert contents(folder) == wanted
        assert folder.query("select schema_name, table_name from duckdb_tables() order by all") == relations


def test_ctrl_c_rolls_back_what_runs_and_records_it(folder: Folder) -> None:
    folder.write("models/a.sql", "{{ config(materialized='table') }} select 1 as x")
    endless = "select count(*) as n from range(100000000000) a, range(1000) b, a where b.range < a.range"
    folder.write("models/b.sql", f"{{{{ config(materialized='table') }}}} {endless}".replace(", a where", " where"))
    with subprocess.Popen(
        BUILD, cwd=folder.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        deadline = time.monotonic() + 20
        while not (folder.root / "shop.duckdb.run").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
    assert process.returncode == 1
    recorded = folder.query("select model, state from batchsql.batch order by batch_id")
    assert recorded == [("a", "committed"), ("b", "interrupted")]
    assert folder.query("select state from batchsql.run") == [("interrupted",)]
    assert not (folder.root / "shop.duckdb.run").exists()


def test_a_second_run_says_who_holds_the_warehouse_or_waits(folder: Folder) -> None:
    folder.write(
        "models/a.sql", "{{ config(materialized='table') }} select sum(hash(range)) as x from range(800000000)"
    )
    folder.write("models/b.sql", "{{ config(materialized='table') }} select 1 as x")
    first = subprocess.Popen(BUILD, cwd=folder.root, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not (folder.root / "shop.duckdb.run").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    second = subprocess.run([*BUILD, "-s", "b"], cwd=folder.root, capture_output=True, text=True, check=False)
    third = subprocess.run([*BUILD, "--wait", "60"], cwd=folder.root, capture_output=True, text=True, check=False)
    first.wait()
    assert second.returncode == 2
    assert f"process {first.pid}" in second.stderr
    assert "run 1 holds the warehouse" in second.stderr
    assert third.returncode == 0, third.stderr
