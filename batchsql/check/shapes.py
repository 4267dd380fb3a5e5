"""How texts are made: masks, as `AA99` of `UA15`, and the regular expression that holds them all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby

_CLASSES = {"A": "A-Z", "a": "a-z", "9": "0-9"}
_LONGEST = 40
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MASK = "translate({column}, '" + _LETTERS + _LETTERS.lower() + "0123456789', '" + "A" * 26 + "a" * 26 + "9" * 10 + "')"
"""SQL for the mask of a text; what is neither an ASCII letter nor a digit stays."""


def regex_of(masks: Mapping[str, int], several: int) -> str | None:
    """The regular expression of texts with these masks; None where they have no shape in common, or one is rare.

    Texts of one length may differ in letters and digits; texts that are made alike, in the length of their parts.
    A shape is letters, digits and the signs between; white space, or other alphabets, are prose.
    """
    if not masks or min(masks.values()) < several or not all(re.fullmatch(r"[Aa9./:_#-]+", mask) for mask in masks):
        return None
    if len({len(mask) for mask in masks}) == 1:
        return _of_one_length(list(masks))
    return _of_one_make(list(masks))


def _of_one_length(masks: list[str]) -> str | None:
    places: list[str] = []
    for signs in zip(*masks, strict=True):
        found = set(signs)
        if len(found) > 1 and not found <= _CLASSES.keys():
            return None
        places.append(_piece(found))
    if len(places) > _LONGEST:
        return None
    runs = [(piece, len(list(same))) for piece, same in groupby(places)]
    return "^" + "".join(piece if count == 1 else f"{piece}{{{count}}}" for piece, count in runs) + "$"


def _of_one_make(masks: list[str]) -> str | None:
    runs = [[(sign, len(list(same))) for sign, same in groupby(mask)] for mask in masks]
    if len({tuple(sign for sign, _ in run) for run in runs}) > 1:
        return None
    parts = []
    for position in zip(*runs, strict=True):
        sign, counts = position[0][0], {count for _, count in position}
        low, high = min(counts), max(counts)
        if sign not in _CLASSES and low != high:
            return None
        times = "" if high == 1 else f"{{{low}}}" if low == high else f"{{{low},{high}}}"
        parts.append(_piece({sign}) + times)
    return "^" + "".join(parts) + "$" if len(parts) <= _LONGEST else None


def _piece(signs: set[str]) -> str:
    """`[A-Z0-9]`, or a sign that stands for itself."""
    if signs <= _CLASSES.keys():
        return "[" + "".join(_CLASSES[sign] for sign in ("A", "a", "9") if sign in signs) + "]"
    (sign,) = signs
    return re.escape(sign) if sign == "." else sign
