"""Which file defines which macro: found cheaply, so that only files whose macros are asked for get compiled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from posixpath import basename

from batchsql.errors import TemplateError, did_you_mean
from batchsql.values import MacroFile

_MACRO = re.compile(r"\{%[-+]?\s*macro\s+(\w+)\s*\(")


class MacroIndex:
    """The macro files of a project, by the names they define."""

    def __init__(self, files: Sequence[MacroFile]) -> None:
        self.files = {file.path: file for file in files}

    @cached_property
    def paths(self) -> dict[str, tuple[str, ...]]:
        """For each macro's name, the files that seem to define it (a commented-out macro is in here too)."""
        found: dict[str, tuple[str, ...]] = {}
        for file in self.files.values():
            for name in dict.fromkeys(_MACRO.findall(file.text)):
                found[name] = (*found.get(name, ()), file.path)
        return found

    def imported(self, path: str) -> MacroFile:
        """The file that `{% import "path" %}` means: a path in the project, or the end of one. Raises TemplateError."""
        if path in self.files:
            return self.files[path]
        ending = [file for file in self.files.values() if file.path.endswith("/" + path)]
        if len(ending) == 1:
            return ending[0]
        if ending:
            raise TemplateError(
                f"'{path}' may mean {' or '.join(repr(file.path) for file in ending)}",
                hint="write the path from the project folder on",
            )
        near = did_you_mean(basename(path), {basename(known) for known in self.files})
        raise TemplateError(
            f"there is no macro file '{path}'",
            hint=near or "only files in the project's macro folders can be imported or included",
        )
