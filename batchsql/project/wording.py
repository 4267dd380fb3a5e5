"""How errors of project files speak of values and names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchsql.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable


def hint_for(word: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?`, or the list of all that is known when nothing is near."""
    names = sorted(set(known))
    return did_you_mean(word, names) or f"known: {', '.join(names) or 'none'}"


def describe(value: Any) -> str:
    """What a value is, in words a person uses: `a list`, `3`, ..."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int | float):
        return str(value)
    return f"'{value}'"
