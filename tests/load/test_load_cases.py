"""Every file in cases/: a config, the rows that were there, the rows that come in; then what comes of it.

What comes of it: `statements` (left out where another case has the like), `rows` of the table, `batch` and `history` as
the scope tells them apart; or the `error` and its hint.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from load_helper import land, open_session, request_for, rows

from batchsql.errors import BatchError
from batchsql.values import Config, Interval

CASES = sorted((Path(__file__).parent / "cases").glob("*.sql"))


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^-- == (\w+)\n", text, flags=re.MULTILINE)
    return {name: body.strip("\n") for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def as_text(values: list[tuple[object, ...]]) -> str:
    return "\n".join("-- " + " | ".join("NULL" if v is None else str(v) for v in row) for row in values)


def outcome(case: dict[str, str]) -> dict[str, str]:
    session = open_session()
    for statement in case.get("before", "").split(";\n"):
        if statement.strip():
            session.execute(statement)
    config = json.loads(case["config"].replace("-- ", ""))
    interval = config.pop("interval", None)
    fields = {"interval": Interval(*map(datetime.fromisoformat, interval))} if interval else {}
    fields["rebuild"] = config.pop("rebuild", False)
    request = request_for(session, case["incoming"], msgspec.convert(config, Config), **fields)
    try:
        landed = land(session, request)
    except BatchError as error:
        return {"error": "\n".join(f"-- {line}" for line in (error.message, error.hint or ""))}
    found = {
        "statements": ";\n".join(landed.statements) + ";",
        "rows": as_text([tuple(name for name, _ in session.columns('from "main"."landed"')), *rows(session)]),
    }
    if landed.scope.predicate:
        found["batch"] = as_text(sorted(landed.scoped, key=str))
        found["history"] = as_text(sorted(landed.history, key=str))
    return found


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = sections(path.read_text(encoding="utf-8"))
    expected = {name: body for name, body in case.items() if name not in {"config", "before", "incoming"}}
    found = outcome(case)
    if "statements" not in expected:
        found.pop("statements", None)
    assert found == expected
