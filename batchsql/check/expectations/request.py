"""A metric that an expectation asks for."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Request(Struct, frozen=True):
    """A metric by its name, with its arguments; of_other: of the other relation that the check names."""

    metric: str
    arguments: dict[str, Any] = {}
    of_other: bool = False
