"""Facts about where and by whom the program is run, for the ledger."""

from __future__ import annotations

import getpass
import os
import platform
import socket
import subprocess
from pathlib import Path
from uuid import uuid4

from batchsql import __version__
from batchsql.ledger import RunRecord


def run_record(root: Path, command: str, target: str) -> RunRecord:
    """What is known of a run when it starts."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        user = str(os.getuid())
    return RunRecord(
        command=command,
        code_version=code_version(root),
        batchsql_version=__version__,
        target=target,
        user=user,
        host=socket.gethostname(),
        pid=os.getpid(),
        invocation_id=str(uuid4()),
    )


def code_version(root: Path) -> str | None:
    """The git commit of the project's folder, with `-dirty` when tracked files in it differ; None without git."""
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return None
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".")
    return f"{commit}-dirty" if changed else commit


def _git(root: Path, *arguments: str) -> str | None:
    try:
        command = ["git", "-C", str(root), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def versions() -> dict[str, str]:
    """The versions that matter in a bug report."""
    from importlib.metadata import version

    packages = ("duckdb", "sqlglot", "jinja2", "click", "msgspec")
    return {"batchsql": __version__, "python": platform.python_version()} | {name: version(name) for name in packages}
