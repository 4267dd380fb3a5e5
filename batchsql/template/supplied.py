"""Text that came with --vars, and its way through a template.

`Supplied` is a string that knows which stretches of it were supplied from outside. It compares, hashes and measures as
a plain string; joining and slicing keep count of the stretches. `follow` calls any function with such strings: what
text the function makes of them counts as supplied too, exactly where that can be told and as a whole where not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, SupportsIndex, TypeGuard

from batchsql.template.objects import LikeMapping


class Origin(NamedTuple):
    """Where a stretch came from: the name of the variable; quoted: it is a whole SQL literal made by `| literal`."""

    name: str
    quoted: bool = False


class Piece(NamedTuple):
    """A stretch of text; origin is None for text of the project's own files."""

    text: str
    origin: Origin | None


class Supplied(str):
    """A string, some stretches of which were supplied from outside."""

    __slots__ = ("_pieces",)
    _pieces: tuple[Piece, ...]

    def __new__(cls, pieces: Iterable[Piece]) -> Supplied:
        """Put stretches together."""
        kept = tuple(pieces)
        text = super().__new__(cls, "".join(piece.text for piece in kept))
        text._pieces = kept
        return text

    def __str__(self) -> str:
        return self

    def __add__(self, other: str) -> str:
        return join((self, other)) if isinstance(other, str) else NotImplemented

    def __radd__(self, other: str) -> str:
        return join((other, self)) if isinstance(other, str) else NotImplemented

    def __mul__(self, count: SupportsIndex) -> str:
        return join([self] * count.__index__())

    __rmul__ = __mul__

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        if not isinstance(key, slice):
            index = range(len(self))[key]
            key = slice(index, index + 1)
        start, stop, step = key.indices(len(self))
        if step != 1:
            return whole(str.__getitem__(self, key), origins(self))
        return Supplied(_between(self._pieces, start, stop))

    def __iter__(self) -> Iterator[str]:
        return (Supplied((Piece(character, unquoted(origin)),)) for text, origin in self._pieces for character in text)


def pieces(text: str) -> tuple[Piece, ...]:
    """The stretches of a string."""
    return text._pieces if isinstance(text, Supplied) else (Piece(text, None),)


def origins(text: str) -> set[str]:
    """Names of the variables in a string."""
    return {piece.origin.name for piece in pieces(text) if piece.origin}


def join(parts: Iterable[str]) -> str:
    """Put strings together; the result is Supplied when one of them is."""
    parts = list(parts)
    if not any(isinstance(part, Supplied) for part in parts):
        return "".join(parts)
    return Supplied(piece for part in parts for piece in pieces(part))


def whole(text: str, names: Iterable[str]) -> Supplied:
    """Text that counts as supplied from its first character to its last."""
    return Supplied((Piece(text, Origin(" and ".join(sorted(set(names))))),))


def unquoted(origin: Origin | None) -> Origin | None:
    """The origin of a part of a stretch: part of a literal is no literal."""
    return Origin(origin.name) if origin else None


def supply(value: Any, name: str) -> Any:
    """Mark all strings in a value that came with --vars; lists and dictionaries are copied."""
    if isinstance(value, str):
        return whole(value, (name,))
    if isinstance(value, (list, tuple)):
        return [supply(item, name) for item in value]
    if isinstance(value, Mapping):
        return {supply(key, name): supply(item, name) for key, item in value.items()}
    return value


def plain(value: Any) -> Any:
    """The value with plain strings, as it goes out of the room."""
    if isinstance(value, str):
        return "".join(piece.text for piece in pieces(value))
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return {plain(item) for item in value}
    if isinstance(value, LikeMapping):
        return str(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    return value


def has_text(value: Any) -> bool:
    """Whether a value that came with --vars holds any string."""
    return bool(_names(supply(value, "x"), set(), set()))


def follow(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], *, exact: bool, made_of: Any = None
) -> Any:
    """Call function(*args, **kwargs); text that it makes of supplied strings is supplied.

    made_of: further values that the function makes its text of.
    exact: the function is pure and treats unknown characters as they are, so that it may be called once more with
    marks around what is supplied, to learn where that ends up.
    Strings that the function hands through unchanged stay what they are.
    """
    args = tuple(list(arg) if isinstance(arg, Iterator) else arg for arg in args)
    seen: set[int] = set()
    names = _names((args, kwargs, made_of), seen, set())
    result = function(*args, **kwargs)
    if not names:
        return result
    if exact and isinstance(result, str) and not isinstance(result, Supplied):
        marks: list[Piece] = []
        again = function(*_marked(args, marks), **_marked(kwargs, marks))
        found = _unmark(again, marks)
        if found is not None and found == result and origins(found) == names:
            return found
    return _supplied_in(result, names, seen)


