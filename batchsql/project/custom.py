"""Expectations that people write in Python, as property files name them: by the `from` beside their arguments.

    - expect_column_values_to_be_prime: {from: expectations/primes.py, mostly: 0.9}

What the file holds is not looked at here: nothing of a project's Python runs before a batch is judged by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchsql.project.expectations import snake_case
from batchsql.project.fields import fail, text, texts
from batchsql.project.yaml import plain

if TYPE_CHECKING:
    from collections.abc import Collection

    from batchsql.project.yaml import Block

CUSTOM = "custom"
FROM = "from"
_COLUMN_KEYS = ("column", "column_A", "column_B", "column_list")


def is_custom(given: Block) -> bool:
    """Whether what is given to a check says that it is written in Python."""
    return FROM in given or any(FROM in block for key, block in given.items() if key == "arguments" and block)


def custom_columns(arguments: Block, column: str | None) -> tuple[str, ...]:
    """The columns that a custom expectation looks at, as far as its arguments tell in the usual words."""
    if column is not None:
        return (column,)
    return tuple(name for key in _COLUMN_KEYS for name in texts(arguments, key))


def custom_arguments(arguments: Block, spelled: str, column: str | None, common: Collection[str]) -> dict[str, Any]:
    """Which expectation, where from, and with what: all that is no key of every check."""
    for key in ("fail_calc", "limit"):
        if key in arguments:
            fail(arguments, key, f"'{key}' has nothing to work on: a custom expectation counts by itself")
    if text(arguments, "severity").lower() == "quarantine":
        fail(arguments, "severity", "rows that a custom expectation finds cannot be put aside", "use error or warn")
    source = text(arguments, FROM)
    if not source or source.startswith("/") or ".." in source.split("/"):
        hint = "write for example `from: expectations/primes.py`, or the name of a module"
        fail(arguments, FROM, f"'{FROM}' must be a file of the project or a module, not '{source}'", hint)
    kwargs = {key: plain(value) for key, value in arguments.items() if key not in common and key != FROM}
    if column is not None:
        kwargs["column"] = column
    return {"expectation": snake_case(spelled), "from": source, "kwargs": kwargs}
