"""The commands on a real small project: the one that `batchsql init` makes."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from batchsql.cli.boundary import run

Say = Callable[..., tuple[int, str, str]]
HOUSE = Path(__file__).parents[2]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert run(["init", str(tmp_path)], {}) == 0
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def say(shop: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Types a command in the project; gives its exit code, output and errors."""

    def typed(*arguments: str, **environment: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(list(arguments), environment)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return typed


def test_the_starter_project_runs_and_then_nothing_is_due(say: Say) -> None:
    code, out, err = say("build")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "run 1: 6 batches of 3 models"
    assert "orders_by_day 2026-01-05" in out
    assert lines[-1].startswith("done: 6 batches, ")
    assert "0 warned, 0 failed" in lines[-1]
    code, out, err = say("build")
    assert code == 0
    assert out.splitlines() == [out.strip()]
    assert out.startswith("nothing is due: 3 models up to date")


def test_plan_changes_nothing_and_says_why(say: Say, shop: Path) -> None:
    for _ in range(2):
        code, out, _err = say("plan")
        assert code == 0
        assert out.splitlines()[0] == "6 batches of 3 models due"
        assert "first load" in out
    assert not (shop / "warehouse.duckdb").exists()
    code, out, _err = say("plan", "--json", "-s", "stg_orders")
    assert [batch["model"] for batch in json.loads(out)["batches"]] == ["stg_orders"]


def test_a_range_that_asks_for_nothing_is_refused(say: Say) -> None:
    for command in ("build", "plan"):
        code, _out, err = say(command, "--start", "2026-01-08", "--end", "2026-01-07")
        assert code == 2
        assert "--start 2026-01-08 00:00:00 UTC is not before --end 2026-01-07 00:00:00 UTC" in err
        code, _out, err = say(command, "-s", "stg_orders", "--start", "2026-01-08")
        assert code == 2
        assert "stg_orders is not loaded by intervals" in err
        assert "these are: orders_by_day" in err
    assert say("plan", "-s", "+orders_by_day", "--start", "2026-01-08")[0] == 0


def test_list_in_its_three_forms(say: Say) -> None:
    assert say("list")[1].split() == ["orders", "stg_orders", "orders_by_day", "every_order_is_counted"]
    assert say("ls", "-s", "stg_orders", "orders", "--output", "path")[1].split() == [
        "seeds/orders.csv",
        "models/stg_orders.sql",
    ]
    assert json.loads(say("list", "-s", "orders_by_day", "--output", "json")[1])["materialized"] == "incremental"
    code, _out, err = say("list", "-s", "stg_ordres")
    assert code == 2
    assert "did you mean 'stg_orders'" in err


def test_compile_prints_one_query_and_writes_all(say: Say, shop: Path) -> None:
    code, out, _err = say("compile", "stg_orders")
    assert code == 0
    assert 'from "main"."orders"' in out
    assert (shop / "target/compiled/models/stg_orders.sql").read_text() == out
    assert say("compile")[1] == "3 queries written to target/compiled\n"
    code, out, _err = say("compile", "--inline", "select 1 as a from stg_orders")
    assert 'from "main"."stg_orders"' in out


def test_secrets_are_masked_in_compiled_sql_and_in_output(say: Say, shop: Path) -> None:
    (shop / "models" / "leak.sql").write_text("select '{{ env_var('DBT_ENV_SECRET_X') }}' as a")
    _code, out, _err = say("compile", "leak", DBT_ENV_SECRET_X="hunter2")
    assert "*****" in out
    assert "hunter2" not in out + (shop / "target/compiled/models/leak.sql").read_text()


def test_show_a_model_and_a_query_of_ones_own(say: Say) -> None:
    say("build", "--quiet")
    code, out, _err = say("show", "orders_by_day", "--output", "csv")
    assert code == 0
    assert out.splitlines()[0] == "day,orders,revenue"
    query = "select customer, sum(amount) as spent from stg_orders group by all order by spent desc"
    _code, out, err = say("show", "--inline", query, "--limit", "2")
    assert out.splitlines()[0].split() == ["customer", "spent"]
    assert len(out.splitlines()) == 4
    assert "the first 2 rows" in err
    _code, out, _err = say("show", "--inline", "select 1 as a", "--output", "json")
    assert json.loads(out) == [{"a": 1}]
    assert say("show")[0] == 2
    assert say("show", "nothing_of_the_kind")[0] == 2


def test_check_history_and_debug(say: Say) -> None:
    say("build", "-q")
    code, out, _err = say("check", "-s", "stg_orders")
    assert code == 0
    assert "done: " in out
    code, out, _err = say("history")
    assert code == 0
    assert "batchsql build -q" in out
    code, out, _err = say("history", "--model", "orders_by_day", "--json", "--limit", "3")
    assert {json.loads(line)["model"] for line in out.splitlines()} == {"orders_by_day"}
    assert len(out.splitlines()) == 3
    assert "the ledger holds nothing" in say("history", "--failed")[1]
    _code, out, err = say("history", "--run", "1", "--limit", "2")
    assert len(out.splitlines()) == 4
    assert err == "the newest 2; there are more, --limit shows them; --failed shows only what did not end well\n"
    assert say("history", "--run", "1", "--limit", "6")[2] == ""
    code, out, _err = say("debug")
    assert code == 0
    assert "warehouse.duckdb" in out


def test_lineage_in_its_forms(say: Say) -> None:
    _code, out, _err = say("lineage")
    assert out.splitlines() == ["orders (seed)", "└─ stg_orders (view)", "   └─ orders_by_day (incremental)"]
    assert "flowchart LR" in say("lineage", "--format", "mermaid")[1]
    assert "digraph" in say("lineage", "--format", "dot", "-s", "+stg_orders")[1]
    assert {"from": "orders", "to": "stg_orders"} in json.loads(say("lineage", "--format", "json")[1])["edges"]


def test_a_failed_check_shows_place_and_rows_and_ends_with_3(say: Say, shop: Path) -> None:
    seed = shop / "seeds" / "orders.csv"
    seed.write_text(seed.read_text() + "8,2026-01-08 12:00:00,Ada,tea,1,2.80\n")
    code, out, _err = say("build")
    assert code == 3
    assert "Check failed: unique_stg_orders_order_id" in out
    assert "--> models/models.yml:" in out
    assert "batchsql build --select stg_orders+" in out
    assert "check  stg_orders" in out
    assert [line for line in out.splitlines() if "skip   " in line] == [
        "6 of 6  skip   orders_by_day             upstream stg_orders was held back (4 batches)"
    ]
    assert "check_failed" in say("history", "--failed", "--model", "stg_orders")[1]


def test_a_query_of_ones_own_that_fails_is_shown_with_its_line(say: Say) -> None:
    say("build", "-q")
    code, _out, err = say("show", "--inline", "select\n  custmer from stg_orders")
    assert code == 1
    assert err.startswith("Query failed: ")
    assert "2 |   custmer from stg_orders" in err
    assert "^^^^^^^" in err


def test_unknown_words_are_answered_with_those_there_are(say: Say, shop: Path) -> None:
    assert "nothing in the project has a tag" in say("list", "-s", "tag:nope")[2]
    assert "did you mean" not in say("list", "-s", "customers")[2]
    model = shop / "models" / "stg_orders.sql"
    whole = model.read_text()
    model.write_text(whole.replace("from orders", "from {{ source('shop', 'orders') }}"))
    assert "declare it under `sources:`" in say("list")[2]
    model.write_text(whole)
    seeds = shop / "seeds" / "seeds.yml"
    seeds.write_text("seeds: [{name: orders, columns: [{name: price, checks: [accepted_range: {min_vlue: 0}]}]}]")
    assert "takes no 'min_vlue'" in say("list")[2]
    assert "did you mean 'min_value'" in say("list")[2]


def test_history_names_the_checks_and_the_error_of_what_failed(say: Say, shop: Path) -> None:
    say("build", "-q")
    seed = shop / "seeds" / "orders.csv"
    seed.write_text(seed.read_text() + "8,2026-01-08 12:00:00,Ada,tea,1,2.80\n")
    say("build")
    expected = "      stg_orders: failed: unique_stg_orders_order_id (1 row)"
    assert say("history", "--failed")[1].splitlines()[-1] == expected
    assert "\n      failed: unique_stg_orders_order_id (1 row)" in say("history", "--run", "2")[1]


def test_the_past_can_be_seen_though_the_project_does_not_compile(say: Say, shop: Path) -> None:
    say("build", "-q")
    models = shop / "models" / "models.yml"
    models.write_text(models.read_text().replace("columns:", "colums:", 1))
    assert say("list")[0] == 2
    code, out, err = say("history")
    assert (code, err) == (0, "")
    assert "batchsql build -q" in out
    assert say("history", "--run", "1")[0] == 0
    code, out, _err = say("debug")
    assert code == 0
    assert "unknown, it does not compile: Project error: " in out
    assert "(models/models.yml:" in out
    assert "warehouse.duckdb" in out
    code, _out, err = say("history", "--model", "stg_orders")
    assert code == 2
    assert "colums" in err


def test_a_misspelt_column_shows_the_line_and_ends_with_an_error(say: Say, shop: Path) -> None:
    model = shop / "models" / "stg_orders.sql"
    model.write_text(model.read_text().replace("customer,", "custmer,"))
    code, out, err = say("build")
    assert code in (1, 2)
    assert "--> models/stg_orders.sql:5" in out + err
    assert "5 |     custmer," in out + err
    assert "^^^^^^^" in out + err


def test_an_unknown_key_shows_the_line_and_a_suggestion(say: Say, shop: Path) -> None:
    project = shop / "batchsql.yml"
    project.write_text(project.read_text() + "sedes:\n  +schema: x\n")
    code, _out, err = say("build")
    assert code == 2
    assert "--> batchsql.yml:" in err
    assert "| sedes:" in err
    assert "did you mean 'seeds'?" in err


def test_a_log_in_json_is_one_object_a_line(say: Say) -> None:
    code, out, _err = say("--log-format", "json", "build")
    events = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert events[0]["event"] == "run_started"
    assert events[-1]["event"] == "run_finished"
    assert [event["event"] for event in events].count("batch_finished") == 6


def test_quiet_prints_nothing_when_all_is_well(say: Say) -> None:
    assert say("build", "--quiet") == (0, "", "")


def test_clean_removes_what_can_be_made_again(say: Say, shop: Path) -> None:
    say("build", "-q")
    say("compile")
    assert "target" in say("clean")[1]
    assert not (shop / "target").exists()
    assert (shop / "warehouse.duckdb").exists()
    assert say("clean")[1] == "nothing to remove\n"


def test_control_c_rolls_back_what_runs_and_says_so(shop: Path) -> None:
    (shop / "models" / "endless.sql").write_text(
        "{{ config(materialized='table') }}\nselect count(*) as n from range(100000000) a, range(1000000) b"
    )
    command = [sys.executable, "-c", "from batchsql.cli import main; main()", "build", "--threads", "1"]
    environment = {"PYTHONPATH": str(HOUSE), "PATH": "/usr/bin:/bin", "HOME": str(shop)}
    running = subprocess.Popen(
        command, cwd=shop, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    assert running.stdout.readline().startswith("run 1: ")
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 1, out + err
    assert "rolled back: endless" in out


def on_a_terminal(command: list[str], folder: Path, columns: int = 100, **environment: str) -> tuple[int, str]:
    """Runs a command with a terminal as its output."""
    environment = {
        "PYTHONPATH": str(HOUSE),
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "TERM": "xterm",
    } | environment
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    running = subprocess.Popen(command, cwd=folder, env=environment, stdout=terminal, stderr=subprocess.STDOUT)
    os.close(terminal)
    said = b""
    while True:
        try:
            piece = os.read(controller, 65536)
        except OSError:  # the program closed its end
            break
        if not piece:
            break
        said += piece
    os.close(controller)
    return running.wait(), said.decode()


def test_a_terminal_shows_one_line_a_model_and_a_picture_that_goes_away(shop: Path) -> None:
    command = [sys.executable, "-c", "from batchsql.cli import main; main()", "build"]
    code, said = on_a_terminal(command, shop)
    assert code == 0, said
    assert "\x1b[32mok\x1b[0m" in said
    assert "4 batches 2026-01-05..2026-01-09" in said
    assert said.count("orders_by_day 2026") == 0
    assert said.index("\x1b[?25h") < said.index("done:"), "the cursor is back before the summary"


def test_a_list_on_a_terminal_says_what_each_is(shop: Path) -> None:
    command = [sys.executable, "-c", "from batchsql.cli import main; main()", "list"]
    _code, said = on_a_terminal(command, shop, NO_COLOR="1")
    assert [line.split() for line in said.splitlines()] == [
        ["orders", "seed"],
        ["stg_orders", "model,", "view"],
        ["orders_by_day", "model,", "incremental"],
        ["every_order_is_counted", "check"],
    ]


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 90])
def test_nothing_is_wider_than_the_terminal(shop: Path, columns: int) -> None:
    """Every command, also where things fail; and the picture of each moment of a run that takes a while."""
    (shop / "models" / "slow.sql").write_text(
        "{{ config(materialized='incremental', event_time='day', batch_size='day') }}\n"
        "{{ config(begin='2025-01-01', end='2025-01-16') }}\n"
        "select ordered_at::date as day, sum(a.range * b.range) as total_of_all_that_there_was_to_multiply_and_to_add "
        "from stg_orders, range(3000) a, range(3000) b group by all\n"
    )
    (shop / "models" / "wrong.sql").write_text(
        "{{ config(materialized='table') }}\n"
        "select order_id, customer, product, quantity, ordered_at, quantity * 2 as twice, "
        "sum(amuont) as spent from stg_orders\n"
    )
    program = [sys.executable, "-c", "from batchsql.cli import main; main()"]
    typed = [
        "plan",
        "build",
        "plan",
        "build -s slow --start 2025-01-16 --end 2025-01-02",
        "history",
        "history --failed",
        "history --run 1",
        "history --model wrong",
        "list -s nothing_of_this_name_and_of_no_other_that_would_be_near_to_it_in_any_way_at_all",
        "show --inline 'select order_id, customer, product, quantity, ordered_at, amuont from stg_orders'",
    ]
    for command in typed:
        _code, said = on_a_terminal([*program, *shlex.split(command)], shop, columns)
        lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said))
        too_wide = [line for line in lines if len(line) > columns and " " in line.strip()]
        assert not too_wide, f"{command}: {too_wide}"
        if command == "build":
            assert "^^^^^^" in said
            assert "batches" in said


