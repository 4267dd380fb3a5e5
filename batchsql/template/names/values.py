"""Names that make values: range, zip, set, dict, namespace, JSON, YAML, digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2.sandbox import safe_range
from jinja2.utils import Cycler, Joiner, Namespace

from batchsql.template.filters import to_json
from batchsql.template.limits import check_printable, take
from batchsql.template.objects import keeps_supplied
from batchsql.template.state import RenderState
from batchsql.template.supplied import plain


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


def _from_yaml(value: Any, default: Any = None) -> Any:
    import yaml  # beside project/, only here, and only where a template asks for it

    try:
        return yaml.safe_load(str(plain(value)))
    except (AttributeError, ValueError, yaml.YAMLError):
        return default


def _to_yaml(value: Any, default: Any = None, sort_keys: bool = False) -> Any:
    import yaml

    check_printable(value)
    try:
        return yaml.safe_dump(plain(value), sort_keys=sort_keys)
    except (ValueError, yaml.YAMLError):
        return default


@keeps_supplied
def _zip_strict(*collections: Iterable[Any]) -> Any:
    return take(zip(*collections, strict=False))


@keeps_supplied
def _set_strict(items: Iterable[Any]) -> set[Any]:
    return set(items)


def _local_md5(value: str) -> str:
    return hashlib.md5(str(value).encode(), usedforsecurity=False).hexdigest()


def _difference(dict_a: Mapping[str, Iterable[str]], dict_b: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """What of the lists in the first is not in those of the second; case does not count."""
    has = {key.lower(): {item.lower() for item in items} for key, items in dict_b.items()}
    left = {
        key: [item for item in items if item.lower() not in has.get(key.lower(), ())] for key, items in dict_a.items()
    }
    return {key: items for key, items in left.items() if items}


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
    "toyaml": _constant(_to_yaml),
    "fromyaml": _constant(_from_yaml),
    "zip_strict": _constant(_zip_strict),
    "set_strict": _constant(_set_strict),
    "local_md5": _constant(_local_md5),
    "diff_of_two_dicts": _constant(_difference),
}
