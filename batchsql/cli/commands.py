"""What our commands have in common: options shared by all, lists of values, help in an order that serves a newcomer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click

from batchsql.cli.dbt_options import accepted_options
from batchsql.cli.options import common_options, spread

_ALIASES = {"ls": "list"}
_EXTRA = re.compile(r"Got unexpected extra arguments? \((.*)\)")
_SELECTING = ("-m", "--model", "--models")
_ELSEWHERE = {
    "freshness": "`batchsql source freshness` tells how old sources are, `batchsql plan` which of their files changed",
    "help": "`batchsql --help` lists the commands, `batchsql build --help` explains one",
    "version": "`batchsql --version` prints it",
    "backfill": "`batchsql build --start ... --end ...` loads a range of intervals again",
}


class Command(click.Command):
    """A command of ours: takes the common options too, and lists them apart in its help."""

    def __init__(self, *arguments: Any, examples: Sequence[str] = (), **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.examples = tuple(examples)
        self._common = [*common_options(), *accepted_options()]
        self.params = [*self.params, *self._common]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let `-s a b` stand for `-s a -s b`."""
        several = frozenset(name for p in self.params if isinstance(p, click.Option) and p.multiple for name in p.opts)
        renamed = next((word for word in args if word in _SELECTING), None)
        if renamed and "--select" in several:
            raise click.UsageError(f"there is no option '{renamed}'; did you mean --select?", ctx=ctx)
        try:
            return super().parse_args(ctx, spread(args, several))
        except click.UsageError as error:
            extra = _EXTRA.match(error.message)
            if extra and "--select" in several:
                raise click.UsageError(f"models are picked with --select: --select {extra[1]}", ctx=ctx) from None
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, own options, then those that every command takes."""
        write_examples(self.examples, formatter)
        _sections(self.get_params(ctx), self._common, ctx, formatter)


class Commands(click.Group):
    """The group: commands in the order in which they were added, aliases, and advice for commands of other tools."""

    command_class = Command

    def __init__(self, *arguments: Any, examples: Sequence[str] = (), **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.examples = tuple(examples)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order in which they were added."""
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Resolve an alias."""
        return super().get_command(ctx, _ALIASES.get(cmd_name, cmd_name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say what to type where a command is called otherwise here."""
        if args and args[0] in _ELSEWHERE and args[0] not in self.commands:
            raise click.UsageError(f"there is no command '{args[0]}'; {_ELSEWHERE[args[0]]}", ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Commands first: they are what a newcomer looks for."""
        self.format_commands(ctx, formatter)
        write_examples(self.examples, formatter)
        _sections(self.get_params(ctx), [], ctx, formatter)


def write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    """A section of lines to type."""
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


def _sections(
    parameters: list[click.Parameter], common: list[click.Option], ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    own = [p for p in parameters if p not in common]
    for title, group in (("Options", own), ("Common options, here or before the command", common)):
        records = [record for parameter in group if (record := parameter.get_help_record(ctx)) is not None]
        if records:
            with formatter.section(title):
                formatter.write_dl(records)
