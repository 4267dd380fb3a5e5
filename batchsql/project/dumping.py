"""Values as YAML, for the files that the program writes itself."""

from __future__ import annotations

from typing import Any

import yaml


class _Indented(yaml.SafeDumper):
    """Lists are indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Never without an indent."""
        super().increase_indent(flow, False)


def dump_yaml(value: Any) -> str:
    """A value as YAML, keys in alphabetical order."""
    return str(yaml.dump(value, Dumper=_Indented, default_flow_style=False, allow_unicode=True))
