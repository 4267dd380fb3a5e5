"""YAML text into plain values that remember their lines.

Read from libyaml's events, where PyYAML has it: a deeply nested or self-repeating document is refused, not fatal.
What differs from PyYAML's own reading, so that no value changes its meaning behind its writer's back:
dates stay the text they were written as, `01234` stays text instead of an octal number, `12:30` stays text.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from batchsql.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_DEPTH = 100
_MAX_VALUES = 1_000_000
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)$")
_FLOAT = re.compile(r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?$")
_SPECIAL = {".inf": math.inf, "+.inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}


class Block(dict[str, Any]):
    """A mapping, with the file it is in, the line it begins at, and the line of each key. Keys are text as written.

    lenient: whether keys that nobody knows are let pass, as dbt does.
    """

    __slots__ = ("lenient", "line", "lines", "path")

    def __init__(self, path: str, line: int, lenient: bool = False) -> None:
        super().__init__()
        self.path = path
        self.line = line
        self.lines: dict[str, int] = {}
        self.lenient = lenient

    def line_of(self, key: str) -> int:
        """Line of a key; of the whole block where the key is not in it."""
        return self.lines.get(key, self.line)


class Items(list[Any]):
    """A list, with the line of each of its items."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []

    def with_lines(self) -> Iterator[tuple[int, Any]]:
        """Each item with its line."""
        return zip(self.lines, self, strict=True)


def load_yaml(text: str, path: str, *, lenient: bool = False) -> Any:
    """Read one document: a Block, Items, a scalar, or None when it is empty. Raises ProjectError with the line.

    lenient: as dbt reads it: of a key that is there twice the last counts.
    """
    try:
        return _Document(text, path, lenient).read()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, path) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1 if isinstance(error.position, int) else None
        raise ProjectError(
            "a character that YAML does not allow", path=path, line=line, hint="remove the control character"
        ) from None


