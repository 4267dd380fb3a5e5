"""What values config keys take: each reader returns the value as Config holds it, or raises WrongError."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from batchsql.errors import did_you_mean
from batchsql.project.wording import describe
from batchsql.values import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_MOST = re.compile(r"(\d+(?:\.\d+)?)(%?)")


class WrongError(Exception):
    """A value is not one that its key takes. The message follows the key: `must be ..., not ...`."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def text(value: Any) -> str:
    """A text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise WrongError(f"must be a text, not {describe(value)}", "put it in quotes" if value else None)
    return value


def boolean(value: Any) -> bool:
    """True or false; the words in quotes count too."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise WrongError(f"must be true or false, not {describe(value)}")
    return value


def count(value: Any) -> int:
    """A whole number, 0 or more; digits in quotes count too."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise WrongError(f"must be a whole number, 0 or more, not {describe(value)}")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts; one text alone is a list of one."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple):
        raise WrongError(f"must be a text or a list of texts, not {describe(value)}")
    for each in value:
        if not isinstance(each, str):
            raise WrongError(f"must be a list of texts, and {describe(each)} is none", "put it in quotes")
    return tuple(value)


def any_texts(value: Any) -> tuple[str, ...]:
    """As texts(), but numbers and the like are taken as they are written."""
    return tuple(each if isinstance(each, str) else str(each) for each in _listed(value))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def small_word(value: Any) -> str:
    """A word, in small letters."""
    return text(value).lower()


def key_columns(value: Any) -> tuple[str, ...]:
    """Names of columns, each once."""
    columns = tuple(column.strip() for column in texts(value))
    if len({column.lower() for column in columns}) < len(columns):
        raise WrongError("names a column twice")
    if any(not column for column in columns):
        raise WrongError("names an empty column")
    return columns


class Hook(Struct, frozen=True):
    """A statement to run before or after a batch; inside: in the batch's transaction."""

    sql: str
    inside: bool = True


def hooks(value: Any) -> tuple[Hook, ...]:
    """One hook or a list of them: SQL text, `{sql: ..., transaction: false}`, or that as JSON text; blank ones drop."""
    return tuple(hook for each in _listed(value) if (hook := _hook(each)).sql.strip())


def _hook(value: Any) -> Hook:
    if isinstance(value, str):
        value = _from_json(value)
    sql = value.get("sql") if isinstance(value, dict) else value
    if not isinstance(sql, str):
        raise WrongError(f"must be SQL text, a list of texts, or {{sql: ...}}, not {describe(value)}")
    return Hook(sql, value.get("transaction", True) is not False if isinstance(value, dict) else True)


def _from_json(text: str) -> Any:
    """What macros that make hooks return as text, `{"sql": ..., "transaction": false}`; other texts as they are."""
    if not text.lstrip().startswith('{"'):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, dict) and "sql" in found else text


def meta(value: Any) -> dict[str, Any]:
    """A mapping, whatever is in it."""
    if not isinstance(value, dict):
        raise WrongError(f"must be a mapping of keys to values, not {describe(value)}")
    return dict(value)


def column_types(value: Any) -> dict[str, str]:
    """Types by the names of columns."""
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise WrongError("must map each column to the name of a type", "write for example {zip: varchar}")
    return dict(value)


def delimiter(value: Any) -> str:
    """One character."""
    if not isinstance(value, str) or len(value) != 1:
        raise WrongError(f"must be one character, not {describe(value)}", r'a tab is "\t" in double quotes')
    return value


def step_of_time(value: Any) -> Step:
    """A step of time, such as `day` or `15 minutes`."""
    try:
        return Step.parse(text(value))
    except ValueError as error:
        raise WrongError(f"is wrong: {error}") from None


def moment(value: Any) -> datetime:
    """A date or time; one with a zone is converted to UTC, one without is in UTC already."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise WrongError(
                f"must be a date or a time, not '{value}'", "write 2024-01-31 or 2024-01-31 12:00:00"
            ) from None
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    raise WrongError(f"must be a date or a time, not {describe(value)}", "write 2024-01-31 or 2024-01-31 12:00:00")


def most(value: Any) -> str:
    """A number of rows, or a share as `5%` or 0.05, as text: `100` or `5%`."""
    if isinstance(value, float) and 0 <= value < 1:
        return f"{value * 100:g}%"
    found = _MOST.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    if not found or (found[2] and float(found[1]) > 100):
        raise WrongError(f"must be a number of rows or a share, not {describe(value)}", "write for example 100 or 5%")
    return f"{found[1]}{found[2]}"


def contract(value: Any) -> bool:
    """True or false, or `{enforced: true}` as dbt has it."""
    if not isinstance(value, dict):
        return boolean(value)
    if unknown := [key for key in value if key not in ("enforced", "alias_types")]:
        raise WrongError(f"has no key '{unknown[0]}'", "write {enforced: true}")
    return boolean(value.get("enforced", False))


def comparison(value: Any) -> str:
    """A comparison with a count of failures, in one spelling."""
    found = _THRESHOLD.match(value) if isinstance(value, str) else None
    if not found:
        raise WrongError(f"must compare the count of failures with a whole number, not {describe(value)}", _COMPARE)
    return f"{_OPERATORS.get(found[1], found[1])} {int(found[2])}"


_THRESHOLD = re.compile(r"\s*(<=|>=|<>|!=|==|=|<|>)\s*([0-9]+)\s*$")
_OPERATORS = {"==": "=", "<>": "!="}
_COMPARE = 'write for example "> 10" or "!= 0"'


def threshold(value: Any) -> str:
    """A comparison such as `> 10`, in one spelling (`<>` becomes `!=`, `==` becomes `=`). Raises ValueError."""
    try:
        return comparison(value)
    except WrongError as error:
        raise ValueError(str(error)) from None


def word(*words: str) -> Callable[[Any], str]:
    """Make a reader that takes one of these words, in any case."""

    def read(value: Any) -> str:
        word = value.lower() if isinstance(value, str) else value
        if word not in words:
            message = f"must be one of {', '.join(words)}, not {describe(value)}"
            raise WrongError(message, did_you_mean(value, words) if isinstance(value, str) else None)
        return str(word)

    return read
