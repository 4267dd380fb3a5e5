"""Projects that show one part of dbt's surface each, written by hand: dbt and batchsql make the same of them.

A case is a text file: words about it, then files (`=== path`) and commands (`>>> build --select a`), in the order in
which they happen. Each command is run by both, and what both have made is compared before anything else happens.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from project_pair import Dbt, Pair

pytestmark = pytest.mark.slow

CASES = sorted(Path(__file__).with_name("cases").glob("*.txt"))
STEP = re.compile(r"^(===|>>>) (.+)\n", re.MULTILINE)
DOES_FAIL = " # fails"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_both_make_the_same_of_it(case: Path, dbt: Dbt) -> None:
    pair = Pair(dbt)
    _, *steps = STEP.split(case.read_text())
    for kind, told, text in zip(steps[::3], steps[1::3], steps[2::3], strict=True):
        if kind == "===":
            pair.write({told: text.rstrip("\n") + "\n" if text.strip() else ""})
            continue
        command, fails, _ = told.partition(DOES_FAIL)
        theirs, ours = pair.run(*shlex.split(command))
        assert (theirs != 0, ours != 0) == (bool(fails), bool(fails)), f"{told}: look at {pair.root}"
        pair.compare()
    pair.compare_manifests()
    pair.forget()
