"""Versions: their order, and which of those on offer is chosen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchsql.packages.versions import Version, choose, newest, parse_bounds

OFFERED = ["1.0.0", "1.1.0", "1.2.0-rc1", "1.10.0", "2.0.0-b.2", "2.0.0-b.11", "2.0.0", "not a version"]

# What dbt 1.11 chooses of these.
CHOSEN = [
    ([">=1.0.0"], False, "2.0.0"),
    ([">=1.0.0", "<2.0.0"], False, "1.10.0"),
    ([">=1.0.0,<1.10.0"], False, "1.1.0"),
    ([">=1.0.0,<1.10.0"], True, "1.2.0-rc1"),
    (["<2.0.0"], True, "1.10.0"),
    (["1.0.0"], False, "1.0.0"),
    (["=1.1.0"], False, "1.1.0"),
    (["1.2.0-rc1"], False, "1.2.0-rc1"),
    ([">1.10.0", "<=2.0.0"], False, "2.0.0"),
    ([">2.0.0"], False, None),
    (["1.0.0", "1.1.0"], False, None),
]


@pytest.mark.parametrize(("asked", "prereleases", "chosen"), CHOSEN)
def test_the_newest_that_fits_is_chosen(asked: list[str], prereleases: bool, chosen: str | None) -> None:
    assert choose(parse_bounds(asked), OFFERED, prereleases=prereleases) == chosen


def test_the_newest_is_a_release() -> None:
    assert newest(OFFERED) == "2.0.0"
    assert newest([]) is None


def test_prereleases_are_in_the_order_of_semver() -> None:
    texts = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"]
    texts += ["1.0.0-rc.1", "1.0.0"]
    assert sorted(set(texts), key=Version.parse) == texts


@pytest.mark.parametrize("text", ["1.0", "x", ">=1", "", "1.0.0.0"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="version"):
        parse_bounds([text])


numbers = st.tuples(*[st.integers(0, 12)] * 3)


@given(numbers, numbers)
def test_releases_are_in_the_order_of_their_numbers(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    parsed = [Version.parse(".".join(map(str, each))) for each in (one, other)]
    assert (parsed[0] < parsed[1]) == (one < other)
