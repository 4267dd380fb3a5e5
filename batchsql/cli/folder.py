"""Commands about the folder and the shell: init, clean, completion."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from batchsql.cli.commands import Command
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.errors import UsageError

_STARTER = Path(__file__).parent / "starter"
_HIDDEN = {"gitignore": ".gitignore"}  # so named that it does not hide the starter's own files
_LOOK = 'batchsql show --inline "select * from orders_by_day order by day"'
_CACHE = ".batchsql"


@click.command(cls=Command, examples=["batchsql init my_project"])
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
@pass_invocation
def init(invocation: Invocation, folder: Path) -> None:
    """Make a small project that runs.

    It has a seed, two models and their checks. Files that are there already are never overwritten.
    """
    files = {_starter_name(file): file.read_bytes() for file in sorted(_STARTER.rglob("*")) if file.is_file()}
    there = [name for name in files if (folder / name).exists()]
    if there or (folder / "dbt_project.yml").exists():
        raise UsageError(
            f"{folder} holds {', '.join(there) or 'dbt_project.yml'} already; nothing was written",
            hint="name a new folder: `batchsql init my_project`",
        )
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    terminal = invocation.terminal
    terminal.say("\n".join(f"  {terminal.paint('new', 'good')}  {folder / name}" for name in files))
    enter = "" if folder.resolve() == Path.cwd() else f"  cd {folder}\n"
    terminal.say(f"\nNext:\n{enter}  batchsql build\n  {_LOOK}")


@click.command(cls=Command, examples=["batchsql clean"])
@pass_invocation
def clean(invocation: Invocation) -> None:
    """Remove compiled SQL and the compile cache.

    In a dbt project its clean-targets. The warehouse stays as it is.
    """
    folder, settings = invocation.project_folder(), invocation.settings()
    terminal = invocation.terminal
    removed = []
    for name in dict.fromkeys((*settings.clean_targets, _CACHE)):
        place = (folder / name).resolve()
        if place == folder or not place.is_relative_to(folder):
            raise UsageError(f"{place} is not inside the project's folder, so it is not removed")
        if place.is_dir():
            shutil.rmtree(place)
            removed.append(name)
    terminal.say(f"removed {', '.join(removed)}" if removed else "nothing to remove")


@click.command(
    cls=Command,
    examples=[
        'eval "$(batchsql completion bash)"                                       in ~/.bashrc',
        'eval "$(batchsql completion zsh)"                                        in ~/.zshrc',
        "batchsql completion fish > ~/.config/fish/completions/batchsql.fish",
    ],
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_invocation
def completion(invocation: Invocation, shell: str) -> None:
    """Print a script for completion in the shell.

    With it the shell completes commands, options and the names of models.
    """
    kind = get_completion_class(shell)
    group = click.get_current_context().find_root().command
    if kind is not None:
        invocation.terminal.say(kind(group, {}, "batchsql", "_BATCHSQL_COMPLETE").source())


def _starter_name(file: Path) -> str:
    """The name, below a new project's folder, of one of the starter's files."""
    relative = file.relative_to(_STARTER)
    return relative.with_name(_HIDDEN.get(relative.name, relative.name)).as_posix()
