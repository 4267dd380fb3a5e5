"""A project folder into a `values.Project`. Nothing is read after that but seeds and source files, by the engine.

The functions are loaded when they are asked for: telling that nothing changed, the commonest call, needs no YAML.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batchsql.project.config import relation_of, resolve_config, unused_keys
    from batchsql.project.contracted import checks_under_contract
    from batchsql.project.files import fast_stamps, find_project
    from batchsql.project.reader import read_project, with_source_line
    from batchsql.project.verify import without_switched_off_twins

__all__ = [
    "checks_under_contract",
    "fast_stamps",
    "find_project",
    "read_project",
    "relation_of",
    "resolve_config",
    "unused_keys",
    "with_source_line",
    "without_switched_off_twins",
]

_HOMES = {
    "checks_under_contract": "contracted",
    "fast_stamps": "files",
    "find_project": "files",
    "read_project": "reader",
    "relation_of": "config",
    "resolve_config": "config",
    "unused_keys": "config",
    "with_source_line": "reader",
    "without_switched_off_twins": "verify",
}


def __getattr__(name: str) -> Any:
    """Load the function's module on first use."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"batchsql.project.{_HOMES[name]}"), name)
