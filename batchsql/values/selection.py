"""What a selection asks for, as a tree: terms, and how they are put together."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

Indirect = Literal["eager", "cautious", "buildable", "empty"]
"""When a test is in because of what it looks at: any of it is selected; all of it; all of it or above; never."""


class Criterion(Struct, frozen=True, kw_only=True):
    """One term: `2+config.materialized:table+` is the method `config` with the argument `materialized`.

    up, down: how many steps to its ancestors and descendants; 0 for none, None for all.
    around: `@`: its descendants too, and all ancestors of those.
    indirect: what it says itself about tests; else what holds for the whole selection.
    """

    text: str
    method: str
    value: Any
    arguments: tuple[str, ...] = ()
    up: int | None = 0
    down: int | None = 0
    around: bool = False
    indirect: Indirect | None = None


class Definition(Struct, frozen=True, kw_only=True):
    """A term, or several together: all (`union`), what is in each (`intersection`), the first without the others.

    indirect: what this says of tests whose other relations come from other parts; None for the whole selection's.
    named: as a person wrote it, who expects that something answers to it.
    """

    operator: Literal["term", "union", "intersection", "difference"]
    term: Criterion | None = None
    parts: tuple[Definition, ...] = ()
    indirect: Indirect | None = "eager"
    named: str = ""


class Selectors(Struct, frozen=True, kw_only=True):
    """The selectors that a project names. default: the one that is meant where nothing is asked for."""

    definitions: dict[str, Definition] = {}
    default: str | None = None
