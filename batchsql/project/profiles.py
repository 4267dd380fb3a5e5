"""A target out of dbt's profiles.yml: where the warehouse is, and all that DuckDB is given when it opens it.

Relative paths count from the current directory, as they do there. A key that dbt-duckdb knows and that cannot have its
effect here is an error where it would change what lands, else a warning.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchsql.errors import ProjectError, did_you_mean
from batchsql.project.expressions import Scope, evaluate, evaluate_tree
from batchsql.project.fields import boolean, check_keys, fail, integer, mapping, optional_text, text
from batchsql.project.files import decode
from batchsql.project.targets import absolute, database_file, directories, in_memory, no_target, settings_of
from batchsql.project.wording import describe, hint_for
from batchsql.project.yaml import Block, Items, load_yaml, plain
from batchsql.values import Attachment, Extension, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROFILES_FILE = "profiles.yml"
DEFAULT_OUTPUT = "default"
_SHOWN = (
    "config_options",
    "extensions",
    "settings",
    "external_root",
    "use_credential_provider",
    "attach",
    "filesystems",
    "remote",
    "plugins",
    "disable_transactions",
)
_KEYS = (
    *("type", "path", "database", "schema", "threads", "allowed_directories", "external_access", *_SHOWN),
    *("secrets", "retries", "is_ducklake", "keep_open", "module_paths", "motherduck_token", "flights", "pragmas"),
)
_WITHOUT_EFFECT = {
    "plugins": "plugins are Python code of dbt-duckdb and are not run; what reads or writes through one fails",
    "module_paths": "modules of Python are not loaded",
    "flights": "models run on this machine",
    "disable_transactions": "each batch is a transaction",
}
_DECIDED = {"lock_configuration": "external_access of the target", "enable_external_access": "the same"}
_PLAIN_FILES = ("", "duckdb", "sqlite")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_ATTACH_KEYS = ("path", "alias", "type", "secret", "read_only", "options", "is_ducklake")
_IDENTIFIER = re.compile(r"\w+$")


def find_profiles(root: str, profiles_dir: Path | None, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where a profiles.yml is looked for, in order: the folder asked for alone, or else the project, then ~/.dbt."""
    named = profiles_dir or environment.get("DBT_PROFILES_DIR")
    if named:
        return (Path(named).absolute() / PROFILES_FILE,)
    home = environment.get("HOME") or environment.get("USERPROFILE")
    return tuple(place / PROFILES_FILE for place in [Path(root)] + ([Path(home, ".dbt")] if home else []))


def profile_target(
    profile: str, asked: str | None, root: str, places: tuple[Path, ...], scope: Scope, warnings: list[str]
) -> Target:
    """The target of a profile, from the first of the places that holds a file."""
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
    default = evaluate(text(written, "target", DEFAULT_OUTPUT), scope, path, written.line_of("target"))
    chosen = asked or str(default)
    if chosen not in outputs:
        no_target(written, "target" if not asked else "outputs", chosen, list(outputs))
    given = evaluate_tree(mapping(outputs, chosen), scope, path, outputs.line_of(chosen))
    return _target(given, profile, chosen, root, scope, warnings)


def _target(given: Block, profile: str, name: str, root: str, scope: Scope, warnings: list[str]) -> Target:
    if text(given, "type") != "duckdb":
        what = f"the target '{name}' is of type {describe(given.get('type'))}"
        fail(given, "type", what, "batchsql runs on DuckDB: write `type: duckdb`")
    _refuse_elsewhere(given)
    warnings.extend(_without_effect(given, name))
    base = _base(root)
    written = text(given, "path", ":memory:") or ":memory:"
    attached = tuple(_attachments(given, base, scope.environment))
    catalog = _catalog(given, written, attached)
    threads = integer(given, "threads", 1, least=1)
    schema = text(given, "schema", "main")
    return Target(
        name=name,
        profile=profile,
        database=database_file(written, base, scope.environment, given, "path"),
        schema=schema,
        threads=threads,
        allowed_directories=directories(given, root, scope.environment),
        external_access=boolean(given, "external_access", True),
        settings=settings_of(given, "settings", _DECIDED),
        catalog=catalog,
        config=settings_of(given, "config_options", _DECIDED),
        extensions=tuple(_extensions(given)),
        secrets=tuple(_secrets(given)),
        filesystems=tuple(_filesystems(given)),
        attach=attached,
        connect_attempts=integer(mapping(given, "retries"), "connect_attempts", 1, least=1),
        attributes={
            "database": catalog,
            "path": written,
            **{key: plain(given.get(key)) for key in _SHOWN},
            "external_root": text(given, "external_root", "."),
            "settings": plain(mapping(given, "settings")),
            "disable_transactions": boolean(given, "disable_transactions"),
        },
    )


def _base(root: str) -> str:
    """Where relative paths count from: the current directory; the project, where that one lies inside of it."""
    here = Path.cwd()
    return root if here.is_relative_to(root) else str(here)


