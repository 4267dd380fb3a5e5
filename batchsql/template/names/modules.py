"""`modules`: a few functions of Python's datetime, re and itertools, and of pytz, never the modules themselves."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from batchsql.errors import TemplateError
from batchsql.template.limits import MOST_ITEMS, check_characters, check_items, take
from batchsql.template.objects import CallableMembers, Members, keeps_supplied
from batchsql.template.state import RenderState

_LONGEST_PATTERN = 2_000


def _modules(state: RenderState) -> Members:
    return Members({"datetime": _datetime_members(state), "re": _RE, "itertools": _ITERTOOLS, "pytz": _Pytz()})


# --- datetime -----------------------------------------------------------------------------------------------------


def _datetime_members(state: RenderState) -> Members:
    def clock(read: Callable[..., Any]) -> Callable[..., Any]:
        """A function that reads the clock: what the text makes of it is made again at each run."""

        def reading(*args: Any, **kwargs: Any) -> Any:
            state.dynamic.add("run_started_at")
            return read(*args, **kwargs)

        return reading

    moment, day, time = dt.datetime, dt.date, dt.time
    return Members(
        {
            "datetime": CallableMembers(
                moment,
                {
                    "now": clock(moment.now),
                    "utcnow": clock(lambda: moment.now(dt.UTC).replace(tzinfo=None)),
                    "today": clock(moment.today),
                    "strptime": moment.strptime,
                    "fromisoformat": moment.fromisoformat,
                    "fromtimestamp": moment.fromtimestamp,
                    "combine": moment.combine,
                    "min": moment.min,
                    "max": moment.max,
                },
            ),
            "date": CallableMembers(
                day,
                {
                    "today": clock(day.today),
                    "fromisoformat": day.fromisoformat,
                    "min": day.min,
                    "max": day.max,
                },
            ),
            "time": CallableMembers(time, {"fromisoformat": time.fromisoformat, "min": time.min, "max": time.max}),
            "timedelta": CallableMembers(dt.timedelta, {}),
            "timezone": CallableMembers(dt.timezone, {"utc": dt.UTC}),
            "tzinfo": CallableMembers(dt.tzinfo, {}),
        }
    )


class _Pytz:
    """`modules.pytz`: timezone, utc. The package is loaded when a template asks for it."""

    __slots__ = ()

    @property
    def utc(self) -> dt.tzinfo:
        """The time zone UTC."""
        return self.timezone("UTC")

    UTC = utc

    @property
    def all_timezones(self) -> list[str]:
        """The names of all time zones."""
        import pytz

        return list(pytz.all_timezones)

    @property
    def common_timezones(self) -> list[str]:
        """The names of the time zones in use."""
        import pytz

        return list(pytz.common_timezones)

    def FixedOffset(self, offset: int) -> dt.tzinfo:  # noqa: N802
        """A time zone that many minutes east of UTC."""
        import pytz

        return pytz.FixedOffset(offset)

    def timezone(self, name: str) -> dt.tzinfo:
        """A time zone by name. Raises TemplateError for an unknown one."""
        import pytz

        try:
            return pytz.timezone(name)
        except pytz.UnknownTimeZoneError as error:
            raise TemplateError(
                f"there is no time zone '{name}'", hint="names are like 'Europe/Berlin', 'America/New_York', 'UTC'"
            ) from error


# --- re -----------------------------------------------------------------------------------------------------------


class Match:
    """What a pattern found, without the way back to the pattern and the module."""

    __slots__ = ("_match", "_text")

    def __init__(self, match: re.Match[str], text: str) -> None:
        self._match = match
        self._text = text

    def _group(self, key: int | str) -> str | None:
        start, end = self._match.span(key)
        return None if start < 0 else self._text[start:end]

    @keeps_supplied
    def group(self, *keys: int | str) -> Any:
        """The text of one group (0 is all that matched), or of several."""
        found = tuple(self._group(key) for key in keys or (0,))
        return found[0] if len(found) == 1 else found

    __getitem__ = group

    @keeps_supplied
    def groups(self, default: Any = None) -> tuple[Any, ...]:
        """The texts of all groups."""
        texts = (self._group(key) for key in range(1, len(self._match.groups()) + 1))
        return tuple(default if text is None else text for text in texts)

    @keeps_supplied
    def groupdict(self, default: Any = None) -> dict[str, Any]:
        """The texts of all named groups."""
        texts = {name: self._group(name) for name in self._match.groupdict()}
        return {name: default if text is None else text for name, text in texts.items()}

    def start(self, key: int | str = 0) -> int:
        """Where a group begins."""
        return self._match.start(key)

    def end(self, key: int | str = 0) -> int:
        """Where a group ends."""
        return self._match.end(key)

    def span(self, key: int | str = 0) -> tuple[int, int]:
        """Where a group begins and ends."""
        return self._match.span(key)


def _compiled(pattern: Any, flags: int) -> re.Pattern[str]:
    if isinstance(pattern, Pattern):
        return pattern._pattern
    if not isinstance(pattern, str) or len(pattern) > _LONGEST_PATTERN:
        raise TemplateError(f"a pattern is a text of at most {_LONGEST_PATTERN:,} characters")
    try:
        return re.compile(pattern, flags)
    except re.error as error:
        raise TemplateError(f"the pattern {str(pattern)!r} cannot be read: {error}") from error


class Pattern:
    """A compiled pattern; the functions of `modules.re` go through it too."""

    __slots__ = ("_pattern",)

    def __init__(self, pattern: Any, flags: int = 0) -> None:
        self._pattern = _compiled(pattern, flags)

    @keeps_supplied
    def match(self, string: str) -> Match | None:
        """Match at the beginning."""
        found = self._pattern.match(string)
        return Match(found, string) if found else None

    @keeps_supplied
    def fullmatch(self, string: str) -> Match | None:
        """Match the whole text."""
        found = self._pattern.fullmatch(string)
        return Match(found, string) if found else None

    @keeps_supplied
    def search(self, string: str) -> Match | None:
        """The first match anywhere."""
        found = self._pattern.search(string)
        return Match(found, string) if found else None

    def findall(self, string: str) -> list[Any]:
        """The texts of all matches."""
        return self._pattern.findall(string)

    @keeps_supplied
    def finditer(self, string: str) -> list[Match]:
        """All matches."""
        return [Match(found, string) for found in take(self._pattern.finditer(string))]

    def split(self, string: str, maxsplit: int = 0) -> list[Any]:
        """The texts between the matches."""
        return self._pattern.split(string, maxsplit)

    def sub(self, repl: str, string: str, count: int = 0) -> str:
        """The text with each match replaced by another text."""
        if not isinstance(repl, str):
            raise TemplateError("a replacement is a text", hint=r"groups go into it as \1, \g<name>")
        check_characters(len(string) * (len(repl) + 1) // 10)
        if "\\" in repl:  # each reference to a group may stand for the whole text
            check_characters(len(string) * (repl.count("\\") + 1))
        return self._pattern.sub(repl, string, count)

    def subn(self, repl: str, string: str, count: int = 0) -> tuple[str, int]:
        """The text with each match replaced, and how many there were."""
        found = sum(1 for _ in self._pattern.finditer(string))
        return self.sub(repl, string, count), min(found, count) if count else found


def _by_pattern(method: str) -> Callable[..., Any]:
    most = {"split": 2, "sub": 3, "subn": 3}.get(method, 1)  # arguments before the flags

    def function(pattern: Any, *args: Any, flags: int = 0, **kwargs: Any) -> Any:
        given = args[most] if len(args) == most + 1 else flags
        return getattr(Pattern(pattern, given), method)(*args[:most], **kwargs)

    keeps = getattr(Pattern, method)
    return keeps_supplied(function) if getattr(keeps, "_keeps_supplied", False) else function


_FLAGS = ("I", "IGNORECASE", "M", "MULTILINE", "S", "DOTALL", "X", "VERBOSE", "A", "ASCII", "U", "UNICODE", "NOFLAG")
_METHODS = ("match", "fullmatch", "search", "findall", "finditer", "split", "sub", "subn")
_RE = Members(
    {
        "compile": keeps_supplied(Pattern),
        "escape": lambda text: re.escape(str(text)),
        **{method: _by_pattern(method) for method in _METHODS},
        **{flag: int(getattr(re, flag)) for flag in _FLAGS},
    }
)

# --- itertools ----------------------------------------------------------------------------------------------------


def _listing(function: Callable[..., Any]) -> Callable[..., list[Any]]:
    """A function of itertools that gives a list, bounded."""

    @keeps_supplied
    def listing(*args: Any, **kwargs: Any) -> list[Any]:
        return take(function(*args, **kwargs))

    return listing


@keeps_supplied
def _repeat(item: Any, times: int) -> list[Any]:
    check_items(times)
    return [item] * times


def _ending(function: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """A function of itertools without an end, which ends where lists must."""
    return keeps_supplied(lambda *args: itertools.islice(function(*args), MOST_ITEMS))


@keeps_supplied
def _tee(items: Iterable[Any], n: int = 2) -> list[list[Any]]:
    check_items(n)
    kept = take(items)
    return [list(kept) for _ in range(n)]


_LISTINGS = (
    "accumulate",
    "combinations",
    "combinations_with_replacement",
    "compress",
    "islice",
    "pairwise",
    "permutations",
    "product",
    "starmap",
    "zip_longest",
)
_ITERTOOLS = Members(
    {
        "chain": CallableMembers(_listing(itertools.chain), {"from_iterable": _listing(itertools.chain.from_iterable)}),
        "repeat": _repeat,
        "tee": _tee,
        "count": _ending(itertools.count),
        "cycle": _ending(itertools.cycle),
        **{name: _listing(getattr(itertools, name)) for name in _LISTINGS},
    }
)

MODULES: dict[str, Callable[[RenderState], Any]] = {"modules": _modules}
