"""The project file, batchsql.yml or dbt_project.yml, into `Settings`.

All keys of a batchsql.yml; only `name` is required:

```yaml
name: flights                      # the project
target: dev                        # which of the targets is meant when none is asked for; else the first
targets:
  dev:
    database: flights.duckdb       # relative to the project folder, or `:memory:`; else <name>.duckdb
    schema: main                   # where models land that name no schema
    threads: 2                     # batches at a time; else 1
    allowed_directories: [landing] # further folders that SQL may read and write
    external_access: false         # true lifts the sandbox
    settings: {memory_limit: 4GB}  # further DuckDB settings
vars:
  late_from_minutes: 15            # {{ var('late_from_minutes') }}
model-paths: [models]              # likewise seed-paths, snapshot-paths, macro-paths, test-paths
target-path: target                # where compiled SQL goes
on-run-start: [...]                # SQL with Jinja, executed before the first batch; likewise on-run-end after the last
models:                            # config by folder, see tree.py; likewise seeds, snapshots
  +materialized: view
  marts:
    +materialized: table
checks:                            # what checks are when they do not say otherwise
  +severity: error
```

A dbt_project.yml has the keys that dbt gives it. Those that would change what lands, and are not acted on yet, are
warnings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from batchsql.errors import ProjectError
from batchsql.project.expressions import Scope, evaluate_tree
from batchsql.project.fields import blocks, boolean, check_keys, fail, mapping, one_of, text, texts
from batchsql.project.files import PACKAGES_FOLDER, PROJECT_FILES, SUITES_FOLDER, outermost, read_text
from batchsql.project.profiles import find_profiles, profile_target
from batchsql.project.targets import own_target
from batchsql.project.tree import ConfigTree, below_project_name, read_tree
from batchsql.project.wording import describe, hint_for
from batchsql.project.yaml import Block, Items, load_yaml, plain
from batchsql.values import Kind, Target
from batchsql.values.project import Dialect, RunHook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Place = Literal["model", "seed", "snapshot", "test", "macro", "docs"]
PLACES: tuple[Place, ...] = ("model", "seed", "snapshot", "test", "macro", "docs")
_FOLDERS: dict[Place, str] = {
    "model": "models",
    "seed": "seeds",
    "snapshot": "snapshots",
    "test": "tests",
    "macro": "macros",
}
_TREES: dict[Kind, tuple[str, ...]] = {
    "model": ("models",),
    "seed": ("seeds",),
    "snapshot": ("snapshots",),
    "test": ("checks", "tests", "data-tests", "data_tests"),
}
_DBT_TREES: dict[Kind, tuple[str, ...]] = {**_TREES, "source": ("sources",)}
_NOT_EVALUATED = frozenset(
    f"{sign}{word}{dash}hook" for sign in ("", "+") for word in ("pre", "post") for dash in ("_", "-")
)

_RUN_HOOKS = ("on-run-start", "on-run-end")
_BOTH_KEYS = ("name", "version", "vars", "target-path", *_RUN_HOOKS, *(key for keys in _TREES.values() for key in keys))
_OWN_KEYS = (*_BOTH_KEYS, "target", "targets")
_DBT_SILENT = (
    "sources",
    "config-version",
    "profile",
    "require-dbt-version",
    "clean-targets",
    "packages-install-path",
    "analysis-paths",
    "restrict-access",
    "asset-paths",
    "dispatch",
    "function-paths",
    "log-path",
    "flags",
    "query-comment",  # DuckDB keeps no log of statements that it could be read in
)
_FLAGS = ("fail_fast", "indirect_selection", "partial_parse", "warn_error", "warn_error_options", "write_json")
_DBT_UNUSED = (
    "dbt-cloud",
    "exposures",
    "functions",
    "metrics",
    "quoting",
    "saved-queries",
    "semantic-models",
    "unit_tests",
)
_NAME = re.compile(r"[^\W\d][\w-]*$")


class Settings(Struct, frozen=True, kw_only=True):
    """What the project file says, and the target it leads to.

    paths: the folders of each kind of file, relative to the project. profiles: where a profiles.yml was looked for.
    vars: as the files say them, those of the command line included; of a package, what its models see.
    dispatch: by namespace, where adapter.dispatch() looks.
    package, folder, version: of a package its name, where it lies, and what it says its version is; empty for the
        project itself.
    packages_folder: where packages are installed.
    overriding: for a package, the config that the project gives to its files.
    restricted: whether only it itself may read its protected models.
    start_required: whether nothing runs when a hook before it fails.
    flags: options of commands by name, where these say nothing themselves. clean_targets: folders `clean` removes.
    on_run_start, on_run_end: what is executed before and after a run.
    """

    path: str
    name: str
    dialect: Dialect
    target: Target
    vars: dict[str, Any]
    dispatch: dict[str, tuple[str, ...]] = {}
    package: str = ""
    folder: str = ""
    version: str = ""
    packages_folder: str = PACKAGES_FOLDER
    overriding: dict[Kind, ConfigTree] = {}
    paths: dict[Place, tuple[str, ...]]
    trees: dict[Kind, ConfigTree]
    target_path: str
    skipped_folders: tuple[str, ...]
    profiles: tuple[str, ...]
    scope: Scope
    warnings: tuple[str, ...]
    on_run_start: tuple[RunHook, ...] = ()
    on_run_end: tuple[RunHook, ...] = ()
    restricted: bool = False
    start_required: bool = True
    flags: dict[str, Any] = {}
    clean_targets: tuple[str, ...] = ()

    @property
    def folders(self) -> tuple[str, ...]:
        """All folders that hold files of the project, none inside of another."""
        return outermost([SUITES_FOLDER, *(folder for place in PLACES for folder in self.paths[place])])


def read_settings(
    root: Path,
    *,
    target: str | None,
    profiles_dir: Path | None,
    vars: Mapping[str, Any],  # noqa: A002 - the word of the dialect
    environment: Mapping[str, str],
) -> Settings:
    """Read the project file of a folder, and what it leads to. A batchsql.yml counts before a dbt_project.yml."""
    path = next((name for name in PROJECT_FILES if (root / name).is_file()), None)
    if path is None:
        hint = "make a project with `batchsql init`"
        raise ProjectError(f"no project here: {root} holds no batchsql.yml", hint=hint)
    dialect: Dialect = "batchsql" if path == PROJECT_FILES[0] else "dbt"
    lenient = dialect == "dbt"
    top = _top(load_yaml(read_text(str(root), path), path, lenient=lenient), path)
    unknown = _check_top_keys(top, dialect)
    name = _project_name(top, dialect)
    before = Scope(environment=environment, vars=dict(vars), supplied=tuple(vars), lenient=lenient)
    project_vars = _own_vars(top, name, dialect, before)
    scope = msgspec.structs.replace(before, vars={**project_vars, **vars})
    warnings = [*unknown]
    warnings.extend(
        f"{path}:{top.line_of(key)}: '{key}' has no effect yet" for key in _DBT_UNUSED if top.get(key) is not None
    )
    places = find_profiles(str(root), profiles_dir, environment) if dialect == "dbt" else ()
    chosen = _target(top, name, dialect, target, root, places, scope, warnings)
    scope = msgspec.structs.replace(scope, target=_attributes(chosen))
    whole = {kind: _tree(top, kind, scope) for kind in (_DBT_TREES if lenient else _TREES)}
    trees = {kind: below_project_name(tree, name, required=lenient) for kind, tree in whole.items()}
    warnings.extend(sentence for tree in trees.values() for sentence in tree.warnings(dialect))
    target_path = _folder(top, "target-path", _spelled_text(top, "target-path", "target", scope))
    packages = _spelled_text(top, "packages-install-path", PACKAGES_FOLDER, scope)
    return Settings(
        path=path,
        name=name,
        dialect=dialect,
        target=chosen,
        vars=dict(scope.vars),
        dispatch=_dispatch(top),
        packages_folder=packages,
        overriding=whole,
        paths={place: _paths(top, place, scope) for place in PLACES},
        trees=trees,
        target_path=target_path,
        skipped_folders=(target_path, packages),
        profiles=tuple(_relative(place, root) for place in places),
        scope=scope,
        warnings=tuple(warnings),
        restricted=_is_restricted(top),
        start_required=_is_start_required(top, dialect),
        flags=_flags(top),
        clean_targets=tuple(texts(top, "clean-targets")) or (target_path,),
        on_run_start=_run_hooks(top, "on-run-start", ""),
        on_run_end=_run_hooks(top, "on-run-end", ""),
    )


def _top(value: Any, path: str) -> Block:
    if value is None:
        raise ProjectError("the project file is empty", path=path, line=1, hint="write `name: my_project`")
    if not isinstance(value, Block):
        raise ProjectError(
            f"a project file is a mapping, not {describe(value)}", path=path, line=1, hint="write `name: ...`"
        )
    return value


def _check_top_keys(top: Block, dialect: Dialect) -> list[str]:
    """Refuse unknown keys; the hyphens of a key may be underscores. For those of a dbt project warnings are given."""
    known = {*(_OWN_KEYS if dialect == "batchsql" else (*_BOTH_KEYS, *_DBT_SILENT, *_DBT_UNUSED))}
    known |= {f"{place}-paths" for place in (PLACES if dialect == "dbt" else _FOLDERS)}
    if dialect == "batchsql":
        check_keys(top, known, "the project file", underscores=True, always=True)
        return []
    known |= {f"{former}-paths" for former in _FORMER_PATHS.values()}
    unused = [key for key in top if key not in known and key.replace("_", "-") not in known]
    said = [(f"{top.path}:{top.line_of(key)}", key, hint_for(key, known)) for key in unused]
    return [f"{place}: the project file has no key '{key}', so it has no effect; {hint}" for place, key, hint in said]


def _project_name(top: Block, dialect: Dialect) -> str:
    name = text(top, "name")
    if not name:
        fail(top, "name", "the project has no name", "write `name: my_project`")
    if not _NAME.match(name) or (dialect == "dbt" and "-" in name):
        fail(
            top,
            "name",
            f"'{name}' is no name for a project",
            "letters, digits and underscores, beginning with a letter",
        )
    return name


def _own_vars(top: Block, project: str, dialect: Dialect, scope: Scope) -> dict[str, Any]:
    """The variables; those that stand under the project's own name count before the global ones."""
    written = mapping(top, "vars")
    values: dict[str, Any] = plain(
        evaluate_tree(written, scope, written.path, written.line) if dialect == "batchsql" else written
    )
    own = values.get(project)
    return {**values, **own} if isinstance(own, dict) else values


