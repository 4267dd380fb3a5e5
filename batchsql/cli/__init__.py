"""Arguments in, exit code out; no decision. Here, at import, only click: a command loads what it needs when it runs."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """The console script."""
    from batchsql.cli.boundary import run

    sys.exit(run(sys.argv[1:], dict(os.environ)))
