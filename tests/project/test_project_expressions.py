"""The expressions that YAML may hold."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchsql.errors import ProjectError
from batchsql.project.expressions import Scope, evaluate

SCOPE = Scope(environment={"N": "4", "FLAG": "True"}, vars={"x": [1, 2], "name": "ada"}, target={"name": "dev"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("{ not: one }", "{ not: one }"),
        ("{{ env_var('N') }}", "4"),
        ("{{- env_var('N') | int -}}", 4),
        ('{{env_var("M","7")|as_number}}', 7),
        ("{{ env_var('FLAG') | as_bool }}", True),
        ("{{ env_var('M', '') }}", ""),
        ("{{ var('x') }}", [1, 2]),
        ("{{ var('y', none) | default('z') }}", "z"),
        ("{{ var('name') | upper }}-{{ target.name }}", "ADA-dev"),
        ("{{ target.name == 'prod' }}", False),
        ("{{ target.name != 'prod' and not false }}", True),
        ("{{ target.name in ['dev', 'test'] }}", True),
        ("{{ 'table' if target.name == 'prod' else 'view' }}", "view"),
        ("{{ '1.50' | as_native }}", 1.5),
        ("{{ 'a b' | as_text }}", "a b"),
    ],
)
def test_values(text: str, value: Any) -> None:
    found = evaluate(text, SCOPE, "a.yml", 1)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "{{ env_var('MISSING') }}",
        "{{ var('missing') }}",
        "{{ target.password }}",
        "{{ __import__('os') }}",
        "{{ var.__class__ }}",
        "{{ 'x' * 100000000 }}",
        "{{ [c for c in 'x'] }}",
        "{{ env_var() }}",
        "{{ env_var('N', 'a', 'b') }}",
        "{{ env_var(1) }}",
        "{{ 'x' | int }}",
        "{{ }}",
        "{{ a b }}",
        "{{ 1 < 2 }}",
        "{% set x = 1 %}",
        "{{ '" + "x" * 2000 + "' }}",
    ],
)
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(ProjectError) as caught:
        evaluate(text, SCOPE, "a.yml", 7)
    assert (caught.value.path, caught.value.line) == ("a.yml", 7)


def test_what_was_read_of_the_environment_is_known() -> None:
    scope = Scope(environment={"A": "1"}, environment_read={})
    evaluate("{{ env_var('A') }} {{ env_var('B', 'x') }}", scope, "a.yml", 1)
    assert scope.environment_read == {"A": "1", "B": None}


@given(st.text(alphabet="abvrtNx'\"()[]{}|.,=!~*+- \n\\%", max_size=40))
def test_any_text_is_evaluated_or_refused(text: str) -> None:
    with suppress(ProjectError):
        evaluate("{{" + text + "}}", SCOPE, "a.yml", 1)