def _target(
    top: Block,
    name: str,
    dialect: Dialect,
    asked: str | None,
    root: Path,
    places: tuple[Path, ...],
    scope: Scope,
    warnings: list[str],
) -> Target:
    if dialect == "batchsql":
        return own_target(top, name, asked, str(root), scope)
    profile = scope.environment.get("DBT_PROFILE") or evaluate_tree(
        top.get("profile"), scope, top.path, top.line_of("profile")
    )
    if not isinstance(profile, str) or not profile:
        fail(top, "profile", "the project names no profile", "write `profile: ...`, a name in profiles.yml")
    return profile_target(profile, asked, str(root), places, scope, warnings)


def _attributes(target: Target) -> dict[str, Any]:
    """What expressions know as `target`."""
    return {
        "path": target.database,
        **target.attributes,
        "name": target.name,
        "target_name": target.name,
        "profile_name": target.profile,
        "schema": target.schema,
        "threads": target.threads,
        "type": "duckdb",
    }


def _dispatch(top: Block) -> dict[str, tuple[str, ...]]:
    """Where macros of a namespace are looked for, as `dispatch:` says."""
    listed = blocks(top, "dispatch", "entry")
    return {text(entry, "macro_namespace"): texts(entry, "search_order") for entry in listed}


def _tree(top: Block, kind: Kind, scope: Scope) -> ConfigTree:
    key = one_of(top, _DBT_TREES[kind])
    if key is None:
        return ConfigTree(kind)
    written = mapping(top, key)
    evaluated = evaluate_tree(written, scope, top.path, top.line_of(key), skip=_NOT_EVALUATED)
    return read_tree(evaluated, kind)


