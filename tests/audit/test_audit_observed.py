"""What checks measured, drawn batch by batch."""

from __future__ import annotations

from pipeline_folder import Folder

from batchsql import pipeline
from batchsql.report.audit import audit_text
from batchsql.values.audit import CheckHistory


def test_what_was_measured_is_drawn(folder: Folder) -> None:
    folder.write(
        "models/t.yml",
        "models:\n  - name: t\n    checks:\n"
        "      - volume: {min_history: 2, severity: warn}\n      - row_count: {min: 1}\n",
    )
    for count in (100, 104, 98, 5):
        folder.write("models/t.sql", f"{{{{ config(materialized='table') }}}} select * from range({count}) as r(i)")
        folder.build()
    volume, rows = pipeline.audit(folder.compile(), "t")
    assert (volume.measure, volume.observed, volume.expected) == ("rows", (100, 104, 98, 5), (90, 110))
    assert rows.observed == ()
    assert "rows ███▁ 5 to 104; expected last: 90 to 110" in audit_text("t", [volume, rows])


def test_ages_are_drawn_as_ages() -> None:
    history = CheckHistory(
        check="c", kind="freshness", columns=("at",), severity="warn", now="pass", states=("pass",), failures=(0,),
        measure="age of at", observed=(7200.0,), expected=(None, 86400.0),
    )  # fmt: skip
    assert "age of at ▄ 2 h 00 min to 2 h 00 min; expected last: any to 24 h 00 min" in audit_text("t", [history])
