"""The command that shows target/ to a browser on this machine."""

from __future__ import annotations

import click

from batchsql.cli.commands import Command
from batchsql.cli.invocation import Invocation, pass_invocation
from batchsql.errors import UsageError


@click.command(cls=Command, examples=["batchsql docs serve", "batchsql docs serve --port 8001"])
@click.option("--host", default="127.0.0.1", envvar="DBT_HOST", help="The address to listen on: this machine alone.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, help="The port to listen on; 0 for any.")
@click.option("--browser/--no-browser", default=False, help="Open it in a browser.")
@pass_invocation
def serve(invocation: Invocation, /, host: str, port: int, browser: bool) -> None:
    """Serve what lies in target/, until Ctrl-C: artifacts, and whatever page reads them.

    `batchsql docs generate` writes them.
    """
    from batchsql.cli.listening import listening

    folder = invocation.target_folder()
    if not folder.is_dir():
        raise UsageError(f"there is no {folder}", hint="`batchsql docs generate` makes it")
    with listening(folder, host, port) as server:
        address = f"http://{host}:{server.server_address[1]}"
        invocation.terminal.say(f"serving {folder} at {address}; Ctrl-C ends it")
        if browser:
            click.launch(address)
        server.serve_forever()