def test_no_color_means_no_colour(shop: Path) -> None:
    command = [sys.executable, "-c", "from batchsql.cli import main; main()"]
    _code, said = on_a_terminal([*command, "build"], shop, NO_COLOR="1")
    assert not re.findall(r"\x1b\[[349]\d", said)
    _code, said = on_a_terminal([*command, "plan", "--full-refresh"], shop, NO_COLOR="1")
    assert "\x1b" not in said


def test_a_second_run_is_told_who_holds_the_warehouse(shop: Path) -> None:
    run(["build", "-q"], {})
    holder = "import duckdb, sys; c = duckdb.connect('warehouse.duckdb'); print('open', flush=True); sys.stdin.read()"
    holding = subprocess.Popen(
        [sys.executable, "-c", holder], cwd=shop, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holding.stdin is not None
    assert holding.stdout is not None
    holding.stdout.readline()
    command = [sys.executable, "-c", "from batchsql.cli import main; main()", "build"]
    environment = {"PYTHONPATH": str(HOUSE), "PATH": "/usr/bin:/bin"}
    second = subprocess.run(command, cwd=shop, env=environment, capture_output=True, text=True, check=False)
    holding.communicate()
    assert second.returncode == 2
    assert "Warehouse busy" in second.stderr
    assert str(holding.pid) in second.stderr


def test_output_that_nobody_reads_ends_quietly(shop: Path) -> None:
    command = f"{sys.executable} -c 'from batchsql.cli import main; main()' lineage --format json | true"
    environment = {"PYTHONPATH": str(HOUSE), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["sh", "-c", command], cwd=shop, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
