"""How much a template may make: text, lists, numbers, steps. What goes beyond is an error, not a full memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from types import BuiltinMethodType
from typing import Any

from batchsql.errors import TemplateError
from batchsql.template.objects import LikeMapping

MOST_CHARACTERS = 10_000_000
MOST_ITEMS = 500_000
MOST_STEPS = 1_000_000
"""Turns of all loops in one rendering; the call of a macro counts as STEPS_OF_A_CALL."""
STEPS_OF_A_CALL = 5
MOST_MACROS_DEEP = 80
_MOST_BITS = 100_000
_WIDEST = 10_000
_WIDTH_IN_PERCENT = re.compile(r"%(?:\([^)]*\))?[^a-zA-Z%]*?(?:\*|\d{5,})")
_WIDTH_IN_FORMAT = re.compile(r"\d{5,}")
_WIDTH_IN_TIME = re.compile(r"%[^a-zA-Z%]*\d{4,}")


class LimitError(TemplateError):
    """A template asked for more than it may have."""


def too_much(what: str) -> LimitError:
    """The error for what goes beyond a bound."""
    return LimitError(f"the template makes {what}", hint="templates are bounded; generate less, or do it in SQL")


def check_characters(count: int) -> None:
    """Raise when a text of this length is too long."""
    if count > MOST_CHARACTERS:
        raise too_much(f"a text of {count:,} characters, more than {MOST_CHARACTERS:,}")


def check_items(count: int) -> None:
    """Raise when a list of this length is too long."""
    if count > MOST_ITEMS:
        raise too_much(f"a list of {count:,} items, more than {MOST_ITEMS:,}")


def check_printable(*values: Any) -> None:
    """Raise when the text of values would be too long, however lists are nested in them."""
    characters = items = 0
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        items += 1
        check_items(items)
        if isinstance(value, (str, bytes)):
            characters += len(value)
            check_characters(characters)
        elif isinstance(value, Mapping) and not isinstance(value, LikeMapping):
            waiting.extend(value.keys())
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple, set, frozenset)):
            check_items(items + len(value) + len(waiting))
            waiting.extend(value)


def take(items: Iterable[Any]) -> list[Any]:
    """All items, as a list, unless there are too many."""
    found: list[Any] = []
    for item in items:
        found.append(item)
        check_items(len(found))
    return found


# --- operators ----------------------------------------------------------------------------------------------------


def check_operator(operator: str, left: Any, right: Any) -> None:
    """Raise when `left operator right` would be too big."""
    if operator == "+":
        _check_sum(left, right)
    elif operator == "*":
        _check_product(left, right)
    elif operator == "**":
        _check_power(left, right)
    elif operator == "%" and isinstance(left, str):
        check_percent_format(left, right)


def _check_sum(left: Any, right: Any) -> None:
    if isinstance(left, str) and isinstance(right, str):
        check_characters(len(left) + len(right))
    elif isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        check_items(len(left) + len(right))


def _check_product(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > _MOST_BITS:
            raise too_much("a number of too many digits")
        return
    for value, count in ((left, right), (right, left)):
        if isinstance(count, int):
            if isinstance(value, (str, bytes)):
                check_characters(len(value) * count)
            elif isinstance(value, (list, tuple)):
                check_items(len(value) * count)


def _check_power(base: Any, exponent: Any) -> None:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > _MOST_BITS:
        raise too_much("a number of too many digits")


def check_percent_format(text: str, values: Any) -> None:
    """Raise when `text % values` would be too long."""
    if _WIDTH_IN_PERCENT.search(text):
        raise too_much("a text padded to too great a width")
    check_printable(text, values)


def check_format_spec(spec: str) -> None:
    """Raise when a `{:spec}` asks for too great a width."""
    if _WIDTH_IN_FORMAT.search(spec):
        raise too_much("a text padded to too great a width")


# --- methods of strings and lists -----------------------------------------------------------------------------------


def check_method(method: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise when a method of a string, number, list, dictionary or set would make something too big."""
    if type(method) is BuiltinMethodType:
        guard = _GUARDS.get(method.__name__)
        if guard:
            guard(method.__self__, [*args, *kwargs.values()])


def check_widths(arguments: Iterable[Any]) -> None:
    """Raise when one of the arguments is a number beyond what padding needs."""
    for argument in arguments:
        if isinstance(argument, int) and abs(argument) > _WIDEST:
            raise too_much(f"something {argument:,} wide, more than {_WIDEST:,}")


def check_stretched(value: Any, *arguments: Any) -> None:
    """Raise when each character of a text could become as many as the arguments say, and that is too many."""
    if isinstance(value, str):
        sizes = [len(a) if isinstance(a, str) else abs(a) for a in arguments if isinstance(a, (str, int))]
        check_characters(len(value) * max(sizes, default=1) // 10)


def _guard_width(receiver: Any, arguments: list[Any]) -> None:
    check_widths(arguments)
    if isinstance(receiver, (str, bytes)):  # expandtabs: each character may be a tab
        widest = max((a for a in arguments if isinstance(a, int)), default=8)
        tabs = receiver.count("\t") if isinstance(receiver, str) else receiver.count(b"\t")
        check_characters(len(receiver) + tabs * widest)


def _guard_replace(receiver: Any, arguments: list[Any]) -> None:
    if isinstance(receiver, str) and len(arguments) >= 2 and all(isinstance(text, str) for text in arguments[:2]):
        check_replace(receiver, arguments[0], arguments[1])


def check_replace(text: str, old: str, new: str) -> None:
    """Raise when text.replace(old, new) would be too long."""
    check_characters(len(text) + text.count(old) * max(len(new) - len(old), 0))


def _guard_join(receiver: Any, arguments: list[Any]) -> None:
    if isinstance(receiver, str) and arguments and not isinstance(arguments[0], Iterator):
        check_join(receiver, arguments[0])


def check_join(separator: str, items: Iterable[Any]) -> None:
    """Raise when separator.join(items) would be too long."""
    lengths = [len(item) + len(separator) if isinstance(item, str) else len(separator) + 8 for item in items]
    check_characters(sum(lengths))


def _guard_growth(receiver: Any, arguments: list[Any]) -> None:
    if isinstance(receiver, (list, set, dict)):
        check_items(len(receiver) + 1 + sum(len(a) for a in arguments if isinstance(a, Sized)))


def _guard_strftime(_receiver: Any, arguments: list[Any]) -> None:
    if any(isinstance(a, str) and (_WIDTH_IN_TIME.search(a) or len(a) > _WIDEST) for a in arguments):
        raise too_much("a text padded to too great a width")


_GUARDS: dict[str, Callable[[Any, list[Any]], None]] = {
    **dict.fromkeys(("ljust", "rjust", "center", "zfill", "expandtabs", "to_bytes"), _guard_width),
    **dict.fromkeys(("append", "extend", "insert", "add", "update"), _guard_growth),
    "replace": _guard_replace,
    "join": _guard_join,
    "strftime": _guard_strftime,
}