def read_package_settings(project: Settings, root: Path, folder: str) -> Settings:
    """What the project file of a package says, seen from the project. folder: where it lies, from the project on."""
    path = f"{folder}/{PROJECT_FILES[1]}"
    top = _top(load_yaml(read_text(str(root), path), path, lenient=True), path)
    name = _project_name(top, "dbt")
    own: dict[str, Any] = plain(mapping(top, "vars"))
    given = {key: value for key, value in project.vars.items() if key not in project.scope.supplied}
    supplied = {key: project.vars[key] for key in project.scope.supplied if key in project.vars}
    seen = {**own, **_mapping_of(own, name), **given, **_mapping_of(given, name), **supplied}
    scope = msgspec.structs.replace(project.scope, vars=seen)
    trees = {kind: below_project_name(_tree(top, kind, scope), name, required=True) for kind in _DBT_TREES}
    paths = {
        place: tuple(f"{folder}/{path}" if path != "." else folder for path in _paths(top, place, scope))
        for place in PLACES
    }
    return msgspec.structs.replace(
        project,
        path=path,
        name=name,
        vars=seen,
        dispatch={},
        package=name,
        folder=folder,
        version=str(top.get("version") or ""),
        overriding={kind: below_project_name(tree, name, required=True) for kind, tree in project.overriding.items()},
        paths=paths,
        trees=trees,
        scope=scope,
        warnings=(),
        restricted=_is_restricted(top),
        on_run_start=_run_hooks(top, "on-run-start", name),
        on_run_end=_run_hooks(top, "on-run-end", name),
    )


