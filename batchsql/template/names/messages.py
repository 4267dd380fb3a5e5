"""Names that speak to the user, or leave: log, print, return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from batchsql.template.limits import check_printable
from batchsql.template.objects import keeps_supplied
from batchsql.template.state import RenderState, Returned
from batchsql.template.supplied import plain


def message_text(value: Any) -> str:
    """A message as it goes out of the room."""
    check_printable(value)
    return str(plain(str(value)))


def _say(state: RenderState, value: Any, info: bool) -> str:
    if state.context.on_log:
        state.context.on_log(message_text(value), info)
    return ""


def _log(state: RenderState) -> Callable[..., str]:
    @keeps_supplied
    def log(msg: Any = "", info: bool = False) -> str:
        return _say(state, msg, info)

    return log


def _print(state: RenderState) -> Callable[..., str]:
    @keeps_supplied
    def print_(msg: Any = "") -> str:
        return _say(state, msg, True)

    return print_


@keeps_supplied
def _return(data: Any = None) -> NoReturn:
    raise Returned(data)


MESSAGES: dict[str, Callable[[RenderState], Any]] = {
    "log": _log,
    "print": _print,
    "return": lambda _state: _return,
}
