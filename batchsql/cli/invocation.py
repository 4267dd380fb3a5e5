"""What one call of the program was given: its words, its environment, the options all commands share."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click

from batchsql.cli.terminal import Terminal
from batchsql.errors import BatchsqlError, ProjectError, UsageError

if TYPE_CHECKING:
    from batchsql.compiler import Compiled
    from batchsql.project.settings import Settings


class Invocation:
    """One call. Options given after the command's name win over those before it."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.arguments = tuple(arguments)
        self.environment = environment
        self.options: dict[str, Any] = {}
        self.folder: Path | None = None
        self.identity = str(uuid4())
        self.started_at = datetime.now(UTC).replace(tzinfo=None)

    @property
    def terminal(self) -> Terminal:
        """Where output goes, as the options so far want it."""
        return Terminal(self.environment, quiet=self.flag("quiet"), json_log=self.options.get("log_format") == "json")

    @property
    def command(self) -> str:
        """The command as typed."""
        return shlex.join(("batchsql", *self.arguments))

    def flag(self, name: str) -> bool:
        """Whether a switch was given."""
        return bool(self.options.get(name))

    def project_folder(self) -> Path:
        """The project's folder: as told, else the nearest one from here upwards. Raises ProjectError."""
        from batchsql.project import find_project

        told = self.options.get("project_dir")
        if told is not None:
            self.folder = Path(told).resolve()
            return self.folder
        self.folder = find_project(Path.cwd())
        return self.folder

    def variables(self) -> dict[str, Any]:
        """What --vars holds. Raises UsageError."""
        text = self.options.get("vars")
        return read_variables(text) if text else {}

    def compiled(self) -> Compiled:
        """The project, read and understood; what it warns of is said."""
        folder = self.project_folder()
        from batchsql.compiler import compile_project

        compiled = compile_project(
            folder,
            target=self.options.get("target"),
            profiles_dir=self.profiles_folder(),
            variables=self.variables(),
            environment=self.settings_environment(),
            use_cache=not self.flag("no_cache") and self.options.get("partial_parse") is not False,
        )
        if told := self.options.get("target_path"):
            from msgspec.structs import replace

            compiled.project = replace(compiled.project, target_path=told)
        from batchsql.cli.warned import tell_warnings, warn_errors

        self.options = {**compiled.project.flags, **self.options}
        compiled.asked = self.options
        tell_warnings(compiled, warn_errors(self.options), self.terminal)
        return compiled

    def compiled_or_settings(self) -> tuple[Compiled, BatchsqlError | None]:
        """The project; or, where it does not compile, its settings and target alone, and the error.

        That is all it takes to look at the past. Raises ProjectError when not even the settings can be read.
        """
        try:
            return self.compiled(), None
        except BatchsqlError as error:
            return self._settings_only(), error

    def settings(self) -> Settings:
        """What the project file says; no other file of the project is read. Raises ProjectError."""
        from batchsql.project import with_source_line
        from batchsql.project.settings import read_settings

        folder = self.project_folder()
        try:
            return read_settings(
                folder,
                target=self.options.get("target"),
                profiles_dir=self.profiles_folder(),
                vars=self.variables(),
                environment=self.settings_environment(),
            )
        except ProjectError as error:
            raise with_source_line(error, folder) from None

    def target_folder(self) -> Path:
        """Where artifacts go."""
        return self.project_folder() / (self.options.get("target_path") or self.settings().target_path)

    def _settings_only(self) -> Compiled:
        from batchsql.compiler import Compiled
        from batchsql.values import Graph, Project

        folder, settings = self.project_folder(), self.settings()
        project = Project(
            root=str(folder), name=settings.name, dialect=settings.dialect, target=settings.target, vars=settings.vars
        )
        return Compiled(project, Graph(nodes={}), self.variables(), self.environment)

    def settings_environment(self) -> Mapping[str, str]:
        """The environment, in which --profile stands as the variable that says the same."""
        told = self.options.get("profile")
        return {**self.environment, "DBT_PROFILE": told} if told else self.environment

    def profiles_folder(self) -> Path | None:
        """Where --profiles-dir points; else here, where a profiles.yml lies here and no variable names a folder."""
        told = self.options.get("profiles_dir") or self.environment.get("DBT_PROFILES_DIR")
        if told:
            return Path(told).resolve()
        here = Path.cwd()
        return here if (here / "profiles.yml").is_file() else None


def read_variables(text: str, option: str = "--vars") -> dict[str, Any]:
    """Read a YAML mapping, of which JSON is a kind: `{country: Peru, limit: 10}` or `country: Peru`.

    It is read as the YAML of a project is. Raises UsageError.
    """
    from batchsql.project.yaml import load_yaml, plain

    hint = f"write for example {option} 'country: Peru', or {option} '{{country: Peru, limit: 10}}'"
    try:
        values = plain(load_yaml(text, option))
    except ProjectError as error:
        raise UsageError(f"{option} is not YAML: {error.message}", hint=hint) from None
    if not isinstance(values, dict):
        raise UsageError(f"{option} is not a mapping of names to values", hint=hint)
    return values


def source_line(folder: Path | None, path: str, line: int) -> str | None:
    """The text of a line of a project file, where it can be read."""
    if folder is None:
        return None
    try:
        lines = (folder / path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return lines[line - 1] if 0 < line <= len(lines) else None


pass_invocation = click.make_pass_decorator(Invocation)