def _is_restricted(top: Block) -> bool:
    """Whether only the package itself may read its protected models."""
    return boolean(top, "restrict-access" if "restrict-access" in top else "restrict_access")


def _flags(top: Block) -> dict[str, Any]:
    """Options of commands that a dbt project sets."""
    flags = mapping(top, "flags")
    return {name: plain(flags[name]) for name in _FLAGS if flags.get(name) is not None}


def _is_start_required(top: Block, dialect: Dialect) -> bool:
    """Whether a run stops at a hook that fails; in a dbt project a flag says so."""
    return dialect == "batchsql" or boolean(mapping(top, "flags"), "skip_nodes_if_on_run_start_fails")


def _run_hooks(top: Block, key: str, package: str) -> tuple[RunHook, ...]:
    """What is executed before or after a run, as written: it is rendered when it runs."""
    spelled = one_of(top, (key, key.replace("-", "_")))
    if spelled is None:
        return ()
    written, value = texts(top, spelled), top[spelled]
    lines = value.lines if isinstance(value, Items) else [top.line_of(spelled)]
    found = zip(written, lines, strict=True)
    return tuple(RunHook(sql=sql, package=package, path=top.path, line=line) for sql, line in found if sql.strip())


def _mapping_of(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = values.get(key)
    return found if isinstance(found, dict) else {}


_FORMER_PATHS = {"model": "source", "seed": "data"}


def _paths(top: Block, place: Place, scope: Scope) -> tuple[str, ...]:
    former = (f"{_FORMER_PATHS[place]}-paths",) if place in _FORMER_PATHS and top.lenient else ()
    key = one_of(top, (f"{place}-paths", f"{place}_paths", *former))
    if key is None:
        return (_FOLDERS[place],) if place in _FOLDERS else ()
    block = Block(top.path, top.line_of(key))
    block[key] = evaluate_tree(top[key], scope, top.path, top.line_of(key))
    return tuple(_folder(block, key, each) for each in texts(block, key))


_OUTSIDE = ("target-path", "target_path")  # of a dbt project may lie elsewhere


def _folder(block: Block, key: str, written: str) -> str:
    """A folder inside the project, normalized: `./models/` is `models`."""
    parts = [part for part in written.replace("\\", "/").split("/") if part not in ("", ".")]
    elsewhere = written.startswith(("/", "~")) or ".." in parts or ":" in written
    if elsewhere and not (block.lenient and key in _OUTSIDE):
        fail(block, key, f"'{written}' leads out of the project", "name a folder inside of it")
    return ("/" if written.startswith("/") else "") + "/".join(parts) or "."


def _spelled_text(top: Block, key: str, default: str, scope: Scope) -> str:
    spelled = one_of(top, (key, key.replace("-", "_")))
    if spelled is None:
        return default
    value = evaluate_tree(text(top, spelled, default), scope, top.path, top.line_of(spelled))
    return str(value)


def _relative(place: Path, root: Path) -> str:
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else str(place)
