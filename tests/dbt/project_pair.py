"""The same dbt project in two folders: one is built by dbt, the other by batchsql, and both must come out alike."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import duckdb

from batchsql.cli.boundary import run

SERVER = Path(__file__).with_name("oracle_server.py")
FILES = {
    "dbt_project.yml": "name: shop\nprofile: shop\n",
    "profiles.yml": "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, threads: 1}}}\n",
}
WAREHOUSE = "shop.duckdb"
OWN_SCHEMAS = ("batchsql", "quarantine")
RUNS_ALL = ("build", "run", "seed", "snapshot")
"""Commands of which dbt runs everything that is selected, and batchsql what is due, unless it is told --force."""

HASH = re.compile(r"[0-9a-f]{32}")


class Dbt:
    """dbt, in the environment of an interpreter that has it installed."""

    def __init__(self, python: str) -> None:
        environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "PYTHONPATH": ""}
        self._process = subprocess.Popen(
            [python, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def __call__(self, folder: Path, *args: str) -> int:
        """Run a command in a project folder; 0 where all went well."""
        assert self._process.stdin
        assert self._process.stdout
        request = {"cwd": str(folder), "args": [*args, "--no-version-check", "--no-partial-parse"]}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


class Pair:
    """One project in two folders, each with a warehouse of its own. They stay until they are to be forgotten."""

    def __init__(self, dbt: Dbt) -> None:
        self._dbt = dbt
        self.root = Path(mkdtemp(prefix="batchsql-beside-dbt-"))
        self.theirs, self.ours = self.root / "theirs", self.root / "ours"
        self.write(FILES)

    def write(self, files: Mapping[str, str]) -> None:
        """Put files into both folders. A file without any text is taken away."""
        for folder in (self.theirs, self.ours):
            for path, text in files.items():
                file = folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
                if not text:
                    file.unlink()

    def run(self, *args: str) -> tuple[int, int]:
        """Run a command with both; their exit codes, dbt's first. What ours says goes to a file."""
        for folder in (self.theirs, self.ours):
            (folder / "target" / "run_results.json").unlink(missing_ok=True)
        code = self._dbt(self.theirs, *args)
        forced = ("--force",) if args[0] in RUNS_ALL else ()
        said = self.root / "batchsql.log"
        with chdir(self.ours), said.open("a") as log, redirect_stdout(log), redirect_stderr(log):
            print("$ batchsql", *args, flush=True)  # noqa: T201
            return code, run([*args, *forced], dict(os.environ))

    def compare(self) -> None:
        """Assert that both warehouses hold the same, and that both tell the same of the last command."""
        self._alike("relation", relations(self.theirs / WAREHOUSE), relations(self.ours / WAREHOUSE))
        self._alike("result", results(self.theirs), results(self.ours))

    def compare_manifests(self) -> None:
        """Assert that what both know of each node is the same."""
        self._alike("node", nodes(self.theirs), nodes(self.ours))

    def _alike(self, kind: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
        told = [
            f"{kind} {name}\n  dbt  {told_of(theirs.get(name), ours.get(name))}\n"
            f"  ours {told_of(ours.get(name), theirs.get(name))}"
            for name in {**theirs, **ours}
            if theirs.get(name) != ours.get(name)
        ]
        assert not told, "\n".join([f"not the same in {self.root}", *told])

    def forget(self) -> None:
        """Take the folders away."""
        shutil.rmtree(self.root)


def told_of(value: Any, other: Any) -> Any:
    """The value; of a dictionary what is not in the other one."""
    if not isinstance(value, dict) or not isinstance(other, dict):
        return value
    return {key: each for key, each in value.items() if key not in other or other[key] != each}


def relations(file: Path) -> dict[str, Any]:
    """Kind, comment, columns and rows of every relation."""
    with duckdb.connect(str(file)) as connection:
        listed = connection.execute(
            "SELECT table_schema, table_name, table_type, table_comment FROM information_schema.tables "
            f"WHERE table_schema NOT IN {OWN_SCHEMAS}"
        ).fetchall()
        found = {}
        for schema, name, *kind in listed:
            relation = f'"{schema}"."{name}"'
            columns = connection.execute(
                "SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns() "
                "WHERE schema_name = ? AND table_name = ? AND NOT internal ORDER BY column_index",
                [schema, name],
            ).fetchall()
            rows = connection.execute(f"FROM {relation}").fetchall()
            found[relation] = kind, columns, sorted(repr(timeless(row)) for row in rows)
        return found


def timeless(row: Iterable[Any]) -> tuple[Any, ...]:
    """A row without what tells when it was made: moments of today, and hashes that are made of them."""
    values = tuple("now" if is_now(value) else value for value in row)
    if "now" not in values:
        return values
    return tuple("hash" if isinstance(value, str) and HASH.fullmatch(value) else value for value in values)


def is_now(value: object) -> bool:
    """Whether it is a moment, or the day, at about this time, in whatever time zone."""
    if isinstance(value, datetime):
        return abs(datetime.now(UTC).replace(tzinfo=None) - value.replace(tzinfo=None)) < timedelta(hours=26)
    return isinstance(value, date) and abs(datetime.now(UTC).date() - value) < timedelta(days=2)


def results(folder: Path) -> dict[str, tuple[str, int | None]]:
    """How each node of the last command came out, and what a test counted."""
    file = folder / "target" / "run_results.json"
    if not file.exists():
        return {}
    listed = json.loads(file.read_text())["results"]
    return {
        each["unique_id"]: (each["status"], each["failures"] if "test" in each["unique_id"].split(".")[0] else None)
        for each in listed
    }


def nodes(folder: Path) -> dict[str, Any]:
    """What the manifest says of each node, as far as tools read it."""
    manifest = json.loads((folder / "target" / "manifest.json").read_text())
    told = ("name", "resource_type", "package_name", "original_file_path", "fqn")
    configured = ("materialized", "enabled", "severity", "unique_key", "incremental_strategy", "meta", "group")
    return {
        key: {
            **{name: node.get(name) for name in (*told, "description", "version", "access")},
            **{f"config.{name}": node["config"].get(name) for name in configured},
            **{name: node[name] for name in ("schema", "alias", "relation_name") if node["resource_type"] != "test"},
            "tags": sorted(node["tags"]),
            "reads": sorted(node["depends_on"].get("nodes", [])),
            "columns": {name: column["description"] for name, column in node["columns"].items()},
        }
        for key, node in manifest["nodes"].items()
    } | {key: {name: source[name] for name in ("relation_name", "fqn")} for key, source in manifest["sources"].items()}
