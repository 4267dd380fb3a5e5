"""Names that speak to the user, or leave: log, print, exceptions, return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from batchsql.errors import TemplateError
from batchsql.template.limits import check_printable
from batchsql.template.objects import Members, keeps_supplied
from batchsql.template.state import RenderState, Returned
from batchsql.template.supplied import plain


def _text(value: Any) -> str:
    check_printable(value)
    return str(plain(str(value)))


def _say(state: RenderState, value: Any, info: bool) -> str:
    if state.context.on_log:
        state.context.on_log(_text(value), info)
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


def _exceptions(state: RenderState) -> Members:
    @keeps_supplied
    def raise_compiler_error(msg: Any = "", node: Any = None) -> NoReturn:  # noqa: ARG001
        raise TemplateError(_text(msg))

    @keeps_supplied
    def warn(msg: Any = "", node: Any = None) -> str:  # noqa: ARG001
        state.warnings.append(_text(msg))
        return ""

    return Members({"raise_compiler_error": raise_compiler_error, "warn": warn})


@keeps_supplied
def _return(data: Any = None) -> NoReturn:
    raise Returned(data)


MESSAGES: dict[str, Callable[[RenderState], Any]] = {
    "log": _log,
    "print": _print,
    "exceptions": _exceptions,
    "return": lambda _state: _return,
}
