from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchsql.report.mask import MASK, is_secret, masker, secret_values
from batchsql.report.words import ansi, count, duration, plain


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.00 s"),
        (0.021, "0.02 s"),
        (9.999, "10.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3780, "1 h 03 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_counts_agree_with_their_nouns() -> None:
    assert count(1, "batch", "batches") == "1 batch"
    assert count(1204, "row") == "1,204 rows"
    assert count(0, "row") == "0 rows"


def test_paint_colours_or_does_not() -> None:
    assert plain("ok", "good") == "ok"
    assert ansi("ok", "good") == "\x1b[32mok\x1b[0m"


@pytest.mark.parametrize(
    "name", ["DBT_ENV_SECRET_X", "BATCHSQL_SECRET_X", "PGPASSWORD", "github_token", "MY_SECRET_KEY"]
)
def test_names_that_hold_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["TOKENIZERS_PARALLELISM", "HOME", "PASS"])
def test_names_that_do_not(name: str) -> None:
    assert not is_secret(name)


def test_secrets_are_masked_also_as_json_holds_them() -> None:
    mask = masker({"DB_PASSWORD": 'a"b\\c', "BATCHSQL_SECRET_PIN": "7", "API_TOKEN": "true", "HOME": "/home/ann"})
    assert mask('connect a"b\\c') == f"connect {MASK}"
    assert mask('{"url": "a\\"b\\\\c"}') == f'{{"url": "{MASK}"}}'
    assert mask("pin 7, true, /home/ann") == f"pin {MASK}, true, /home/ann"


@given(st.lists(st.text(min_size=4), min_size=1, max_size=4), st.text())
def test_no_secret_is_left_in_any_text(secrets: list[str], text: str) -> None:
    environment = {f"BATCHSQL_SECRET_{i}": secret for i, secret in enumerate(secrets)}
    values = [value for value in secret_values(environment) if "*" not in value]
    masked = masker(environment)(text + text.join(secrets))
    assert not any(value in masked.replace(MASK, "\0") for value in values if "\0" not in value)
