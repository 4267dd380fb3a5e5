"""What becomes of the failing rows of a check: how they are counted, and where they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from batchsql.project.fields import boolean, fail, optional_text, text
from batchsql.project.wording import describe, hint_for
from batchsql.values import Config
from batchsql.values.project import StoredAs

if TYPE_CHECKING:
    from batchsql.project.yaml import Block

FAILING_KEYS = ("fail_calc", "limit", "store_failures", "store_failures_as", "alias", "schema")


def read_failing(arguments: Block, defaults: Config) -> dict[str, Any]:
    """The fields of a Check that say what becomes of its failing rows."""
    return {
        "fail_calc": text(arguments, "fail_calc", defaults.fail_calc).strip() or "count(*)",
        "limit": _limit(arguments, defaults.limit),
        "store_failures_as": _stored_as(arguments, defaults),
        "alias": optional_text(arguments, "alias"),
        "schema": optional_text(arguments, "schema") or defaults.schema,
    }


def _limit(arguments: Block, default: int | None) -> int | None:
    value = arguments.get("limit")
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        fail(arguments, "limit", f"'limit' must be a whole number, 1 or more, not {describe(value)}")
    return value


def _stored_as(arguments: Block, defaults: Config) -> StoredAs | None:
    """What is said nearest wins; of the two keys, the one that says how."""
    if arguments.get("store_failures_as") is not None:
        word, words = text(arguments, "store_failures_as").lower(), get_args(StoredAs)
        if word not in words:
            message = f"'store_failures_as' must be one of {', '.join(words)}, not '{word}'"
            fail(arguments, "store_failures_as", message, hint_for(word, words))
        return cast("StoredAs", word)
    if arguments.get("store_failures") is None:
        return defaults.stored_as
    if not boolean(arguments, "store_failures", False):
        return "ephemeral"
    usual: Literal["table", "view"] = "view" if defaults.stored_as == "view" else "table"
    return usual
