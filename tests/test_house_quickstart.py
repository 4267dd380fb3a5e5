"""What the commands in the quickstart print is what it says; durations, times and the order of batches aside."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
sys.path.insert(0, str(HOUSE / "docs"))

from console import BLOCK, fresh  # noqa: E402  docs/ is no package

PASSING = [
    (re.compile(r"\d+\.\d+ s\b"), "0.00 s"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?= +0\.00 s| UTC)"), "<started>"),
    (re.compile(r"^ *\d+ of (\d+)  "), r"n of \1  "),
    (re.compile(r"^ +\d+ +(\d+  (?:committed|failed|check_failed))"), r"<batch> \1"),
    (re.compile(r"  +"), "  "),
]


def lasting(document: str) -> list[list[str]]:
    """The blocks, without what differs from run to run; sorted, since batches run side by side."""
    blocks = []
    for block in BLOCK.findall(document):
        lines = block.splitlines()
        for pattern, replacement in PASSING:
            lines = [pattern.sub(replacement, line) for line in lines]
        blocks.append(sorted(lines))
    return blocks


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="the quickstart is typed into bash")
def test_the_quickstart_prints_what_it_says() -> None:
    document = (HOUSE / "docs" / "quickstart.md").read_text(encoding="utf-8")
    assert lasting(document) == lasting(fresh(document)), "run: python docs/console.py docs/quickstart.md"
