"""Microbatch models of a dbt project: the interval that goes on is loaded, and again, with one before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from dbt_folder import DbtFolder

BY_DAY = """
{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='day', event_time='ts',
  begin='%s') }}
select ts, loaded from {{ ref('events') }}
"""


def test_today_and_the_day_before_are_loaded_again_when_their_input_was(tmp_path: Path) -> None:
    folder = DbtFolder(tmp_path)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    first = today - timedelta(days=3)
    folder.write(
        "models/events.sql",
        "{{ config(materialized='table', event_time='ts') }}"
        f"select range as ts, if(range < timestamp '{today - timedelta(days=1)}', 1, {{{{ var('loaded') }}}}) as loaded"
        f" from range(timestamp '{first}', timestamp '{today + timedelta(days=1)}', interval 12 hours)\n",
    )
    folder.write("models/by_day.sql", BY_DAY % first.date())
    for number in (1, 2):
        assert folder.run("run", "-s", "events+", "--vars", f"{{loaded: {number}}}", "--force") == 0
    rows = folder.query("select loaded, count(*) from by_day group by all order by all")
    assert rows == [(1, 4), (2, 4)]
