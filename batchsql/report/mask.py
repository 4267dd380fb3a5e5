"""Values of secret environment variables never reach a screen, a log or a file that batchsql writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

MASK = "*****"
_DECLARED = ("DBT_ENV_SECRET_", "BATCHSQL_SECRET_")
_SPEAKING = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN(?!IZ)", re.IGNORECASE)
_WORDS = {"true", "false", "none", "null", "yes", "no", "on", "off"}


def is_secret(name: str) -> bool:
    """Whether an environment variable of this name holds a secret, which no file, log or screen may show."""
    return name.startswith(_DECLARED) or bool(_SPEAKING.search(name))


def secret_values(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values to mask, longest first, so that one that contains another is masked whole.

    A value of fewer than four characters, or one such as `true`, says nothing and would mask half of what is printed;
    it counts as secret where the name was chosen to say so (DBT_ENV_SECRET_..., BATCHSQL_SECRET_...).
    """
    values: set[str] = set()
    for name, value in environment.items():
        if not value.strip() or not is_secret(name):
            continue
        if name.startswith(_DECLARED) or (len(value) >= 4 and value.lower() not in _WORDS):
            values |= {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    return tuple(sorted(values, key=lambda value: (-len(value), value)))


def masker(environment: Mapping[str, str]) -> Callable[[str], str]:
    """A function that puts `*****` in the place of every secret of this environment."""
    values = secret_values(environment)
    if not values:
        return lambda text: text
    pattern = re.compile("|".join(re.escape(value) for value in values))
    return lambda text: pattern.sub(MASK, text)
