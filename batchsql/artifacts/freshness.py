"""How fresh sources are, and the artifact that tells it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct

from batchsql.artifacts.manifest import Invocation, metadata

FreshnessStatus = Literal["pass", "warn", "error", "runtime error"]
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class Freshness(Struct, frozen=True, kw_only=True):
    """How fresh one source is. newest: when its newest row was loaded; asked_at: when that was asked; both naive, UTC.

    criteria: `warn_after`, `error_after`, `filter`. error: why it could not be told.
    """

    unique_id: str
    criteria: dict[str, Any]
    asked_at: datetime
    newest: datetime | None = None
    seconds: float = 0.0
    error: str = ""

    @property
    def age(self) -> float:
        """Seconds since the newest row was loaded; a source without rows is as old as time."""
        return (self.asked_at - (self.newest or datetime(1, 1, 1))).total_seconds()

    @property
    def status(self) -> FreshnessStatus:
        """The verdict."""
        if self.error:
            return "runtime error"
        for word, status in (("error_after", "error"), ("warn_after", "warn")):
            limit = self.criteria.get(word) or {}
            if limit.get("count") is not None and self.age > limit["count"] * _SECONDS[limit["period"]]:
                return status  # type: ignore[return-value]
        return "pass"

    def record(self) -> dict[str, Any]:
        """As it stands in the artifact."""
        if self.error:
            return {"unique_id": self.unique_id, "error": self.error, "status": "runtime error"}
        newest = self.newest or datetime(1, 1, 1)
        done = self.asked_at + timedelta(seconds=self.seconds)
        steps = (("compile", self.asked_at, self.asked_at), ("execute", self.asked_at, done))
        return {
            "unique_id": self.unique_id,
            "max_loaded_at": f"{newest.isoformat()}+00:00",
            "snapshotted_at": f"{self.asked_at.isoformat()}+00:00",
            "max_loaded_at_time_ago_in_s": self.age,
            "status": self.status,
            "criteria": self.criteria,
            "adapter_response": {"_message": "OK"},
            "timing": [
                {"name": name, "started_at": f"{a.isoformat()}Z", "completed_at": f"{b.isoformat()}Z"}
                for name, a, b in steps
            ],
            "thread_id": "MainThread",
            "execution_time": self.seconds,
        }


def sources(results: Iterable[Freshness], invocation: Invocation, seconds: float) -> dict[str, Any]:
    """The artifact sources."""
    return {
        "metadata": metadata("sources/v3", invocation),
        "results": [result.record() for result in results],
        "elapsed_time": seconds,
    }