def _between(all_pieces: Iterable[Piece], start: int, stop: int) -> Iterator[Piece]:
    """The stretches from one offset to another."""
    offset = 0
    for text, origin in all_pieces:
        part = text[max(start - offset, 0) : max(stop - offset, 0)]
        offset += len(text)
        if part:
            yield Piece(part, origin if part == text else unquoted(origin))


def _is_collection(value: Any) -> TypeGuard[Iterable[Any]]:
    """Whether a value holds others that a text may be made of."""
    if isinstance(value, LikeMapping):
        return False
    return isinstance(value, (list, tuple, set, frozenset, Mapping, type({}.values()), type({}.items())))


def _members(value: Iterable[Any]) -> Iterable[Any]:
    """What a collection holds; of a mapping, keys and values."""
    return [*value.keys(), *value.values()] if isinstance(value, Mapping) else value


def _names(value: Any, seen: set[int], visited: set[int]) -> set[str]:
    """Names of the variables anywhere in a value; `seen` collects the identities of all that is in it."""
    if isinstance(value, str):
        if len(value) > 1:  # shorter strings are shared by the interpreter: their identity says nothing
            seen.add(id(value))
        return origins(value)
    if not _is_collection(value) or id(value) in visited:
        return set()
    visited.add(id(value))
    seen.add(id(value))
    found: set[str] = set()
    for item in _members(value):
        found |= _names(item, seen, visited)
    return found


def _supplied_in(result: Any, names: set[str], seen: set[int]) -> Any:
    """Mark the new strings in what a function gave."""
    if isinstance(result, Iterator):
        result = list(result)
    if isinstance(result, Supplied) or id(result) in seen:
        return result
    if isinstance(result, str):
        return whole(result, names)
    if isinstance(result, (list, set, frozenset)):
        return type(result)(_supplied_in(item, names, seen) for item in result)
    if isinstance(result, tuple):
        items = [_supplied_in(item, names, seen) for item in result]
        return type(result)(*items) if hasattr(result, "_fields") else tuple(items)
    if isinstance(result, dict):
        return {_supplied_in(key, names, seen): _supplied_in(item, names, seen) for key, item in result.items()}
    return result


_OPEN, _CLOSE, _MOST_MARKS = 0xF0000, 0xF8000, 0x7FFF
_MARKED = re.compile("([\U000f0000-\U000f7fff])([^\U000f0000-\U000fffff]*)([\U000f8000-\U000fffff])")
_MARK = re.compile("[\U000f0000-\U000fffff]")


def _marked(value: Any, marks: list[Piece]) -> Any:
    """The value with private-use characters around what is supplied; `marks` collects what they stand for."""
    if isinstance(value, Supplied):
        return "".join(_mark(piece, marks) if piece.origin else piece.text for piece in pieces(value))
    if isinstance(value, Mapping):
        return {_marked(key, marks): _marked(item, marks) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_marked(item, marks) for item in value)
    return [_marked(item, marks) for item in value] if _is_collection(value) else value


def _mark(piece: Piece, marks: list[Piece]) -> str:
    if len(marks) >= _MOST_MARKS:
        return piece.text
    marks.append(piece)
    return f"{chr(_OPEN + len(marks) - 1)}{piece.text}{chr(_CLOSE + len(marks) - 1)}"


def _unmark(text: str, marks: list[Piece]) -> Supplied | None:
    """Turn marks back into stretches; None when they are not paired as they were set."""
    if len(marks) >= _MOST_MARKS:
        return None
    found: list[Piece] = []
    end = 0
    for match in _MARKED.finditer(text):
        index = ord(match[1]) - _OPEN
        if ord(match[3]) - _CLOSE != index or index >= len(marks):
            return None
        origin = marks[index].origin
        found.append(Piece(text[end : match.start()], None))
        found.append(Piece(match[2], origin if match[2] == marks[index].text else unquoted(origin)))
        end = match.end()
    found.append(Piece(text[end:], None))
    if any(_MARK.search(piece.text) for piece in found):
        return None
    return Supplied(found)