def plain(value: Any) -> Any:
    """The value without line numbers: only dict, list and scalars."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


class _Document:
    """Builds values from the events of one document."""

    def __init__(self, text: str, path: str, lenient: bool) -> None:
        self._lenient = lenient
        self._text = text
        self._path = path
        self._next = _Loader(text).get_event
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0

    def read(self) -> Any:
        self._next()  # the stream starts
        event = self._next()
        if type(event) is yaml.StreamEndEvent:
            return None
        value = self._value(self._next(), 0)
        self._next()  # the document ends
        event = self._next()
        if type(event) is not yaml.StreamEndEvent:
            self._fail(event, "a second YAML document begins here", "keep one document a file; remove the '---'")
        return value

    def _value(self, event: Any, depth: int) -> Any:
        self._count += 1
        if self._count > _MAX_VALUES:
            self._fail(event, "the file holds too many values", "are there anchors that repeat one another?")
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event)
        before = self._count
        value: Any
        if kind is yaml.ScalarEvent:
            value = _scalar(event.value) if event.implicit[0] else self._tagged(event)
        elif depth >= _MAX_DEPTH:
            self._fail(event, f"nested deeper than {_MAX_DEPTH} levels", None)
        elif kind is yaml.MappingStartEvent:
            value = self._mapping(event, depth)
        else:
            value = self._sequence(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._count - before + 1)
        return value

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            self._fail(event, f"nothing carries the anchor '&{event.anchor}' above this line", None)
        value, size = self._anchors[event.anchor]
        self._count += size
        return value

    def _tagged(self, event: Any) -> str:
        if not event.implicit[1] and event.tag not in ("!", "tag:yaml.org,2002:str"):
            self._fail(event, f"the tag '{event.tag}' is not read here", "write the plain value")
        return str(event.value)

    def _sequence(self, event: Any, depth: int) -> Items:
        self._refuse_tag(event)
        items = Items()
        item = self._next()
        while type(item) is not yaml.SequenceEndEvent:
            items.lines.append(item.start_mark.line + 1)
            items.append(self._value(item, depth + 1))
            item = self._next()
        return items

    def _mapping(self, event: Any, depth: int) -> Block:
        self._refuse_tag(event)
        block = Block(self._path, event.start_mark.line + 1, self._lenient)
        merged: list[Block] = []
        key_event = self._next()
        while type(key_event) is not yaml.MappingEndEvent:
            key = self._key(key_event)
            line = key_event.start_mark.line + 1
            value = self._value(self._next(), depth + 1)
            if key == "<<" and key_event.implicit[0]:
                merged.extend(self._merged(value, key_event))
            elif key in block.lines and not self._lenient:
                self._fail(key_event, f"the key '{key}' is here twice, first in line {block.lines[key]}", "keep one")
            else:
                block[key] = value
                block.lines[key] = line
            key_event = self._next()
        for other in merged:
            for key, value in other.items():
                if key not in block.lines:
                    block[key] = value
                    block.lines[key] = other.lines[key]
        return block

    def _key(self, event: Any) -> str:
        if type(event) is yaml.MappingStartEvent:
            self._fail(event, "a value that begins with '{{' needs quotes", 'write "{{ ... }}"')
        if type(event) is not yaml.ScalarEvent:
            self._fail(event, "a key must be a word", None)
        return str(event.value)

    def _merged(self, value: Any, event: Any) -> list[Block]:
        found = list(value) if isinstance(value, Items) else [value]
        if not all(isinstance(each, Block) for each in found):
            self._fail(event, "'<<' merges mappings only", "write `<<: *anchor` with the anchor of a mapping")
        return found

    def _refuse_tag(self, event: Any) -> None:
        if event.tag not in (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            self._fail(event, f"the tag '{event.tag}' is not read here", "write the plain value")

    def _fail(self, event: Any, message: str, hint: str | None) -> NoReturn:
        line = event.start_mark.line + 1
        raise ProjectError(message, path=self._path, line=line, source_line=line_at(self._text, line), hint=hint)


def _scalar(text: str) -> Any:
    """The value of an unquoted word."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "0123456789+-.":
        if _INTEGER.match(text):
            return int(text.replace("_", ""))
        if _FLOAT.match(text):
            return float(text.replace("_", ""))
        return _SPECIAL.get(text.lower(), text)
    return text


def line_at(text: str, line: int) -> str | None:
    """The text of a line, counted from 1; None where there is none."""
    lines = text.split("\n", line)
    return lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else None


def _last_line(text: str) -> int:
    """The number of the last line that says something: what is missing at the end is missed after it."""
    return text.rstrip().count("\n") + 1


def _syntax_error(error: yaml.MarkedYAMLError, text: str, path: str) -> ProjectError:
    """What the YAML parser says, said for people: the line, what is wrong there, what to try."""
    mark = error.problem_mark or error.context_mark
    line = min(mark.line + 1, _last_line(text)) if mark else None
    source_line = line_at(text, line) if line else None
    message = f"this is not valid YAML: {error.problem or error.context}"
    hint = None
    if error.context_mark and "quoted scalar" in (error.context or ""):
        line = error.context_mark.line + 1
        source_line = line_at(text, line)
        message, hint = "a quote is opened here that is not closed", "close it on the same line"
    elif source_line and "\t" in source_line[: len(source_line) - len(source_line.lstrip())]:
        message, hint = "a tab indents this line", "YAML is indented by spaces only"
    elif source_line and re.search(r":\s.*:\s", source_line):
        hint = "a text that contains ': ' needs quotes"
    elif source_line and "{{" in source_line:
        hint = 'a value that begins with {{ needs quotes: "{{ ... }}"'
    elif error.problem and ("expected <block end>" in error.problem or "did not find expected" in error.problem):
        hint = "look at the indentation of this line and the lines before it, and at quotes that are not closed"
    elif error.problem and "could not find expected ':'" in error.problem:
        hint = "this line, or the one before it, is neither `key: value` nor part of a list; is something left over?"
    return ProjectError(message, path=path, line=line, source_line=source_line, hint=hint)
