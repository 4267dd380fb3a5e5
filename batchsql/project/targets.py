"""Targets: where a run writes. From the `targets:` of a batchsql.yml, or from dbt's profiles.yml."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from batchsql.errors import ProjectError, did_you_mean
from batchsql.project.expressions import Scope, evaluate, evaluate_tree
from batchsql.project.fields import boolean, check_keys, fail, integer, mapping, optional_text, text, texts
from batchsql.project.files import decode
from batchsql.project.wording import describe, hint_for
from batchsql.project.yaml import Block, Items, load_yaml
from batchsql.values import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

PROFILES_FILE = "profiles.yml"
DEFAULT_TARGET = "dev"
_OWN_KEYS = ("database", "schema", "threads", "settings", "allowed_directories", "external_access")
_PROFILE_KEYS = ("type", "path", "database", "schema", "threads", "settings", "config_options", "extensions")
_PROFILE_UNUSED = (
    "attach",
    "filesystems",
    "is_ducklake",
    "motherduck_token",
    "plugins",
    "remote",
    "secrets",
    "use_credential_provider",
)
_PROFILE_SILENT = ("disable_transactions", "external_root", "keep_open", "module_paths", "retries")
_BUILT_IN = ("core_functions", "icu", "json", "parquet")
_FORBIDDEN_SETTINGS = {
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
        _no_target(settings, "target" if not asked else "targets", chosen, list(targets) or [DEFAULT_TARGET])
    written = mapping(targets, chosen)
    given = evaluate_tree(written, scope, written.path, written.line)
    check_keys(given, _OWN_KEYS, f"the target '{chosen}'")
    return Target(
        name=chosen,
        database=_database(text(given, "database", f"{project}.duckdb"), root, scope.environment, given, "database"),
        schema=text(given, "schema", "main"),
        threads=integer(given, "threads", 1, least=1),
        allowed_directories=_directories(given, root, scope.environment),
        external_access=boolean(given, "external_access"),
        settings=_settings(given, "settings"),
    )


def find_profiles(root: str, profiles_dir: Path | None, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where a profiles.yml is looked for, in order: the folder asked for alone, or else the project, then ~/.dbt."""
    if profiles_dir is not None:
        return (profiles_dir.absolute() / PROFILES_FILE,)
    home = environment.get("HOME") or environment.get("USERPROFILE")
    named = environment.get("DBT_PROFILES_DIR")
    places = [Path(root)] + ([Path(named)] if named else []) + ([Path(home, ".dbt")] if home else [])
    return tuple(place / PROFILES_FILE for place in places)


def profile_target(
    profile: str, asked: str | None, root: str, places: tuple[Path, ...], scope: Scope, warnings: list[str]
) -> Target:
    """The target of a dbt profile, from the first of the places that holds a file."""
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        looked = " and ".join(str(place.parent) for place in places)
        raise ProjectError(
            f"there is no {PROFILES_FILE} in {looked}",
            path="dbt_project.yml",
            hint=f"write one with the profile '{profile}': outputs, and in them a target of type duckdb with its path",
        )
    path = file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
    top = load_yaml(decode(file.read_bytes(), path), path)
    if not isinstance(top, Block):
        raise ProjectError(f"{PROFILES_FILE} is a mapping of profiles, not {describe(top)}", path=path, line=1)
    if profile not in top:
        hint = hint_for(profile, (key for key in top if key != "config"))
        raise ProjectError(f"there is no profile '{profile}'", path=path, line=top.line, hint=hint)
    written = mapping(top, profile)
    check_keys(written, ("target", "outputs", "config"), f"the profile '{profile}'")
    outputs = mapping(written, "outputs")
    default = evaluate(text(written, "target", "default"), scope, path, written.line_of("target"))
    chosen = asked or str(default)
    if chosen not in outputs:
        _no_target(written, "target" if not asked else "outputs", chosen, list(outputs))
    output = mapping(outputs, chosen)
    given = evaluate_tree(output, scope, path, output.line)
    return _from_profile(given, profile, chosen, root, scope, warnings)


def _from_profile(given: Block, profile: str, name: str, root: str, scope: Scope, warnings: list[str]) -> Target:
    if text(given, "type") != "duckdb":
        what = f"the target '{name}' is of type {describe(given.get('type'))}"
        fail(given, "type", what, "batchsql runs on DuckDB: write `type: duckdb`")
    known = (*_PROFILE_KEYS, *_PROFILE_UNUSED, *_PROFILE_SILENT, "allowed_directories", "external_access")
    check_keys(given, known, f"the target '{name}'")
    warnings.extend(
        f"{given.path}:{given.line_of(key)}: '{key}' of the target '{name}' has no effect yet"
        for key in _PROFILE_UNUSED
        if given.get(key)
    )
    foreign = [each for each in given.get("extensions") or () if each not in _BUILT_IN]
    if foreign:
        listed = ", ".join(str(each) for each in foreign)
        warnings.append(f"{given.path}:{given.line_of('extensions')}: these extensions are not loaded: {listed}")
    return Target(
        name=name,
        profile=profile,
        database=_database(text(given, "path", ":memory:"), root, scope.environment, given, "path"),
        schema=text(given, "schema", "main"),
        threads=integer(given, "threads", 1, least=1),
        allowed_directories=_directories(given, root, scope.environment),
        external_access=boolean(given, "external_access"),
        settings={**_settings(given, "config_options"), **_settings(given, "settings")},
    )


def _no_target(block: Block, key: str, chosen: str, known: list[str]) -> NoReturn:
    hint = did_you_mean(chosen, known) or f"there are: {', '.join(known)}"
    fail(block, key, f"there is no target '{chosen}'", hint)


def _database(written: str, root: str, environment: Mapping[str, str], block: Block, key: str) -> str:
    if written == ":memory:":
        return written
    if written.startswith(("md:", "motherduck:")) or "://" in written:
        fail(block, key, f"'{written}' is not a file on this machine", "name a DuckDB file, e.g. warehouse.duckdb")
    return _absolute(written, root, environment)


def _absolute(written: str, root: str, environment: Mapping[str, str]) -> str:
    home = environment.get("HOME")
    if home and (written == "~" or written.startswith("~/")):
        written = home + written[1:]
    return os.path.normpath(os.path.join(root, written))  # noqa: PTH118


def _directories(block: Block, root: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_absolute(each, root, environment) for each in texts(block, "allowed_directories"))


def _settings(block: Block, key: str) -> dict[str, str]:
    """DuckDB settings as text. Those that would open the sandbox are refused."""
    written = mapping(block, key)
    settings: dict[str, str] = {}
    for setting, value in written.items():
        if setting.lower() in _FORBIDDEN_SETTINGS:
            instead = _FORBIDDEN_SETTINGS[setting.lower()]
            fail(written, setting, f"the setting '{setting}' is not yours to set", f"what decides is {instead}")
        settings[setting] = _setting(written, setting, value)
    return settings


def _setting(block: Block, key: str, value: Any) -> str:
    if value is None or isinstance(value, Block | Items):
        fail(block, key, f"the setting '{key}' must be a text or a number, not {describe(value)}")
    return str(value).lower() if isinstance(value, bool) else str(value)
