"""Targets: where a run writes. From the `targets:` of a batchsql.yml; those of a profiles.yml are in profiles.py."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NoReturn

from batchsql.errors import did_you_mean
from batchsql.project.expressions import Scope, evaluate_tree
from batchsql.project.fields import boolean, check_keys, fail, integer, mapping, optional_text, text, texts
from batchsql.project.wording import describe
from batchsql.project.yaml import Block, Items
from batchsql.values import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_TARGET = "dev"
_OWN_KEYS = ("database", "schema", "threads", "settings", "allowed_directories", "external_access")
FORBIDDEN_SETTINGS = {
    "allowed_directories": "allowed_directories of the target",
    "allowed_paths": "allowed_directories of the target",
    "enable_external_access": "external_access of the target",
    "lock_configuration": "external_access of the target",
    "timezone": "nothing: times are UTC",
}


def own_target(settings: Block, project: str, asked: str | None, root: str, scope: Scope) -> Target:
    """The target of a batchsql.yml that was asked for, else the one `target:` names, else the first, else a default."""
    targets = mapping(settings, "targets")
    chosen = asked or optional_text(settings, "target") or next(iter(targets), DEFAULT_TARGET)
    if chosen not in targets and (targets or asked not in (None, DEFAULT_TARGET)):
        no_target(settings, "target" if not asked else "targets", chosen, list(targets) or [DEFAULT_TARGET])
    written = mapping(targets, chosen)
    given = evaluate_tree(written, scope, written.path, written.line)
    check_keys(given, _OWN_KEYS, f"the target '{chosen}'")
    return Target(
        name=chosen,
        database=database_file(
            text(given, "database", f"{project}.duckdb"), root, scope.environment, given, "database"
        ),
        schema=text(given, "schema", "main"),
        threads=integer(given, "threads", 1, least=1),
        allowed_directories=directories(given, root, scope.environment),
        external_access=boolean(given, "external_access"),
        settings=settings_of(given, "settings"),
    )


def no_target(block: Block, key: str, chosen: str, known: list[str]) -> NoReturn:
    """Raise ProjectError for a target that is not there."""
    hint = did_you_mean(chosen, known) or f"there are: {', '.join(known)}"
    fail(block, key, f"there is no target '{chosen}'", hint)


def database_file(written: str, root: str, environment: Mapping[str, str], block: Block, key: str) -> str:
    """The file of a warehouse, absolute; or `:memory:`, with a name behind it or without. Raises ProjectError."""
    if in_memory(written):
        return written
    if written.startswith(("md:", "motherduck:")) or "://" in written:
        fail(block, key, f"'{written}' is not a file on this machine", "name a DuckDB file, e.g. warehouse.duckdb")
    return absolute(written, root, environment)


def in_memory(path: str) -> bool:
    """Whether a database is no file."""
    return path.startswith(":memory:")


def absolute(written: str, root: str, environment: Mapping[str, str]) -> str:
    """A path, relative to `root` or to the home folder (`~`), as an absolute one."""
    home = environment.get("HOME")
    if home and (written == "~" or written.startswith("~/")):
        written = home + written[1:]
    return os.path.normpath(os.path.join(root, written))  # noqa: PTH118


def directories(block: Block, root: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Further folders that SQL may read and write, absolute."""
    return tuple(absolute(each, root, environment) for each in texts(block, "allowed_directories"))


def settings_of(block: Block, key: str, forbidden: Mapping[str, str] = FORBIDDEN_SETTINGS) -> dict[str, str]:
    """DuckDB settings as text. Those that would open the sandbox are refused, with what decides in their place."""
    written = mapping(block, key)
    settings: dict[str, str] = {}
    for setting, value in written.items():
        if setting.lower() in forbidden:
            instead = forbidden[setting.lower()]
            fail(written, setting, f"the setting '{setting}' is not yours to set", f"what decides is {instead}")
        settings[setting] = _as_text(written, setting, value)
    return settings


def _as_text(block: Block, key: str, value: Any) -> str:
    if value is None or isinstance(value, Block | Items):
        fail(block, key, f"the setting '{key}' must be a text or a number, not {describe(value)}")
    return str(value).lower() if isinstance(value, bool) else str(value)
