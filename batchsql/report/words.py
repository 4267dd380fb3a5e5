"""How numbers, durations and colours are written, the same everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

Paint = Callable[[str, str], str]
"""Takes a text and the name of a style; gives the text to print."""

_CODES = re.compile(r"\x1b\[[0-9;]*m")
_STYLES = {
    "good": "32",
    "bad": "1;31",
    "warn": "33",
    "dim": "2",
    "name": "36",
    "strong": "1",
}


def plain(text: str, style: str) -> str:  # noqa: ARG001
    """Paint nothing."""
    return text


def ansi(text: str, style: str) -> str:
    """Paint with the escape codes that every terminal knows."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if text else text


def number(value: int) -> str:
    """Thousands apart: `1,204`."""
    return f"{value:,}"


def count(value: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 batch`, `1,204 batches`."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Wall-clock seconds as a person reads them: `0.02 s`, `12.3 s`, `2 min 05 s`, `1 h 03 min`."""
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def moment(time: datetime) -> str:
    """A moment in UTC, to the second: `2013-02-10 04:15:00 UTC`."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def first_line(text: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis where it has more than `most` characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def indent(text: str, by: str) -> str:
    """Put `by` before each line that is not empty."""
    return "\n".join(by + line if line else line for line in text.splitlines())


def visible(text: str) -> int:
    """How many places a text takes on a terminal, its colours aside."""
    return len(_CODES.sub("", text))


def fold(text: str, width: int | None, hang: int = 0) -> str:
    """Break lines at spaces so that none has more than `width` places; where they go on they are indented by `hang`.

    A word that is longer than a line is left whole. Without a width nothing is broken.
    """
    if width is None:
        return text
    return "\n".join(_folded(line, width, hang) for line in text.split("\n"))


def _folded(line: str, width: int, hang: int) -> str:
    if visible(line) <= width:
        return line
    front = line[: len(line) - len(line.lstrip())]
    rest = " " * max(hang, len(front))
    lines = [front]
    for word in re.findall(r"\S+\s*", line[len(front) :]):
        if lines[-1].strip() and visible(lines[-1]) + visible(word.rstrip()) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append(rest)
        lines[-1] += word
    return "\n".join(lines)
