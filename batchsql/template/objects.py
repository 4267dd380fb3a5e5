"""The plain objects that templates get: read-only, and with no way from them to anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def keeps_supplied(function: Function) -> Function:
    """Declare that a function hands supplied text through as it is, and makes no new text of it."""
    function._keeps_supplied = True  # type: ignore[attr-defined]
    return function


class LikeMapping:
    """What `is mapping` is true of, though it holds nothing: packages tell relations from text so."""

    __slots__ = ()
    _keeps_supplied = True


Mapping.register(LikeMapping)


class Members:
    """A fixed set of names: `modules.datetime`, `exceptions`."""

    __slots__ = ("_members",)

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members

    def __getitem__(self, name: str) -> Any:
        return self._members[name]

    def __dir__(self) -> list[str]:
        return list(self._members)


class CallableMembers(Members):
    """A fixed set of names that can itself be called: `modules.datetime.datetime(2024, 1, 1)`."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any], members: Mapping[str, Any]) -> None:
        super().__init__(members)
        self._call = call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make one."""
        return self._call(*args, **kwargs)


class Record(Mapping[str, Any]):
    """A read-only dictionary; the values of `computed` are made when asked for."""

    __slots__ = ("_computed", "_values")

    def __init__(self, values: Mapping[str, Any], computed: Mapping[str, Callable[[], Any]] | None = None) -> None:
        self._values = values
        self._computed = computed or {}

    def __getitem__(self, key: str) -> Any:
        return self._computed[key]() if key in self._computed else self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter([*self._values, *self._computed])

    def __len__(self) -> int:
        return len(self._values) + len(self._computed)

    def __str__(self) -> str:
        return str(dict(self))
