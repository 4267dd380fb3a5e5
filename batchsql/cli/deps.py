"""The command that installs packages of dbt: deps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchsql.cli.commands import Command
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.errors import UsageError

if TYPE_CHECKING:
    from batchsql.packages.requests import Kind

_SOURCES: dict[str, Kind] = {"hub": "package", "git": "git", "local": "local"}


@click.command(
    cls=Command,
    examples=[
        "batchsql deps                 install what packages.yml asks for, in the versions of package-lock.yml",
        "batchsql deps --upgrade       look for newer versions",
        'batchsql deps --add-package dbt-labs/dbt_utils@">=1.0.0,<2.0.0"',
    ],
)
@click.option("--upgrade", is_flag=True, help="Look for newer versions, and write package-lock.yml anew.")
@click.option("--lock", is_flag=True, help="Write package-lock.yml, and install nothing.")
@click.option("--add-package", metavar="NAME@VERSION", help="Add a package to packages.yml first.")
@click.option(
    "--source",
    type=click.Choice(list(_SOURCES)),
    default="hub",
    show_default=True,
    help="Where the package that is added comes from.",
)
@pass_invocation
def deps(invocation: Invocation, upgrade: bool, lock: bool, add_package: str | None, source: str) -> None:
    """Install the packages of a dbt project.

    Those that packages.yml or dependencies.yml asks for lie in dbt_packages/ then, and no build needs a network.
    Versions are found once and kept in package-lock.yml.
    """
    from batchsql.packages.adding import add_package as add
    from batchsql.packages.installing import install

    folder, terminal = invocation.project_folder(), invocation.terminal
    if add_package is not None:
        place, _, version = add_package.rpartition("@")
        if not place or any(sign in version for sign in "/:"):  # the @ of an address such as git@host:owner/name
            place, version = add_package, ""
        if not place or (source == "hub" and not version):
            raise UsageError(f"'{add_package}' names no package", hint="write --add-package owner/name@1.2.0")
        path = add(folder, _SOURCES[source], place, version)
        terminal.say(f"added {place} to {path}")
    done = install(
        folder,
        environment=invocation.environment,
        variables=invocation.variables(),
        upgrade=upgrade,
        lock_only=lock,
        tell=terminal.note,
    )
    for package in done.packages:
        version = package.version or package.request.kind
        terminal.say(f"  {terminal.paint(package.name, 'strong')}  {version}  {terminal.mask(package.request.place)}")
    count = len(done.packages)
    if not count:
        terminal.say("no packages are asked for")
    elif lock:
        terminal.say(f"{count} packages are locked in package-lock.yml; nothing was installed")
    else:
        how = "resolved, locked and" if done.resolved else "as locked,"
        terminal.say(f"{count} packages {how} installed in {done.folder}/")
