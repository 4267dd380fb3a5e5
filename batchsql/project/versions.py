"""Versions of a model: `versions:` of its entry in a property file becomes one entry a version.

A version `2` of `orders` is known as `orders.v2`, is the file `orders_v2.sql` (or what `defined_in` names, or, the
latest, `orders.sql`), and lands as `orders_v2`. What it says itself counts before what the entry says of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from batchsql.project.fields import blocks, fail, text, texts
from batchsql.project.wording import describe
from batchsql.project.yaml import Block, Items

VERSIONS = "versions"
_TESTS = ("checks", "tests", "data_tests")
_OWN = ("description", "docs", "access", "constraints", "deprecation_date", "config")
Number = int | float | str


class Version(Struct, frozen=True):
    """A version of a model. files: the names, without ending, of the files it may be, the likeliest first."""

    number: Number
    latest: Number
    files: tuple[str, ...]


def version_key(name: str, number: Any) -> str:
    """What a version of a model is known as: `orders.v2`."""
    return f"{name}.v{number}"


def expand(entry: Block, name: str) -> Iterator[tuple[Block, Version]]:
    """The entry of each version, with what all share, its own `config` apart. Raises ProjectError."""
    versions = list(blocks(entry, VERSIONS, "version"))
    numbers = [_number(version) for version in versions]
    if len({str(number) for number in numbers}) < len(numbers):
        fail(entry, VERSIONS, f"a version of '{name}' is here twice", "keep one of them")
    latest = _latest(entry, name, numbers)
    for version, number in zip(versions, numbers, strict=True):
        block = Block(version.path, version.line, entry.lenient)
        for key, value in entry.items():
            if key not in (VERSIONS, "config"):
                _put(block, entry, key, value)
        for key in _OWN:
            if key in version:
                _put(block, version, key, version[key])
        _with_tests(block, version)
        if "columns" in version:
            _put(block, version, "columns", _columns(entry, version))
        files = [text(version, "defined_in") or f"{name}_v{number}"]
        files += [name] if str(number) == str(latest) else []
        yield block, Version(number, latest, tuple(files))


def _put(block: Block, written: Block, key: str, value: Any) -> None:
    block[key] = value
    block.lines[key] = written.line_of(key)


def _number(version: Block) -> Number:
    number = version.get("v")
    if isinstance(number, bool) or not isinstance(number, int | float | str) or number == "":
        fail(version, "v", f"a version needs a number or a text, not {describe(number)}", "write `- v: 1`")
    return number


def _latest(entry: Block, name: str, numbers: list[Number]) -> Number:
    """The version that is meant where none is named: the one the entry says, else the greatest."""
    told = entry.get("latest_version")
    if told is None:
        return max(numbers, key=_order)
    found = next((number for number in numbers if str(number) == str(told)), None)
    if found is None:
        listed = ", ".join(map(str, numbers))
        fail(entry, "latest_version", f"'{name}' has no version {told}", f"there are: {listed}")
    return found


def _order(number: Number) -> tuple[int, float, str]:
    """Numbers in their order, then texts in theirs."""
    try:
        return 0, float(number), ""
    except ValueError:
        return 1, 0.0, str(number)


def _with_tests(block: Block, version: Block) -> None:
    """Let the version's own tests stand in the place of those of all."""
    if any(key in version for key in _TESTS):
        for key in _TESTS:
            block.pop(key, None)
            if key in version:
                _put(block, version, key, version[key])


def _columns(entry: Block, version: Block) -> Items:
    """Columns of the version: those that `include` and `exclude` leave of all, and its own."""
    shared = list(blocks(entry, "columns", "column"))
    written = list(blocks(version, "columns", "column"))
    own = {str(column.get("name")): column for column in written if "include" not in column}
    rules = [column for column in written if "include" in column]
    if len(rules) > 1:
        fail(rules[1], "include", "`include` is here twice", "write one entry with `include` and `exclude`")
    chosen = [column for column in shared if not rules or _is_included(rules[0], str(column.get("name")))]
    columns = Items()
    for column in [*(each for each in chosen if str(each.get("name")) not in own), *own.values()]:
        columns.append(column)
        columns.lines.append(column.line)
    return columns


def _is_included(rule: Block, name: str) -> bool:
    everything = rule.get("include") in ("all", "*")
    return (everything or name in texts(rule, "include")) and name not in texts(rule, "exclude")
