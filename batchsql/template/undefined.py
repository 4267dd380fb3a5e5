"""What a template gets for a name, attribute or argument that is not there."""

from __future__ import annotations

from typing import Any

from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.runtime import Undefined
from jinja2.utils import missing


class UnknownNameError(UndefinedError):
    """Something undefined was used. name: what was asked for; owner: of which object, `missing` for a plain name."""

    def __init__(self, message: str, name: str | None, owner: Any) -> None:
        super().__init__(message)
        self.name = name
        self.owner = owner


class Unknown(Undefined):
    """An undefined name: any use is an error. An attribute or argument that is not there may be tested for truth."""

    __slots__ = ()

    def _fail(self, *_args: Any, **_kwargs: Any) -> Any:
        if self._undefined_exception is SecurityError:
            raise SecurityError(self._undefined_message)
        raise UnknownNameError(self._undefined_message, self._undefined_name, self._undefined_obj)

    def __bool__(self) -> bool:
        is_name = self._undefined_obj is missing and self._undefined_hint is None
        return bool(self._fail()) if is_name or self._undefined_exception is SecurityError else False

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) if not self else bool(self._fail())

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._fail()

    __iter__ = __str__ = __len__ = __hash__ = __contains__ = _fail
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __div__ = __rdiv__ = _fail
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _fail
    __pos__ = __neg__ = __call__ = __getitem__ = __lt__ = __le__ = __gt__ = __ge__ = _fail
    __int__ = __float__ = __complex__ = __pow__ = __rpow__ = _fail


class Nothing(Undefined):
    """An undefined name as dbt takes it: prints as nothing, and so does all that is in it; only a call is an error."""

    __slots__ = ()

    def _fail(self, *_args: Any, **_kwargs: Any) -> Any:
        raise UnknownNameError(self._undefined_message, self._undefined_name, self._undefined_obj)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: Any) -> Any:
        return self

    __call__ = _fail
