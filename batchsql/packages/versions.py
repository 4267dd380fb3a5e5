"""Semantic versions, and which of those on offer satisfies what was asked for: https://semver.org, with dbt's ranges.

A release is asked for as `1.2.0` or `=1.2.0`, a range as `>=1.0.0`, `<2.0.0`, or both, in a list or
with a comma between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

_VERSION = re.compile(
    r"(?P<numbers>(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))"
    r"(?:-?(?P<prerelease>(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?"
    r"(?:\+[\dA-Za-z.-]*)?"
)
_BOUND = re.compile(r"\s*(?P<sign>>=|<=|>|<|=)?\s*(?P<version>\S+)\s*")


class Version(Struct, frozen=True, order=True):
    """A version, in the order of releases. release: 1 for one, 0 for what comes before it; parts: of a prerelease."""

    numbers: tuple[int, int, int]
    release: int
    parts: tuple[tuple[int, int, str], ...]

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `1.2.0`, `v1.2.0-rc1`. Raises ValueError."""
        found = _VERSION.fullmatch(text.removeprefix("v"))
        if found is None:
            raise ValueError(f"'{text}' is not a version such as 1.2.0")
        major, minor, patch = map(int, found["numbers"].split("."))
        words = found["prerelease"].split(".") if found["prerelease"] else []
        parts = tuple((0, int(word), "") if word.isdecimal() else (1, 0, word) for word in words)
        return cls((major, minor, patch), 0 if words else 1, parts)


class Bound(Struct, frozen=True):
    """One side of a range, or one version alone (`=`)."""

    sign: str
    version: Version

    def allows(self, version: Version) -> bool:
        """Whether a version lies on the right side. What comes before 2.0.0, such as 2.0.0-rc1, is not `<2.0.0`."""
        match self.sign:
            case "=":
                return version == self.version
            case ">":
                return version > self.version
            case ">=":
                return version >= self.version
            case "<":
                return version < self.version and not _leads_to(version, self.version)
        return version <= self.version


def _leads_to(version: Version, release: Version) -> bool:
    """Whether a version is a prerelease of a release."""
    return bool(release.release) and not version.release and version.numbers == release.numbers


def parse_bounds(texts: Iterable[str]) -> tuple[Bound, ...]:
    """Read what is asked for; all of it must hold. Raises ValueError."""
    bounds: list[Bound] = []
    for text in texts:
        for part in text.split(","):
            found = _BOUND.fullmatch(part)
            if found is None:
                raise ValueError(f"'{text}' is neither a version such as 1.2.0 nor a range such as >=1.0.0")
            bounds.append(Bound(found["sign"] or "=", Version.parse(found["version"])))
    return tuple(bounds)


def choose(bounds: Sequence[Bound], offered: Iterable[str], *, prereleases: bool = False) -> str | None:
    """The newest version on offer that all bounds allow, None where there is none.

    A prerelease is chosen only where `prereleases` says so, or a bound names it.
    """
    named = {bound.version for bound in bounds}
    fitting = [
        (version, text)
        for text in offered
        if (version := _readable(text)) is not None
        and all(bound.allows(version) for bound in bounds)
        and (version.release or prereleases or version in named)
    ]
    return max(fitting)[1] if fitting else None


def newest(offered: Iterable[str]) -> str | None:
    """The newest release on offer."""
    return choose((), offered)


def _readable(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except ValueError:
        return None
