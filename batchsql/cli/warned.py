"""What becomes of warnings: told, not told, or errors, as --warn-error and --warn-error-options want it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from batchsql.errors import ProjectError, UsageError

if TYPE_CHECKING:
    from batchsql.cli.terminal import Terminal
    from batchsql.compiler import Compiled

OF_TESTS = "LogTestResult"
OF_SELECTIONS = "NoNodesForSelectionCriteria"
OF_TEMPLATES = "JinjaLogWarning"
OF_PROJECTS = "UnusedResourceConfigPath"
_ALL = ("all", "*")
_LISTS = {"error": ("error", "include"), "warn": ("warn", "exclude"), "silence": ("silence",)}


class WarnErrors(msgspec.Struct, frozen=True):
    """Which warnings are errors, by dbt's names of them. everything: all but those in `warn` and `silence`."""

    everything: bool = False
    error: frozenset[str] = frozenset()
    warn: frozenset[str] = frozenset()
    silence: frozenset[str] = frozenset()

    def is_error(self, event: str) -> bool:
        """Whether a warning of this name is an error."""
        return event in self.error or (self.everything and event not in self.warn | self.silence)


def warn_errors(options: Mapping[str, Any]) -> WarnErrors:
    """What the options say, of the command or of the project's `flags`. Raises UsageError."""
    told = options.get("warn_error_options") or {}
    if isinstance(told, str):
        from batchsql.cli.invocation import read_variables

        told = read_variables(told, "--warn-error-options")
    found = {name: _names(told, spellings) for name, spellings in _LISTS.items()}
    everything = bool(options.get("warn_error")) or bool(found["error"] & frozenset(_ALL))
    return WarnErrors(everything, found["error"] - frozenset(_ALL), found["warn"], found["silence"])


def _names(told: Any, spellings: tuple[str, ...]) -> frozenset[str]:
    hint = "write for example '{error: all, warn: [NoNodesForSelectionCriteria], silence: [LogTestResult]}'"
    known = {spelling for each in _LISTS.values() for spelling in each}
    if not isinstance(told, dict) or not known.issuperset(told):
        raise UsageError("--warn-error-options has `error`, `warn` and `silence`, and nothing else", hint=hint)
    named = next((told[spelling] for spelling in spellings if told.get(spelling)), ())
    return frozenset([named] if isinstance(named, str) else map(str, named))


def tell_warnings(compiled: Compiled, wanted: WarnErrors, terminal: Terminal) -> None:
    """Say what a project warns of. Raises ProjectError for what is to be an error."""
    compiled.warnings_fail = wanted.is_error(OF_TESTS)
    compiled.selection_fails = wanted.is_error(OF_SELECTIONS)
    for event, warning in _warnings(compiled):
        if wanted.is_error(event):
            raise ProjectError(warning, hint=f"warnings of the kind {event} were asked to be errors")
        if event not in wanted.silence:
            terminal.note(f"warning: {warning}")


def _warnings(compiled: Compiled) -> Iterator[tuple[str, str]]:
    for warning in compiled.project.warnings:
        yield OF_PROJECTS, warning
    for node in compiled.graph.nodes.values():
        for warning in node.rendered.warnings if node.rendered else ():
            yield OF_TEMPLATES, f"{node.path}: {warning}"
