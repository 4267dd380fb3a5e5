"""Names that make values: range, zip, set, dict, namespace, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from jinja2.sandbox import safe_range
from jinja2.utils import Cycler, Joiner, Namespace

from batchsql.template.filters import to_json
from batchsql.template.limits import take
from batchsql.template.objects import keeps_supplied
from batchsql.template.state import RenderState


class QuietNamespace(Namespace):
    """Values that keep what is set to them inside a loop; printed, it does not show them."""

    def __repr__(self) -> str:
        return "<namespace>"


@keeps_supplied
def _zip(*collections: Iterable[Any], default: Any = None) -> Any:
    try:
        return take(zip(*collections, strict=False))
    except TypeError:
        return default


@keeps_supplied
def _set(items: Iterable[Any] = (), default: Any = None) -> Any:
    try:
        return set(items)
    except TypeError:
        return default


@keeps_supplied
def _dict(*args: Any, **kwargs: Any) -> dict[Any, Any]:
    return dict(*args, **kwargs)


def _to_json(value: Any, default: Any = None, sort_keys: bool = False) -> Any:
    try:
        return to_json(value, sort_keys=sort_keys)
    except (TypeError, ValueError):
        return default


def _from_json(string: str, default: Any = None) -> Any:
    try:
        return json.loads(string)
    except ValueError:
        return default


def _constant(value: Any) -> Callable[[RenderState], Any]:
    return lambda _state: value


VALUES: dict[str, Callable[[RenderState], Any]] = {
    "range": _constant(safe_range),
    "dict": _constant(_dict),
    "cycler": _constant(keeps_supplied(lambda *items: Cycler(*items))),
    "joiner": _constant(keeps_supplied(lambda sep=", ": Joiner(sep))),
    "namespace": _constant(keeps_supplied(lambda *args, **kwargs: QuietNamespace(*args, **kwargs))),
    "zip": _constant(_zip),
    "set": _constant(_set),
    "tojson": _constant(_to_json),
    "fromjson": _constant(_from_json),
}
