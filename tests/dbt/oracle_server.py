"""Runs dbt for tests, in dbt's own environment: a line of JSON in, `{"cwd": ..., "args": [...]}`, an exit code out.

This file is not called dbt_something: dbt imports what is called so and lies beside it, as its plugins. Each command is
run by a fork of this process, which has imported dbt once, and lets go of the warehouse when it ends.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from dbt.cli.main import dbtRunner  # type: ignore[import-not-found,unused-ignore]


def invoke(cwd: str, args: list[str]) -> int:
    """Run dbt in a child process; 0 where all went well."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.chdir(cwd)
    result: Any = dbtRunner().invoke(args)
    os._exit(0 if result.success else 1)


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(invoke(**json.loads(line))), flush=True)  # noqa: T201
