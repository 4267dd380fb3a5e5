"""The one place where errors become words and exit codes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from types import TracebackType
from typing import Any

import click

from batchsql.cli.app import batchsql
from batchsql.cli.invocation import Invocation, source_line
from batchsql.errors import BatchsqlError
from batchsql.report.words import fold

INTERRUPTED = 1
FAULT = 1
WRONG_COMMAND = 2


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command and return its exit code. Every error that a person can meet ends here.

    What is raised beyond those is a fault of the program; the interpreter ends with code 1 and says what we tell it.
    """
    invocation = Invocation(arguments, environment)
    gc.set_threshold(20_000, 20, 20)  # commands end before much garbage is made: looking for it less often saves CPU
    sys.excepthook = partial(_fault, invocation)
    try:
        code = batchsql.main(list(arguments), prog_name="batchsql", standalone_mode=False, obj=invocation)
        sys.stdout.flush()
    except BatchsqlError as error:
        return _expected(error, invocation)
    except click.exceptions.NoArgsIsHelpError as error:
        return _no_command(error, invocation)
    except click.ClickException as error:
        return _wrong_command(error, invocation)
    except (click.Abort, KeyboardInterrupt):
        return _interrupted(invocation)
    except BrokenPipeError:
        return _nobody_reads()
    return code if isinstance(code, int) else 0


def _expected(error: BatchsqlError, invocation: Invocation) -> int:
    from batchsql.report.failure import error_block, error_record

    if error.path and error.line and error.source_line is None:
        error.source_line = source_line(invocation.folder, error.path, error.line)
    terminal = invocation.terminal
    if terminal.json_log:
        terminal.record(error_record(error))
    else:
        terminal.complain(error_block(error, terminal.paint_errors, width=terminal.error_width))
    if invocation.flag("debug"):
        _traceback(invocation, error)
    return error.exit_code


def _wrong_command(error: click.ClickException, invocation: Invocation) -> int:
    from batchsql.report.failure import block

    terminal = invocation.terminal
    if isinstance(error, click.NoSuchOption) and error.ctx:
        options = [name for parameter in error.ctx.command.params for name in parameter.opts if name.startswith("--")]
        nearest = get_close_matches(error.option_name, options, n=1, cutoff=0.7)
        error = click.NoSuchOption(error.option_name, possibilities=nearest, ctx=error.ctx)
    message = error.format_message()
    if terminal.json_log:
        terminal.record(_record("Usage error", message, WRONG_COMMAND))
        return WRONG_COMMAND
    context = getattr(error, "ctx", None)
    hint = f"`{context.command_path} --help` shows what it takes" if isinstance(context, click.Context) else None
    terminal.complain(block("Usage error", message, {"hint": hint}, terminal.paint_errors, width=terminal.error_width))
    return WRONG_COMMAND


def _no_command(error: click.exceptions.NoArgsIsHelpError, invocation: Invocation) -> int:
    """Plain `batchsql` shows the help; code 2, so that a script whose variable is empty does not count as well done."""
    invocation.terminal.say(error.format_message())
    return WRONG_COMMAND


def _interrupted(invocation: Invocation) -> int:
    terminal = invocation.terminal
    message = "interrupted; whatever was not committed is rolled back"
    if terminal.json_log:
        terminal.record(_record("Interrupted", message, INTERRUPTED))
    else:
        terminal.complain(message)
    return INTERRUPTED


def _nobody_reads() -> int:
    """Whoever read our output has gone, as in `batchsql list | head -1`: end quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _fault(
    invocation: Invocation, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    terminal = invocation.terminal
    message = f"batchsql itself failed: {kind.__name__}: {error}"
    if terminal.json_log:
        terminal.record(_record("Fault", message, FAULT))
    else:
        text = (
            f"{terminal.paint_errors('Fault:', 'bad')} {message}\n"
            "  This is a mistake in batchsql, not in your project; what was not committed is rolled back.\n"
            f"  {terminal.paint_errors('help:', 'good')} run it again with --debug, and report what that shows"
        )
        terminal.complain(fold(text, terminal.error_width, 2))
    if invocation.flag("debug"):
        _traceback(invocation, error.with_traceback(trace))


def _traceback(invocation: Invocation, error: BaseException) -> None:
    import traceback

    invocation.terminal.complain("".join(traceback.format_exception(error)))


def _record(kind: str, message: str, exit_code: int) -> dict[str, Any]:
    return {"event": "error", "kind": kind, "message": message, "exit_code": exit_code}
