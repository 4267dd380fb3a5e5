"""Names that speak to the user, or leave: log, print, return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from batchsql.template.objects import keeps_supplied
from batchsql.template.state import RenderState, Returned
from batchsql.template.warehouse import message_text


def _say(state: RenderState, value: Any, info: bool) -> str:
    if state.context.on_log:
        state.context.on_log(message_text(value, state), info)
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