def _refuse_elsewhere(given: Block) -> None:
    """Refuse what would have the queries run on another machine."""
    if given.get("remote"):
        fail(given, "remote", "'remote' has queries run on another machine", "remove it: DuckDB runs in this process")
    if given.get("motherduck_token") or mapping(given, "settings").get("motherduck_token"):
        key = "motherduck_token" if given.get("motherduck_token") else "settings"
        fail(given, key, "'motherduck_token' is for databases of MotherDuck, which batchsql does not write to")
    path = text(given, "path")
    if given.get("is_ducklake") or path.lower().startswith("ducklake:"):
        key = "is_ducklake" if given.get("is_ducklake") else "path"
        hint = "name a DuckDB file as `path`, and the DuckLake under `attach`"
        fail(given, key, "the warehouse itself cannot be a DuckLake", hint)


def _without_effect(given: Block, name: str) -> Iterable[str]:
    """One sentence for each key that is there and has no effect."""
    for key in given:
        if key not in _KEYS:
            near = did_you_mean(key, _KEYS)
            what = f"'{key}' is not known of a target, so it has no effect{f'; {near}' if near else ''}"
            yield f"{given.path}:{given.line_of(key)}: {what}"
        elif key in _WITHOUT_EFFECT and given.get(key):
            what = f"'{key}' of the target '{name}' has no effect: {_WITHOUT_EFFECT[key]}"
            yield f"{given.path}:{given.line_of(key)}: {what}"
    retries = mapping(given, "retries")
    if retries.get("query_attempts"):
        line = retries.line_of("query_attempts")
        yield f"{given.path}:{line}: 'query_attempts' has no effect: a batch that failed is due again in the next run"


def _catalog(given: Block, path: str, attached: tuple[Attachment, ...]) -> str:
    """The database that models land in: that of the path, or one that is attached."""
    own = catalog_of(path)
    asked = optional_text(given, "database") or own
    known = [own, *(each.alias or catalog_of(each.path) for each in attached)]
    if asked not in known:
        hint = f"write {' or '.join(known)}, or leave it out"
        fail(given, "database", f"there is no database '{asked}': 'path' makes one that is called '{own}'", hint)
    return asked


def catalog_of(path: str) -> str:
    """How DuckDB calls the database of a file: `my.db.duckdb` is `my`."""
    if in_memory(path):
        return "memory"
    return Path(path).name.lstrip(".").partition(".")[0]


def _entries(given: Block, key: str) -> Iterable[Any]:
    value = given.get(key)
    if value is None:
        return ()
    if not isinstance(value, Items):
        fail(given, key, f"'{key}' must be a list, not {describe(value)}")
    return value


def _attachments(given: Block, base: str, environment: Mapping[str, str]) -> Iterable[Attachment]:
    for entry in _entries(given, "attach"):
        if isinstance(entry, str):
            yield Attachment(path=_attached_path(entry, "", base, environment))
            continue
        if not isinstance(entry, Block) or not entry.get("path"):
            fail(given, "attach", "each entry under 'attach' has a path", "write `- path: other.duckdb`")
        check_keys(entry, _ATTACH_KEYS, "an attached database")
        options: dict[str, Any] = {key.lower(): value for key, value in plain(mapping(entry, "options")).items()}
        if entry.get("secret"):
            options["secret"] = text(entry, "secret")
        kind = text(entry, "type") or str(options.pop("type", "") or "")
        for both in ("type", "secret", "read_only"):
            if entry.get(both) and mapping(entry, "options").get(both):
                fail(entry, both, f"'{both}' is given twice, once under 'options'", "keep one of them")
        yield Attachment(
            path=_attached_path(text(entry, "path"), kind.lower(), base, environment),
            alias=text(entry, "alias"),
            type=kind,
            read_only=boolean(entry, "read_only") or bool(options.pop("read_only", False)),
            options=options,
        )


def _attached_path(path: str, kind: str, base: str, environment: Mapping[str, str]) -> str:
    """A file's path made absolute; what is an address, or has options in it, stays as it is."""
    if kind not in _PLAIN_FILES or in_memory(path) or _SCHEME.match(path):
        return path
    return absolute(path, base, environment)


def _extensions(given: Block) -> Iterable[Extension]:
    for entry in _entries(given, "extensions"):
        name = entry if isinstance(entry, str) else text(entry, "name") if isinstance(entry, Block) else ""
        repository = text(entry, "repo") if isinstance(entry, Block) else ""
        if not _IDENTIFIER.match(name):
            hint = "write `- httpfs`, or `- {name: h3, repo: community}`"
            fail(given, "extensions", "each entry under 'extensions' names an extension", hint)
        yield Extension(name, repository)


def _secrets(given: Block) -> Iterable[dict[str, Any]]:
    for entry in _entries(given, "secrets"):
        if not isinstance(entry, Block) or not entry.get("type"):
            fail(given, "secrets", "each entry under 'secrets' has a type", "write `- type: s3` and its keys below it")
        yield plain(entry)
    provider = optional_text(given, "use_credential_provider")
    if provider not in (None, "", "aws"):
        fail(given, "use_credential_provider", f"the only provider known is aws, not '{provider}'")
    if provider:
        yield {"type": "s3", "provider": "credential_chain"}


def _filesystems(given: Block) -> Iterable[dict[str, Any]]:
    for entry in _entries(given, "filesystems"):
        if not isinstance(entry, Block) or not entry.get("fs"):
            fail(given, "filesystems", "each entry under 'filesystems' names one", "write `- fs: s3`")
        yield plain(entry)
