"""The blocks of macro files that dbt has beside `macro`: `test` and `materialization`, macros under other names.

`{% test positive(model, column_name) %}` is the macro `test_positive`; `{% materialization merged, adapter='duckdb' %}`
is `materialization_merged_duckdb`, or `materialization_merged_default`.
"""

from __future__ import annotations

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser


class DbtBlocks(Extension):
    """Parses `{% test %}` and `{% materialization %}` into macros."""

    tags = {"test", "data_test", "materialization"}  # noqa: RUF012  jinja2.ext.Extension declares it so

    def parse(self, parser: Parser) -> nodes.Macro:
        """One block, from its tag's name to its end."""
        token = next(parser.stream)
        macro = nodes.Macro(lineno=token.lineno)
        name = parser.parse_assign_target(name_only=True).name
        if token.value == "materialization":
            macro.name = f"materialization_{name}_{self._adapter(parser)}"
            macro.args, macro.defaults = [], []
        else:
            macro.name = f"test_{name}"
            parser.parse_signature(macro)
        macro.body = parser.parse_statements((f"name:end{token.value}",), drop_needle=True)
        return macro

    def _adapter(self, parser: Parser) -> str:
        """The adapter of a materialization; its languages are read over."""
        adapter = "default"
        while parser.stream.skip_if("comma"):
            word = parser.stream.expect("name").value
            if parser.stream.skip_if("assign"):
                value = parser.parse_expression()
                if word == "adapter" and isinstance(value, nodes.Const):
                    adapter = str(value.value)
        return adapter
