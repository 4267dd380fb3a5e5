"""Typed values out of a YAML block: each reader returns the value or raises a ProjectError with the line of the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from batchsql.errors import ProjectError
from batchsql.project.wording import describe, hint_for
from batchsql.project.yaml import Block, Items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def fail(block: Block, key: str, message: str, hint: str | None = None) -> NoReturn:
    """Raise a ProjectError at the line of a key."""
    raise ProjectError(message, path=block.path, line=block.line_of(key), hint=hint)


def check_keys(
    block: Block, known: Iterable[str], what: str, *, underscores: bool = False, always: bool = False
) -> None:
    """Refuse a key that is not known, with the nearest known ones as the hint; a lenient block may hold any.

    always: refuse it in a lenient block too. underscores: the hyphens in known keys may be written as underscores.
    """
    names = frozenset(known)
    for key in () if block.lenient and not always else block:
        if key not in names and not (underscores and key.replace("_", "-") in names):
            fail(block, key, f"{what} has no key '{key}'", hint_for(key, names))


def text(block: Block, key: str, default: str = "") -> str:
    """A text; a number is taken as it was written."""
    value = optional_text(block, key)
    return default if value is None else value


def optional_text(block: Block, key: str) -> str | None:
    """A text, or None where the key is absent or empty."""
    value = block.get(key)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    hint = 'put it in quotes: "..."' if isinstance(value, bool) else None
    fail(block, key, f"'{key}' must be a text, not {describe(value)}", hint)


def name(block: Block, what: str) -> str:
    """The `name` of an entry, which must be there."""
    if block.get("name") in (None, ""):
        fail(block, "name", f"{what} has no name", "write `name: ...`")
    return text(block, "name")


def boolean(block: Block, key: str, default: bool = False) -> bool:
    """True or false; the words in quotes count too, since the environment holds only text."""
    value = block.get(key)
    if value is None:
        return default
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        fail(block, key, f"'{key}' must be true or false, not {describe(value)}")
    return value


def integer(block: Block, key: str, default: int, least: int = 0) -> int:
    """A whole number not below `least`; digits in quotes count too."""
    value = block.get(key)
    if value is None:
        return default
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        fail(block, key, f"'{key}' must be a whole number, {least} or more, not {describe(value)}")
    return value


def texts(block: Block, key: str) -> tuple[str, ...]:
    """A list of texts; one text alone is a list of one."""
    value = block.get(key)
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        fail(block, key, f"'{key}' must be a text or a list of texts, not {describe(value)}")
    return tuple(value)


def mapping(block: Block, key: str) -> Block:
    """A mapping; an empty one where the key is absent or empty."""
    value = block.get(key)
    if value is None:
        return Block(block.path, block.line_of(key), block.lenient)
    if not isinstance(value, Block):
        fail(block, key, f"'{key}' must be a mapping of keys to values, not {describe(value)}")
    return value


def blocks(block: Block, key: str, what: str) -> Iterator[Block]:
    """The entries of a list, each of which must be a mapping."""
    value = block.get(key)
    if value is None:
        return
    if not isinstance(value, Items):
        fail(block, key, f"'{key}' must be a list, not {describe(value)}", f"begin each {what} with `- name: ...`")
    for line, each in value.with_lines():
        if not isinstance(each, Block):
            message = f"each {what} under '{key}' must be a mapping, not {describe(each)}"
            raise ProjectError(message, path=block.path, line=line, hint="write `- name: ...`")
        yield each


def one_of(block: Block, spellings: Iterable[str]) -> str | None:
    """The spelling of a key that is used, None if none is; two at once are an error."""
    used = [spelling for spelling in spellings if spelling in block]
    if len(used) > 1:
        fail(block, used[1], f"'{used[0]}' and '{used[1]}' are two names of one thing", "keep one of the two")
    return used[0] if used else None
